"""Texts as rules and word lists want them: one sign for what only looks different.

``０１７１`` is read as ``0171``, ``＠`` as ``@``, and what nobody sees is left out. Each
sign remembers where it came from, so that findings point into the text as it was.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from re import Pattern

_DOT = {"。": ".", "｡": "."}  # what browsers take for a dot in an address (RFC 5895)
_INVISIBLE = frozenset({"Cf", "Me"})  # joiners, soft hyphens; the frame of a keycap


@dataclass(frozen=True, slots=True)
class PlainText:
    """``text[i]`` stands for the signs ``starts[i]`` to ``ends[i]`` of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part that is not empty stood in the original."""
        return self.starts[start], self.ends[end - 1]

    def replaced(self, pattern: Pattern[str], sign: str) -> PlainText:
        """Return the text with one sign in the place of each match."""
        signs: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        position = 0
        for match in pattern.finditer(self.text):
            between = slice(position, match.start())
            signs += [self.text[between], sign]
            starts += [*self.starts[between], self.starts[match.start()]]
            ends += [*self.ends[between], self.ends[match.end() - 1]]
            position = match.end()
        if not signs:
            return self
        return PlainText(
            "".join((*signs, self.text[position:])),
            (*starts, *self.starts[position:]),
            (*ends, *self.ends[position:]),
        )


def plain_text(text: str) -> PlainText:
    """Return the text in normal form NFKC, without what cannot be seen."""
    if text.isascii():
        return PlainText(text, range(len(text)), range(1, len(text) + 1))
    signs: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        visible = "".join(sign for sign in text[start:end] if not _is_invisible(sign))
        for sign in unicodedata.normalize("NFKC", visible):
            signs.append(_DOT.get(sign, sign))
            starts.append(start)
            ends.append(end)
    return PlainText("".join(signs), starts, ends)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Return each sign's place together with the accents that follow it."""
    places: list[tuple[int, int]] = []
    for index, sign in enumerate(text):
        if places and unicodedata.combining(sign):
            places[-1] = (places[-1][0], index + 1)
        else:
            places.append((index, index + 1))
    return places


def _is_invisible(sign: str) -> bool:
    return (
        unicodedata.category(sign) in _INVISIBLE
        or "\ufe00" <= sign <= "\ufe0f"  # how to draw the sign before
        or sign == "\u034f"  # joins, and is not drawn
    )

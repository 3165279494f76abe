"""Texts as search sees them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")


def fold(text: str) -> str:
    """Lower case without accents, so that "Größe" is found by "grosse"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return _WORD.findall(fold(text))


def searchable(texts: Iterable[str]) -> str:
    """Return the distinct words of texts, each with a space before it.

    The parts of hyphenated words and of SKUs are words as well, so that a
    query finds them by their beginning with one plain LIKE.
    """
    seen: dict[str, None] = {}
    for text in texts:
        for word in words_of(text):
            seen.setdefault(word)
            for part in re.split(r"[.,'’-]", word):
                seen.setdefault(part)
    return "".join(f" {word}" for word in seen)

"""The shop's words for what the networks know, English and German."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ShopWord:
    """``word`` is English and the stable label of a tag.

    ``classes`` are places in the order of ImageNet's sorted WordNet ids,
    ``clothing`` is the clothing head's label, each empty where it does not know it.
    """

    word: str
    german: str
    classes: tuple[int, ...]
    clothing: str


def _read() -> tuple[ShopWord, ...]:
    path = Path(__file__).parent / "weights" / "shop_words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            ShopWord(
                word=row["word"],
                german=row["german"],
                classes=tuple(int(place) for place in row["classes"].split()),
                clothing=row["clothing"],
            )
            for row in csv.DictReader(file)
        )


SHOP_WORDS = _read()

_GERMAN = {word.word: word.german for word in SHOP_WORDS}


def wording(label: str, language: str) -> str:
    """Return a tag's label in this language; the label itself if it is unknown."""
    return _GERMAN.get(label, label) if language.startswith("de") else label

"""What is done with products that were found: a tag, a suggestion, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import conf
from .results import Box


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that a photo may show, at the window that shows it best."""

    key: str
    score: float  # cosine, in [0, 1]
    box: Box


@dataclass(frozen=True, slots=True)
class Candidates:
    """Products to fill in as tags, and others only to list. Surest first, each once."""

    prefill: tuple[Candidate, ...] = ()
    suggest: tuple[Candidate, ...] = ()


def split_candidates(
    products: Sequence[Mapping[str, Any]] | None, *, asked: Collection[str] = ()
) -> Candidates:
    """Part a result's ``products`` into those sure enough for a tag, and the rest.

    ``asked`` are the asset's ``context_keys``, for which less is enough. Of two that
    lie in one place only the surer is filled in: variants look alike.
    """
    found: dict[str, Candidate] = {}
    for product in products or ():
        key, score = str(product.get("key") or ""), float(product.get("score") or 0)
        left, top, width, height = product.get("box") or (0, 0, 1, 1)
        box = (float(left), float(top), float(width), float(height))
        if key and (key not in found or found[key].score < score):
            found[key] = Candidate(key, score, box)
    prefill: list[Candidate] = []
    suggest: list[Candidate] = []
    # What was asked for comes first, as in the result itself.
    for each in sorted(found.values(), key=lambda c: (c.key not in asked, -c.score)):
        is_asked = each.key in asked
        sure = conf.asked_prefilled_from() if is_asked else conf.prefilled_from()
        shown = conf.asked_suggested_from() if is_asked else conf.suggested_from()
        if each.score >= sure and not any(_overlap(each.box, o.box) for o in prefill):
            prefill.append(each)
        elif each.score >= shown:
            suggest.append(each)
    return Candidates(tuple(prefill), tuple(suggest))


def _overlap(one: Box, other: Box) -> bool:
    """Whether they share more than half of what they cover together."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    common = width * height
    return common > (one[2] * one[3] + other[2] * other[3] - common) / 2

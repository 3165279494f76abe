"""Pure rules: what the pipeline found → what happens to the photo.

Software refuses a photo alone only if its picture is for certain one that a person
has put on the shop's ban list. Else it may refuse a *file* it cannot use, and it may
say who has to be looked at first; a person decides.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Next(enum.StrEnum):
    """Where the photo goes from ``submitted``; the values are its states."""

    IN_REVIEW = "in_review"  # a person looks
    DRAFT = "draft"  # the file was no good, another may be sent
    SUBMITTED = "submitted"  # nobody knows yet; it needs attention


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to a photo once its asset is settled.

    ``priority`` ranks the queue, higher first. ``reasons`` are the codes of
    what software noticed, strictest first, for the person who decides.
    ``is_banned``: the ban list refuses it, without waiting for one.
    """

    next: Next
    priority: int = 0
    reasons: tuple[str, ...] = ()
    is_banned: bool = False


@dataclass(frozen=True, slots=True)
class SeenProduct:
    """A product that software is sure of, at a point in [0, 1] of the master."""

    key: str
    x: float
    y: float


# Shown early: what a detector spoke up about must not lie around, and an
# unanswered question about a file even less.
PRIORITY_REJECT = 30
PRIORITY_STUCK = 20
PRIORITY_REVIEW = 10
PRIORITY_PASS = 0

# What brings a photo forward though its step lets it pass: the score is too often
# wrong to hold anything back, and nobody should come upon it late.
FORWARD = frozenset({"graphic"})


def outcome_of(
    *,
    state: str,
    reason: str = "",
    verdict: str = "",
    result: Mapping[str, Any],
    said: Iterable[str] = (),
) -> Outcome:
    """Return what follows from an asset's state, verdict and result.

    ``said`` are the reasons for a look at the author's words. An unknown state or
    verdict counts as the strictest: a person must look.
    """
    said = tuple(said)
    if state == "refused_file":
        return Outcome(next=Next.DRAFT, reasons=(reason,) if reason else ())
    if state != "processed":
        return Outcome(next=Next.SUBMITTED, priority=PRIORITY_STUCK)
    priority = {
        "pass": PRIORITY_PASS,
        "review": PRIORITY_REVIEW,
        "reject": PRIORITY_REJECT,
    }.get(verdict, PRIORITY_REJECT)
    reasons = tuple(dict.fromkeys((*reasons_of(result), *said)))
    if said or FORWARD.intersection(reasons):
        priority = max(priority, PRIORITY_REVIEW)
    return Outcome(
        next=Next.IN_REVIEW,
        priority=priority,
        reasons=reasons,
        is_banned=verdict == "reject" and is_surely_banned(result),
    )


def is_surely_banned(result: Mapping[str, Any]) -> bool:
    """Whether a match with the ban list is confirmed, and not merely likely."""
    return any(
        match.get("kind") == "banned" and match.get("is_confirmed") is True
        for match in result.get("duplicates") or ()
    )


# Markers closer than this, in parts of the picture, would cover each other.
_APART = 0.08
_MOST_PRODUCTS = 10  # more say that something is wrong with the index


class FoundProduct(Protocol):
    """A product the pipeline is sure enough of; the box is in [0, 1] of the master."""

    @property
    def key(self) -> str: ...
    @property
    def box(self) -> tuple[float, float, float, float]: ...


def products_to_tag(found: Iterable[FoundProduct]) -> tuple[SeenProduct, ...]:
    """Where the tags of these products stand, for a person to keep; each product once.

    In the middle of its window, and several of one window side by side.
    """
    seen: dict[str, SeenProduct] = {}
    for each in found:
        if each.key in seen or len(seen) == _MOST_PRODUCTS:
            continue
        left, top, width, height = each.box
        x, y = _within(left + width / 2), _within(top + height / 2)
        while any(abs(x - o.x) < _APART > abs(y - o.y) for o in seen.values()):
            # To the right, and from the edge on downwards: room for many more.
            x, y = (x + _APART, y) if x + _APART <= 1 else (_APART / 2, y + _APART)
            y = y if y <= 1 else _APART / 2
        seen[each.key] = SeenProduct(each.key, x, y)
    return tuple(seen.values())


def _within(fraction: float) -> float:
    return min(max(float(fraction), 0.0), 1.0)


def words_of(result: Mapping[str, Any], *, min_confidence: float) -> dict[str, str]:
    """The tags worth keeping, as word → source; the surest first."""
    tags = [
        tag
        for tag in result.get("tags") or ()
        if tag.get("label") and float(tag.get("confidence") or 0) >= min_confidence
    ]
    tags.sort(key=lambda tag: -float(tag["confidence"]))
    words: dict[str, str] = {}
    for tag in tags:
        words.setdefault(
            str(tag["label"]).lower()[:60], str(tag.get("source", ""))[:40]
        )
    return words


def reasons_of(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The codes of what steps found worth a look, strictest first."""
    strictness = {"reject": 0, "review": 1}
    findings = sorted(
        result.get("findings") or (),
        key=lambda finding: strictness.get(finding.get("verdict"), 2),
    )
    return tuple(
        dict.fromkeys(
            str(reason)
            for finding in findings
            for reason in finding.get("reasons") or ()
            if finding.get("verdict") in strictness or reason in FORWARD
        )
    )

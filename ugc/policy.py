"""Pure rules: what the pipeline found → what happens to the photo.

Software never refuses a photo here. It may refuse a *file* it cannot use, and
it may say who has to be looked at first; a person decides.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


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
    """

    next: Next
    priority: int = 0
    reasons: tuple[str, ...] = ()


# Shown early: what a detector spoke up about must not lie around, and an
# unanswered question about a file even less.
PRIORITY_REJECT = 30
PRIORITY_STUCK = 20
PRIORITY_REVIEW = 10
PRIORITY_PASS = 0


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
    if state == "refused_file":
        return Outcome(next=Next.DRAFT, reasons=(reason,) if reason else ())
    if state != "processed":
        return Outcome(next=Next.SUBMITTED, priority=PRIORITY_STUCK)
    priority = {
        "pass": PRIORITY_PASS,
        "review": PRIORITY_REVIEW,
        "reject": PRIORITY_REJECT,
    }.get(verdict, PRIORITY_REJECT)
    said = tuple(said)
    if said:
        priority = max(priority, PRIORITY_REVIEW)
    return Outcome(
        next=Next.IN_REVIEW,
        priority=priority,
        reasons=tuple(dict.fromkeys((*reasons_of(result), *said))),
    )


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
        (f for f in result.get("findings") or () if f.get("verdict") in strictness),
        key=lambda finding: strictness[finding["verdict"]],
    )
    return tuple(
        dict.fromkeys(
            str(reason)
            for finding in findings
            for reason in finding.get("reasons") or ()
        )
    )

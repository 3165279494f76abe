"""Values that travel through the pipeline. None of them knows Django or a file."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Box = tuple[float, float, float, float]
"""[x, y, w, h] in [0, 1] of the master, from its top left."""

STEP_KEYS = (
    "moderation",
    "colours",
    "faces",
    "text",
    "codes",
    "quality",
    "hashes",
    "products",
)
"""Keys of the contract object that only a step can answer; null until one does."""

CONTRACT_KEYS = frozenset(
    {
        *STEP_KEYS,
        *("file", "outcome", "reasons", "verdict", "size", "findings", "tags"),
        *("facts", "renditions", "timings_ms"),
    }
)
"""All keys of the contract object of an accepted picture."""

TAGGING_STEPS = frozenset(
    {"tags", "clothing", "categories", "own_labels", "objects", "prompts"}
)
"""Built-in steps that have looked for tags when they answer, even if they find none."""


UNAVAILABLE = "_unavailable"
"""Ends the reason code of a step that gave no answer."""


class Verdict(enum.IntEnum):
    """What a step advises, mildest first, so the strictest is the max."""

    PASS = 0
    REVIEW = 1
    REJECT = 2

    @property
    def word(self) -> str:
        """``"pass"``, ``"review"`` or ``"reject"``, as the contract writes it."""
        return self.name.lower()


def reason_code(name: str) -> str:
    """Return a label as part of a reason code: "Hate Symbols" is ``hate_symbols``."""
    signs = (sign if sign.isalnum() else "_" for sign in name.lower())
    return "_".join(part for part in "".join(signs).split("_") if part) or "unknown"


@dataclass(frozen=True, slots=True)
class Tag:
    label: str
    confidence: float  # probability in [0, 1]


@dataclass(frozen=True, slots=True)
class Finding:
    """A piece of advice that a person should see, without the step's facts.

    ``boxes`` say where in the picture, in [0, 1]; none for what has no place.
    """

    step: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what the command's object says: the places are not in it."""
        return {
            "step": self.step,
            "verdict": self.verdict.word,
            "reasons": list(self.reasons),
        }

    def as_stored(self) -> dict[str, Any]:
        """Return what an asset keeps: with the boxes, if there are any."""
        if not self.boxes:
            return self.as_json()
        boxes = [[round(side, 4) for side in box] for box in self.boxes]
        return {**self.as_json(), "boxes": boxes}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What the file said of itself. Never coordinates, never serial numbers."""

    camera: str | None = None  # make and model
    taken: str | None = None  # ISO 8601, local time of the camera
    had_location: bool = False
    source_type: str | None = None  # IPTC digital source type, the last path part
    software: str | None = None
    has_c2pa: bool = False  # Content Credentials; nobody has checked them

    def as_json(self) -> dict[str, Any]:
        return {
            "camera": self.camera,
            "taken": self.taken,
            "had_location": self.had_location,
            "source_type": self.source_type,
        }

    def as_stored(self) -> dict[str, Any]:
        """Return what an asset keeps: all of it, for the editor."""
        return {
            **self.as_json(),
            "software": self.software,
            "has_c2pa": self.has_c2pa,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture as the sandbox gives it to the steps.

    ``pixels`` is (h, w, 3) uint8, sRGB, upright, transparency on white, its long
    side at most 1,280 px (Lanczos); read-only. ``size`` is (width, height) of the
    master, so boxes in [0, 1] fit both.
    """

    pixels: npt.NDArray[np.uint8]
    size: tuple[int, int]
    facts: FileFacts = field(default_factory=FileFacts)


class Facts(Protocol):
    """A step's own frozen value, typed where the step is."""

    def as_json(self) -> Mapping[str, Any]:
        """Return its part of the contract: a mapping from some of ``STEP_KEYS``.

        Two steps may answer one key: mappings are merged, lists appended.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a step's facts said when the pipeline asked and checked them."""

    answers: Mapping[str, Any] = field(default_factory=dict)  # by STEP_KEYS
    kept: Mapping[str, Any] = field(default_factory=dict)  # what an asset keeps besides
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What one step found in one frame.

    ``reasons`` are stable codes such as ``"low_resolution"``; they get their
    wording where they are shown. ``boxes`` say where in the picture they lie.
    ``facts`` is the step's own frozen value (scores, boxes in [0, 1], colours,
    hashes), typed where the step is.
    """

    step: str
    verdict: Verdict = Verdict.PASS
    reasons: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    facts: Facts | None = None
    boxes: tuple[Box, ...] = ()
    is_off: bool = False  # it has nobody to ask, or nothing to look for: no answer
    # The pipeline's own: facts are asked once, so that they can't fail later.
    said: Said | None = field(default=None, repr=False, compare=False)

    @classmethod
    def unavailable(cls, step: str) -> StepResult:
        """Return what stands in the place of a step that gave no answer."""
        reasons = (f"{step}{UNAVAILABLE}",)
        return cls(step=step, verdict=Verdict.REVIEW, reasons=reasons)

    @property
    def answers(self) -> Mapping[str, Any]:
        """Its part of the contract."""
        if self.said is not None:
            return self.said.answers
        return {} if self.facts is None else self.facts.as_json()

    @property
    def kept(self) -> Mapping[str, Any]:
        """What an asset keeps of it beside the contract's keys."""
        if self.said is not None:
            return self.said.kept
        say = getattr(self.facts, "as_stored", None)
        return {} if say is None else dict(say())

    @property
    def has_answered(self) -> bool:
        """False for what stands in the place of a step that failed."""
        return f"{self.step}{UNAVAILABLE}" not in self.reasons

    @property
    def finding(self) -> Finding | None:
        """The advice, or None if the step had nothing to remark."""
        if self.verdict is Verdict.PASS and not self.reasons:
            return None
        # Of two reasons for one place, one box.
        boxes = tuple(dict.fromkeys(self.boxes))
        return Finding(self.step, self.verdict, self.reasons, boxes)


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """The results of one run, in the order the steps ran."""

    steps: tuple[StepResult, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict)  # wall, per step
    # Of the steps that answered: name, version and sum of their models, and a sum of
    # models and options together (``editions``).
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    editions: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The strictest advice. No advice at all means a person must look."""
        return max((step.verdict for step in self.steps), default=Verdict.REVIEW)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(step.finding for step in self.steps if step.finding is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionFile:
    """One encoded derivative, as the contract lists it."""

    format: str  # "avif" or "jpeg"
    width: int
    height: int
    bytes: int
    path: str

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def as_contract(
    *,
    file: str,
    frame: Frame,
    result: PipelineResult,
    sha256: str,
    renditions: tuple[RenditionFile, ...] = (),
    timings_ms: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Return the command's JSON object for an accepted picture.

    ``sha256`` is that of the bytes as they came; it joins the hashes if the step
    that makes them ran.
    """
    answers: dict[str, Any] = dict.fromkeys(STEP_KEYS)
    for step in result.steps:
        for key, value in step.answers.items():
            answers[key] = _merged(answers.get(key), value)
    if answers["hashes"] is not None:
        answers["hashes"] = {**answers["hashes"], "sha256": sha256}
    tagged = any(
        step.tags
        or (step.step in TAGGING_STEPS and step.has_answered and not step.is_off)
        for step in result.steps
    )
    return {
        "file": file,
        "outcome": "accepted",
        "reasons": [],
        "verdict": result.verdict.word,
        "size": list(frame.size),
        "moderation": answers["moderation"],
        "findings": [finding.as_json() for finding in result.findings],
        # Null says "nobody looked"; an empty list, "looked, and found none".
        "tags": _tags(result) if tagged else None,
        "colours": answers["colours"],
        "faces": answers["faces"],
        "text": answers["text"],
        "codes": answers["codes"],
        "quality": answers["quality"],
        "hashes": answers["hashes"],
        "products": answers["products"],
        "facts": frame.facts.as_json(),
        "renditions": [rendition.as_json() for rendition in renditions],
        "timings_ms": {
            name: round(value, 1)
            for name, value in {**(timings_ms or {}), **result.timings_ms}.items()
        },
    }


def as_stored(
    *,
    frame: Frame,
    result: PipelineResult,
    sha256: str,
    timings_ms: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Return what an asset keeps of a run: the command's object, and more.

    Without ``file`` and ``renditions``; findings with their ``boxes``; by step the
    ``models`` (name, version, sum) and ``editions`` that the scores came from.
    """
    kept = as_contract(
        file="", frame=frame, result=result, sha256=sha256, timings_ms=timings_ms
    )
    del kept["file"], kept["renditions"]
    kept["findings"] = [finding.as_stored() for finding in result.findings]
    kept["facts"] = frame.facts.as_stored()
    for step in result.steps:
        kept.update(step.kept)
    kept["models"] = {step: list(names) for step, names in result.models.items()}
    kept["editions"] = dict(result.editions)
    return kept


def as_refusal(
    *, file: str, reasons: tuple[str, ...], timings_ms: Mapping[str, float]
) -> dict[str, Any]:
    """Return the command's JSON object for a picture that was not taken."""
    return {
        "file": file,
        "outcome": "refused",
        "reasons": list(reasons),
        "timings_ms": {name: round(value, 1) for name, value in timings_ms.items()},
    }


def _tags(result: PipelineResult) -> list[dict[str, Any]]:
    return [
        {
            "label": tag.label,
            "confidence": round(tag.confidence, 4),
            "source": step.step,
        }
        for step in result.steps
        for tag in step.tags
    ]


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **new}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    return new

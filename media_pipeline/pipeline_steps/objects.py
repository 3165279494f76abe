from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from media_pipeline.backends.loading import build_backend
from media_pipeline.backends.objects import SeenObject
from media_pipeline.backends.pictures import Pixels
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult, Tag, Verdict, reason_code

from .text import check_places

LOCAL = "media_pipeline.backends.onnx_detector.OnnxDetector"


class ObjectBackend(Protocol):
    def find_objects(self, pixels: Pixels) -> tuple[SeenObject, ...]:
        """Return what is in the picture, or raise ``BackendUnavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class ObjectsFacts:
    """What was found, of which the contract object only has the words."""

    seen: tuple[SeenObject, ...]

    def as_json(self) -> dict[str, Any]:
        return {}

    def as_stored(self) -> dict[str, Any]:
        return {
            "objects": [
                {
                    "label": each.label,
                    "confidence": round(each.confidence, 4),
                    "box": each.box and [round(side, 4) for side in each.box],
                }
                for each in self.seen
            ]
        }


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """Say which things are where, by a detector of the shop's own. Off until named.

    Labels become tags; those in ``review`` ask for a person instead, as
    ``shows_<label>``, with their boxes.
    """

    name: ClassVar[str] = "objects"
    shown_from: float = 0.5
    review: Sequence[str] = ()  # labels that a person should look at
    review_from: float = 0.3
    backend: str = LOCAL
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: ObjectBackend | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.review, str):
            raise ValueError("review is a list of labels.")
        engine = None
        if self.backend != LOCAL or any(self.backend_options.values()):
            engine = build_backend(
                self.backend, self.backend_options, method="find_objects"
            )
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        if self.engine is None:
            return StepResult(step=self.name, is_off=True)
        seen = self.engine.find_objects(frame.pixels)
        check_places([each.box for each in seen if each.box is not None])
        best: dict[str, float] = {}
        for each in seen:
            if not 0 <= each.confidence <= 1:
                raise BackendUnavailable(f"{each.label!r} scores {each.confidence!r}.")
            best[each.label] = max(best.get(each.label, 0.0), each.confidence)
        alarming = [
            each
            for each in seen
            if each.label in self.review and each.confidence >= self.review_from
        ]
        reasons = dict.fromkeys(f"shows_{reason_code(each.label)}" for each in alarming)
        return StepResult(
            step=self.name,
            verdict=Verdict.REVIEW if reasons else Verdict.PASS,
            reasons=tuple(reasons),
            tags=tuple(
                Tag(label, confidence)
                for label, confidence in sorted(best.items(), key=lambda item: -item[1])
                if confidence >= self.shown_from and label not in self.review
            ),
            facts=ObjectsFacts(seen),
            boxes=tuple(each.box for each in alarming if each.box is not None),
        )

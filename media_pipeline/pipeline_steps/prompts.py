from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from media_pipeline.backends.loading import build_backend
from media_pipeline.backends.pictures import Pixels
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import WrongConfiguration, registry
from media_pipeline.results import Frame, StepResult, Tag, Verdict, reason_code

LOCAL = "media_pipeline.backends.onnx_image_text.OnnxImageText"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A sentence to look for, and what it means if the picture fits it."""

    label: str  # English word: the tag's, or the reason's
    text: str
    shown_from: float  # probability in [0, 1]
    asks_review: bool = False  # else it is a tag


class PromptBackend(Protocol):
    def compare(self, pixels: Pixels, texts: Sequence[str]) -> Sequence[float]:
        """Return one probability per sentence, or raise ``BackendUnavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class PromptsFacts:
    """How well each sentence fitted, to choose its limit by."""

    scores: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        return {}

    def as_stored(self) -> dict[str, Any]:
        return {"prompts": {text: round(score, 4) for text, score in self.scores}}


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """Say which sentences of the shop's own fit the picture. Off until named.

    The worker gives the sentences that editors keep. Those that ask for a person do
    so as ``shows_<label>``; the others become tags.
    """

    name: ClassVar[str] = "prompts"
    sought: tuple[Sought, ...] = ()
    backend: str = LOCAL
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: PromptBackend | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not all(isinstance(each, Sought) for each in self.sought):
            raise WrongConfiguration("Step 'prompts' seeks values of Sought.")
        engine = None
        if self.backend != LOCAL or any(self.backend_options.values()):
            engine = build_backend(self.backend, self.backend_options, method="compare")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        if self.engine is None or not self.sought:
            return StepResult(step=self.name, is_off=True)
        scores = self.engine.compare(frame.pixels, [each.text for each in self.sought])
        if len(scores) != len(self.sought):
            raise BackendUnavailable(
                f"{self.backend} gave {len(scores)} scores for {len(self.sought)}."
            )
        tags: dict[str, float] = {}
        reasons: dict[str, None] = {}
        for each, score in zip(self.sought, scores, strict=True):
            if not 0 <= score <= 1:
                raise BackendUnavailable(f"{each.label!r} scores {score!r}.")
            if score < each.shown_from:
                continue
            if each.asks_review:
                reasons[f"shows_{reason_code(each.label)}"] = None
            else:
                tags[each.label] = max(tags.get(each.label, 0.0), score)
        texts = (each.text for each in self.sought)
        return StepResult(
            step=self.name,
            verdict=Verdict.REVIEW if reasons else Verdict.PASS,
            reasons=tuple(reasons),
            tags=tuple(
                Tag(label, score)
                for label, score in sorted(tags.items(), key=lambda item: -item[1])
            ),
            facts=PromptsFacts(tuple(zip(texts, scores, strict=True))),
        )

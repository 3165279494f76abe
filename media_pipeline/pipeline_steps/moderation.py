from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from media_pipeline.backends.loading import build_backend
from media_pipeline.backends.nudity import ModerationScores
from media_pipeline.backends.pictures import Pixels
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult, Verdict


class ModerationBackend(Protocol):
    def score(self, pixels: Pixels) -> ModerationScores:
        """Return the scores, or raise ``BackendUnavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class ModerationFacts:
    scores: ModerationScores

    @property
    def models(self) -> tuple[str, ...]:
        return self.scores.models

    def as_json(self) -> dict[str, Any]:
        values = {
            "sexual": self.scores.sexual,
            "graphic": self.scores.graphic,
            "weapon": self.scores.weapon,
            "alcohol": self.scores.alcohol,
        }
        return {
            "moderation": {
                name: None if value is None else round(value, 4)
                for name, value in values.items()
            }
        }


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """Ask for review of what may not be fit for a shop. No score ever rejects.

    The limits are a shop's own choice: sellers of swimwear see a few percent of
    their photos at the defaults.
    """

    name: ClassVar[str] = "moderation"
    # Of 5,502 harmless photos 0.73 % reach 0.35, three reach 0.8.
    sexual_review: float = 0.35
    sexual_hold: float = 0.8
    # Who is looked at first, and no more. Clothes laid flat on patterned ground reach
    # it: 0.7 % of 3,781 such photos, 0.2 % reach 0.85, which a fashion shop may take.
    graphic_first: float = 0.5
    # Classes of things, no detectors: shown beside the picture, and nothing follows.
    weapon_hint: float = 0.2  # 1 of 4,712 harmless photos
    alcohol_hint: float = 0.4
    hints_review: bool = False  # with an engine that knows them well, they may ask
    others_review: float = 0.5  # of what only some engines know, as hate symbols
    backend: str = "media_pipeline.backends.nudity.LocalModeration"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: ModerationBackend = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = build_backend(self.backend, self.backend_options, method="score")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        scores = self.engine.score(frame.pixels)
        _check(scores)
        reasons = []
        verdict = Verdict.PASS
        if scores.sexual is None:
            # The one question that must be answered before anything is shown.
            raise BackendUnavailable(f"{self.backend} gave no score for nudity.")
        if scores.sexual >= self.sexual_review:
            is_likely = scores.sexual >= self.sexual_hold
            reasons.append("sexual" if is_likely else "maybe_sexual")
            verdict = Verdict.REVIEW
        for hint, score, shown_from in (
            ("graphic", scores.graphic, self.graphic_first),
            ("weapon", scores.weapon, self.weapon_hint),
            ("alcohol", scores.alcohol, self.alcohol_hint),
        ):
            if (score or 0) >= shown_from:
                reasons.append(hint)
                verdict = Verdict.REVIEW if self.hints_review else verdict
        for other in scores.others:
            if other.confidence >= self.others_review:
                reasons.append(other.label)
                verdict = Verdict.REVIEW
        return StepResult(
            step=self.name,
            verdict=verdict,
            reasons=tuple(reasons),
            facts=ModerationFacts(scores),
        )


def _check(scores: ModerationScores) -> None:
    """Raise ``BackendUnavailable`` for what is no probability: NaN would pass."""
    for name in ("sexual", "graphic", "weapon", "alcohol"):
        value = getattr(scores, name)
        if value is not None and not 0 <= value <= 1:
            raise BackendUnavailable(f"The score {name}={value!r} is not in [0, 1].")
    for other in scores.others:
        if not 0 <= other.confidence <= 1:
            raise BackendUnavailable(f"{other.label!r} scores {other.confidence!r}.")

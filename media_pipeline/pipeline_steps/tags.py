from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from media_pipeline.backends.loading import build_backend
from media_pipeline.backends.pictures import Pixels
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult, Tag


class TaggingBackend(Protocol):
    def tag(self, pixels: Pixels) -> tuple[Tag, ...]:
        """Return labels with their probability, or raise ``BackendUnavailable``.

        The local ones answer in the words of ``backends.shop_words``.
        """
        ...


def tagged(
    step: str, engine: TaggingBackend, frame: Frame, shown_from: float
) -> StepResult:
    """Return what the engine is sure enough of. Tags advise; they never hold back."""
    tags = engine.tag(frame.pixels)
    for tag in tags:
        if not 0 <= tag.confidence <= 1.0001:
            raise BackendUnavailable(
                f"{tag.label!r} has the confidence {tag.confidence!r}."
            )
    shown = (tag for tag in tags if tag.confidence >= shown_from)
    return StepResult(
        step=step,
        tags=tuple(Tag(tag.label, min(1.0, tag.confidence)) for tag in shown),
    )


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Suggest words for what a photo shows, from general knowledge of things."""

    name: ClassVar[str] = "tags"
    shown_from: float = 0.4  # below it is noise
    backend: str = "media_pipeline.backends.lite0.ImageNetTagger"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: TaggingBackend = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = build_backend(self.backend, self.backend_options, method="tag")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        return tagged(self.name, self.engine, frame, self.shown_from)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from media_pipeline.backends.loading import build_backend
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult

from .tags import TaggingBackend, tagged


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Clothing:
    """Suggest the kind of garment, by a head trained on people's own photos.

    A step of its own, so that its tags name their source: of those shown from 0.7
    on 95 % are right (372 photos it had not seen).
    """

    name: ClassVar[str] = "clothing"
    shown_from: float = 0.7
    backend: str = "media_pipeline.backends.lite0.ClothingTagger"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: TaggingBackend = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = build_backend(self.backend, self.backend_options, method="tag")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        return tagged(self.name, self.engine, frame, self.shown_from)

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
class Categories:
    """Suggest one of the shop's own categories, by a head trained on its pictures.

    ``train-head`` makes the head and reports how often it is right;
    ``MEDIA_PIPELINE_CATEGORY_HEAD`` switches it on.
    """

    name: ClassVar[str] = "categories"
    shown_from: float = 0.7
    backend: str = "media_pipeline.heads.HeadTagger"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: TaggingBackend = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = build_backend(self.backend, self.backend_options, method="tag")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        return tagged(self.name, self.engine, frame, self.shown_from)

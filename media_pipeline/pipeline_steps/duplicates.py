from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from media_pipeline.backends.loading import build_backend
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult
from media_pipeline.similarity import Embedder, appearance_of


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Take what a picture is known again by; ``duplicates.compare`` then searches.

    Steps see no database, so this one only looks at the pixels. The worker compares
    the appearance with photos, catalogue and ban list, by this step's thresholds.
    """

    name: ClassVar[str] = "duplicates"
    # Bits of 64: pictures saved again differ by 0-6, others by 14 and more.
    hash_within: int = 10
    # Cosine of the whole pictures; 0 of 160 unrelated photos came above 0.78.
    alike_from: float = 0.8
    # Features that agree on one turn and scale; see docs/reference/accuracy.md.
    agree_from: int = 16
    # Of the ban list, whose confirmed match alone may reject.
    ban_from: int = 24
    candidates: int = 8  # whose features are compared, of each set of pictures
    backend: str = "media_pipeline.backends.lite0.Lite0Embedder"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: Embedder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.hash_within <= 16:
            raise ValueError("hash_within lies between 0 and 16 bits.")
        engine = build_backend(self.backend, self.backend_options, method="embed")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        return StepResult(
            step=self.name, facts=appearance_of(frame.pixels, self.engine)
        )

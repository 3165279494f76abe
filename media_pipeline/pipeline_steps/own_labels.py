from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from media_pipeline.backends.loading import build_backend
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult

from .tags import TaggingBackend, tagged

LOCAL = "media_pipeline.backends.onnx_by_path.OnnxClassifier"


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLabels:
    """Suggest words by a network of the shop's own. Off until it is named.

    ``backend_options`` name the file, its sum and its labels; while they are empty
    the step says nothing, so that it may stand in a list of steps for later.
    """

    name: ClassVar[str] = "own_labels"
    shown_from: float = 0.5
    backend: str = LOCAL
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: TaggingBackend | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = None
        if self.backend != LOCAL or any(self.backend_options.values()):
            engine = build_backend(self.backend, self.backend_options, method="tag")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        if self.engine is None:
            return StepResult(step=self.name, is_off=True)
        return tagged(self.name, self.engine, frame, self.shown_from)

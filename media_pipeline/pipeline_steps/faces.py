from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from media_pipeline.backends.centerface import Face
from media_pipeline.backends.loading import build_backend
from media_pipeline.backends.pictures import Pixels
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult

from .text import check_places


class FaceBackend(Protocol):
    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        """Return the faces, surest first, or raise ``BackendUnavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class FacesFacts:
    faces: tuple[Face, ...]

    def as_json(self) -> dict[str, Any]:
        return {"faces": [[round(side, 4) for side in face.box] for face in self.faces]}


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """Say where faces are, for blurring and for crops. Nothing about the person."""

    name: ClassVar[str] = "faces"
    backend: str = "media_pipeline.backends.centerface.CenterFace"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: FaceBackend = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = build_backend(self.backend, self.backend_options, method="find")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        faces = self.engine.find(frame.pixels)
        check_places([face.box for face in faces])
        return StepResult(step=self.name, facts=FacesFacts(faces))

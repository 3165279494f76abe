from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult
from media_pipeline.similarity import difference_hash, perceptual_hash


@dataclass(frozen=True, slots=True)
class Hashes:
    """Two 64-bit hashes; compare them by ``similarity.distance``."""

    phash: int
    dhash: int

    def as_json(self) -> dict[str, Any]:
        return {
            "hashes": {"phash": f"{self.phash:016x}", "dhash": f"{self.dhash:016x}"}
        }


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class HashesStep:
    """Say what the picture looks like in 64 bits, to find it again."""

    name: ClassVar[str] = "hashes"

    def inspect(self, frame: Frame) -> StepResult:
        hashes = Hashes(perceptual_hash(frame.pixels), difference_hash(frame.pixels))
        return StepResult(step=self.name, facts=hashes)

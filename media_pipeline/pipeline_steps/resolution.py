from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult, Verdict


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Ask for review when a photo is too small to fill a product page."""

    name: ClassVar[str] = "resolution"
    min_short_side: int = 800  # px, of the master

    def inspect(self, frame: Frame) -> StepResult:
        if min(frame.size) >= self.min_short_side:
            return StepResult(step=self.name)
        return StepResult(
            step=self.name, verdict=Verdict.REVIEW, reasons=("low_resolution",)
        )

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from media_pipeline.backends.pictures import Pixels, scaled
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult

MEASURING_SIDE = 512  # px, long side; smaller pictures are measured as they are
BLOCK = 32  # px
CLIPPED = 250  # of 255
GROUND = 0.8  # of the border's pixels
DARK = 60  # of 255, what the darkest twentieth stays below


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """``sharpness`` is 88 and more in 95 % of sharp photos, 4 and less in 95 % of
    strongly blurred ones; ``brightness`` is the mean luminance in [0, 1]."""

    sharpness: float
    brightness: float

    def as_json(self) -> dict[str, Any]:
        return {
            "quality": {
                "sharpness": round(self.sharpness, 1),
                "brightness": round(self.brightness, 3),
            }
        }


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Measure blur and light. Advice to the author, never a reason against a photo.

    ``max_clipped`` is the share of pixels without a trace left. A shop's white
    ground has none either, so a photo is only called too bright if its border is
    not white all round and nothing in it is dark: of 67 good ones none is, of the
    same ones exposed four times as long 9.
    """

    name: ClassVar[str] = "quality"
    min_sharpness: float = 20.0
    min_brightness: float = 50 / 255
    max_clipped: float = 0.4

    def inspect(self, frame: Frame) -> StepResult:
        grey = _luminance(frame.pixels)
        facts = QualityFacts(sharpness_of(grey), float(grey.mean()) / 255)
        reasons = []
        if facts.sharpness < self.min_sharpness:
            reasons.append("blurred")
        if facts.brightness < self.min_brightness:
            reasons.append("too_dark")
        if _clipped(grey) >= self.max_clipped:
            reasons.append("too_bright")
        return StepResult(step=self.name, reasons=tuple(reasons), facts=facts)


def sharpness_of(grey: npt.NDArray[np.float32]) -> float:
    """Return the squared Laplacian of the sharpest blocks (their 90th percentile).

    By blocks, because a plain background fools the mean over the whole picture, and
    because a sharp product before a soft background is a sharp photo.
    """
    laplacian = (
        grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    ) - 4 * grey[1:-1, 1:-1]
    rows, columns = (max(1, side // BLOCK) for side in laplacian.shape)
    height, width = (
        min(BLOCK, laplacian.shape[0]) * rows,
        min(BLOCK, laplacian.shape[1]) * columns,
    )
    blocks = laplacian[:height, :width].reshape(
        rows, height // rows, columns, width // columns
    )
    return float(np.percentile(np.square(blocks).mean(axis=(1, 3)), 90))


def _clipped(grey: npt.NDArray[np.float32]) -> float:
    """Return the share of burnt-out pixels; 0 if they are rather a plain ground."""
    white = grey >= CLIPPED
    border = np.concatenate((white[0], white[-1], white[:, 0], white[:, -1]))
    if border.mean() >= GROUND or np.percentile(grey, 5) <= DARK:
        return 0.0
    return float(white.mean())


def _luminance(pixels: Pixels) -> npt.NDArray[np.float32]:
    small = Image.fromarray(scaled(pixels, MEASURING_SIDE))
    return np.asarray(small.convert("L"), np.float32)

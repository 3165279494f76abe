"""CenterFace: where faces are. Not whose, not how old, not how they feel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from media_pipeline.results import Box

from . import sessions
from .model_files import CENTERFACE
from .objects import apart, clipped
from .pictures import Pixels, scaled

STRIDE = 32  # px; sides of the input are multiples of it
CELL = 4  # px of the input per cell of the answer


@dataclass(frozen=True, slots=True)
class Face:
    box: Box
    confidence: float  # in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterFace:
    """The default: one network on this machine's processor, 18 ms at 480 px.

    All of 29 portraits and a group of six were found at 480 px; faces much smaller
    than 1/20 of the long side want 640 or 800 px, at 33 and 55 ms.
    """

    side: int = 480  # px, long side of what the network sees
    min_confidence: float = 0.5
    max_overlap: float = 0.3  # of two boxes, intersection over union

    files = (CENTERFACE,)

    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        """Return the faces, surest first. Raises ``BackendUnavailable``."""
        small = Image.fromarray(scaled(pixels, max(640, self.side)))
        ratio = self.side / max(small.size)
        width, height = (
            max(STRIDE, round(length * ratio / STRIDE) * STRIDE)
            for length in small.size
        )
        values = np.asarray(
            small.resize((width, height), Image.Resampling.BILINEAR), np.float32
        )
        heat, size, shift = sessions.run(
            CENTERFACE,
            ["537", "538", "539"],
            {"input.1": np.ascontiguousarray(values.transpose(2, 0, 1)[None])},
        )
        boxes, confidences = self._boxes(heat[0, 0], size[0], shift[0])
        boxes /= np.array([width, height, width, height], np.float32)
        kept = apart(boxes, confidences, self.max_overlap)
        return tuple(Face(clipped(boxes[i]), float(confidences[i])) for i in kept)

    def _boxes(
        self,
        heat: npt.NDArray[np.float32],
        size: npt.NDArray[np.float32],
        shift: npt.NDArray[np.float32],
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return (n, 4) edges left, top, right, bottom in px, and confidences."""
        rows, columns = np.nonzero(heat > self.min_confidence)
        heights, widths = np.exp(size[:, rows, columns]) * CELL
        y = (rows + shift[0, rows, columns] + 0.5) * CELL
        x = (columns + shift[1, rows, columns] + 0.5) * CELL
        half = (widths / 2, heights / 2)
        edges = np.stack((x - half[0], y - half[1], x + half[0], y + half[1]), axis=1)
        return edges.astype(np.float32), heat[rows, columns]

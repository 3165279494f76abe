"""Things with a place in the picture, whoever found them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from media_pipeline.results import Box

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SeenObject:
    """One thing in the picture. ``box`` is None where it has no place, as a scene."""

    label: str
    confidence: float  # in [0, 1]
    box: Box | None


def clipped(edges: Numbers) -> Box:
    """Return the box of edges left, top, right, bottom, inside [0, 1]."""
    left, top, right, bottom = (float(edge) for edge in np.clip(edges, 0, 1))
    return (left, top, max(0.0, right - left), max(0.0, bottom - top))


def apart(boxes: Numbers, confidences: Numbers, max_overlap: float) -> list[int]:
    """Return the surest boxes that don't overlap: non-maximum suppression.

    ``boxes`` are (n, 4) edges left, top, right, bottom; ``max_overlap`` is
    intersection over union.
    """
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    left = np.argsort(-confidences, kind="stable")
    kept: list[int] = []
    while left.size:
        best, left = int(left[0]), left[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[left, :2])
        high = np.minimum(boxes[best, 2:], boxes[left, 2:])
        common = np.prod(np.clip(high - low, 0, None), axis=1)
        left = left[common <= max_overlap * (areas[best] + areas[left] - common)]
    return kept

"""Our own filters: a curve per channel through a few points, and a saturation.

No look-up files: what a filter does is read here.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

Points = tuple[tuple[float, float], ...]
"""(in, out) in [0, 1], rising; the curve passes through all of them."""

STRAIGHT: Points = ((0.0, 0.0), (1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Curves:
    red: Points = STRAIGHT
    green: Points = STRAIGHT
    blue: Points = STRAIGHT
    saturation: float = 1.0  # 0 is grey, 1 as it was

    def tables(self) -> tuple[list[float], list[float], list[float]]:
        """Return 256 values in [0, 1] per channel."""
        return curve(self.red), curve(self.green), curve(self.blue)


def _same(*points: tuple[float, float]) -> tuple[Points, Points, Points]:
    return points, points, points


FILTERS: dict[str, Curves] = {
    # Airy: lifted shadows, warm lights.
    "linen": Curves(
        ((0, 0.05), (0.5, 0.56), (1, 1)),
        ((0, 0.04), (0.5, 0.54), (1, 0.99)),
        ((0, 0.05), (0.5, 0.51), (1, 0.94)),
        saturation=0.92,
    ),
    # Evening: blue shadows, amber lights.
    "dusk": Curves(
        ((0, 0.0), (0.3, 0.26), (0.7, 0.75), (1, 1)),
        ((0, 0.01), (0.5, 0.48), (1, 0.96)),
        ((0, 0.08), (0.4, 0.42), (1, 0.86)),
        saturation=1.05,
    ),
    # Fresh: clear greens, a little more contrast.
    "meadow": Curves(
        ((0, 0.0), (0.25, 0.22), (0.75, 0.77), (1, 1)),
        ((0, 0.01), (0.5, 0.54), (1, 1)),
        ((0, 0.02), (0.5, 0.48), (1, 0.97)),
        saturation=1.12,
    ),
    # Cool and crisp.
    "harbour": Curves(
        ((0, 0.0), (0.5, 0.47), (1, 0.96)),
        ((0, 0.01), (0.5, 0.5), (1, 0.99)),
        ((0, 0.05), (0.5, 0.55), (1, 1)),
        saturation=0.9,
    ),
    # Black and white with depth.
    "noir": Curves(*_same((0, 0), (0.25, 0.18), (0.75, 0.82), (1, 1)), saturation=0.0),
    # An old print: flat blacks, soft whites.
    "faded": Curves(
        ((0, 0.12), (0.5, 0.54), (1, 0.95)),
        ((0, 0.11), (0.5, 0.52), (1, 0.93)),
        ((0, 0.14), (0.5, 0.5), (1, 0.88)),
        saturation=0.78,
    ),
}


@functools.cache
def curve(points: Points) -> list[float]:
    """Return 256 values of the monotone cubic through these points.

    Fritsch and Carlson, "Monotone piecewise cubic interpolation", 1980: it never
    swings past a point, so no tone turns back.
    """
    slopes = _slopes(points)
    values = []
    segment = 0
    for step in range(256):
        x = step / 255
        while segment < len(points) - 2 and x > points[segment + 1][0]:
            segment += 1
        (x0, y0), (x1, y1) = points[segment], points[segment + 1]
        width = x1 - x0
        t = (x - x0) / width
        values.append(
            y0 * (1 + 2 * t) * (1 - t) ** 2
            + slopes[segment] * width * t * (1 - t) ** 2
            + y1 * t * t * (3 - 2 * t)
            + slopes[segment + 1] * width * t * t * (t - 1)
        )
    return values


def _slopes(points: Points) -> list[float]:
    steps = [
        (after[1] - before[1]) / (after[0] - before[0])
        for before, after in itertools.pairwise(points)
    ]
    slopes = [steps[0], *map(_harmonic, steps, steps[1:]), steps[-1]]
    for index, step in enumerate(steps):
        if step == 0:
            slopes[index] = slopes[index + 1] = 0.0
            continue
        steepness = (slopes[index] ** 2 + slopes[index + 1] ** 2) ** 0.5 / abs(step)
        if steepness > 3:
            slopes[index] *= 3 / steepness
            slopes[index + 1] *= 3 / steepness
    return slopes


def _harmonic(before: float, after: float) -> float:
    return 0.0 if before * after <= 0 else 2 * before * after / (before + after)


def mixed(table: Sequence[float], strength: float) -> list[float]:
    """Return the table, nearer to the straight line the weaker it is."""
    return [
        step / 255 * (1 - strength) + value * strength
        for step, value in enumerate(table)
    ]

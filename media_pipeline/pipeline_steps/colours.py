from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from media_pipeline.backends.colour_names import Lab, nearest_name, to_lab
from media_pipeline.backends.pictures import scaled
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult

MEASURING_SIDE = 96  # px, long side
ROUNDS = 8  # of k-means; the names of the colours stand after five
EVEN_DIFFERENCE = 10.0  # in CIELAB; what still counts as the background's colour


@dataclass(frozen=True, slots=True)
class Colour:
    name: str  # English and stable; ``backends.colour_names.wording`` has the German
    hex: str  # "#rrggbb", the mean of its pixels
    share: float  # of what is no background, the middle counting more, in [0, 1]


@dataclass(frozen=True, slots=True)
class ColourFacts:
    colours: tuple[Colour, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "colours": [
                {
                    "name": colour.name,
                    "hex": colour.hex,
                    "share": round(colour.share, 3),
                }
                for colour in self.colours
            ]
        }


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Name the colours of what is shown, leaving out an even background.

    Good enough for a colour filter: on 80 product photos with their colour in the
    file name the like of it had 59 % exactly among the first two. White things on
    grey and shiny ones are what fails.
    """

    name: ClassVar[str] = "colours"
    limit: int = 3
    min_share: float = 0.1
    clusters: int = 6

    def inspect(self, frame: Frame) -> StepResult:
        pixels = scaled(frame.pixels, MEASURING_SIDE)
        lab = to_lab(pixels)
        weights = _middle_weights(lab.shape[0], lab.shape[1])
        weights = np.where(_background(lab), 0, weights)
        shown = weights > 0
        places = _cluster(lab[shown], weights[shown], self.clusters)
        colours = self._named(pixels[shown], lab[shown], weights[shown], places)
        return StepResult(step=self.name, facts=ColourFacts(colours))

    def _named(
        self,
        rgb: npt.NDArray[np.uint8],
        lab: Lab,
        weights: npt.NDArray[np.float32],
        places: npt.NDArray[np.intp],
    ) -> tuple[Colour, ...]:
        sums: dict[str, npt.NDArray[np.float64]] = {}
        for place in np.unique(places):
            own = places == place
            amount = float(weights[own].sum())
            name = nearest_name(np.average(lab[own], axis=0, weights=weights[own]))
            mean = np.average(rgb[own], axis=0, weights=weights[own])
            row = np.array([amount, *(mean * amount)])
            sums[name] = sums.get(name, np.zeros(4)) + row
        total = sum(row[0] for row in sums.values())
        ranked = sorted(sums.items(), key=lambda item: -item[1][0])
        return tuple(
            Colour(name, _hex(row[1:] / row[0]), float(row[0] / total))
            for place, (name, row) in enumerate(ranked[: self.limit])
            if place == 0 or row[0] / total >= self.min_share
        )


def _hex(rgb: npt.NDArray[np.float64]) -> str:
    return "#" + "".join(f"{round(float(value)):02x}" for value in rgb)


def _middle_weights(height: int, width: int) -> npt.NDArray[np.float32]:
    """Return 1 in the middle, about a quarter in the corners."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    return np.exp(-0.7 * (x * x + y * y))


def _background(lab: Lab) -> npt.NDArray[np.bool_]:
    """Return where an even background is; nowhere if the border is not even."""
    nowhere = np.zeros(lab.shape[:2], np.bool_)
    ring = max(1, min(lab.shape[:2]) // 16)
    is_border = nowhere.copy()
    is_border[:ring] = is_border[-ring:] = True
    is_border[:, :ring] = is_border[:, -ring:] = True
    typical = np.median(lab[is_border], axis=0)
    is_alike = np.linalg.norm(lab - typical, axis=-1) < EVEN_DIFFERENCE
    if is_alike[is_border].mean() < 0.75:
        return nowhere
    # A thing of the background's own colour: then the colour is the answer.
    if is_alike.mean() >= 0.96:
        return nowhere
    # At its edge a thing's colour is mixed with the background's, unless the thing
    # is so thin that it has hardly anything but edges.
    wider: npt.NDArray[np.bool_] = is_alike.copy()
    wider[1:] |= is_alike[:-1]
    wider[:-1] |= is_alike[1:]
    wider[:, 1:] |= is_alike[:, :-1]
    wider[:, :-1] |= is_alike[:, 1:]
    has_inside = bool((~wider).sum() > (~is_alike).sum() / 2)
    return wider if has_inside else is_alike


def _cluster(
    points: Lab, weights: npt.NDArray[np.float32], count: int
) -> npt.NDArray[np.intp]:
    """Return each point's cluster by weighted k-means, the same for the same pixels.

    Starts from the mean and then always the point farthest from all centres so far.
    """
    centres = np.average(points, axis=0, weights=weights)[None].astype(np.float32)
    nearest = np.square(points - centres[0]).sum(axis=1)
    while len(centres) < count:
        centres = np.vstack((centres, points[int((nearest * weights).argmax())]))
        nearest = np.minimum(nearest, np.square(points - centres[-1]).sum(axis=1))
    places = np.zeros(len(points), np.intp)
    for _ in range(ROUNDS):
        # |p - c|² without the |p|² that all centres share. einsum, not @: BLAS
        # would wake a thread per core for this.
        alike = np.einsum("pc,kc->pk", points, centres)
        scores = np.square(centres).sum(axis=1) - 2 * alike
        places = scores.argmin(axis=1)
        amounts = np.bincount(places, weights, minlength=count)
        for axis in range(3):
            sums = np.bincount(places, weights * points[:, axis], minlength=count)
            moved = sums / np.maximum(amounts, 1e-9)
            centres[:, axis] = np.where(amounts > 0, moved, centres[:, axis])
    return places

"""Where a picture should be cut around: its faces, or what stands out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .backends.pictures import Pixels, scaled
from .results import Box

CENTRE = (0.5, 0.5)

_SIDE = 128  # px, long side of what is looked at
_CELLS = 32  # of the map, along each side
_LEAST_SPREAD = 2.0  # grey levels (standard deviation); below it there is nothing
_TOP_SHARE = 0.2  # of the map: what stands out is a small part of a picture

_Map = npt.NDArray[np.float64]


def focal_point(faces: Sequence[Box], pixels: Pixels) -> tuple[float, float]:
    """Return the point that every crop should keep, in [0, 1] from the top left.

    The middle of the faces, each weighing as its area; without faces the middle of
    what stands out; the centre if nothing does. Pure.
    """
    areas = [max(0.0, width) * max(0.0, height) for _, _, width, height in faces]
    total = sum(areas)
    if total > 0:
        x = sum(
            area * (left + width / 2)
            for area, (left, _, width, _) in zip(areas, faces, strict=True)
        )
        y = sum(
            area * (top + height / 2)
            for area, (_, top, _, height) in zip(areas, faces, strict=True)
        )
        return _inside(x / total, y / total)
    return _salient_point(pixels)


def _salient_point(pixels: Pixels) -> tuple[float, float]:
    """Return the middle of the cells that stand out most.

    Half is the spectral residual (Hou and Zhang, CVPR 2007), which knows what is
    unusual; half is the energy of edges, which knows where there is detail. Both
    are damped towards the rim, where a crop cuts anyway.
    """
    small = scaled(pixels, _SIDE).astype(np.float64)
    if float(small.std(axis=(0, 1)).max()) < _LEAST_SPREAD:
        return CENTRE
    grey = 0.299 * small[..., 0] + 0.587 * small[..., 1] + 0.114 * small[..., 2]
    # Brightness and the two colour differences: red things on green stand out too.
    planes = (
        grey,
        small[..., 0] - small[..., 1],
        small[..., 2] - (small[..., 0] + small[..., 1]) / 2,
    )
    unusual = sum(
        (_residual(_cells(plane)) for plane in planes), np.zeros((_CELLS,) * 2)
    )
    down = np.diff(grey, axis=0, prepend=grey[:1])
    right = np.diff(grey, axis=1, prepend=grey[:, :1])
    detail = _smooth(_cells(np.hypot(down, right)))
    height, width = _CELLS, _CELLS
    y, x = np.mgrid[0:height, 0:width] + 0.5
    y, x = y / height, x / width
    damped = np.exp(-((x - 0.5) ** 2 + (y - 0.5) ** 2) / (2 * 0.35**2))
    salience = (_share(unusual) + _share(detail)) * damped
    least = np.quantile(salience, 1 - _TOP_SHARE)
    weight = np.clip(salience - least, 0, None)
    total = float(weight.sum())
    if total <= 0:
        return CENTRE
    return _inside(float((weight * x).sum()) / total, float((weight * y).sum()) / total)


def _cells(plane: _Map) -> _Map:
    """Return the means of ``_CELLS`` by ``_CELLS`` parts, whatever the plane's sides."""
    for axis in (0, 1):
        edges = np.arange(_CELLS) * plane.shape[axis] // _CELLS
        sizes = np.maximum(np.diff([*edges, plane.shape[axis]]), 1)
        # Where a side has fewer lines than cells, a line serves several of them.
        sums = np.add.reduceat(plane, edges, axis=axis)
        plane = sums / (sizes[:, None] if axis == 0 else sizes[None, :])
    return plane


def _residual(plane: _Map) -> _Map:
    """Return what the plane's spectrum has beyond its own smooth course."""
    if float(plane.std()) < _LEAST_SPREAD:
        return np.zeros_like(plane)  # rounding alone; its spectrum means nothing
    waves = np.fft.fft2(plane)
    log = np.log(np.abs(waves) + 1e-6)
    residual = np.exp(log - _box_mean(log) + 1j * np.angle(waves))
    # As much as the plane varies: three planes are to be added.
    return _smooth(np.abs(np.fft.ifft2(residual)) ** 2) * float(plane.std())


def _smooth(plane: _Map) -> _Map:
    return _box_mean(_box_mean(plane))


def _box_mean(plane: _Map) -> _Map:
    """Return the mean of each cell and its eight neighbours, which wrap around."""
    total: Any = sum(
        np.roll(plane, (down, right), (0, 1))
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    )
    return np.asarray(total / 9)


def _share(plane: _Map) -> _Map:
    total = float(plane.sum())
    return plane / total if total > 0 else plane


def _inside(x: float, y: float) -> tuple[float, float]:
    return (round(min(1.0, max(0.0, x)), 4), round(min(1.0, max(0.0, y)), 4))

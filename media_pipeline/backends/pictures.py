"""Small pictures for models, made from a frame's pixels. Nothing is decoded here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
"""(h, w, 3), sRGB, upright."""

Made = TypeVar("Made")

_last: tuple[Pixels | None, dict[str, Any]] = (None, {})


def once(pixels: Pixels, name: str, make: Callable[[], Made]) -> Made:
    """Return what ``make`` makes of these pixels, made once while they are current.

    Steps look at one frame after another; several want the same small picture or
    the same network's answer. Pixels are compared by identity and are read-only.
    Two threads with two frames only lose the saving.
    """
    global _last
    current = _last
    if current[0] is not pixels:
        _last = current = (pixels, {})
    made = current[1]
    if name not in made:
        made[name] = make()
    result: Made = made[name]
    return result


def scaled(pixels: Pixels, long_side: int) -> Pixels:
    """Return the whole picture with this long side; never enlarged. Box filter."""

    def make() -> Pixels:
        height, width = pixels.shape[:2]
        ratio = long_side / max(width, height)
        if ratio >= 1:
            return pixels
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        picture = Image.fromarray(pixels)
        # Whole steps first: 1,280 to 640 px takes 1 ms so, and 3 ms by resize alone.
        whole = min(width // size[0], height // size[1])
        if whole > 1:
            picture = picture.reduce(whole)
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.BOX)
        return np.asarray(picture)

    return once(pixels, f"scaled to {long_side}", make)


# Standard quantisation tables (ITU-T T.81, annex K) at libjpeg's quality 75, which
# is Pillow's: half of each entry, rounded.
_LUMA = (
    np.array(
        [
            [16, 11, 10, 16, 24, 40, 51, 61],
            [12, 12, 14, 19, 26, 58, 60, 55],
            [14, 13, 16, 24, 40, 57, 69, 56],
            [14, 17, 22, 29, 51, 87, 80, 62],
            [18, 22, 37, 56, 68, 109, 103, 77],
            [24, 35, 55, 64, 81, 104, 113, 92],
            [49, 64, 78, 87, 103, 121, 120, 101],
            [72, 92, 95, 98, 112, 100, 103, 99],
        ],
        np.float32,
    )
    * 50
    + 50
) // 100
_CHROMA = np.full((8, 8), 99, np.float32)
_CHROMA[:4, :4] = [
    [17, 18, 24, 47],
    [18, 21, 26, 66],
    [24, 26, 56, 99],
    [47, 66, 99, 99],
]
_CHROMA = (_CHROMA * 50 + 50) // 100
_K = np.arange(8)
_DCT = (
    np.where(_K[:, None] == 0, np.sqrt(1 / 8), 0.5)
    * np.cos((2 * _K[None, :] + 1) * _K[:, None] * np.pi / 16)
).astype(np.float32)


def as_if_saved_as_jpeg(pixels: Pixels) -> Pixels:
    """Return pixels as a JPEG of quality 75, 4:2:0, would give them back.

    Some networks were trained on such pictures and score others differently. This
    does the lossy part alone, in arithmetic, so that nothing needs decoding outside
    the sandbox. Sides must be multiples of 16.
    """
    r, g, b = np.moveaxis(pixels.astype(np.float32), -1, 0)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    cb = -0.168736 * r - 0.331264 * g + 0.5 * b
    cr = 0.5 * r - 0.418688 * g - 0.081312 * b
    y = _quantised(np.rint(y) - 128, _LUMA) + 128
    cb, cr = (
        _doubled(_quantised(np.rint(_halved(np.rint(c))), _CHROMA)) for c in (cb, cr)
    )
    rgb = np.stack((y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb))
    return np.moveaxis(np.clip(np.rint(rgb), 0, 255), 0, -1).astype(np.uint8)


def _quantised(plane: npt.NDArray[Any], table: npt.NDArray[Any]) -> npt.NDArray[Any]:
    height, width = plane.shape
    blocks = plane.reshape(height // 8, 8, width // 8, 8).transpose(0, 2, 1, 3)
    waves = np.rint(_DCT @ blocks.astype(np.float32) @ _DCT.T / table) * table
    back = np.rint(_DCT.T @ waves @ _DCT).clip(-128, 127)
    return np.asarray(back.transpose(0, 2, 1, 3).reshape(height, width))


def _halved(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    height, width = plane.shape
    return np.asarray(plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)))


def _doubled(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Enlarge by triangles, three parts the nearer and one the farther sample."""
    for axis in (0, 1):
        before = np.concatenate(
            (plane.take([0], axis), plane.take(range(plane.shape[axis] - 1), axis)),
            axis,
        )
        after = np.concatenate(
            (plane.take(range(1, plane.shape[axis]), axis), plane.take([-1], axis)),
            axis,
        )
        pair = np.stack(
            (0.75 * plane + 0.25 * before, 0.75 * plane + 0.25 * after), axis + 1
        )
        shape = list(plane.shape)
        shape[axis] *= 2
        plane = pair.reshape(shape)
    return plane

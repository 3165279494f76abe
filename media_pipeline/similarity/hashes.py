"""64-bit hashes of what a picture looks like, and the nearest among a million."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from media_pipeline.backends.pictures import Pixels, scaled

HASH_SIDE = 8
_PHASH_SIDE = 32  # px
_SMALL_SIDE = 160  # px, long side; five times what the hashes look at

_k = np.arange(_PHASH_SIDE)
# DCT-II, the lowest eight frequencies. Its scale does not matter for signs.
_COSINES = np.cos(
    np.pi * (2 * _k[None, :] + 1) * _k[:HASH_SIDE, None] / (2 * _PHASH_SIDE)
)


def perceptual_hash(pixels: Pixels) -> int:
    """Return the 64-bit pHash: which low frequencies lie above their median.

    The usual recipe: luminance at 32 x 32, DCT-II, its lowest 8 x 8.
    """
    grey = _luminance(pixels, (_PHASH_SIDE, _PHASH_SIDE))
    # einsum, not @: BLAS would wake a thread per core for this.
    waves = np.einsum("ux,yx->yu", _COSINES, grey)
    waves = np.einsum("vy,yu->vu", _COSINES, waves)
    return _as_int(waves > np.median(waves))


def difference_hash(pixels: Pixels) -> int:
    """Return the 64-bit dHash: where luminance grows to the right, at 9 x 8."""
    small = _luminance(pixels, (HASH_SIDE + 1, HASH_SIDE))
    return _as_int(small[:, 1:] > small[:, :-1])


def distance(one: int, other: int) -> int:
    """Return how many bits of two hashes differ. Up to 10 is the same picture."""
    return (one ^ other).bit_count()


def _luminance(pixels: Pixels, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    grey = Image.fromarray(scaled(pixels, _SMALL_SIDE)).convert("L")
    return np.asarray(grey.resize(size, Image.Resampling.LANCZOS), np.float32)


def _as_int(bits: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


class NearHash(NamedTuple):
    """A row of the table, and how many bits it differs in."""

    row: int
    distance: int


Hashes = npt.NDArray[np.uint64]


def nearest_hashes(
    table: Hashes, queries: Sequence[int], *, within: int, limit: int = 24
) -> tuple[NearHash, ...]:
    """Return the rows nearest to any of the queries, exactly, nearest first.

    A plain scan: one query among a million takes under 2 ms of CPU, so that no
    index can forget anything (docs/reference/accuracy.md).
    """
    if not len(table):
        return ()
    best: npt.NDArray[np.uint8] | None = None
    for query in dict.fromkeys(queries):
        bits = np.bitwise_count(table ^ np.uint64(query))
        best = bits if best is None else np.minimum(best, bits, out=best)
    if best is None:
        return ()
    rows = np.flatnonzero(best <= within)
    ordered = rows[np.argsort(best[rows], kind="stable")][:limit]
    return tuple(NearHash(int(row), int(best[row])) for row in ordered)


# --- the same picture in disguise ---------------------------------------------

_EVEN = 7.0  # a border's grey levels differ by less (standard deviation)
_SAME = 12.0  # grey levels between a border's outermost line and its others
_LEAST_LEFT = 0.4  # of a side; more border than that is a picture of little


def turns(pixels: Pixels) -> tuple[Pixels, ...]:
    """Return the picture and its seven turns and mirrors; it comes first."""
    mirrored = pixels[:, ::-1]
    return tuple(
        np.ascontiguousarray(np.rot90(each, quarter))
        for each in (pixels, mirrored)
        for quarter in range(4)
    )


def without_borders(pixels: Pixels) -> Pixels:
    """Return the picture without even borders; itself if it has none."""
    grey = np.asarray(Image.fromarray(pixels).convert("L"), np.float32)
    top, bottom = _even_lines(grey)
    left, right = _even_lines(grey.T)
    height, width = grey.shape
    if (top, bottom, left, right) == (0, 0, 0, 0):
        return pixels
    if (
        height - top - bottom < _LEAST_LEFT * height
        or width - left - right < _LEAST_LEFT * width
    ):
        return pixels
    return np.ascontiguousarray(pixels[top : height - bottom, left : width - right])


def _even_lines(grey: npt.NDArray[np.float32]) -> tuple[int, int]:
    """Return how many lines at the start and at the end are of one colour."""
    means, spreads = grey.mean(axis=1), grey.std(axis=1)

    def count(order: slice) -> int:
        alike = (spreads[order] < _EVEN) & (
            np.abs(means[order] - means[order][0]) < _SAME
        )
        return len(alike) if alike.all() else int(alike.argmin())

    return count(slice(None)), count(slice(None, None, -1))

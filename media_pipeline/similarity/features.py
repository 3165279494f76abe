"""Local features: whether two pictures show the very same surface (ORB, RANSAC)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from media_pipeline.backends.pictures import Pixels, scaled
from media_pipeline.exceptions import BackendUnavailable

_SIDE = 480  # px, long side of what is looked at
_COUNT = 400  # features at most: 14 KB a picture
_RATIO = 0.8  # Lowe's: nearest by second nearest
_TOLERANCE = 5.0  # px of the 480 between a feature and where the turn puts it
_HEAD = struct.Struct("<H")


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Corners of a picture and what surrounds them."""

    points: npt.NDArray[np.float32]  # (n, 2), px at a long side of 480
    descriptors: npt.NDArray[np.uint8]  # (n, 32)

    def to_bytes(self) -> bytes:
        """Return them as they are kept: 36 bytes each."""
        points = np.clip(np.rint(self.points * 64), 0, 65535).astype("<u2")
        return _HEAD.pack(len(points)) + points.tobytes() + self.descriptors.tobytes()

    @classmethod
    def from_bytes(cls, kept: bytes) -> Features:
        """Return what ``to_bytes`` made; none for no bytes. Raises ValueError."""
        if not kept:
            return cls(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
        (count,) = _HEAD.unpack_from(kept)
        if len(kept) != _HEAD.size + count * 36:
            raise ValueError("These are no features.")
        points = np.frombuffer(kept, "<u2", count * 2, _HEAD.size)
        descriptors = np.frombuffer(kept, np.uint8, count * 32, _HEAD.size + count * 4)
        return cls(
            points.reshape(count, 2).astype(np.float32) / np.float32(64),
            descriptors.reshape(count, 32),
        )


def features_of(pixels: Pixels) -> Features:
    """Return the picture's strongest corners. Raises ``BackendUnavailable``."""
    cv2 = _opencv()
    small = np.ascontiguousarray(scaled(pixels, _SIDE))
    finder = cv2.ORB_create(nfeatures=_COUNT, fastThreshold=10, edgeThreshold=15)
    corners, descriptors = finder.detectAndCompute(
        cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), None
    )
    if descriptors is None:
        return Features.from_bytes(b"")
    points = np.array([corner.pt for corner in corners], np.float32)
    return Features(points, descriptors)


def agreeing(one: Features, other: Features) -> int:
    """Return how many features agree on one turn, scale and shift of the whole.

    Mirrored pictures don't agree; ask for the mirrored one too. Raises
    ``BackendUnavailable``.
    """
    if min(len(one.points), len(other.points)) < 4:
        return 0
    cv2 = _opencv()
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(
        one.descriptors, other.descriptors, k=2
    )
    good = [
        pair[0]
        for pair in pairs
        if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance
    ]
    if len(good) < 4:
        return 0
    source = np.array([one.points[match.queryIdx] for match in good])
    target = np.array([other.points[match.trainIdx] for match in good])
    matrix, inside = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE
    )
    if matrix is None:
        return 0
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not 0.2 < scale < 5:
        return 0  # everything falls onto one spot: agreement about nothing
    # Several features on one spot count once.
    spots = {tuple(spot) for spot in (source[inside.ravel() == 1] // 4).tolist()}
    return len(spots)


def _opencv() -> Any:
    try:
        import cv2
    except ImportError as error:
        raise BackendUnavailable("OpenCV is not installed.") from error
    cv2.setNumThreads(1)  # as everything in a worker's process
    return cv2

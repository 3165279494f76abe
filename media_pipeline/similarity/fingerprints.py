"""What is kept of a picture to know it again, however it comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from media_pipeline.backends.pictures import Pixels, scaled
from media_pipeline.exceptions import BackendUnavailable

from .features import Features, features_of
from .hashes import difference_hash, perceptual_hash, turns, without_borders
from .products import Embedder, Vectors

_SMALL_SIDE = 320  # px; twice what the hashes look at, so that a border shows

HASHES_PER_PICTURE = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fingerprint:
    """What is kept of a picture.

    ``hashes`` are pHash and dHash of the whole, then of the picture without its
    borders. ``vector`` is None if the embedder gave no answer, ``features`` if there
    is no OpenCV.
    """

    pixels_sha256: str
    hashes: tuple[int, int, int, int]
    model: str  # the embedder's name
    vector: Vectors | None  # (length,)
    features: Features | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Appearance:
    """A picture as it is searched for: turned, mirrored, without borders."""

    fingerprint: Fingerprint
    phashes: tuple[int, ...]
    dhashes: tuple[int, ...]
    vectors: Vectors  # (n, length): its four quarter turns; n = 0 without an embedder
    mirrored: Features | None

    def as_json(self) -> Mapping[str, Any]:
        """Nothing of it belongs into the contract object."""
        return {}


def fingerprint_of(pixels: Pixels, embedder: Embedder) -> Fingerprint:
    """Return what is kept. Raises ``BackendUnavailable`` if the embedder does."""
    (vector,) = embedder.embed([pixels])
    return _fingerprint(pixels, embedder.name, vector, _features(pixels))


def appearance_of(pixels: Pixels, embedder: Embedder) -> Appearance:
    """Return what to search for. Raises ``BackendUnavailable`` if the embedder does.

    One run of the network per quarter turn; it hardly minds mirrors.
    """
    # Turned before it is shrunk, the whole as it is: its vector may be there already.
    small = scaled(pixels, 640)
    vectors = embedder.embed(
        [pixels, *(np.ascontiguousarray(np.rot90(small, n)) for n in (1, 2, 3))]
    )
    whole = scaled(pixels, _SMALL_SIDE)
    trimmed = without_borders(whole)
    shapes = turns(whole) + (() if trimmed is whole else turns(trimmed))
    features = _features(pixels)
    return Appearance(
        fingerprint=_fingerprint(pixels, embedder.name, vectors[0], features),
        phashes=tuple(perceptual_hash(shape) for shape in shapes),
        dhashes=tuple(difference_hash(shape) for shape in shapes),
        vectors=vectors,
        mirrored=None if features is None else _features(small[:, ::-1]),
    )


def _fingerprint(
    pixels: Pixels, model: str, vector: Vectors, features: Features | None
) -> Fingerprint:
    whole = scaled(pixels, _SMALL_SIDE)
    trimmed = without_borders(whole)
    return Fingerprint(
        pixels_sha256=pixels_sha256(pixels),
        hashes=(
            perceptual_hash(whole),
            difference_hash(whole),
            perceptual_hash(trimmed),
            difference_hash(trimmed),
        ),
        model=model,
        vector=vector,
        features=features,
    )


def pixels_sha256(pixels: Pixels) -> str:
    """Return the sum of the pixels and their shape: same picture, other metadata."""
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(pixels.tobytes())
    return digest.hexdigest()


def _features(pixels: Pixels) -> Features | None:
    try:
        return features_of(pixels)
    except BackendUnavailable:
        return None  # then nothing is confirmed by them; a person looks


# --- as bytes -------------------------------------------------------------------


def hashes_to_bytes(hashes: tuple[int, int, int, int]) -> bytes:
    return np.array(hashes, "<u8").tobytes()


def hashes_from_bytes(kept: bytes) -> npt.NDArray[np.uint64]:
    return np.frombuffer(kept, "<u8", HASHES_PER_PICTURE).astype(np.uint64)


def vector_to_bytes(vector: Vectors | None) -> bytes:
    """Return a vector as halves: two bytes a number, 2.5 KB for 1,280."""
    return b"" if vector is None else vector.astype("<f2").tobytes()


def vector_from_bytes(kept: bytes) -> Vectors:
    """Return it as NumPy multiplies it; halves are 17 times slower there."""
    return np.frombuffer(kept, "<f2").astype(np.float32)

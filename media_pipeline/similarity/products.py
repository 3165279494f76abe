"""Which products a photo shows: embeddings and exact search by opaque key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from media_pipeline.backends.pictures import Pixels
from media_pipeline.results import Box

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns pictures into vectors of length 1; like pictures have like vectors."""

    @property
    def name(self) -> str:
        """Model, version and sum; vectors of different names can't be compared."""
        ...

    @property
    def length(self) -> int: ...

    def embed(self, pictures: Sequence[Pixels]) -> Vectors:
        """Return one row per picture. May raise ``BackendUnavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """The best picture of one product, and where in the photo it was found."""

    key: str
    score: float  # cosine, in [0, 1]
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductIndex:
    """Exact nearest neighbours by opaque key.

    A product has as many rows as pictures; its best one counts. Fits up to some
    200,000 pictures: 1 GB, 25 ms a query. Not float16: NumPy is 17 times slower.
    """

    model: str  # the embedder's name
    keys: tuple[str, ...]  # of each row
    vectors: Vectors  # (rows, length), each of length 1

    @classmethod
    def of(
        cls, pictures: Iterable[tuple[str, Pixels]], embedder: Embedder
    ) -> ProductIndex:
        """Embed (key, pixels) pairs one after another."""
        keys: list[str] = []
        rows: list[Vectors] = []
        for key, pixels in pictures:
            keys.append(key)
            rows.append(embedder.embed([pixels]))
        vectors = (
            np.concatenate(rows) if rows else np.zeros((0, embedder.length), np.float32)
        )
        return cls(model=embedder.name, keys=tuple(keys), vectors=vectors)

    def find(
        self,
        queries: Mapping[Box, Vectors],
        *,
        min_score: float,
        limit: int,
        among: Collection[str] | None = None,
    ) -> tuple[Match, ...]:
        """Return the products that are most like any of the queries, best first.

        ``queries`` maps a window of the photo to its vector; a product is reported
        with the window that shows it best. ``among`` restricts the keys.
        """
        rows = (
            np.arange(len(self.keys))
            if among is None
            else np.flatnonzero([key in among for key in self.keys])
        )
        if not len(rows) or not queries:
            return ()
        boxes = list(queries)
        vectors = self.vectors if among is None else self.vectors[rows]
        scores = vectors @ np.stack([queries[box] for box in boxes]).T
        windows = scores.argmax(axis=1)
        best: dict[str, Match] = {}
        for place in np.argsort(-scores.max(axis=1)):
            score = float(scores[place, windows[place]])
            if score < min_score or len(best) == limit:
                break
            key = self.keys[rows[place]]
            if key not in best:
                box = boxes[int(windows[place])]
                best[key] = Match(key, min(1.0, score), box)
        return tuple(best.values())


class Catalogue(Protocol):
    """Pictures to find products by."""

    def pictures(self) -> Iterator[tuple[str, Pixels]]:
        """Yield (key, pixels), several per key if the product has several."""
        ...


PICTURE_SUFFIXES = (".avif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".webp")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCatalogue:
    """A folder of ``KEY.jpg`` or ``KEY/*.jpg``.

    ``decode`` turns a file into pixels, in the sandbox; it answers None for what it
    refuses, and that file is left out.
    """

    folder: Path
    decode: Callable[[Path], Pixels | None]

    def pictures(self) -> Iterator[tuple[str, Pixels]]:
        for path in sorted(self.folder.iterdir()):
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            for file in files:
                if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file():
                    pixels = self.decode(file)
                    if pixels is not None:
                        yield path.name if path.is_dir() else path.stem, pixels


# --- windows ------------------------------------------------------------------


def windows() -> tuple[Box, ...]:
    """Return the whole and 13 windows: 2 x 2 of 66 %, 3 x 3 of 45 %.

    Found 88 % of products pasted into other photos among the first five, the whole
    alone 49 % (docs/reference/models.md).
    """
    boxes: list[Box] = [(0.0, 0.0, 1.0, 1.0)]
    for count, side in ((2, 0.66), (3, 0.45)):
        step = (1 - side) / (count - 1)
        boxes += [
            (column * step, row * step, side, side)
            for row in range(count)
            for column in range(count)
        ]
    return tuple(boxes)


def cut(pixels: Pixels, box: Box) -> Pixels:
    """Return the pixels inside a box, at least one."""
    height, width = pixels.shape[:2]
    left = min(width - 1, round(box[0] * width))
    top = min(height - 1, round(box[1] * height))
    right = max(left + 1, round((box[0] + box[2]) * width))
    bottom = max(top + 1, round((box[1] + box[3]) * height))
    return pixels[top:bottom, left:right]

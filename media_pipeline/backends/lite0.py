"""EfficientNet-lite0: what is in a picture, and a vector to compare it by."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from media_pipeline.results import Tag

from . import sessions
from .model_files import CLOTHING_HEAD, LITE0, read_verified
from .pictures import Pixels, once, scaled
from .shop_words import SHOP_WORDS

SIDE = 224  # px
Vector = npt.NDArray[np.float32]

# Working from 640 px instead of 1,280 moves a probability by 0.003 at most on the
# check photos and saves 8 ms per photo (November 2026).
WORKING_SIDE = 640  # px


class View(NamedTuple):
    """What the network answers to one square picture."""

    probabilities: Vector  # (1000,), classes in the order of sorted WordNet ids
    features: Vector  # (1280,), of length 1


class Lite0Embedder:
    """Vectors for finding the same thing again; compare them by dot product."""

    name = LITE0.label
    length = 1280
    files = (LITE0,)

    def embed(self, pictures: Sequence[Pixels]) -> Vector:
        """Return one row per picture."""
        return np.stack([whole(pixels).features for pixels in pictures])


class ImageNetTagger:
    """Shop words for the sellable part of ImageNet's 1,000 classes."""

    files = (LITE0,)

    def tag(self, pixels: Pixels) -> tuple[Tag, ...]:
        """Return every word with its probability, most probable first.

        Classes with one word add up. The mean of the centre and the whole picture
        is taken, for what is off the centre and what is small.
        """
        both = (centre(pixels).probabilities + whole(pixels).probabilities) / 2
        return _by_confidence(
            Tag(word.word, float(both[list(word.classes)].sum()))
            for word in SHOP_WORDS
            if word.classes
        )


class ClothingTagger:
    """The kind of garment, by the head in ``weights/clothing_head.npz``."""

    files = (LITE0, CLOTHING_HEAD)

    def tag(self, pixels: Pixels) -> tuple[Tag, ...]:
        """Return the most probable kind alone; nothing if that is "none"."""
        weights, bias, labels = _clothing_head()
        logits = np.einsum("lf,f->l", weights, whole(pixels).features) + bias
        odds = np.exp(logits - logits.max())
        best = int(odds.argmax())
        if labels[best] is None:
            return ()
        return (Tag(labels[best] or "", float(odds[best] / odds.sum())),)


def whole(pixels: Pixels) -> View:
    """Return the answer to the whole picture, letterboxed on white."""
    return once(pixels, "lite0 whole", lambda: _ask(_letterboxed(pixels)))


def centre(pixels: Pixels) -> View:
    """Return the answer to the centre: 7/8 of the short side, squared."""
    return once(pixels, "lite0 centre", lambda: _ask(_centre(pixels)))


def probability_of(pixels: Pixels, classes: Iterable[int]) -> float:
    """Return how probably the picture's centre shows one of these classes."""
    return float(centre(pixels).probabilities[list(classes)].sum())


def _ask(square: Image.Image) -> View:
    values = (np.asarray(square, np.float32) - 127) / 128
    probabilities, features = sessions.run(
        LITE0,
        ["prob", "features"],
        {"image": np.ascontiguousarray(values.transpose(2, 0, 1)[None])},
    )
    vector = features[0]
    return View(probabilities[0], vector / max(float(np.linalg.norm(vector)), 1e-12))


def _working(pixels: Pixels) -> Image.Image:
    return Image.fromarray(scaled(pixels, WORKING_SIDE))


def _letterboxed(pixels: Pixels) -> Image.Image:
    source = _working(pixels)
    ratio = SIDE / max(source.size)
    width, height = (max(1, round(side * ratio)) for side in source.size)
    square = Image.new("RGB", (SIDE, SIDE), "white")
    square.paste(
        source.resize((width, height), Image.Resampling.BICUBIC),
        ((SIDE - width) // 2, (SIDE - height) // 2),
    )
    return square


def _centre(pixels: Pixels) -> Image.Image:
    source = _working(pixels)
    side = round(min(source.size) * 7 / 8)
    left, top = (source.width - side) // 2, (source.height - side) // 2
    return source.resize(
        (SIDE, SIDE),
        Image.Resampling.BICUBIC,
        box=(left, top, left + side, top + side),
    )


@functools.cache
def _clothing_head() -> tuple[Vector, Vector, tuple[str | None, ...]]:
    """Return weights (n, 1280), bias (n,) and the shop's words; None means none."""
    words = {word.clothing: word.word for word in SHOP_WORDS if word.clothing}
    content = io.BytesIO(read_verified(CLOTHING_HEAD))
    with np.load(content, allow_pickle=False) as head:
        labels = tuple(words.get(str(label)) for label in head["labels"])
        return head["weights"], head["bias"], labels


def _by_confidence(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    return tuple(sorted(tags, key=lambda tag: -tag.confidence))

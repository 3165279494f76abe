"""Which of a product's pictures an editor is shown beside a photo that is like it."""

from __future__ import annotations

import numpy as np
import pytest

from media_pipeline.models import Asset, PhotoLikeness, ProductLikeness
from media_pipeline.services import likest_picture
from media_pipeline.similarity import vector_to_bytes

pytestmark = pytest.mark.django_db


def vector(*sides):
    return vector_to_bytes(np.array(sides, np.float32))


def photo(*sides, model="m"):
    asset = Asset.objects.create(state="processed", master="m", width=9, height=9)
    PhotoLikeness.objects.create(
        asset=asset,
        pixels_sha256="ab",
        hashes=bytes(32),
        model=model,
        vector=vector(*sides) if sides else b"",
    )
    return asset.pk


def picture(reference, *sides, key="lamp", model="m"):
    ProductLikeness.objects.create(
        key=key,
        reference=reference,
        pixels_sha256="ab",
        hashes=bytes(32),
        model=model,
        vector=vector(*sides) if sides else b"",
    )


def test_the_picture_most_like_the_photo_is_named():
    picture("front", 1, 0)
    picture("side", 0.6, 0.8)
    picture("another product's", 0.8, 0.6, key="mug")

    assert likest_picture(photo(0.8, 0.6), "lamp") == "side"
    assert likest_picture(photo(1, 0), "lamp") == "front"


def test_vectors_of_another_model_or_none_say_nothing():
    picture("of another model", 1, 0, model="old")
    picture("refused")

    assert likest_picture(photo(1, 0), "lamp") == ""


def test_a_photo_without_a_likeness_has_no_likest_picture():
    picture("front", 1, 0)

    assert likest_picture(photo(), "lamp") == ""
    assert likest_picture(0, "lamp") == ""

"""What the worker compares and searches with may be anyone's, and may fail."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.files.base import ContentFile

from media_pipeline import duplicates, services
from media_pipeline.models import Asset, PhotoLikeness
from media_pipeline.testing import picture_bytes

from .steps.backends import MeanColour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]


class Shelf:
    """A catalogue of nothing."""

    def pictures(self):
        return iter(())


class OfAnotherLength(MeanColour):
    def embed(self, pictures):
        return np.ones((len(pictures), 5), np.float32)


class OfNoLength(MeanColour):
    def embed(self, pictures):
        return np.ones(len(pictures), np.float32)


class OfNoNumber(MeanColour):
    def embed(self, pictures):
        return np.full((len(pictures), 3), np.nan, np.float32)


class OfWords(MeanColour):
    def embed(self, pictures):
        return [["a", "b", "c"]] * len(pictures)


class WithoutAName(MeanColour):
    name = None


class WithoutALength:
    name = "mine"
    embed = MeanColour.embed


def no_index(**_):
    raise ConnectionError("The vector database is away")


@pytest.fixture(autouse=True)
def alone():
    duplicates.forget()
    yield
    duplicates.forget()


def processed():
    asset = services.receive_upload(
        file=ContentFile(picture_bytes(320, 240), name="a.jpg")
    )
    assert services.process_asset(asset.pk)
    asset.refresh_from_db()
    assert asset.state == Asset.State.PROCESSED
    return asset


def reasons_of(asset):
    return [code for found in asset.result["findings"] for code in found["reasons"]]


@pytest.mark.parametrize(
    "embedder",
    [OfAnotherLength, OfNoLength, OfNoNumber, OfWords, WithoutAName, WithoutALength],
)
def test_malformed_vectors_are_not_compared_and_a_person_looks(settings, embedder):
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "duplicates"]
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {
        "duplicates": {"backend": f"{__name__}.{embedder.__name__}"}
    }

    asset = processed()

    assert asset.verdict == "review"
    assert "duplicates_unavailable" in reasons_of(asset)
    assert set(asset.result["editions"]) == {"hashes"}
    assert not PhotoLikeness.objects.exists()


@pytest.mark.parametrize("index", ["no_index", "nowhere"])
def test_without_an_index_of_the_catalogue_a_person_looks(settings, index):
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "products"]
    settings.MEDIA_PIPELINE_CATALOGUE = f"{__name__}.Shelf"
    settings.MEDIA_PIPELINE_PRODUCT_INDEX = f"{__name__}.{index}"
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {
        "products": {"backend": "tests.media_pipeline.steps.backends.MeanColour"}
    }

    asset = processed()

    assert asset.verdict == "review"
    assert "products_unavailable" in reasons_of(asset)
    assert asset.result["products"] is None

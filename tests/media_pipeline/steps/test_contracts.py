"""Every built-in step and backend passes the suites that are shipped for others."""

from __future__ import annotations

import numpy as np
import pytest

from media_pipeline.backends.barcodes import ZxingCodes
from media_pipeline.backends.centerface import CenterFace
from media_pipeline.backends.contract import (
    CodeBackendContract,
    EmbedderContract,
    FaceBackendContract,
    ModerationBackendContract,
    StepContract,
    TaggingBackendContract,
    TextBackendContract,
)
from media_pipeline.backends.lite0 import (
    ClothingTagger,
    ImageNetTagger,
    Lite0Embedder,
)
from media_pipeline.backends.nudity import LocalModeration
from media_pipeline.backends.ocr import RapidOcr
from media_pipeline.registry import discover
from media_pipeline.similarity import ProductIndex

from .backends import MeanColour

pytestmark = pytest.mark.slow


class TestHashes(StepContract):
    def make_step(self):
        return discover().build("hashes")


class TestResolution(StepContract):
    def make_step(self):
        return discover().build("resolution")


class TestQuality(StepContract):
    def make_step(self):
        return discover().build("quality")


class TestColours(StepContract):
    def make_step(self):
        return discover().build("colours")


@pytest.mark.usefixtures("models")
class TestModeration(StepContract):
    def make_step(self):
        return discover().build("moderation")


@pytest.mark.usefixtures("models")
class TestTags(StepContract):
    def make_step(self):
        return discover().build("tags")


@pytest.mark.usefixtures("models")
class TestClothing(StepContract):
    def make_step(self):
        return discover().build("clothing")


@pytest.mark.usefixtures("models")
class TestFaces(StepContract):
    def make_step(self):
        return discover().build("faces")


class TestText(StepContract):
    def make_step(self):
        # A small side: what it reads is asked elsewhere.
        return discover().build("text", {"backend_options": {"side": 256}})


class TestCodes(StepContract):
    def make_step(self):
        return discover().build("codes")


class TestProducts(StepContract):
    def make_step(self):
        red = np.zeros((64, 64, 3), np.uint8) + np.array([200, 20, 20], np.uint8)
        return discover().build(
            "products",
            {
                "index": ProductIndex.of([("red", red)], MeanColour()),
                "backend": "tests.media_pipeline.steps.backends.MeanColour",
            },
        )


@pytest.mark.usefixtures("models")
class TestLocalModeration(ModerationBackendContract):
    def make_backend(self):
        return LocalModeration()


@pytest.mark.usefixtures("models")
class TestImageNetTagger(TaggingBackendContract):
    def make_backend(self):
        return ImageNetTagger()


@pytest.mark.usefixtures("models")
class TestClothingTagger(TaggingBackendContract):
    def make_backend(self):
        return ClothingTagger()


@pytest.mark.usefixtures("models")
class TestLite0Embedder(EmbedderContract):
    def make_backend(self):
        return Lite0Embedder()


@pytest.mark.usefixtures("models")
class TestCenterFace(FaceBackendContract):
    def make_backend(self):
        return CenterFace()


class TestRapidOcr(TextBackendContract):
    def make_backend(self):
        return RapidOcr(side=256)


class TestZxingCodes(CodeBackendContract):
    def make_backend(self):
        return ZxingCodes()

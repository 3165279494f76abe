from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from media_pipeline.backends.contract import drawn_frames, frame_of
from media_pipeline.registry import discover
from media_pipeline.results import Frame, Verdict

from .conftest import photo


def quality_of(frame):
    return discover().build("quality").inspect(frame)


@pytest.mark.parametrize(
    "name", ["customer/camera-on-wood.jpg", "packshots/bonsai.jpg"]
)
def test_a_blurred_photo_is_told_from_the_sharp_one(name):
    sharp = photo(name)
    radius = max(sharp.pixels.shape) / 100
    blurred = np.asarray(
        Image.fromarray(sharp.pixels).filter(ImageFilter.GaussianBlur(radius))
    )

    assert quality_of(sharp).reasons == ()
    assert quality_of(frame_of(blurred)).reasons == ("blurred",)


def test_a_sharp_thing_before_a_plain_ground_is_sharp():
    pixels = np.full((480, 640, 3), 240, np.uint8)
    pixels[160:320, 200:440] = drawn_frames()["noise"].pixels[160:320, 200:440]

    assert "blurred" not in quality_of(frame_of(pixels)).reasons


@pytest.mark.parametrize(("value", "reasons"), [(49, True), (51, False)])
def test_dark_photos_get_a_hint(value, reasons):
    pixels = np.full((300, 300, 3), value, np.uint8)

    assert ("too_dark" in quality_of(frame_of(pixels)).reasons) is reasons


def test_advice_never_holds_a_photo_back():
    black = drawn_frames()["black"]

    result = quality_of(black)

    assert result.reasons == ("blurred", "too_dark")
    assert result.verdict is Verdict.PASS


def test_brightness_is_the_mean_luminance():
    facts = quality_of(frame_of(np.full((300, 300, 3), 51, np.uint8))).facts

    assert facts.as_json()["quality"]["brightness"] == 0.2


@pytest.mark.parametrize(
    ("size", "verdict", "reasons"),
    [
        ((800, 1200), Verdict.PASS, ()),
        ((1200, 800), Verdict.PASS, ()),
        ((799, 4000), Verdict.REVIEW, ("low_resolution",)),
        ((4000, 799), Verdict.REVIEW, ("low_resolution",)),
    ],
)
def test_resolution_goes_by_the_masters_short_side(size, verdict, reasons):
    frame = Frame(pixels=drawn_frames()["black"].pixels, size=size)

    result = discover().build("resolution").inspect(frame)

    assert (result.verdict, result.reasons) == (verdict, reasons)

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from media_pipeline.backends.contract import drawn_frames, frame_of
from media_pipeline.registry import discover
from media_pipeline.results import Frame, Verdict

from .conftest import PHOTOS, photo


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


def overexposed(name, *, stops):
    """Return the photo as if its shutter had been open for too long."""
    light = (photo(name).pixels / 255.0) ** 2.2 * 2.0**stops
    return frame_of((np.clip(light, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8))


@pytest.mark.parametrize(
    "name", ["customer/knit-jumper-on-rocks.jpg", "packshots/wooden-stool.jpg"]
)
def test_a_photo_that_has_burnt_out_gets_a_hint_and_is_not_held_back(name):
    result = quality_of(overexposed(name, stops=2))

    assert "too_bright" in result.reasons
    assert result.verdict is Verdict.PASS
    assert "too_bright" not in quality_of(photo(name)).reasons


@pytest.mark.parametrize("path", sorted(PHOTOS.glob("*/*.jpg")), ids=lambda p: p.stem)
def test_a_good_photo_on_white_is_not_called_too_bright(path):
    """Neither as it is nor cut out on a shop's usual ground."""
    with Image.open(path) as file:
        file.draft("RGB", (512, 512))
        pixels = np.asarray(file.convert("RGB"))
    small = np.asarray(Image.fromarray(pixels).resize((160, 160)))
    cut_out = np.full((400, 400, 3), 255, np.uint8)
    cut_out[120:280, 120:280] = small
    standing = np.full((400, 400, 3), 255, np.uint8)  # its foot is cut off
    standing[240:, 120:280] = small

    for frame in (pixels, cut_out, standing):
        assert "too_bright" not in quality_of(frame_of(frame)).reasons


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

"""Whatever space a picture's colours are in, they come out as the same in sRGB."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from media_pipeline import sandbox

from . import corpus, profiles

pytestmark = pytest.mark.slow

#: One for each quarter: skin, leaf, mid grey, and one that no screen shows.
COLOURS = ((200, 60, 40), (40, 180, 90), (120, 120, 120), (255, 0, 0))
EXACT = {
    "PNG": {},
    "JPEG": {"quality": 98, "subsampling": 0},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 98},
    "HEIF": {"quality": 98},
}


def quartered(colours: tuple) -> Image.Image:
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[len(colours[0])]
    picture = Image.new(mode, (400, 400))
    for at, colour in enumerate(colours):
        corner = (200 * (at % 2), 200 * (at // 2))
        value = colour if len(colour) > 1 else colour[0]
        picture.paste(Image.new(mode, (200, 200), value), corner)
    return picture


def shown(data: bytes) -> list[np.ndarray]:
    """Return the colours in the middles of the quarters."""
    with sandbox.opened(data) as picture:
        pixels = picture.frame.pixels.astype(int)
    return [pixels[100 + 200 * (at // 2), 100 + 200 * (at % 2)] for at in range(4)]


@pytest.mark.parametrize("format", EXACT)
@pytest.mark.parametrize("space", profiles.RGB_SPACES)
def test_a_wide_gamut_comes_out_as_srgb(space, format):
    data = corpus.saved(
        quartered(COLOURS), format, icc_profile=profiles.rgb(space), **EXACT[format]
    )

    for found, colour in zip(shown(data), COLOURS, strict=True):
        assert np.abs(found - profiles.in_srgb(space, colour)).max() <= 3, colour


def test_the_renditions_and_the_master_show_the_converted_colours():
    data = corpus.saved(
        quartered(COLOURS), "PNG", icc_profile=profiles.rgb("Display P3")
    )

    with sandbox.opened(data) as picture:
        rendered = picture.render(master=True)

    for file in (rendered.master, *rendered.renditions):
        red = Image.open(io.BytesIO(file.content)).convert("RGB").getpixel((50, 50))
        wanted = profiles.in_srgb("Display P3", COLOURS[0])
        assert np.abs(np.array(red) - wanted).max() <= 6


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_a_grey_profile_is_converted(mode):
    grey = {"L": 128, "LA": (128, 255), "I;16": 128 * 257}[mode]
    picture = Image.new(mode, (400, 400), grey)

    data = corpus.saved(picture, "PNG", icc_profile=profiles.grey(1.0))

    # Half of the light is 188 in sRGB.
    assert all(np.abs(found - 188).max() <= 1 for found in shown(data))


def test_inks_come_out_as_their_profile_shows_them():
    def lab(c: float, m: float, y: float, k: float) -> tuple[float, float, float]:
        return (0, 0, 0) if k else (100 - 20 * c - 30 * m - 5 * y, -30 * c, 60 * y)

    inks = ((0, 0, 0, 0), (0, 0, 255, 0), (255, 0, 0, 0), (0, 0, 0, 255))
    picture = quartered(inks)

    plain = shown(corpus.saved(picture, "JPEG", quality=98))
    data = corpus.saved(picture, "JPEG", quality=98, icc_profile=profiles.press(lab))
    white, yellow, cyan, black = shown(data)

    assert white.min() >= 250
    assert black.max() <= 5
    # CIE Lab (95, 0, 60) and (80, -30, 0) in sRGB, the second one without a profile.
    assert np.abs(yellow - (255, 238, 120)).max() <= 6
    assert cyan[0] > 100 > plain[2][0]
    assert plain[1].tolist() == pytest.approx([255, 255, 0], abs=6)


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("RGB", profiles.grey(1.0)),
        ("RGB", profiles.press(lambda *_: (50, 0, 0))),
        ("L", profiles.rgb("ProPhoto")),
        ("RGB", profiles.rgb("ProPhoto")[:200]),
        ("RGB", profiles.rgb("ProPhoto")[:128] + b"\xff" * 400),
        ("RGB", b"\0" * 128),
    ],
)
def test_a_profile_of_another_kind_or_a_broken_one_counts_as_srgb(mode, profile):
    picture = Image.new(mode, (400, 400), (90, 120, 150) if mode == "RGB" else 120)

    found = shown(corpus.saved(picture, "PNG", icc_profile=profile))[0]

    assert found.tolist() == ([90, 120, 150] if mode == "RGB" else [120, 120, 120])

"""Which derivatives a picture gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from media_pipeline.renditions import (
    MAX_PIXELS,
    WIDTHS,
    Raster,
    Size,
    cascade,
    encode,
    rendition_sizes,
    resized,
)
from media_pipeline.testing import drawn


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((4032, 3024), [1920, 1280, 960, 640, 320]),
        ((6000, 4000), [1920, 1280, 960, 640, 320]),
        ((1920, 1080), [1920, 1280, 960, 640, 320]),
        ((1000, 750), [960, 640, 320]),
        ((320, 240), [320]),
        ((319, 240), [319]),
        ((200, 200), [200]),
        # Portrait: 1,920 px would be 4.9 megapixels.
        ((3024, 4032), [1440, 1280, 960, 640, 320]),
        ((1000, 5000), [743, 640, 320]),
    ],
)
def test_widths(size, widths):
    assert [each.width for each in rendition_sizes(Size(*size))] == widths


@given(width=st.integers(200, 4096), height=st.integers(200, 4096))
def test_no_rendition_is_enlarged_distorted_or_too_large(width, height):
    sizes = rendition_sizes(Size(width, height))

    assert sizes
    assert len({each.width for each in sizes}) == len(sizes)
    for each in sizes:
        assert each.width <= width
        assert each.pixels <= MAX_PIXELS + each.width or each.width == width
        assert abs(each.height - each.width * height / width) <= 0.5
    assert sizes == sorted(sizes, key=lambda each: -each.width)
    assert len(sizes) <= len(WIDTHS)


def test_a_cascade_yields_each_size():
    sizes = [Size(640, 480), Size(320, 240)]

    rasters = list(cascade(drawn(800, 600), sizes))

    assert [raster.size for raster in rasters] == sizes
    assert [len(raster.pixels) for raster in rasters] == [640 * 480 * 3, 320 * 240 * 3]


def test_the_same_picture_is_encoded_to_the_same_bytes():
    raster = next(cascade(drawn(), [Size(200, 150)]))

    for format in ("avif", "jpeg"):
        assert encode(raster, format) == encode(raster, format)


def test_only_our_formats_are_encoded():
    with pytest.raises(ValueError, match="webp"):
        encode(Raster(Size(8, 8), bytes(192)), "webp")


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_scaling_agrees_with_pillows_lanczos(mode):
    picture = drawn(800, 600).convert(mode)

    ours = resized(picture, Size(317, 238))

    theirs = picture.resize((317, 238), Image.Resampling.LANCZOS)
    difference = ImageStat.Stat(ImageChops.difference(ours, theirs))
    # Sixteen-bit weights: at the hardest edges a few steps apart, else none.
    assert max(difference.mean) < 0.3
    assert max(high for _low, high in difference.extrema) <= 10


def test_colours_under_transparency_do_not_bleed():
    """A red square on transparent green gets no green rim."""
    layered = Image.new("RGBA", (400, 400), (0, 255, 0, 0))
    layered.paste((255, 0, 0, 255), (101, 101, 299, 299))

    small = resized(layered, Size(77, 77))

    seen = Image.new("RGB", small.size, (255, 255, 255))
    seen.paste(small.convert("RGB"), mask=small.getchannel("A"))
    assert all(green <= blue + 2 for _red, green, blue in seen.get_flattened_data())

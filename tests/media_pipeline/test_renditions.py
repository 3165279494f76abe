"""Which derivatives a picture gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from media_pipeline.renditions import (
    MAX_PIXELS,
    WIDTHS,
    Size,
    cascade,
    encode,
    rendition_sizes,
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

    assert [picture.size for picture in cascade(drawn(800, 600), sizes)] == [
        (640, 480),
        (320, 240),
    ]


def test_the_same_picture_is_encoded_to_the_same_bytes():
    for format in ("avif", "jpeg"):
        assert encode(drawn(), format) == encode(drawn(), format)


def test_only_our_formats_are_encoded():
    with pytest.raises(ValueError, match="webp"):
        encode(Image.new("RGB", (8, 8)), "webp")

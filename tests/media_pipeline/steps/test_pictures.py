from __future__ import annotations

import io
import os
import signal

import numpy as np
import pytest
from PIL import Image

from media_pipeline.backends import lite0, sessions
from media_pipeline.backends.pictures import as_if_saved_as_jpeg, once, scaled

from .conftest import photo


@pytest.mark.parametrize("name", ["packshots/bonsai.jpg", "customer/desk-at-night.jpg"])
def test_the_arithmetic_jpeg_is_nearly_the_real_one(name):
    small = Image.fromarray(photo(name).pixels).resize((224, 224))
    file = io.BytesIO()
    small.save(file, "JPEG")
    with Image.open(file, formats=["JPEG"]) as opened:
        real = np.asarray(opened).astype(int)

    ours = as_if_saved_as_jpeg(np.asarray(small)).astype(int)

    # Only the rounding of libjpeg's integer transforms differs.
    assert np.abs(ours - real).mean() < 1
    assert (
        np.abs(ours - np.asarray(small).astype(int)).mean() > np.abs(ours - real).mean()
    )


@pytest.mark.parametrize("value", [0, 77, 255])
def test_plain_grey_survives_the_arithmetic_jpeg(value):
    pixels = np.full((32, 32, 3), value, np.uint8)

    assert np.abs(as_if_saved_as_jpeg(pixels).astype(int) - value).max() <= 2


def test_scaling_keeps_the_shape_and_never_enlarges():
    wide = np.zeros((300, 1200, 3), np.uint8)

    assert scaled(wide, 640).shape == (160, 640, 3)
    assert scaled(wide, 1200) is wide
    assert scaled(wide, 4000) is wide
    assert scaled(np.zeros((1, 1000, 3), np.uint8), 100).shape == (1, 100, 3)


def test_what_is_made_of_pixels_is_made_once_while_they_are_current():
    one, other = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    made = []

    def make():
        made.append(1)
        return len(made)

    assert [once(one, "it", make), once(one, "it", make)] == [1, 1]
    assert once(other, "it", make) == 2
    assert once(one, "it", make) == 3


@pytest.mark.usefixtures("models")
def test_a_forked_process_makes_its_own_sessions_and_answers():
    pixels = photo("packshots/bonsai.jpg").pixels
    before = lite0._ask(Image.new("RGB", (224, 224), "red")).probabilities
    assert sessions._sessions

    child = os.fork()
    if child == 0:
        signal.alarm(30)
        is_new = not sessions._sessions
        after = lite0._ask(Image.new("RGB", (224, 224), "red")).probabilities
        is_same = bool(np.array_equal(before, after))
        os._exit(0 if is_new and is_same and pixels.size else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

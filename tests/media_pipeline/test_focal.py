from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from media_pipeline.backends.contract import drawn_frames
from media_pipeline.focal import CENTRE, focal_point


def scene(left, top, *, size=(640, 480), side=110, ground=(205, 200, 190)):
    """Return a quiet ground with one striped thing on it."""
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    for n in range(0, side, 10):
        draw.rectangle(
            (left, top + n, left + side, top + n + 6),
            fill=(190, 40, 30) if n % 20 else (30, 40, 90),
        )
    return np.asarray(picture)


def test_one_face_is_the_focal_point():
    assert focal_point([(0.2, 0.1, 0.2, 0.3)], scene(400, 300)) == (0.3, 0.25)


def test_faces_weigh_as_their_area():
    faces = [(0.0, 0.0, 0.2, 0.2), (0.8, 0.0, 0.1, 0.2)]

    x, y = focal_point(faces, scene(0, 0))

    assert x == pytest.approx((2 * 0.1 + 0.85) / 3, abs=1e-3)
    assert y == pytest.approx(0.1)


def test_faces_without_an_area_are_none():
    assert (
        focal_point([(0.9, 0.9, 0.0, 0.0)], np.zeros((90, 90, 3), np.uint8)) == CENTRE
    )


@pytest.mark.parametrize(
    ("left", "top"), [(40, 40), (490, 40), (40, 330), (490, 330), (260, 180)]
)
@pytest.mark.parametrize("ground", [(205, 200, 190), (20, 22, 30)])
def test_without_faces_it_lies_on_what_stands_out(left, top, ground):
    x, y = focal_point([], scene(left, top, ground=ground))

    assert left / 640 <= x <= (left + 110) / 640
    assert top / 480 <= y <= (top + 110) / 480


def test_colour_alone_may_stand_out():
    """The thing is as bright as its ground."""
    pixels = np.zeros((400, 600, 3), np.uint8) + np.array([100, 148, 100], np.uint8)
    pixels[60:160, 420:520] = (200, 90, 120)

    x, y = focal_point([], pixels)

    assert 0.65 <= x <= 0.9
    assert 0.12 <= y <= 0.43


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_picture_of_nothing_has_its_centre(grey):
    assert focal_point([], np.full((300, 500, 3), grey, np.uint8)) == CENTRE


@pytest.mark.parametrize("kind", sorted(drawn_frames()))
def test_every_frame_has_a_point_inside(kind):
    frame = drawn_frames()[kind]

    point = focal_point([], frame.pixels)

    assert all(0 <= side <= 1 for side in point)
    assert point == focal_point([], frame.pixels)


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (31, 33)])
def test_tiny_pictures_have_a_point_too(size):
    pixels = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)

    assert all(0 <= side <= 1 for side in focal_point([], pixels))


def test_a_mirrored_picture_has_the_mirrored_point():
    pixels = scene(40, 200)

    x, y = focal_point([], pixels)
    mirrored = focal_point([], np.ascontiguousarray(pixels[:, ::-1]))

    assert mirrored == pytest.approx((1 - x, y), abs=0.03)

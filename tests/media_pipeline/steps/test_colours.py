from __future__ import annotations

import numpy as np
import pytest

from media_pipeline.backends.colour_names import (
    COLOURS,
    difference,
    nearest_name,
    to_lab,
    wording,
)
from media_pipeline.backends.contract import frame_of
from media_pipeline.registry import discover

from .conftest import photo


def plain(*rgb, size=(300, 400)):
    return np.zeros((*size, 3), np.uint8) + np.array(rgb, np.uint8)


def colours_of(pixels):
    facts = discover().build("colours").inspect(frame_of(pixels)).facts
    return facts.colours


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "grey"),
        ((220, 20, 30), "red"),
        ((20, 40, 90), "navy"),
        ((30, 90, 200), "blue"),
        ((240, 210, 30), "yellow"),
        ((40, 150, 60), "green"),
        ((245, 130, 20), "orange"),
        ((240, 160, 190), "pink"),
        ((120, 50, 160), "purple"),
        ((100, 65, 40), "brown"),
        ((220, 200, 170), "beige"),
        ((50, 200, 200), "turquoise"),
    ],
)
def test_plain_pictures_have_their_one_colour(rgb, name):
    (colour,) = colours_of(plain(*rgb))

    assert colour.name == name
    assert colour.share == pytest.approx(1)
    assert colour.hex == "#" + "".join(f"{value:02x}" for value in rgb)


def test_an_even_background_is_left_out():
    pixels = plain(250, 250, 250)
    pixels[90:210, 120:280] = (30, 90, 200)

    (colour,) = colours_of(pixels)

    assert colour.name == "blue"


def test_a_border_of_many_colours_is_no_background():
    pixels = plain(30, 90, 200)
    pixels[:, :200] = (220, 20, 30)

    assert {colour.name for colour in colours_of(pixels)} == {"blue", "red"}


def test_the_middle_counts_more_than_the_edge():
    pixels = plain(40, 150, 60)
    pixels[:, :200] = (220, 20, 30)
    pixels[75:225, 100:300] = (240, 210, 30)

    by_name = {colour.name: colour.share for colour in colours_of(pixels)}

    assert by_name["yellow"] > 0.25  # its share of the area


def test_at_most_three_colours_with_a_tenth_at_least():
    stripes = [(220, 20, 30), (30, 90, 200), (240, 210, 30), (40, 150, 60), (0, 0, 0)]
    pixels = np.concatenate([plain(*rgb, size=(60, 400)) for rgb in stripes])

    colours = colours_of(pixels)

    assert len(colours) == 3
    assert all(colour.share >= 0.1 for colour in colours)
    assert [c.share for c in colours] == sorted(
        (c.share for c in colours), reverse=True
    )


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("packshots/tan-leather-sofa.jpg", "brown"),
        ("packshots/black-sneaker.jpg", "black"),
        ("customer/phone-on-yellow.jpg", "yellow"),
        ("customer/desk-at-night.jpg", "navy"),
    ],
)
def test_photos_name_the_colour_that_a_person_would(name, colour):
    frame = photo(name)

    facts = discover().build("colours").inspect(frame).facts

    assert colour in {found.name for found in facts.colours}


def test_every_name_has_a_german_wording():
    assert all(wording(name, "de") == german for name, german, _ in COLOURS)
    assert wording("navy", "de") == "Marineblau"
    assert wording("navy", "en") == "navy"


def test_every_example_is_nearest_to_its_own_name():
    for name, _, codes in COLOURS:
        for code in codes:
            rgb = np.array(list(bytes.fromhex(code[1:])))
            assert nearest_name(to_lab(rgb)) == name


# Pairs 1, 7, 13, 17, 24 and 34 of the table that Sharma and others publish.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0011, -2.4900), 4.7461),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_differences_agree_with_the_published_ones(one, other, expected):
    found = difference(np.array(one), np.array(other))

    assert float(found) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_agrees_with_known_values(rgb, lab):
    assert np.allclose(to_lab(np.array(rgb)), lab, atol=0.02)

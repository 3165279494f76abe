"""An author's styling: schema, geometry, colours."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from media_pipeline import sandbox
from media_pipeline.exceptions import WrongRecipe
from media_pipeline.recipes import (
    CUBES,
    FILTERS,
    Recipe,
    apply_recipe,
    recipe_from,
    schema,
)
from media_pipeline.recipes.filters import curve
from media_pipeline.recipes.layers import font
from media_pipeline.renditions import Size
from media_pipeline.testing import drawn, picture_bytes

SIZE = Size(800, 600)
GOLDEN = Path(__file__).with_name("golden_recipes.json")

LINE = {"text": "Grüße", "x": 0.5, "y": 0.5}
STROKES = [[[0.0, 0.2], [0.5, 0.0], [1.0, 0.3]], [[0.2, 0.35]]]

fractions = st.floats(0, 1, allow_nan=False)


def recipe(**parts) -> Recipe:
    return Recipe.from_json(parts)


def test_an_empty_recipe_changes_nothing():
    picture = drawn(800, 600)

    assert apply_recipe(picture, recipe()).tobytes() == picture.tobytes()
    assert recipe_from({}) is None
    assert recipe_from(None) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "recipe must be an object."),
        ("noir", "recipe must be an object."),
        ({"crop": "all"}, "recipe.crop must be a list."),
        ({"crop": [0, 0, 1]}, "recipe.crop must have 4 items."),
        ({"crop": [0, 0, 1, "1"]}, "recipe.crop[3] must be a number."),
        ({"crop": [0, 0, 1, True]}, "recipe.crop[3] must be a number."),
        ({"crop": [0, -0.1, 1, 1]}, "recipe.crop[1] must be from 0 to 1."),
        ({"crop": [0, 0, 0.01, 1]}, "must leave at least 0.05"),
        ({"crop": [0.6, 0, 0.5, 1]}, "must not reach past the picture."),
        ({"straighten": 46}, "recipe.straighten must be from -45 to 45."),
        ({"straighten": math.inf}, "recipe.straighten must be a number."),
        ({"adjustments": {"glow": 1}}, "recipe.adjustments has an unknown key 'glow'"),
        ({"adjustments": {"contrast": 2}}, "must be from -1 to 1."),
        ({"filter": {}}, "recipe.filter lacks 'name'."),
        ({"filter": {"name": "no"}}, 'recipe.filter.name must be one of "linen"'),
        ({"overlay": {"name": "rain"}}, 'recipe.overlay.name must be one of "vign'),
        ({"texture": {"strength": 1}}, "recipe.texture lacks 'name'."),
        ({"text": [{"text": "", "x": 0, "y": 0}]}, "must have 1 to 80 signs."),
        ({"text": [{"text": 5, "x": 0, "y": 0}]}, "recipe.text[0].text must be a text"),
        ({"text": [LINE] * 5}, "recipe.text must have 0 to 4 items."),
        ({"text": [{**LINE, "colour": "#FFFFFg"}]}, "recipe.text[0].colour must match"),
        ({"signature": {"strokes": []}}, "strokes must have 1 to 40 items."),
        ({"signature": {"strokes": [[[0, 2]]]}}, "strokes[0][0][1] must be from 0 to"),
        ({"signature": {"strokes": [[[0, 0]] * 200] * 6}}, "at most 1000 points."),
        ({"version": 2}, "recipe.version must be one of 1."),
        ({"version": True}, "recipe.version must be one of 1."),
    ],
)
def test_a_wrong_recipe_names_its_place(value, said):
    with pytest.raises(WrongRecipe) as wrong:
        Recipe.from_json(value)

    assert said in str(wrong.value)


def test_the_schema_lists_the_filters_that_there_are():
    named = schema()["properties"]["filter"]["properties"]["name"]["enum"]

    assert set(named) == {*FILTERS, *CUBES}
    assert not set(FILTERS) & set(CUBES)


def test_a_recipe_survives_its_json():
    full = recipe(
        version=1,
        crop=[0.1, 0.2, 0.5, 0.6],
        straighten=-3.5,
        adjustments={"brightness": 0.2, "warmth": -0.1},
        filter={"name": "dusk", "strength": 0.5},
        overlay={"name": "glow", "strength": 0.4},
        texture={"name": "paper"},
        text=[LINE],
        signature={"strokes": STROKES, "colour": "#102030"},
    )

    assert Recipe.from_json(full.as_json()) == full
    assert recipe().as_json() == {"version": 1}


def test_a_crop_shows_that_part():
    picture = drawn(800, 600)

    styled = apply_recipe(picture, recipe(crop=[0.5, 0.0, 0.5, 0.5]))

    assert styled.tobytes() == picture.crop((400, 0, 800, 300)).tobytes()


def test_straightening_turns_the_picture_clockwise():
    picture = Image.new("RGB", (600, 600), (0, 0, 0))
    # A white spot above the middle wanders to the right.
    picture.paste((255, 255, 255), (290, 190, 310, 210))

    styled = apply_recipe(picture, recipe(straighten=45))

    box = styled.convert("L").point(lambda value: 255 * (value > 128)).getbbox()
    assert box is not None
    assert (box[0] + box[2]) / 2 > styled.width / 2 + 40
    assert (box[1] + box[3]) / 2 < styled.height / 2 - 40


@pytest.mark.parametrize("degrees", [-45, -12.5, -1, 0.5, 7, 30, 45])
@pytest.mark.parametrize("crop", [[0, 0, 1, 1], [0.1, 0.05, 0.6, 0.4], [0, 0, 0.3, 1]])
def test_a_straightened_picture_has_no_empty_corner(degrees, crop):
    white = Image.new("RGB", (800, 600), (255, 255, 255))

    styled = apply_recipe(white, recipe(straighten=degrees, crop=crop))

    assert styled.convert("L").getextrema()[0] >= 250


def test_straightening_keeps_the_shape_of_the_crop():
    shown = recipe(straighten=10, crop=[0.2, 0.2, 0.6, 0.6]).shown_size(SIZE)

    assert shown.width / shown.height == pytest.approx(4 / 3, rel=0.01)


@given(
    x=fractions,
    y=fractions,
    left=st.floats(0, 0.5),
    top=st.floats(0, 0.5),
    width=st.floats(0.2, 0.5),
    height=st.floats(0.2, 0.5),
    degrees=st.floats(-45, 45),
)
def test_a_point_of_the_styled_picture_comes_from_where_it_maps_to(
    x, y, left, top, width, height, degrees
):
    styling = recipe(crop=[left, top, width, height], straighten=degrees)
    a, b, c, d, e, f = styling.corner_map(SIZE)
    shown = styling.shown_size(SIZE)
    source = (
        (a * x * shown.width + b * y * shown.height + c) / SIZE.width,
        (d * x * shown.width + e * y * shown.height + f) / SIZE.height,
    )

    mapped = styling.shown_point(*source, SIZE)

    if mapped is None:  # rounding at the very edge
        assert min(x, y, 1 - x, 1 - y) < 0.02
    else:
        assert mapped == pytest.approx((x, y), abs=0.02)


def test_a_point_that_the_crop_leaves_out_is_none():
    styling = recipe(crop=[0.5, 0.5, 0.5, 0.5])

    assert styling.shown_point(0.2, 0.2, SIZE) is None
    assert styling.shown_point(0.75, 0.75, SIZE) == pytest.approx((0.5, 0.5))


def mean(picture: Image.Image) -> tuple[float, float, float]:
    small = picture.resize((1, 1), Image.Resampling.BOX)
    return small.getpixel((0, 0))


GREY = Image.new("RGB", (8, 8), (120, 120, 120))


@pytest.mark.parametrize("value", [-1, -0.3, 0.3, 1])
def test_brightness_keeps_black_and_white(value):
    styling = recipe(adjustments={"brightness": value})

    assert mean(apply_recipe(Image.new("RGB", (4, 4)), styling)) == (0, 0, 0)
    white = Image.new("RGB", (4, 4), (255, 255, 255))
    assert mean(apply_recipe(white, styling)) == (255, 255, 255)
    assert (mean(apply_recipe(GREY, styling))[0] > 120) == (value > 0)


def test_warmth_moves_red_up_and_blue_down():
    red, green, blue = mean(apply_recipe(GREY, recipe(adjustments={"warmth": 1})))

    assert red > 120 > blue
    assert green == 120


def test_contrast_spreads_and_draws_together():
    dark = Image.new("RGB", (4, 4), (60, 60, 60))

    assert mean(apply_recipe(dark, recipe(adjustments={"contrast": 0.5})))[0] < 60
    assert mean(apply_recipe(dark, recipe(adjustments={"contrast": -0.5})))[0] > 60


def test_without_saturation_all_is_grey():
    grey = apply_recipe(drawn(), recipe(adjustments={"saturation": -1}))

    for red, green, blue in grey.resize((16, 16)).get_flattened_data():
        assert max(red, green, blue) - min(red, green, blue) <= 1


@pytest.mark.parametrize("name", [*FILTERS, *CUBES])
def test_a_filter_changes_the_picture_and_at_strength_zero_nothing(name):
    picture = drawn()

    full = apply_recipe(picture, recipe(filter={"name": name}))
    none = apply_recipe(picture, recipe(filter={"name": name, "strength": 0}))

    assert full.tobytes() != picture.tobytes()
    assert none.tobytes() == picture.tobytes()


@pytest.mark.parametrize("name", FILTERS)
def test_no_filter_turns_a_tone_back(name):
    filter = FILTERS[name]

    for points in (filter.red, filter.green, filter.blue):
        values = curve(points)
        assert len(values) == 256
        assert values == sorted(values)
        for x, y in points:
            assert values[round(x * 255)] == pytest.approx(y, abs=0.01)


def test_a_crop_is_rendered_from_pixels_that_fill_it():
    """A quarter of a large photo still gets sharp renditions, none enlarged."""
    styling = recipe(crop=[0.25, 0.25, 0.5, 0.5])

    with sandbox.opened(picture_bytes(4000, 3000, quality=70)) as picture:
        rendered = picture.render(recipe=styling, master=True)

    assert [file.width for file in rendered.renditions if file.format == "avif"] == [
        1920,
        1280,
        960,
        640,
        320,
    ]
    assert rendered.master is not None
    assert rendered.master.width == 4000


# --- light, texture, words, signature --------------------------------------------


def seen(picture: Image.Image) -> list[list[int]]:
    """Return the colours of 4 × 3 fields, for comparing with a tolerance."""
    fields = picture.resize((4, 3), Image.Resampling.BOX)
    return [list(colour) for colour in fields.get_flattened_data()]


with GOLDEN.open(encoding="utf-8") as file:
    GOLDEN_CASES = json.load(file)


@pytest.mark.parametrize("case", GOLDEN_CASES, ids=lambda case: case["name"])
def test_a_recipe_gives_the_colours_it_always_gave(case):
    """Photos that are public must not change when the renderer does."""
    styled = apply_recipe(drawn(480, 360, seed=3), Recipe.from_json(case["recipe"]))

    assert list(styled.size) == case["size"]
    for field, expected in zip(seen(styled), case["seen"], strict=True):
        assert field == pytest.approx(expected, abs=3)


def test_every_part_of_the_schema_has_a_golden_case():
    styled = [case["recipe"] for case in GOLDEN_CASES]
    properties = schema()["properties"]

    assert {key for recipe in styled for key in recipe} >= set(properties) - {"version"}
    for part in ("filter", "overlay", "texture"):
        names = {recipe[part]["name"] for recipe in styled if part in recipe}
        assert names == set(properties[part]["properties"]["name"]["enum"])
    adjusted = {key for recipe in styled for key in recipe.get("adjustments", ())}
    assert adjusted == set(properties["adjustments"]["properties"])


@pytest.mark.parametrize("part", ["overlay", "texture"])
def test_layers_are_the_same_at_each_run_and_none_at_strength_zero(part):
    picture = drawn(400, 300)

    for name in schema()["properties"][part]["properties"]["name"]["enum"]:
        strong = recipe(**{part: {"name": name, "strength": 1}})
        none = recipe(**{part: {"name": name, "strength": 0}})
        first = apply_recipe(picture, strong).tobytes()

        assert first == apply_recipe(picture, strong).tobytes() != picture.tobytes()
        assert apply_recipe(picture, none).tobytes() == picture.tobytes()


@pytest.mark.parametrize("value", [-1, 1])
@pytest.mark.parametrize("name", ["exposure", "shadows", "highlights"])
def test_no_adjustment_turns_a_tone_back(name, value):
    ramp = Image.linear_gradient("L").convert("RGB")

    styled = apply_recipe(ramp, recipe(adjustments={name: value}))

    tones = [styled.getpixel((0, y))[0] for y in range(256)]
    assert tones == sorted(tones)
    assert tones[0] == 0
    assert (tones[128] > 128) == (value > 0)


def test_text_stays_within_the_picture_and_leaves_the_original_alone():
    picture = Image.new("RGB", (400, 300), (20, 20, 20))
    before = picture.tobytes()
    line = {"text": "W" * 80, "x": 0.5, "y": 0.5, "size": 0.3}

    styled = apply_recipe(picture, recipe(text=[line]))

    assert picture.tobytes() == before
    left, _top, right, _bottom = ImageChops.difference(styled, picture).getbbox()
    assert 5 <= left < right <= 395


def test_the_font_has_german_letters():
    missing = bytes(font(40).getmask("\uffff"))

    assert [s for s in "äöüÄÖÜß€„“–…" if bytes(font(40).getmask(s)) == missing] == []


def test_a_signature_is_drawn_where_it_says():
    picture = Image.new("RGB", (400, 300))
    styling = recipe(
        signature={"strokes": [[[0, 0], [1, 0]]], "x": 0.5, "y": 0.5, "width": 0.25}
    )

    styled = apply_recipe(picture, styling)

    left, top, right, bottom = styled.getbbox()
    assert (left, right) == pytest.approx((200, 300), abs=4)
    assert (top, bottom) == pytest.approx((150, 150), abs=4)


def test_a_full_recipe_is_rendered_in_the_sandbox():
    """The child opens no file: not the font's either."""
    full = recipe(
        filter={"name": "petal"},
        overlay={"name": "leak"},
        texture={"name": "canvas"},
        text=[LINE],
        signature={"strokes": [[[i / 200, i / 300] for i in range(200)]] * 5},
    )

    with sandbox.opened(picture_bytes()) as picture:
        rendered = picture.render(recipe=full, formats=("jpeg",), widths=(320,))

    assert [(file.format, file.width) for file in rendered.renditions] == [
        ("jpeg", 320)
    ]

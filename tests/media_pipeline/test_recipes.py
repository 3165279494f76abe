"""An author's styling: schema, geometry, colours."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from media_pipeline import sandbox
from media_pipeline.exceptions import WrongRecipe
from media_pipeline.recipes import FILTERS, Recipe, apply_recipe, recipe_from, schema
from media_pipeline.recipes.filters import curve
from media_pipeline.renditions import Size
from media_pipeline.testing import drawn, picture_bytes

SIZE = Size(800, 600)

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

    assert set(named) == set(FILTERS)


def test_a_recipe_survives_its_json():
    full = recipe(
        version=1,
        crop=[0.1, 0.2, 0.5, 0.6],
        straighten=-3.5,
        adjustments={"brightness": 0.2, "warmth": -0.1},
        filter={"name": "dusk", "strength": 0.5},
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


@pytest.mark.parametrize("name", FILTERS)
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

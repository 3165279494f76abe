"""Hotspots and focal points lie on what they mean, whatever the recipe cuts off."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cms.shoppable import place_in, shoppable
from cms.tiles import tiles_html
from media_pipeline import sandbox
from media_pipeline.models import Asset
from media_pipeline.recipes import recipe_from
from ugc.models import Photo, Surface

from . import material

SIZE = (1200, 900)


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    yield
    sandbox.close()


def a_red_dot_at(x, y) -> bytes:
    picture = Image.new("RGB", SIZE, (120, 120, 120))
    draw = ImageDraw.Draw(picture)
    at_x, at_y = x * SIZE[0], y * SIZE[1]
    draw.ellipse((at_x - 25, at_y - 25, at_x + 25, at_y + 25), fill=(230, 20, 20))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95)
    return file.getvalue()


def the_red_dot(jpeg: bytes) -> tuple[float, float] | None:
    pixels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).astype(int)
    rows, columns = np.nonzero(pixels[..., 0] - pixels[..., 1] > 100)
    if not len(rows):
        return None
    height, width = pixels.shape[:2]
    return (columns.mean() + 0.5) / width, (rows.mean() + 0.5) / height


@pytest.mark.parametrize(
    ("recipe", "point"),
    [
        ({"version": 1, "crop": [0.2, 0.1, 0.5, 0.6]}, (0.31, 0.27)),
        ({"version": 1, "crop": [0.0, 0.3, 1.0, 0.4]}, (0.83, 0.52)),
        ({"version": 1, "straighten": 7}, (0.3, 0.35)),
        ({"version": 1, "straighten": -4, "crop": [0.1, 0.1, 0.8, 0.7]}, (0.7, 0.3)),
        ({"version": 1, "crop": [0.5, 0.5, 0.5, 0.5]}, (0.2, 0.2)),
    ],
)
def test_a_point_of_the_master_is_where_the_rendition_shows_it(recipe, point):
    with sandbox.opened(a_red_dot_at(*point)) as picture:
        rendered = picture.render(
            recipe=recipe_from(recipe), formats=["jpeg"], widths=[640]
        )
    photo = Photo(asset=Asset(width=SIZE[0], height=SIZE[1], recipe=recipe))

    placed = place_in(photo)(*point)

    seen = the_red_dot(rendered.renditions[0].content)
    assert (placed is None) == (seen is None)
    if placed is not None:
        assert placed == pytest.approx(seen, abs=0.01)


@pytest.mark.django_db
def test_tiles_and_leads_crop_about_the_mapped_focal_point():
    asset = {
        "recipe": {"version": 1, "crop": [0.25, 0.25, 0.5, 0.5]},
        "focal_x": 0.375,
        "focal_y": 0.7,
    }
    material.a_public_photo(asset=asset)

    (lead,) = shoppable(Photo.objects.all(), Surface.GALLERIES, "en")
    html = tiles_html([lead])

    assert lead.picture.focus == (pytest.approx(0.25), pytest.approx(0.9))
    assert 'class="focus-x-25 focus-y-90"' in html

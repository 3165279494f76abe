from __future__ import annotations

import pytest

from cms.shoppable import place_in, shoppable
from media_pipeline.models import Asset
from ugc.models import Photo, Surface

from . import material


def a_photo(recipe):
    return Photo(asset=Asset(width=1600, height=800, recipe=recipe))


def cropped(*box):
    return {"version": 1, "crop": list(box)}


MIDDLE = cropped(0.25, 0.25, 0.5, 0.5)


@pytest.mark.parametrize(
    ("recipe", "point", "shown"),
    [
        ({}, (0.3, 0.7), (0.3, 0.7)),
        (MIDDLE, (0.5, 0.5), (0.5, 0.5)),
        (MIDDLE, (0.25, 0.75), (0.0, 1.0)),
        (MIDDLE, (0.375, 0.5), (0.25, 0.5)),
        (MIDDLE, (0.2, 0.5), None),
        (MIDDLE, (0.5, 0.8), None),
        (cropped(0.5, 0.0, 0.5, 1.0), (0.75, 0.1), (0.5, 0.1)),
        ({"version": 1, "straighten": 5}, (0.5, 0.5), (0.5, 0.5)),
        ({"version": 1, "straighten": 5}, (0.0, 0.0), None),
        ({"crop": "everything"}, (0.5, 0.5), None),
    ],
)
def test_a_point_of_the_master_is_mapped_into_what_is_shown(recipe, point, shown):
    placed = place_in(a_photo(recipe))(*point)

    assert placed == (pytest.approx(shown) if shown else None)


@pytest.mark.django_db
def test_hotspots_are_numbered_in_order_and_placed_in_percent(lamp):
    material.a_product("rug", name="Rug")
    material.a_public_photo(tags=[("lamp", 0.371, 0.62), ("rug", 0.9, 0.1)])

    (photo,) = shoppable(Photo.objects.all(), Surface.GALLERIES, "en")

    assert [each.number for each in photo.hotspots] == [1, 2]
    assert [each.card.name for each in photo.hotspots] == ["Lamp", "Rug"]
    assert photo.hotspots[0].position_class == "at-x-37 at-y-62"
    assert photo.product_count == 2


@pytest.mark.django_db
def test_what_the_crop_cuts_off_is_listed_but_not_drawn(lamp):
    material.a_product("rug", name="Rug")
    material.a_public_photo(
        tags=[("lamp", 0.1, 0.1), ("rug", 0.5, 0.5)],
        asset={"recipe": MIDDLE},
    )

    (photo,) = shoppable(Photo.objects.all(), Surface.GALLERIES, "en")

    assert [card.name for card in photo.cards] == ["Lamp", "Rug"]
    assert [(each.number, each.card.name) for each in photo.hotspots] == [(2, "Rug")]


@pytest.mark.django_db
def test_a_product_that_left_the_catalogue_leaves_no_gap(lamp):
    rug = material.a_product("rug", name="Rug")
    material.a_public_photo(tags=[("rug", 0.5, 0.5), ("lamp", 0.1, 0.1)])
    rug.is_published = False
    rug.save()

    (photo,) = shoppable(Photo.objects.all(), Surface.GALLERIES, "en")

    assert [(each.number, each.card.name) for each in photo.products] == [(1, "Lamp")]


@pytest.mark.django_db
def test_cards_speak_the_language_asked_for(lamp):
    material.a_public_photo(tags=[("lamp", 0.5, 0.5)])

    (photo,) = shoppable(Photo.objects.all(), Surface.GALLERIES, "de")

    assert photo.cards[0].name == "Lampe"


@pytest.mark.django_db
def test_only_the_surface_that_is_allowed_shows_the_photo(lamp):
    material.a_public_photo(surfaces=Surface.GALLERIES)
    everything = Photo.objects.all()

    assert len(shoppable(everything, Surface.GALLERIES, "en")) == 1
    assert shoppable(everything, Surface.PRODUCT_PAGES, "en") == []


@pytest.mark.django_db
def test_joining_more_photos_takes_no_more_queries(
    lamp, django_assert_num_queries, django_assert_max_num_queries
):
    material.a_product("rug", name="Rug")
    material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    with django_assert_max_num_queries(7) as one:
        shoppable(Photo.objects.all(), Surface.GALLERIES, "en")
    for _ in range(5):
        material.a_public_photo(tags=[("lamp", 0.5, 0.5), ("rug", 0.2, 0.2)])

    with django_assert_num_queries(len(one)):
        shoppable(Photo.objects.all(), Surface.GALLERIES, "en")

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.ugc.factories import make_photo, make_public_photo
from ugc import publishing
from ugc.models import Photo, PhotoTag, ProductTag, Surface, public_q

pytestmark = pytest.mark.django_db


def end(photo, when):
    Photo.objects.filter(pk=photo.pk).update(ends_at=when)
    publishing.copy_to_tags(photo.pk)


def test_public_on_shows_a_photo_only_where_it_is_public():
    photo = make_public_photo(surfaces=Surface.GALLERIES | Surface.ADS)
    make_photo()
    make_photo(state="approved")

    shown = {
        surface: list(Photo.objects.public_on(surface)) == [photo]
        for surface in Surface
    }

    assert shown == {
        Surface.PRODUCT_PAGES: False,
        Surface.GALLERIES: True,
        Surface.MAIL: False,
        Surface.ADS: True,
        Surface.PARTNERS: False,
    }


def test_public_on_leaves_out_photos_whose_permission_has_ended():
    standing = make_public_photo()
    end(standing, timezone.now() + timedelta(hours=1))
    end(make_public_photo(), timezone.now() - timedelta(seconds=1))

    assert list(Photo.objects.public_on(Surface.GALLERIES)) == [standing]
    assert list(Photo.objects.public_anywhere()) == [standing]


def test_photos_and_their_tags_agree_on_what_is_public():
    """The copies in tag rows answer as the photo does, whatever happened to it."""
    now = timezone.now()
    for surfaces in (Surface(0), Surface(1), Surface(2), Surface(3), Surface(31)):
        for ends_at in (None, now - timedelta(minutes=1), now + timedelta(minutes=1)):
            photo = make_public_photo(surfaces=surfaces, tags=["mug"], words=["green"])
            end(photo, ends_at)

    for surface in (*Surface, Surface(3), Surface(31)):
        photos = set(
            Photo.objects.filter(public_q(surface)).values_list("pk", flat=True)
        )
        by_product = set(
            ProductTag.objects.filter(public_q(surface)).values_list(
                "photo_id", flat=True
            )
        )
        by_word = set(
            PhotoTag.objects.filter(public_q(surface)).values_list(
                "photo_id", flat=True
            )
        )
        assert photos == by_product == by_word
        assert photos == {
            photo.pk for photo in Photo.objects.all() if photo.public & surface
        }


def test_showing_and_tagged_find_a_photo_once():
    photo = make_public_photo(tags=["mug", "lamp"], words=["green", "cup"])
    make_public_photo(tags=["lamp"])

    assert list(Photo.objects.showing("mug")) == [photo]
    assert list(Photo.objects.tagged("cup")) == [photo]


def test_the_best_of_a_product_come_first_and_only_public_ones():
    low = make_public_photo(tags=["mug"])
    high = make_public_photo(tags=["mug"])
    publishing.set_score(high.pk, 5)
    make_photo(state="approved").product_tags.create(product_key="mug", x=0, y=0)
    make_public_photo(tags=["lamp"])

    shown = ProductTag.objects.top("mug", Surface.GALLERIES)

    assert [tag.photo for tag in shown] == [high, low]
    assert not ProductTag.objects.top("mug", Surface.ADS)


def test_the_best_of_a_word_come_first():
    high = make_public_photo(words=["green"])
    low = make_public_photo(words=["green"])
    publishing.set_score(high.pk, 5)

    shown = PhotoTag.objects.top("green", Surface.GALLERIES)

    assert [tag.photo for tag in shown] == [high, low]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            lambda: PhotoTag.objects.top("green", Surface.GALLERIES),
            "ugc_photo_tag_top",
        ),
        (
            lambda: ProductTag.objects.top("mug", Surface.GALLERIES),
            "ugc_product_tag_top",
        ),
        (
            lambda: Photo.objects.public_on(Surface.GALLERIES).newest(),
            "ugc_photo_newest",
        ),
    ],
)
def test_galleries_walk_a_partial_index_without_sorting(query, index):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by statistics; a table this small tells nothing.")

    plan = query()[:24].explain()

    assert index in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("photos", [1, 12])
def test_a_gallery_costs_three_queries_and_a_tile_none(
    photos, django_assert_num_queries
):
    for _ in range(photos):
        make_public_photo(tags=["mug", "lamp"])

    with django_assert_num_queries(3):
        for photo in Photo.objects.public_on(Surface.GALLERIES).for_gallery():
            assert photo.asset.public_picture is not None
            assert photo.persona.name
            assert len(photo.product_tags.all()) == 2
    with django_assert_num_queries(2):
        for photo in Photo.objects.public_on(Surface.GALLERIES).for_tiles():
            assert photo.asset.public_picture.html(alt=photo.alt_text)

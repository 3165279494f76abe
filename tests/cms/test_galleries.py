from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.galleries import (
    Rule,
    RuleKind,
    gallery_by_hand,
    gallery_by_rule,
    with_lead,
)
from ugc import services
from ugc.catalogue import get_catalogue
from ugc.models import Photo, PhotoTag, Surface

from . import material

NEWEST = Rule(RuleKind.NEWEST)
LAMP = Rule(RuleKind.PRODUCT, "lamp")
pytestmark = pytest.mark.django_db


def ids(gallery):
    return [tile.public_id for tile in gallery.tiles]


def newest(**options):
    return gallery_by_rule(NEWEST, surface=Surface.GALLERIES, count=24, **options)


def test_newest_shows_what_was_published_last_first():
    first, second = material.a_public_photo(), material.a_public_photo()
    now = timezone.now()
    Photo.objects.filter(pk=first.pk).update(published_at=now - timedelta(hours=1))

    assert ids(newest()) == [second.public_id, first.public_id]


def test_a_products_photos_come_best_first(lamp):
    good = material.a_public_photo(tags=[("lamp", 0.5, 0.5)], score=1)
    best = material.a_public_photo(tags=[("lamp", 0.5, 0.5)], score=9)
    material.a_public_photo()

    gallery = gallery_by_rule(LAMP, surface=Surface.PRODUCT_PAGES, count=24)

    assert ids(gallery) == [best.public_id, good.public_id]
    assert gallery.tiles[0].product_count == 1


def test_a_tags_photos_are_those_with_the_word():
    photo = material.a_public_photo()
    material.a_public_photo()
    PhotoTag.objects.create(
        photo=photo, word="sofa", public_surfaces=photo.public_surfaces
    )

    rule = Rule(RuleKind.TAG, "sofa")
    gallery = gallery_by_rule(rule, surface=Surface.GALLERIES, count=24)

    assert ids(gallery) == [photo.public_id]


def test_by_hand_keeps_the_editors_order():
    photos = [material.a_public_photo() for _ in range(3)]
    order = [photos[1], photos[2], photos[0]]

    gallery = gallery_by_hand([each.pk for each in order], surface=Surface.GALLERIES)

    assert ids(gallery) == [each.public_id for each in order]


@pytest.mark.parametrize(
    "rule", [NEWEST, LAMP, Rule(RuleKind.TAG, "sofa")], ids=lambda rule: rule.kind
)
def test_going_on_meets_every_photo_once_in_the_same_order(rule, lamp):
    for score in (3, 1, 3, 2, 3, 1, 2):
        photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)], score=score)
        PhotoTag.objects.create(
            photo=photo, word="sofa", score=score, public_surfaces=31
        )
    Photo.objects.update(published_at=timezone.now())  # ties everywhere
    whole = ids(gallery_by_rule(rule, surface=Surface.GALLERIES, count=24))

    walked, after = [], ""
    for _ in range(4):
        page = gallery_by_rule(rule, surface=Surface.GALLERIES, count=3, after=after)
        walked += ids(page)
        after = page.next_cursor
        if not after:
            break

    assert walked == whole
    assert len(set(walked)) == 7
    assert after == ""


def test_an_unknown_cursor_begins_anew():
    photo = material.a_public_photo()

    gallery = newest(after="no-such-photo")

    assert ids(gallery) == [photo.public_id]
    assert not gallery.is_continued


def test_a_cursor_still_works_once_its_photo_is_withdrawn(lamp):
    photos = [
        material.a_public_photo(tags=[("lamp", 0.5, 0.5)], score=score)
        for score in (3, 2, 1)
    ]
    services.withdraw_photo(photos[1], contributor=photos[1].contributor)

    gallery = gallery_by_rule(
        LAMP, surface=Surface.GALLERIES, count=4, after=photos[1].public_id
    )

    assert ids(gallery) == [photos[2].public_id]


def unapproved():
    return material.a_waiting_photo()


def withdrawn():
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    services.withdraw_photo(photo, contributor=photo.contributor)
    return photo


def removed():
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    editor = get_user_model().objects.create_user("eva")
    services.remove_photo(photo, by=editor, reasons=["bystander"])
    return photo


def elsewhere():
    return material.a_public_photo(
        tags=[("lamp", 0.5, 0.5)], surfaces=Surface.PRODUCT_PAGES
    )


def ended():
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    past = timezone.now() - timedelta(seconds=1)
    Photo.objects.filter(pk=photo.pk).update(ends_at=past)
    photo.product_tags.update(ends_at=past)
    return photo


@pytest.mark.parametrize("make", [unapproved, withdrawn, removed, elsewhere, ended])
def test_what_is_not_public_there_is_in_no_gallery(make, lamp):
    photo = make()

    on = {"surface": Surface.GALLERIES}
    assert not gallery_by_hand([photo.pk], **on)
    assert not gallery_by_rule(NEWEST, count=24, **on)
    assert not gallery_by_rule(LAMP, count=24, **on)


def test_a_tag_left_behind_does_not_show_a_photo_that_is_closed(lamp):
    photo = withdrawn()
    photo.product_tags.update(public_surfaces=31)

    assert not gallery_by_rule(LAMP, surface=Surface.GALLERIES, count=24)


@pytest.mark.parametrize("number", [1, 6])
def test_a_gallery_takes_one_query(number, lamp, django_assert_num_queries):
    photos = [material.a_public_photo(tags=[("lamp", 0.5, 0.5)]) for _ in range(number)]

    with django_assert_num_queries(1):
        gallery_by_hand([each.pk for each in photos], surface=Surface.GALLERIES)
    with django_assert_num_queries(1):
        gallery_by_rule(NEWEST, surface=Surface.GALLERIES, count=4)
    with django_assert_num_queries(1):
        gallery_by_rule(LAMP, surface=Surface.GALLERIES, count=4)


def led(gallery):
    return with_lead(gallery, surface=Surface.GALLERIES, language="en")


def test_the_lead_is_the_first_tile_with_its_products(lamp):
    material.a_public_photo()
    first = material.a_public_photo(
        tags=[("lamp", 0.3, 0.6)], caption="Here", asset={"focal_x": 0.1, "focal_y": 0}
    )

    gallery = led(newest())

    assert gallery.lead.public_id == first.public_id
    assert gallery.lead.caption == "Here"
    assert gallery.lead.asset_id == first.asset_id
    assert gallery.lead.picture == first.asset.public_picture
    (product,) = gallery.lead.hotspots
    assert (product.card.name, product.position_class) == ("Lamp", "at-x-30 at-y-60")
    assert len(gallery.tiles) == 1


def test_a_lead_without_products_is_shown_too():
    photo = material.a_public_photo()

    gallery = led(newest())

    assert gallery.lead.public_id == photo.public_id
    assert gallery.lead.products == ()


@pytest.mark.parametrize("tags", [[], [("lamp", 0.5, 0.5)]], ids=["bare", "tagged"])
def test_a_lead_that_was_taken_down_meanwhile_is_not_shown(lamp, tags):
    photo = material.a_public_photo(tags=tags)
    gallery = newest()

    services.withdraw_photo(photo, contributor=photo.contributor)

    assert led(gallery).lead is None


def test_a_lead_takes_one_query_more_than_its_cards(lamp, django_assert_num_queries):
    material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    gallery = newest()
    with CaptureQueriesContext(connection) as cards:
        get_catalogue().cards(["lamp"], language="en")

    with django_assert_num_queries(len(cards) + 1):
        led(gallery)

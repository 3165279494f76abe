"""What a tile shows is what the photo is now, however often it was drawn."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import translation

from cms import tiles
from cms.galleries import Rule, RuleKind, _first, gallery_by_hand, gallery_by_rule
from cms.shoppable import shoppable
from cms.statements import TEXT, Statement
from media_pipeline.models import Rendition
from ugc import services
from ugc.models import Persona, Photo, Surface

from . import material

NEWEST = Rule(RuleKind.NEWEST)
pytestmark = pytest.mark.django_db


def drawn(rule=NEWEST, language="en") -> str:
    """The gallery's HTML, as a page has it."""
    with translation.override(language):
        gallery = gallery_by_rule(rule, surface=Surface.GALLERIES, count=24)
        return str(tiles.tiles_html(gallery.tiles))


def public_names(photo) -> set[str]:
    renditions = Rendition.objects.filter(asset=photo.asset_id)
    return set(renditions.values_list("public_name", flat=True))


def test_every_public_rendition_is_offered():
    photo = material.a_public_photo()

    html = drawn()

    assert len(public_names(photo)) == 4
    assert all(name in html for name in public_names(photo))


def test_a_renamed_persona_is_credited_by_the_new_name():
    photo = material.a_public_photo(by="Ada")
    assert "Ada" in drawn()

    Persona.objects.filter(pk=photo.persona_id).update(name="Grace")

    assert "Grace" in drawn()
    assert "Ada" not in drawn()


def test_new_words_are_shown_once_they_are_approved():
    photo = material.a_public_photo(alt_text="A red chair")
    assert "A red chair" in drawn()

    services.edit_photo(
        photo, caption="", alt_text="A green chair", contributor=photo.contributor
    )
    assert drawn() == ""
    photo.refresh_from_db()
    with material.committed():
        services.approve_photo(photo, by=None, rule="test")

    assert "A green chair" in drawn()
    assert "A red chair" not in drawn()


def test_a_withdrawn_photo_is_gone_at_once_and_returns_under_new_addresses():
    photo = material.a_public_photo()
    before = public_names(photo)
    assert drawn()

    services.withdraw_photo(photo, contributor=photo.contributor)
    assert drawn() == ""
    photo.refresh_from_db()
    with material.committed():
        services.restore_photo(photo, contributor=photo.contributor)

    html = drawn()
    assert all(name in html for name in public_names(photo))
    assert not any(name in html for name in before)


def test_a_rendition_that_comes_later_is_offered():
    photo = material.a_public_photo()
    drawn()

    Rendition.objects.create(
        asset=photo.asset,
        format="avif",
        width=960,
        height=640,
        bytes=1,
        private_name="later",
        public_name="ab/later.avif",
    )

    assert "ab/later.avif 960w" in drawn()


def test_one_that_is_not_public_yet_is_not():
    photo = material.a_public_photo()
    hidden = Rendition.objects.filter(asset=photo.asset_id, width=640, format="jpeg")
    name = hidden.get().public_name
    hidden.update(public_name="")

    assert name not in drawn()


def test_an_erased_photo_leaves_nothing():
    photo = material.a_public_photo()
    drawn()

    photo.delete()

    assert drawn() == ""


def test_a_product_marked_later_is_counted(lamp):
    photo = material.a_public_photo()
    assert "weave-count" not in drawn()

    services.tag_product(photo, product_key="lamp", x=0.5, y=0.5, by=None)

    assert "1 product" in drawn()


def test_what_only_software_has_put_there_is_not(lamp):
    photo = material.a_public_photo()
    photo.product_tags.create(product_key="lamp", x=0.5, y=0.5, is_suggested=True)

    (shown,) = shoppable(Photo.objects.all(), Surface.GALLERIES, "en")

    assert "weave-count" not in drawn()
    assert shown.products == ()


def test_each_language_has_its_own_words():
    material.a_public_photo(by="Ada")

    assert "Photo by Ada" in drawn(language="en")
    assert "Foto von Ada" in drawn(language="de")


def test_the_same_tile_is_drawn_once(monkeypatch):
    material.a_public_photo(by="Drawn once")
    times = []
    render = tiles.render_to_string
    monkeypatch.setattr(
        tiles, "render_to_string", lambda *args: times.append(1) or render(*args)
    )

    assert drawn() == drawn()
    assert len(times) == 1


def test_a_storage_that_signs_addresses_is_asked_each_time(monkeypatch):
    material.a_public_photo()
    numbers = iter(range(1000))
    monkeypatch.setattr(
        tiles, "public_url", lambda name: f"https://x.test/{name}?s={next(numbers)}"
    )

    assert drawn() != drawn()


@pytest.mark.parametrize(
    ("colour", "classes"),
    [
        ("#ff8800", "weave-tint weave-red-f weave-green-8 weave-blue-0"),
        ("#0a0b0C", "weave-tint weave-red-1 weave-green-1 weave-blue-1"),
        ("", ""),
        ("red", ""),
    ],
)
def test_a_tile_has_its_colour_until_its_picture_is_there(colour, classes):
    material.a_public_photo(asset={"dominant_colour": colour})

    html = drawn()

    frame = f'class="weave-frame {classes}"' if classes else 'class="weave-frame"'
    assert frame in html
    assert "style=" not in html


def test_names_are_escaped():
    material.a_public_photo(by="<b>Ada</b>", alt_text='"><script>')

    html = drawn()

    assert "<b>" not in html
    assert "<script>" not in html


def test_by_hand_names_a_photo_once():
    photo = material.a_public_photo()

    gallery = gallery_by_hand([photo.pk, photo.pk], surface=Surface.GALLERIES)

    assert len(gallery.tiles) == 1


@pytest.mark.parametrize("key", ["lamp", "it's", "%s", "ключ"])
def test_a_product_key_is_a_value_whatever_it_holds(key):
    rule = Rule(RuleKind.PRODUCT, key)
    photo = material.a_public_photo()
    photo.product_tags.create(product_key=key, x=0.5, y=0.5, public_surfaces=31)

    gallery = gallery_by_rule(rule, surface=Surface.GALLERIES, count=4)

    assert [tile.public_id for tile in gallery.tiles] == [photo.public_id]
    other = Rule(RuleKind.PRODUCT, "other")
    assert not gallery_by_rule(other, surface=Surface.GALLERIES, count=4)


def test_a_stand_in_must_be_found_exactly_once():
    rows = Photo.objects.filter(caption=TEXT, alt_text=TEXT).values_list("pk")

    with pytest.raises(ValueError, match="stand-in"):
        Statement.of(rows, [TEXT])


def test_a_gallery_reads_the_products_own_index(lamp):
    """The shape that keeps the top 24 as quick among a million photos."""
    material.many_public_photos(300, "lamp")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rule = Rule(RuleKind.PRODUCT, "lamp")
    gallery_by_rule(rule, surface=Surface.GALLERIES, count=24)

    plan = explained(rule)

    assert "ugc_product_tag_top" in plan
    assert "USE TEMP B-TREE" not in plan


def explained(rule) -> str:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by statistics; a table this small tells nothing.")
    statement = _first("default", rule.kind, Surface.GALLERIES, 25)
    params = [rule.value if each == TEXT else each for each in statement.params]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement.sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())

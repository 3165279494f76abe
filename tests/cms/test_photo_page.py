from __future__ import annotations

import json
import re

import pytest
from django.test import override_settings

from ugc import services
from ugc.models import Surface

from . import material

pytestmark = pytest.mark.django_db


def page(client, photo, language="en"):
    return client.get(f"/{language}/photos/{photo.public_id}/")


def test_a_public_photo_has_a_page_with_products_to_buy(client, lamp):
    material.a_product("rug", name="Rug", variants=("Small", "Large"))
    photo = material.a_public_photo(
        tags=[("lamp", 0.37, 0.62), ("rug", 0.5, 0.5)], caption="At home", by="Ada"
    )

    shown = page(client, photo).content.decode()

    assert "At home" in shown
    assert "Photo by Ada" in shown
    assert 'action="/en/basket/add/"' in shown
    assert f'name="origin" value="{photo.public_id}"' in shown
    assert 'name="sku" value="lamp-0"' in shown
    assert '<option value="rug-1"' in shown
    assert 'href="/en/shop/lamp/"' in shown


def test_hotspots_are_buttons_that_open_their_card_without_a_script(client, lamp):
    photo = material.a_public_photo(tags=[("lamp", 0.37, 0.62)])

    shown = page(client, photo).content.decode()

    target = re.search(r'popovertarget="([^"]+)"', shown)[1]
    assert 'class="weave-spot at-x-37 at-y-62" type="button"' in shown
    assert re.search(rf'id="{target}" popover', shown)
    assert "1: Lamp" in shown
    assert "<script" not in shown.replace('<script type="application/ld+json">', "")


TINY = "data:image/webp;base64,UklGRg=="


def test_a_few_pixels_stand_there_until_the_picture_does(client):
    photo = material.a_public_photo(asset={"placeholder": TINY})

    shown = page(client, photo).content.decode()

    before = f'<img class="weave-behind" src="{TINY}" alt="">'
    assert f"{before}<picture>" in shown
    assert "style=" not in shown


def test_without_them_nothing_stands_there(client):
    photo = material.a_public_photo()

    assert "weave-behind" not in page(client, photo).content.decode()


def test_the_policy_lets_placeholders_be_drawn(client):
    photo = material.a_public_photo()

    policy = page(client, photo)["Content-Security-Policy"]

    (images,) = (part for part in policy.split(";") if "img-src" in part)
    assert "data:" in images.split()


def test_the_page_speaks_german(client, lamp):
    photo = material.a_public_photo(tags=[("lamp", 0.37, 0.62)], by="Ada")

    shown = page(client, photo, "de").content.decode()

    assert '<html lang="de">' in shown
    assert "Foto von Ada" in shown
    assert "Lampe" in shown


@pytest.mark.parametrize("surface", list(Surface))
def test_one_surface_is_enough_for_a_page(client, surface):
    photo = material.a_public_photo(surfaces=surface)

    assert page(client, photo).status_code == 200


def test_what_is_public_nowhere_has_no_page(client):
    waiting = material.a_waiting_photo()
    refused = material.a_waiting_photo()
    services.refuse_photo(refused, by=None, reasons=["blurry"], rule="test")
    withdrawn = material.a_public_photo()
    services.withdraw_photo(withdrawn, contributor=withdrawn.contributor)
    forbidden = material.a_public_photo(surfaces=Surface(0))

    for photo in (waiting, refused, withdrawn, forbidden):
        assert page(client, photo).status_code == 404
    assert client.get("/en/photos/no-such-photo/").status_code == 404


def test_shared_links_carry_absolute_addresses(client):
    photo = material.a_public_photo(caption="At home", alt_text="A room")

    shown = page(client, photo).content.decode()

    url = re.search(r'property="og:url" content="([^"]+)"', shown)[1]
    image = re.search(r'property="og:image" content="([^"]+)"', shown)[1]
    assert url == f"http://testserver/en/photos/{photo.public_id}/"
    assert image.startswith("http://testserver/media/")
    assert image.endswith(".jpg")
    # The widest there is: 640 px, three by two.
    assert 'property="og:image:width" content="640"' in shown
    assert 'property="og:image:height" content="426"' in shown


def test_structured_data_cannot_end_its_script(client):
    evil = "</script><script>alert(1)</script>"
    photo = material.a_public_photo(by=evil, caption=evil)

    shown = page(client, photo).content.decode()

    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', shown)[1]
    facts = json.loads(data)
    assert facts["@type"] == "ImageObject"
    assert facts["creator"]["name"] == evil
    assert facts["creditText"] == evil
    assert "<script>alert" not in shown


def test_search_engines_may_be_kept_out(client):
    photo = material.a_public_photo()

    assert "noindex" not in page(client, photo).content.decode()
    with override_settings(CMS_PHOTO_PAGES_ARE_INDEXED=False):
        assert 'name="robots" content="noindex"' in page(client, photo).content.decode()


def test_sold_out_products_have_no_button(client):
    material.a_product(stock=0)
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])

    shown = page(client, photo).content.decode()

    assert "Sold out" in shown
    assert 'action="/en/basket/add/"' not in shown


def test_the_page_takes_the_same_queries_for_any_number_of_products(
    client, lamp, django_assert_num_queries, django_assert_max_num_queries
):
    for key in ("rug", "vase", "chair"):
        material.a_product(key, name=key)
    one = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    four = material.a_public_photo(
        tags=[(key, 0.5, 0.5) for key in ("lamp", "rug", "vase", "chair")]
    )
    page(client, one)

    with django_assert_max_num_queries(8) as few:
        page(client, one)
    with django_assert_num_queries(len(few)):
        page(client, four)


def test_only_reading_is_allowed(client):
    photo = material.a_public_photo()

    assert client.post(f"/en/photos/{photo.public_id}/").status_code == 405

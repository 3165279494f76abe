from __future__ import annotations

import pytest
from django.template import engines
from django.test import RequestFactory

from cms.templatetags.shoppable_cms import draw_picture
from ugc.models import Surface

from . import material

pytestmark = pytest.mark.django_db


def render(source, address="/"):
    template = engines["django"].from_string("{% load shoppable_cms %}" + source)
    return template.render({}, RequestFactory().get(address))


def test_a_sites_own_template_shows_the_newest_photos():
    photo = material.a_public_photo(by="Ada")

    shown = render('{% photo_gallery label="Yours" %}')

    assert photo.public_id in shown
    assert 'aria-label="Yours"' in shown


def test_a_gallery_of_a_product_asks_for_the_surface_it_stands_on(lamp):
    photo = material.a_public_photo(
        tags=[("lamp", 0.5, 0.5)], surfaces=Surface.GALLERIES
    )

    here = render('{% photo_gallery product="lamp" %}')
    there = render('{% photo_gallery product="lamp" surface="product_pages" %}')

    assert photo.public_id in here
    assert photo.public_id not in there


def test_one_photo_shows_its_products_and_nothing_once_it_is_hidden(lamp):
    photo = material.a_public_photo(
        tags=[("lamp", 0.5, 0.5)], surfaces=Surface.GALLERIES
    )
    tag = f'{{% shoppable_photo "{photo.public_id}" element_id="p"'

    assert "at-x-50 at-y-50" in render(tag + " %}")
    assert render(tag + ' surface="mail" %}').strip() == ""


def test_nothing_is_drawn_where_there_is_no_picture():
    assert draw_picture(None, alt="") == ""

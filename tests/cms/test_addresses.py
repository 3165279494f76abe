from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils.translation import override

import cms
from cms.photo_urls import photo_url, share_url
from cms.product_urls import product_url, shop_url
from media_pipeline.pictures import FOCUS_STEP

CSS = Path(cms.__file__).parent / "static/shoppable_cms/weave.css"


@pytest.mark.parametrize("language", ["en", "de"])
def test_addresses_are_those_of_the_active_language(language):
    with override(language):
        assert shop_url() == f"/{language}/shop/"
        assert product_url("lamp") == f"/{language}/shop/lamp/"
        assert photo_url("abc") == f"/{language}/photos/abc/"
        assert share_url("lamp") == f"/{language}/share-your-photo/lamp/"


def test_a_site_may_have_its_shop_elsewhere():
    with override_settings(CMS_SHOP_PATH="deeply/below"), override("en"):
        assert product_url("lamp") == "/en/deeply/below/lamp/"


def test_every_place_and_shape_has_its_class():
    rules = CSS.read_text()

    for percent in range(101):
        assert f".at-x-{percent}{{--x:{percent}%}}" in rules
        assert f".at-y-{percent}{{--y:{percent}%}}" in rules
    for tenths in range(5, 26):
        assert f".weave-r-{tenths}{{--r:{tenths / 10:g}}}" in rules
    for percent in {*range(0, 101, FOCUS_STEP)} - {50}:
        assert f".focus-x-{percent}{{--focus-x:{percent}%}}" in rules
        assert f".focus-y-{percent}{{--focus-y:{percent}%}}" in rules
    for sixteenth in range(16):
        for name in ("red", "green", "blue"):
            rule = f".weave-{name}-{sixteenth:x}{{--{name}:{17 * sixteenth}}}"
            assert rule in rules


def test_hotspots_are_at_least_24_px():
    (width,) = re.findall(r"\.weave-spot \{[^}]*\bwidth: ([\d.]+)rem", CSS.read_text())

    assert float(width) * 16 >= 24


def test_the_stylesheet_is_small():
    assert len(gzip.compress(CSS.read_bytes())) <= 5 * 1024

"""This package on a site without our shop: a process of its own, as apps are fixed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
SCRIPT = """
import django
django.setup()
import sys
from django.core.management import call_command
call_command("check", fail_level="WARNING")
call_command("makemigrations", "--check", "--dry-run", verbosity=0)

from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from cms.pages.models import ShoppableGalleryPage, ShoppableShopPage
from cms.product_pages import product_context
from cms.shoppable import ShoppablePhoto, TaggedProduct
from media_pipeline.pictures import Picture
from ugc.catalogue import get_catalogue

assert not any(name.split(".")[0] == "storefront" for name in sys.modules)
assert ShoppableShopPage.can_create_at(None) is False
request = RequestFactory().get("/")
assert product_context(request, "moby", language="en") is None
photo = ShoppablePhoto(
    public_id="abc", url="/photos/abc/", picture=Picture(320, 240, "/media/a.jpg"),
    credit="Ada", caption="", alt="A book", product_count=1,
    products=(TaggedProduct(1, get_catalogue().card("moby", language="en"), x=37.2, y=62),),
)
source = '{% include "shoppable_cms/components/shoppable_photo.html" with photo=photo id="p" only %}'
with translation.override("en"):
    print(engines["django"].from_string(source).render({"photo": photo}))
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.cms.settings_without_shop",
        "SCHAUFENSTER_DATA_DIR": str(tmp_path_factory.mktemp("without-shop")),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_starts_without_the_shop_and_shows_anothers_products(output):
    assert "Moby-Dick" in output
    assert "at-x-37 at-y-62" in output


def test_what_is_sold_elsewhere_is_linked_instead_of_bought(output):
    assert 'href="https://books.example/moby"' in output
    assert "<form" not in output

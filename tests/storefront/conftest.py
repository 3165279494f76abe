"""The shop by itself: its own addresses, templates and defaults."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from django.test import Client

import storefront

TEMPLATES_FOLDER = Path(storefront.__file__).parent / "templates"


@pytest.fixture(autouse=True)
def shop_alone(settings, tmp_path):
    """No photos, no pages of others: what a host has that installs only the shop."""
    settings.ROOT_URLCONF = "tests.storefront.urls"
    settings.STOREFRONT_PICTURE_RENDERER = "storefront.pictures.PlainPictures"
    settings.STOREFRONT_ORIGIN_RENDERER = "tests.storefront.renderers.Origins"
    settings.STOREFRONT_PRODUCT_URL = "storefront.addresses.product_url"
    settings.STOREFRONT_SHOP_URL = "storefront.addresses.shop_url"
    settings.STOREFRONT_SHARE_URL = ""
    settings.STOREFRONT_SITE_URL = "https://shop.example"
    settings.STOREFRONT_SHOP_NAME = "Amsel"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    # The shop's own base template, not the one a site puts in its place.
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [str(TEMPLATES_FOLDER)]
    templates[0]["OPTIONS"]["context_processors"] = [
        "django.template.context_processors.request"
    ]
    settings.TEMPLATES = templates
    return settings


class Browser(Client):
    """A client that says, as browsers do, where its requests come from."""

    def put(self, sku, quantity=1, origin="", **headers):
        """Press "Add to basket" on one of our pages."""
        return self.post(
            "/basket/add/",
            {"sku": sku, "quantity": quantity, "origin": origin},
            headers={"sec-fetch-site": "same-origin", **headers},
        )


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def strict_browser():
    """One whose forms Django's CSRF check really looks at."""
    return Browser(enforce_csrf_checks=True)

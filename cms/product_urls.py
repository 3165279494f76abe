"""Addresses of products that the shop page serves."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.urls import get_urlconf, reverse
from django.utils.translation import get_language

from . import conf


def product_url(key: str) -> str:
    """Return the path of a product below the shop page, in the active language.

    Without a query: the shop page lies at the same path in every language's
    tree (``CMS_SHOP_PATH``), so the address follows from the pattern.
    """
    return f"{shop_url()}{key}/"


def shop_url() -> str:
    """Return the path of the shop page's list, in the active language."""
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    return _shop_url(str(urlconf), get_language() or "", conf.shop_path())


@lru_cache(maxsize=64)
def _shop_url(urlconf: str, language: str, path: str) -> str:
    # The language is part of the key because the pattern's prefix follows it.
    return reverse("wagtail_serve", args=(f"{path}/",))

"""Addresses around photos that other packages ask for by dotted path."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.translation import get_language


def photo_url(public_id: str) -> str:
    """Return the path of a photo's public page, in the active language."""
    return f"{start_of_photo_urls()}{public_id}/"


def start_of_photo_urls() -> str:
    """Return what stands before the photo's id in the paths of all."""
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    return _photos_url(str(urlconf), get_script_prefix(), get_language() or "")


@lru_cache(maxsize=64)
def _photos_url(urlconf: str, script_prefix: str, language: str) -> str:
    # Reversed once: a gallery asks for 24 of them.
    return reverse("shoppable_cms:photo", args=["0"]).removesuffix("0/")


def share_url(product_key: str) -> str:
    """Return the path where a customer shares a photo of that product."""
    return reverse("shoppable_ugc:submit_photo_of", args=[product_key])

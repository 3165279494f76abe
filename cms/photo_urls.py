"""Addresses around photos that other packages ask for by dotted path."""

from __future__ import annotations

from django.urls import reverse


def photo_url(public_id: str) -> str:
    """Return the path of a photo's public page, in the active language."""
    return reverse("shoppable_cms:photo", args=[public_id])


def share_url(product_key: str) -> str:
    """Return the path where a customer shares a photo of that product."""
    return reverse("shoppable_ugc:submit_photo_of", args=[product_key])

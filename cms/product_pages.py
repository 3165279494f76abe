"""What a product's page shows: the shop's part, woven with customers' photos."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import NoReverseMatch

from ugc.models import Surface

from . import conf
from .galleries import Rule, RuleKind, gallery_by_rule
from .photo_urls import share_url


def product_context(
    request: HttpRequest, key: str, *, language: str, url: str
) -> dict[str, Any] | None:
    """Return what the product template reads, or None if the shop has no such product.

    A constant number of queries, however many photos show the product.
    """
    # Only a site with our shop has these pages, and only there it can be imported.
    if not apps.is_installed("storefront"):
        return None
    from storefront import services as shop

    product = shop.product_page(key, language)
    if product is None:
        return None
    return {
        "product": product,
        "product_key": key,
        "product_url": url,
        "gallery": photos_of(request, key),
        "share_url": _share_url(key),
    }


def photos_of(request: HttpRequest, key: str) -> Any:
    rule = Rule(RuleKind.PRODUCT, key)
    asked = request.GET.get("gallery") == rule.name
    return gallery_by_rule(
        rule,
        surface=Surface.PRODUCT_PAGES,
        count=conf.gallery_page_size(),
        after=request.GET.get("after", "")[:64] if asked else "",
    )


def listing_of(request: HttpRequest, *, language: str) -> Any:
    from storefront import services as shop

    return shop.listing(
        category=request.GET.get("category") or None,
        query=request.GET.get("q", ""),
        language=language,
        page=request.GET.get("page", "1"),
    )


def _share_url(key: str) -> str:
    try:
        return share_url(key)
    except NoReverseMatch:
        return ""

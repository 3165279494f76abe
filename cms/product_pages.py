"""What a product's page shows: the shop's part, woven with customers' photos."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.http import Http404, HttpRequest

from ugc.models import Surface

from . import conf
from .galleries import Gallery, Rule, RuleKind, gallery_by_rule, with_lead
from .product_urls import shop_url
from .structured import for_script
from .viewed import note_viewed


def product_context(
    request: HttpRequest, key: str, *, language: str
) -> dict[str, Any] | None:
    """Return what the product template reads, or None if the shop has no such product.

    A constant number of queries, however many photos show the product.
    """
    # Only a site with our shop has these pages, and only there it can be imported.
    if not apps.is_installed("storefront"):
        return None
    from storefront import services as shop
    from storefront.structured_data import product_data

    product = shop.product_page(key, language=language)
    if product is None:
        return None
    return {
        "product": product,
        "shop_url": shop_url(),
        "structured": for_script(product_data(product, request.build_absolute_uri)),
        "gallery": photos_of(request, key, language=language),
        "share_url": product.share_url,
    }


def photos_of(request: HttpRequest, key: str, *, language: str) -> Gallery:
    """Return the photos that show the product, from where the address says.

    The best one leads, with everything that can be bought in it.
    """
    rule = Rule(RuleKind.PRODUCT, key)
    asked = request.GET.get("gallery") == rule.name
    surface = Surface.PRODUCT_PAGES
    gallery = gallery_by_rule(
        rule,
        surface=surface,
        count=conf.gallery_page_size(),
        after=request.GET.get("after", "")[:64] if asked else "",
    )
    led = with_lead(gallery, surface=surface, language=language)
    if led.lead is not None:
        note_viewed(request, [led.lead])
    return led


def list_context(request: HttpRequest, *, language: str) -> dict[str, Any]:
    """Return what the list of products reads, from what the address asks.

    Raises Http404 for a category that the shop doesn't have.
    """
    from storefront import services as shop

    query = request.GET.get("q", "").strip()[:100]
    sorting = request.GET.get("sort", "")
    if sorting not in shop.Sorting.values:
        sorting = shop.Sorting.OURS.value
    categories = shop.categories(language=language)
    asked = request.GET.get("category", "")
    category = next((each for each in categories if each.slug == asked), None)
    if asked and category is None:
        raise Http404
    return {
        "categories": categories,
        "category": category,
        "query": query,
        "sorting": sorting,
        "sortings": shop.Sorting.choices,
        # What the links to other pages carry along.
        "kept": urlencode(
            {
                name: value
                for name, value in (
                    ("category", category.slug if category else ""),
                    ("q", query),
                    ("sort", sorting),
                )
                if value
            }
        ),
        "listing": shop.listing(
            category=category.slug if category else None,
            query=query,
            language=language,
            page=request.GET.get("page", "1"),
            sorting=sorting,
        ),
    }

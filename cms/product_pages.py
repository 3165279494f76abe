"""What a product's page shows: the shop's part, woven with customers' photos."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.safestring import SafeString

from ugc.models import Surface

from . import conf
from .galleries import Gallery, Rule, RuleKind, gallery_by_rule
from .photo_urls import share_url
from .product_urls import shop_url
from .structured import for_script


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

    product = shop.product_page(key, language=language)
    if product is None:
        return None
    return {
        "product": product,
        "product_key": key,
        "shop_url": shop_url(),
        "structured": structured_product(request, product, url),
        "gallery": photos_of(request, key),
        "share_url": product.share_url or _share_url(key),
    }


def photos_of(request: HttpRequest, key: str) -> Gallery:
    """Return the photos that show the product, from where the address says."""
    rule = Rule(RuleKind.PRODUCT, key)
    asked = request.GET.get("gallery") == rule.name
    return gallery_by_rule(
        rule,
        surface=Surface.PRODUCT_PAGES,
        count=conf.gallery_page_size(),
        after=request.GET.get("after", "")[:64] if asked else "",
    )


def list_context(request: HttpRequest, *, language: str) -> dict[str, Any]:
    """Return what the list of products reads, from what the address asks."""
    from storefront import services as shop

    query = request.GET.get("q", "").strip()[:100]
    sorting = request.GET.get("sort", "")
    if sorting not in shop.Sorting.values:
        sorting = shop.Sorting.OURS.value
    categories = shop.categories(language=language)
    asked = request.GET.get("category", "")
    category = next((each for each in categories if each.slug == asked), None)
    return {
        "categories": categories,
        "category": category,
        "query": query,
        "sorting": sorting,
        "sortings": shop.Sorting.choices,
        "listing": shop.listing(
            category=category.slug if category else None,
            query=query,
            language=language,
            page=request.GET.get("page", "1"),
            sorting=sorting,
        ),
    }


def structured_product(request: HttpRequest, product: Any, url: str) -> SafeString:
    """Return the product as schema.org's Product; photos are no part of it.

    ``product`` is the shop's ``ProductPageData``, which can't be imported here.
    """
    offers = [
        {
            "@type": "Offer",
            "sku": choice.sku,
            "price": str(choice.price.amount),
            "priceCurrency": choice.price.currency,
            "availability": "https://schema.org/"
            + ("InStock" if choice.is_available else "OutOfStock"),
        }
        for choice in product.purchase.variants
    ]
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "description": product.description,
        "url": request.build_absolute_uri(url),
        "image": [
            request.build_absolute_uri(each.picture.src) for each in product.pictures
        ],
        "offers": offers,
    }
    if product.vendor:
        facts["brand"] = {"@type": "Brand", "name": product.vendor}
    return for_script(facts)


def _share_url(key: str) -> str:
    try:
        return share_url(key)
    except NoReverseMatch:
        return ""

"""Default addresses of the shop's pages, for sites without their own."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse


def product_url(key: str) -> str:
    return reverse("shoppable_catalogue:product", args=[key])


def shop_url() -> str:
    """Return the product list; empty where another page lists the products."""
    try:
        return reverse("shoppable_catalogue:product_list")
    except NoReverseMatch:
        return ""


def buy_url() -> str:
    """Return where put-in-basket forms go; empty on a site without the basket."""
    try:
        return reverse("shoppable_store:add_to_basket")
    except NoReverseMatch:
        return ""


def basket_url() -> str:
    try:
        return reverse("shoppable_store:basket")
    except NoReverseMatch:
        return ""

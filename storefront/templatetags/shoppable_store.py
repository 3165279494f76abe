"""What the shop's templates need beyond Django's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from .. import addresses, conf, places
from ..money import Price
from ..ports import DrawnPicture

register = template.Library()

# What would end a script element or start a comment in it.
_JSON_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.filter
def money(price: Price, language: str = "") -> str:
    """Write a price as readers of the active (or given) language do."""
    return price.format(language or get_language() or conf.default_language())


@register.filter
def country(code: str) -> str:
    return places.country_name(code)


@register.simple_tag
def shop_url() -> str:
    """Return the address of the product list, "" if there is none."""
    return conf.shop_url()


@register.simple_tag
def basket_url() -> str:
    """Return the address of the basket, "" on a site without one."""
    return addresses.basket_url()


@register.simple_tag
def legal_links() -> Any:
    return conf.legal_links()


@register.simple_tag
def json_ld(data: Mapping[str, Any]) -> SafeString:
    """Return a data block for search engines; browsers do not run it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    escaped = text.translate(_JSON_ESCAPES)
    return mark_safe(  # noqa: S308 - escaped above
        f'<script type="application/ld+json">{escaped}</script>'
    )


@register.simple_tag
def draw(
    picture: DrawnPicture,
    alt: str = "",
    sizes: str = "100vw",
    eager: bool = False,
    css_class: str = "",
) -> SafeString:
    """Draw a picture; an empty alt is for one whose words stand beside it."""
    return picture.html(alt=alt, sizes=sizes, eager=bool(eager), css_class=css_class)

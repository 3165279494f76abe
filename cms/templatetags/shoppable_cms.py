"""Galleries and photos for a site's own templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ugc.catalogue import DrawnPicture
from ugc.models import Photo, Surface

from ..galleries import Gallery, Rule, RuleKind, gallery_by_rule
from ..shoppable import ShownPhoto, shoppable
from ..tiles import tiles_html

register = template.Library()


@register.simple_tag
def draw_picture(
    picture: DrawnPicture | None,
    *,
    alt: str,
    sizes: str = "100vw",
    eager: Any = False,
    css_class: str = "",
) -> SafeString | str:
    """Draw a picture of a photo or a product; nothing where there is none."""
    if picture is None:
        return ""
    return picture.html(alt=alt, sizes=sizes, eager=bool(eager), css_class=css_class)


@register.simple_tag
def draw_placeholder(picture: DrawnPicture | None) -> SafeString | str:
    """Draw the few pixels that stand behind a picture until it is there.

    Goes right before the picture, in an element of class ``weave-stand``. Nothing
    for a picture that has none, as those of another shop.
    """
    address = getattr(picture, "placeholder", "")
    if not address:
        return ""
    return format_html('<img class="weave-behind" src="{}" alt="">', address)


@register.simple_tag
def photo_tiles(photos: Iterable[ShownPhoto]) -> SafeString:
    """Draw the tiles of a gallery, each a list item."""
    return tiles_html(photos)


@register.inclusion_tag("shoppable_cms/components/gallery.html", takes_context=True)
def photo_gallery(
    context: Context,
    *,
    product: str = "",
    tag: str = "",
    count: int = 24,
    surface: str = "galleries",
    label: str = "",
) -> dict[str, Any]:
    """Show the newest public photos, or those with a product or a tag.

    ``surface`` is ``"galleries"`` or ``"product_pages"``: where the template
    stands, and so which permission counts. One query.
    """
    if product:
        rule = Rule(RuleKind.PRODUCT, product)
    elif tag:
        rule = Rule(RuleKind.TAG, tag)
    else:
        rule = Rule(RuleKind.NEWEST)
    request = context.get("request")
    asked = request is not None and request.GET.get("gallery") == rule.name
    gallery: Gallery = gallery_by_rule(
        rule,
        surface=Surface.from_slugs([surface]),
        count=count,
        after=request.GET.get("after", "")[:64] if asked and request else "",
    )
    return {"gallery": gallery, "label": label}


@register.inclusion_tag("shoppable_cms/components/shoppable_photo.html")
def shoppable_photo(
    public_id: str, *, element_id: str, surface: str = "galleries"
) -> dict[str, Any]:
    """Show one photo with hotspots and products, if it is public there."""
    found = shoppable(
        Photo.objects.filter(public_id=public_id),
        Surface.from_slugs([surface]),
        get_language() or "",
    )
    return {"photo": found[0] if found else None, "id": element_id, "linked": True}

"""Wording of codes and states, where templates meet them."""

from __future__ import annotations

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from media_pipeline import refusals
from ugc import reasons
from ugc.catalogue import DrawnPicture, ProductCard
from ugc.models import Photo, PhotoEvent, Surface

register = template.Library()


@register.filter
def credit(photo: Photo) -> str:
    """“Photo: NAME”. Reads ``photo.persona``; to be escaped like any text."""
    return _("Photo: %(name)s") % {"name": photo.persona.name}


@register.filter
def file_size(size: int) -> str:
    """Bytes in the unit that fits, without a decimal place that is nought."""
    point = formats.get_format("DECIMAL_SEPARATOR")
    return filesizeformat(size).replace(f"{point}0\xa0", "\xa0")


@register.filter
def event_details(event: PhotoEvent) -> list[str]:
    """What to add to an event's name: surfaces, reasons, or nothing."""
    if event.kind == PhotoEvent.Kind.FILE_REFUSED:
        return [str(refusals.wording(code)) for code in event.detail["reasons"]]
    if "reasons" in event.detail:
        return [str(reasons.wording(code)) for code in event.detail["reasons"]]
    if "surfaces" in event.detail:
        labels = [str(Surface[slug.upper()].label) for slug in event.detail["surfaces"]]
        return [", ".join(labels) if labels else _("Nowhere")]
    return []


@register.simple_tag
def draw_product(product: ProductCard) -> SafeString:
    """A product's picture as the shop draws it, small; its name stands beside it."""
    if product.picture is None:
        return SafeString("")
    return product.picture.html(alt="", sizes="6rem", eager=True)


@register.simple_tag
def draw_photo(
    picture: DrawnPicture | None, alt: str, sizes: str = "100vw", eager: bool = False
) -> SafeString:
    """A picture of ours, or nothing while there is none."""
    if picture is None:
        return SafeString("")
    return picture.html(alt=alt, sizes=sizes, eager=eager)


@register.filter
def masked_email(email: str) -> str:
    """An address as its owner knows it again: ``m…@example.org``.

    The page of one photo opens to whoever has its link.
    """
    name, _at, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"

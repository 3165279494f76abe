"""Head and foot of every page."""

from __future__ import annotations

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.safestring import SafeString
from wagtail.models import Page

from config.site import navigation
from media_pipeline.models import Picture

register = template.Library()


@register.simple_tag(takes_context=True)
def site_navigation(context: Context) -> navigation.Navigation | None:
    """Return the editors' links, or nothing where no request is known."""
    request = context.get("request")
    return navigation.navigation(request) if request is not None else None


@register.simple_tag(takes_context=True)
def site_alternates(context: Context) -> list[navigation.Alternate]:
    """Return this page in every language of the site."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return []
    page = context.get("page")
    return navigation.alternates(request, page if isinstance(page, Page) else None)


@register.simple_tag
def draw(
    picture: Picture, *, alt: str, sizes: str = "100vw", eager: bool = False
) -> SafeString:
    """Draw a picture that another package made; ``eager`` for the one seen first."""
    return picture.html(alt=alt, sizes=sizes, eager=eager)

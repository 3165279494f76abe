"""The public page of one photo."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ugc.models import Photo

from . import conf
from .shoppable import ShoppablePhoto, join_cards
from .structured import for_script
from .viewed import note_viewed


@require_safe
def photo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a photo with its products, while it is public somewhere."""
    found = join_cards(
        Photo.objects.public_anywhere().filter(public_id=public_id),
        get_language() or "",
    )
    if not found:
        raise Http404
    shown = found[0]
    note_viewed(request, found)
    card_width, card_url = shown.picture.jpeg(1200)
    context = {
        "photo": shown,
        "page_url": request.build_absolute_uri(shown.url),
        "picture_url": request.build_absolute_uri(card_url),
        "picture_width": card_width,
        "picture_height": round(
            card_width * shown.picture.height / shown.picture.width
        ),
        "structured": structured(request, shown),
        "is_indexed": conf.photo_pages_are_indexed(),
    }
    return TemplateResponse(request, "shoppable_cms/photo.html", context)


def structured(request: HttpRequest, shown: ShoppablePhoto) -> SafeString:
    """Return the photo as schema.org's ImageObject, safe inside a script element."""
    image: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ImageObject",
        "url": request.build_absolute_uri(shown.url),
        "contentUrl": request.build_absolute_uri(shown.picture.src),
        "width": shown.picture.width,
        "height": shown.picture.height,
        "creator": {"@type": "Person", "name": shown.credit},
        "creditText": shown.credit,
        "caption": shown.caption or shown.alt,
    }
    return for_script(image)

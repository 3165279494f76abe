"""Products at points of a photo, and words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from media_pipeline import services as media
from media_pipeline.exceptions import MediaPipelineError
from ugc import services
from ugc.catalogue import ProductCard, get_catalogue
from ugc.exceptions import NotPossible, UnknownProduct
from ugc.models import Photo

from ..flash import tell
from ..forms import BoxForm, PlaceForm, WordForm
from .desk import editor, language, moderators_only, photo_or_404, review_url
from .telling import tell_conflict, tell_errors

logger = logging.getLogger(__name__)

MOST_FOUND = 8  # products in one search


@require_GET
@moderators_only
def find_products(request: HttpRequest, public_id: str) -> HttpResponse:
    """Products that fit ``q``, as a piece of the review page."""
    photo = photo_or_404(public_id)
    query = request.GET.get("q", "").strip()
    return TemplateResponse(
        request,
        "shoppable_workbench/components/found_products.html",
        {"photo": photo, "query": query, "found": search_products(query)},
    )


@require_GET
@moderators_only
def find_in_box(request: HttpRequest, public_id: str) -> HttpResponse:
    """Products that look like what is in a box, as a piece of the review page."""
    photo = photo_or_404(public_id)
    return TemplateResponse(
        request,
        "shoppable_workbench/components/found_in_box.html",
        {"photo": photo, "searched": search_in_box(photo, request.GET)},
    )


@require_POST
@moderators_only
def place_product(request: HttpRequest, public_id: str) -> HttpResponse:
    """Put a product at a point of the photo, move it, or take it away."""
    photo = photo_or_404(public_id)
    form = PlaceForm(request.POST)
    if not form.is_valid():
        tell_errors(request, form)
        return redirect(review_url(photo))
    key = form.cleaned_data["product_key"]
    try:
        if request.POST.get("do") == "remove":
            services.untag_product(photo, key, by=editor(request))
        else:
            services.tag_product(
                photo,
                product_key=key,
                variant_sku=form.cleaned_data["variant_sku"],
                x=form.cleaned_data["x"] / 100,
                y=form.cleaned_data["y"] / 100,
                by=editor(request),
            )
    except UnknownProduct:
        tell(request, gettext("The shop has no such product any more."), level="error")
    except NotPossible:
        tell_conflict(request, photo)
    return redirect(review_url(photo))


@require_POST
@moderators_only
def choose_word(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the photo a word it can be found by, or take one away."""
    photo = photo_or_404(public_id)
    form = WordForm(request.POST)
    if not form.is_valid():
        tell_errors(request, form)
        return redirect(review_url(photo))
    try:
        if request.POST.get("do") == "remove":
            services.untag_word(photo, word=form.cleaned_data["word"])
        else:
            services.tag_word(photo, word=form.cleaned_data["word"])
    except NotPossible:
        tell_conflict(request, photo)
    return redirect(review_url(photo))


def search_products(query: str) -> Sequence[ProductCard]:
    """Return the cards of products that fit; none without a question."""
    if not query:
        return []
    return get_catalogue().search(query, language=language(), limit=MOST_FOUND)


@dataclass(frozen=True, slots=True)
class InBox:
    """A product that looks like what is in the box. ``percent``: None if unlike."""

    card: ProductCard
    percent: int | None
    is_asked: bool

    @property
    def note(self) -> str:
        notes = []
        if self.percent is not None:
            notes.append(gettext("%(percent)d %% alike") % {"percent": self.percent})
        if self.is_asked:
            notes.append(gettext("asked for by the author"))
        return " · ".join(notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSearch:
    """What a box gave. ``x`` and ``y`` are its middle, in percent."""

    x: float = 50
    y: float = 50
    found: tuple[InBox, ...] = ()
    problem: str = ""


def search_in_box(photo: Photo, query: QueryDict) -> BoxSearch | None:
    """Return the products that look like a box of the photo; None without a box.

    The product its author asked for comes first, whatever the software thinks.
    """
    if "w" not in query or photo.asset_id is None:
        return None
    form = BoxForm(query)
    if not form.is_valid():
        return BoxSearch(problem=gettext("The box lies outside the picture."))
    left, top, width, height = form.box
    x, y = round((left + width / 2) * 100, 1), round((top + height / 2) * 100, 1)
    try:
        scores = dict(media.search_products(photo.asset_id, form.box, limit=MOST_FOUND))
    except (MediaPipelineError, LookupError) as error:
        logger.warning("No search in photo %s: %s", photo.pk, error)
        return BoxSearch(
            x=x, y=y, problem=gettext("The search by picture is not available now.")
        )
    asked = photo.product_key
    keys = [*([asked] if asked else []), *(key for key in scores if key != asked)]
    cards = get_catalogue().cards(keys, language=language()) if keys else {}
    return BoxSearch(
        x=x,
        y=y,
        found=tuple(
            InBox(
                cards[key],
                round(scores[key] * 100) if key in scores else None,
                key == asked,
            )
            for key in keys
            if key in cards
        ),
    )

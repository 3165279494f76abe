"""Products at points of a photo, and words."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from ugc import services
from ugc.catalogue import ProductCard, get_catalogue
from ugc.exceptions import NotPossible, UnknownProduct

from ..flash import tell
from ..forms import PlaceForm, WordForm
from .desk import editor, language, moderators_only, photo_or_404, review_url
from .telling import tell_conflict, tell_errors

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

"""The page of one photo."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from media_pipeline import services as media
from ugc import services
from ugc.catalogue import get_catalogue
from ugc.models import Permission, Photo, PhotoQuerySet, Surface
from ugc.reasons import get_reason

from .. import evidence
from .. import queue as lists
from ..findings import Findings, read_findings
from ..flash import pop_told
from ..forms import BanForm, RefusalForm, reason_choices
from ..queue import Tab
from .desk import (
    OPENS_NEXT,
    furniture,
    language,
    moderators_only,
    photo_or_404,
    queue_url,
    review_url_of,
)
from .tags import search_in_box, search_products


@require_GET
@moderators_only
def review(request: HttpRequest, public_id: str) -> HttpResponse:
    photo = photo_or_404(public_id, _for_review())
    tab = lists.tab_of(photo)
    previous_id, next_id = lists.neighbours(photo, tab or Tab.WAITING)
    findings = read_findings(
        photo.asset.result if photo.asset else None,
        services.reasons_in_words(photo),
        language(),
        lists.sentences_in(language()),
    )
    tagged = _tagged(photo, findings)
    elsewhere = evidence.seen_elsewhere(photo, findings, language())
    words = {tag.word: tag for tag in photo.tags.all()}
    query = request.GET.get("q", "").strip()
    asked = (
        get_catalogue().card(photo.product_key, language=language())
        if photo.product_key
        else None
    )
    name = photo.persona.name
    context = {
        "photo": photo,
        "tab": tab,
        "state": lists.state_words(photo),
        "back_url": queue_url(tab or Tab.WAITING),
        "previous_url": previous_id and review_url_of(previous_id),
        "next_url": next_id and review_url_of(next_id),
        "picture": lists.draw_private(
            photo,
            sizes="(min-width: 62rem) 60vw, 100vw",
            alt=photo.alt_text or gettext("Photo by %(name)s") % {"name": name},
            eager=True,
        ),
        "findings": findings,
        "is_stuck": tab is Tab.ATTENTION,
        "tagged": tagged,
        "asked": asked,
        "asked_is_tagged": photo.product_key in {each["key"] for each in tagged},
        "suggested": [each for each in tagged if each["is_suggested"]],
        "candidates": _candidates(findings, photo),
        "searched": search_in_box(photo, request.GET),
        "sides": _sides(request.GET),
        "confirmed": [each for each in elsewhere if each.likeness.how != "vector"],
        "alike": [each for each in elsewhere if each.likeness.how == "vector"],
        "this_picture": evidence.this_picture(photo) if elsewhere else None,
        "ban": evidence.ban_of(photo),
        "can_ban": photo.asset is not None and photo.asset.state == "processed",
        "ban_form": BanForm(),
        "query": query,
        "found": search_products(query),
        "words": [{"word": word, "shown": _shown(word)} for word in words],
        "untaken_tags": [
            {"seen": seen, "shown": _shown(seen.label)}
            for seen in findings.tags or ()
            if seen.label.lower() not in words
        ],
        "surfaces": _surfaces(photo),
        "seen": services.review_stamp(photo),
        "can_approve": photo.state == Photo.State.IN_REVIEW,
        "can_refuse": photo.state == Photo.State.IN_REVIEW,
        "can_remove": photo.state == Photo.State.APPROVED,
        "can_reopen": photo.state
        in (Photo.State.APPROVED, Photo.State.REFUSED, Photo.State.REMOVED),
        "can_edit": photo.state
        in (Photo.State.SUBMITTED, Photo.State.IN_REVIEW, Photo.State.APPROVED),
        "reasons": reason_choices(photo.contributor.language),
        "author_language": photo.contributor.language,
        "refusal": RefusalForm(),
        "opens_next": request.session.get(OPENS_NEXT, True),
        "decisions": [
            {
                "decision": decision,
                "labels": [get_reason(code).label for code in decision.reasons],
                "rule": _RULES.get(decision.rule, decision.rule),
            }
            for decision in reversed(photo.decisions.all())
        ],
        "events": list(reversed(photo.events.all())),
        "told": pop_told(request),
    }
    title = gettext("Photo by %(name)s") % {"name": name}
    return TemplateResponse(
        request,
        "shoppable_workbench/review.html",
        {**furniture(title, within_queue=True), **context},
    )


def _for_review() -> PhotoQuerySet:
    """Photos with all that their page reads: seven queries."""
    return lists.for_tiles(Photo.objects.all()).prefetch_related(
        "tags", "permissions", "decisions__actor"
    )


# Rules that decide without a person, as an editor calls them.
_RULES = {"ban_list": _("Ban list")}


def _shown(word: str) -> str:
    """A word as the editor says it; galleries go by the word itself."""
    own = media.tag_wording(word, language())
    return word if own.lower() == word.lower() else own


def _sides(query: QueryDict) -> dict[str, str]:
    """The box that was searched, as its fields say it; the middle of the picture."""
    usual = {"x": "30", "y": "30", "w": "40", "h": "40"}
    return {name: query.get(name, value) for name, value in usual.items()}


def _tagged(photo: Photo, findings: Findings) -> list[dict[str, Any]]:
    """The photo's product tags with their cards, numbered as on the picture."""
    tags = list(photo.product_tags.all())
    sure = {each.key: round(each.score * 100) for each in reversed(findings.candidates)}
    cards = get_catalogue().cards(
        [tag.product_key for tag in tags], language=language()
    )
    return [
        {
            "number": number,
            "key": tag.product_key,
            "card": cards.get(tag.product_key),
            "name": (
                cards[tag.product_key].name
                if tag.product_key in cards
                else tag.product_key
            ),
            "variant_sku": tag.variant_sku,
            "is_suggested": tag.is_suggested,
            "percent": sure.get(tag.product_key),
            "x": round(tag.x * 100, 1),
            "y": round(tag.y * 100, 1),
            "place_class": f"wb-x-{round(tag.x * 100)} wb-y-{round(tag.y * 100)}",
        }
        for number, tag in enumerate(tags, start=1)
    ]


def _candidates(findings: Findings, photo: Photo) -> list[dict[str, Any]]:
    """Products the software sees and nobody has tagged yet, the surest first.

    Before them what the author asked for, if the software sees it at all.
    """
    if photo.asset is None:
        return []
    split = media.split_candidates(
        photo.asset.result.get("products"),
        asked=services.products_asked_for(photo, photo.asset),
    )
    tagged = {tag.product_key for tag in photo.product_tags.all()}
    keys = [
        each.key for each in (*split.prefill, *split.suggest) if each.key not in tagged
    ]
    if not keys:
        return []
    seen = {each.key: each for each in reversed(findings.candidates)}
    cards = get_catalogue().cards(keys, language=language())
    return [
        {
            "card": cards[key],
            "percent": round(seen[key].score * 100),
            "x": round(seen[key].x * 100, 1),
            "y": round(seen[key].y * 100, 1),
        }
        for key in keys
        if key in cards
    ]


def _surfaces(photo: Photo) -> list[dict[str, Any]]:
    """Each surface: whether it is allowed, since when, and whether it shows there."""
    latest: dict[int, Permission] = {}
    for permission in photo.permissions.all():  # in order of their times
        latest[permission.surface] = permission
    return [
        {
            "label": surface.label,
            "is_allowed": bool(photo.allowed & surface),
            "is_public": bool(photo.public & surface),
            "permission": latest.get(surface.value),
        }
        for surface in Surface
    ]

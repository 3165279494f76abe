"""The queue and the page of one photo. Every write is a POST to ``ugc.services``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from ugc import services
from ugc.catalogue import ProductCard, get_catalogue
from ugc.exceptions import ChangedMeanwhile, NotPossible, UnknownProduct
from ugc.models import Decision, Permission, Photo, PhotoQuerySet, Surface
from ugc.reasons import get_reason

from . import queue as lists
from .findings import Findings, read_findings
from .flash import pop_told, pop_undo, tell
from .forms import PlaceForm, RefusalForm, WordForm, reason_choices
from .queue import Tab

PERMISSION = "shoppable_ugc.moderate_photo"
MOST_AT_ONCE = 100  # photos in one bulk action
MOST_FOUND = 8  # products in one search
_OPENS_NEXT = "shoppable_workbench_opens_next"

P = ParamSpec("P")


def moderators_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Answer 403 to editors who may not moderate, before any photo is looked up."""

    def checked(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if request.user.has_perm(PERMISSION):
            return view(request, *args, **kwargs)
        return TemplateResponse(
            request,
            "shoppable_workbench/forbidden.html",
            _furniture(gettext("Photos")),
            status=403,
        )

    update_wrapper(checked, view)
    return checked


@require_GET
@moderators_only
def queue(request: HttpRequest) -> HttpResponse:
    tab = _tab(request.GET.get("tab", ""))
    photos = lists.photos_in(tab)
    page = Paginator(lists.for_tiles(photos), lists.PHOTOS_PER_PAGE).get_page(
        request.GET.get("p")
    )
    context = {
        "tab": tab,
        "tabs": [
            {
                "tab": each,
                "url": queue_url(each),
                "count": lists.photos_in(each).count() if each.is_work else None,
            }
            for each in Tab
        ],
        "page": page,
        "can_choose": tab is Tab.WAITING,
        "tiles": lists.tiles(page.object_list, _language()),
        "reasons": reason_choices(),
        "refusal": RefusalForm(),
        "told": pop_told(request),
    }
    return TemplateResponse(
        request,
        "shoppable_workbench/queue.html",
        {**_furniture(gettext("Photos")), **context},
    )


@require_POST
@moderators_only
def decide_many(request: HttpRequest) -> HttpResponse:
    """Approve or refuse the chosen photos; those that changed are left and named."""
    back = redirect(queue_url(_tab(request.POST.get("tab", ""))))
    seen = _chosen(request)
    chosen = list(Photo.objects.filter(public_id__in=seen).order_by("pk"))
    if not chosen:
        tell(request, gettext("Choose at least one photo."), level="warning")
        return back
    decide: Callable[[Photo], Decision]
    if request.POST.get("do") == "approve":
        decide = _approval(request, seen)
    else:
        form = RefusalForm(request.POST)
        if not form.is_valid():
            _tell_errors(request, form)
            return back
        decide = _refusal(request, form)
    decisions, left = [], 0
    for photo in chosen:
        try:
            decisions.append(decide(photo))
        except NotPossible:
            left += 1
    _tell_decided(request, decisions)
    if left:
        tell(
            request,
            ngettext(
                "%(count)d photo had changed meanwhile and was left as it is.",
                "%(count)d photos had changed meanwhile and were left as they are.",
                left,
            )
            % {"count": left},
            level="warning",
        )
    return back


@require_POST
@moderators_only
def undo(request: HttpRequest) -> HttpResponse:
    """Reopen what was decided last, unless somebody decided anew since."""
    decisions = Decision.objects.filter(
        pk__in=pop_undo(request), actor_id=request.user.pk
    ).select_related("photo")
    reopened, left = [], 0
    for decision in decisions:
        if decision.photo.decision_id != decision.pk:
            left += 1
            continue
        try:
            services.reopen_photo(decision.photo, by=_editor(request))
        except NotPossible:
            left += 1
        else:
            reopened.append(decision.photo)
    if reopened:
        tell(
            request,
            ngettext(
                "Undone: %(count)d photo waits again.",
                "Undone: %(count)d photos wait again.",
                len(reopened),
            )
            % {"count": len(reopened)},
        )
    if left or not reopened:
        tell(
            request,
            gettext("There was nothing left to undo: somebody has decided since."),
            level="warning",
        )
    if len(reopened) == 1:
        return redirect(review_url(reopened[0]))
    return redirect(queue_url(Tab.WAITING))


@require_GET
@moderators_only
def review(request: HttpRequest, public_id: str) -> HttpResponse:
    photo = _photo(public_id, _for_review())
    tab = lists.tab_of(photo)
    previous_id, next_id = lists.neighbours(photo, tab or Tab.WAITING)
    findings = read_findings(
        photo.asset.result if photo.asset else None, services.reasons_in_words(photo)
    )
    tagged = _tagged(photo)
    words = {tag.word: tag for tag in photo.tags.all()}
    query = request.GET.get("q", "").strip()
    asked = (
        get_catalogue().card(photo.product_key, language=_language())
        if photo.product_key
        else None
    )
    name = photo.persona.name
    context = {
        "photo": photo,
        "tab": tab,
        "state": lists.state_words(photo),
        "back_url": queue_url(tab or Tab.WAITING),
        "previous_url": previous_id and _review_url(previous_id),
        "next_url": next_id and _review_url(next_id),
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
        "candidates": _candidates(findings, photo),
        "query": query,
        "found": _search(query),
        "words": list(words),
        "seen_tags": [
            {"seen": seen, "is_taken": seen.label.lower() in words}
            for seen in findings.tags or ()
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
        "opens_next": request.session.get(_OPENS_NEXT, True),
        "decisions": [
            {
                "decision": decision,
                "labels": [get_reason(code).label for code in decision.reasons],
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
        {**_furniture(title, within_queue=True), **context},
    )


@require_POST
@moderators_only
def approve(request: HttpRequest, public_id: str) -> HttpResponse:
    photo = _photo(public_id)
    seen = {photo.public_id: request.POST.get("seen", "")}
    return _decide(request, photo, _approval(request, seen))


@require_POST
@moderators_only
def refuse(request: HttpRequest, public_id: str) -> HttpResponse:
    photo = _photo(public_id)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        _tell_errors(request, form)
        return redirect(review_url(photo))
    return _decide(request, photo, _refusal(request, form))


@require_POST
@moderators_only
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take an approved photo off every page at once."""
    photo = _photo(public_id)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        _tell_errors(request, form)
        return redirect(review_url(photo))
    try:
        decision = services.remove_photo(
            photo,
            by=_editor(request),
            reasons=[form.cleaned_data["reason"]],
            note=form.cleaned_data["note"],
        )
    except NotPossible:
        _tell_conflict(request, photo)
    else:
        _tell_decided(request, [decision])
    return redirect(review_url(photo))


@require_POST
@moderators_only
def reopen(request: HttpRequest, public_id: str) -> HttpResponse:
    photo = _photo(public_id)
    try:
        services.reopen_photo(photo, by=_editor(request))
    except NotPossible:
        _tell_conflict(request, photo)
    else:
        tell(request, gettext("Opened again: the photo waits in the queue."))
    return redirect(review_url(photo))


@require_POST
@moderators_only
def retry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Have the software look once more at an upload that got stuck."""
    photo = _photo(public_id)
    if services.retry_photo(photo):
        tell(request, gettext("The picture is being checked once more."))
    else:
        _tell_conflict(request, photo)
    return redirect(review_url(photo))


@require_POST
@moderators_only
def discard(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give an upload up that cannot be read; the author may send another file."""
    photo = _photo(public_id)
    if services.discard_upload(photo):
        tell(
            request,
            gettext("The file was deleted. The author is asked for another one."),
        )
    else:
        _tell_conflict(request, photo)
    return redirect(queue_url(Tab.ATTENTION))


@require_POST
@moderators_only
def feature(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a photo before others of its product or word, or no longer."""
    photo = _photo(public_id)
    try:
        services.feature_photo(
            photo,
            by=_editor(request),
            is_featured=request.POST.get("do") != "unfeature",
        )
    except NotPossible:
        _tell_conflict(request, photo)
    return redirect(review_url(photo))


@require_GET
@moderators_only
def find_products(request: HttpRequest, public_id: str) -> HttpResponse:
    """Products that fit ``q``, as a piece of the review page."""
    photo = _photo(public_id)
    query = request.GET.get("q", "").strip()
    return TemplateResponse(
        request,
        "shoppable_workbench/components/found_products.html",
        {"photo": photo, "query": query, "found": _search(query)},
    )


@require_POST
@moderators_only
def place_product(request: HttpRequest, public_id: str) -> HttpResponse:
    """Put a product at a point of the photo, move it, or take it away."""
    photo = _photo(public_id)
    form = PlaceForm(request.POST)
    if not form.is_valid():
        _tell_errors(request, form)
        return redirect(review_url(photo))
    key = form.cleaned_data["product_key"]
    try:
        if request.POST.get("do") == "remove":
            services.untag_product(photo, key, by=_editor(request))
        else:
            services.tag_product(
                photo,
                product_key=key,
                variant_sku=form.cleaned_data["variant_sku"],
                x=form.cleaned_data["x"] / 100,
                y=form.cleaned_data["y"] / 100,
                by=_editor(request),
            )
    except UnknownProduct:
        tell(request, gettext("The shop has no such product any more."), level="error")
    except NotPossible:
        _tell_conflict(request, photo)
    return redirect(review_url(photo))


@require_POST
@moderators_only
def choose_word(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the photo a word it can be found by, or take one away."""
    photo = _photo(public_id)
    form = WordForm(request.POST)
    if not form.is_valid():
        _tell_errors(request, form)
        return redirect(review_url(photo))
    try:
        if request.POST.get("do") == "remove":
            services.untag_word(photo, word=form.cleaned_data["word"])
        else:
            services.tag_word(photo, word=form.cleaned_data["word"])
    except NotPossible:
        _tell_conflict(request, photo)
    return redirect(review_url(photo))


def queue_url(tab: Tab) -> str:
    """Return the address of one tab."""
    address = reverse("shoppable_workbench:queue")
    return address if tab is Tab.WAITING else f"{address}?{urlencode({'tab': tab})}"


def review_url(photo: Photo) -> str:
    """Return the address of a photo's page in the workbench."""
    return _review_url(photo.public_id)


def _review_url(public_id: str) -> str:
    return reverse("shoppable_workbench:review", args=[public_id])


# --- what a page shows ----------------------------------------------------------


def _furniture(title: str, *, within_queue: bool = False) -> dict[str, Any]:
    crumbs = [{"url": reverse("wagtailadmin_home"), "label": gettext("Home")}]
    if within_queue:
        address = reverse("shoppable_workbench:queue")
        crumbs.append({"url": address, "label": gettext("Photos")})
    crumbs.append({"url": "", "label": title})
    return {"title": title, "breadcrumbs_items": crumbs}


def _editor(request: HttpRequest) -> AbstractBaseUser:
    # moderators_only has let nobody in who is not signed in.
    return cast("AbstractBaseUser", request.user)


def _tab(name: str) -> Tab:
    return Tab(name) if name in list(Tab) else Tab.WAITING


def _language() -> str:
    return get_language() or "en"


def _photo(public_id: str, photos: PhotoQuerySet | None = None) -> Photo:
    if photos is None:
        photos = Photo.objects.select_related("asset", "persona", "contributor")
    return get_object_or_404(photos, public_id=public_id)


def _for_review() -> PhotoQuerySet:
    """Photos with all that their page reads: seven queries."""
    return lists.for_tiles(Photo.objects.all()).prefetch_related(
        "product_tags", "tags", "permissions", "decisions__actor", "events"
    )


def _search(query: str) -> Sequence[ProductCard]:
    if not query:
        return []
    return get_catalogue().search(query, language=_language(), limit=MOST_FOUND)


def _tagged(photo: Photo) -> list[dict[str, Any]]:
    """The photo's product tags with their cards, numbered as on the picture."""
    tags = list(photo.product_tags.all())
    cards = get_catalogue().cards(
        [tag.product_key for tag in tags], language=_language()
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
            "x": round(tag.x * 100, 1),
            "y": round(tag.y * 100, 1),
            "place_class": f"wb-x-{round(tag.x * 100)} wb-y-{round(tag.y * 100)}",
        }
        for number, tag in enumerate(tags, start=1)
    ]


def _candidates(findings: Findings, photo: Photo) -> list[dict[str, Any]]:
    """Products the software sees and nobody has tagged yet, the surest first."""
    tagged = {tag.product_key for tag in photo.product_tags.all()}
    seen = [each for each in findings.candidates if each.key not in tagged]
    if not seen:
        return []
    cards = get_catalogue().cards([each.key for each in seen], language=_language())
    return [
        {
            "card": cards[each.key],
            "percent": round(each.score * 100),
            "x": round(each.x * 100, 1),
            "y": round(each.y * 100, 1),
        }
        for each in sorted(seen, key=lambda each: -each.score)
        if each.key in cards
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


# --- deciding and telling -------------------------------------------------------


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Return what was seen of each chosen photo, by public id."""
    chosen = request.POST.getlist("photo")[:MOST_AT_ONCE]
    return {
        public_id: seen
        for public_id, _, seen in (each.partition(":") for each in chosen)
    }


def _approval(
    request: HttpRequest, seen: Mapping[str, str]
) -> Callable[[Photo], Decision]:
    def approve_one(photo: Photo) -> Decision:
        return services.approve_photo(
            photo, by=_editor(request), seen=seen[photo.public_id]
        )

    return approve_one


def _refusal(request: HttpRequest, form: RefusalForm) -> Callable[[Photo], Decision]:
    def refuse_one(photo: Photo) -> Decision:
        return services.refuse_photo(
            photo,
            by=_editor(request),
            reasons=[form.cleaned_data["reason"]],
            note=form.cleaned_data["note"],
        )

    return refuse_one


def _decide(
    request: HttpRequest, photo: Photo, decide: Callable[[Photo], Decision]
) -> HttpResponseRedirect:
    """Decide, and go on to the next waiting photo if the editor wants that."""
    opens_next = "open_next" in request.POST
    request.session[_OPENS_NEXT] = opens_next
    was_waiting = photo.state == Photo.State.IN_REVIEW
    next_id = lists.neighbours(photo, Tab.WAITING)[1] if was_waiting else None
    try:
        decision = decide(photo)
    except ChangedMeanwhile:
        tell(
            request,
            gettext(
                "Nothing was done: the author has changed this photo since you "
                "opened it. Please look again."
            ),
            level="error",
        )
        return redirect(review_url(photo))
    except NotPossible:
        _tell_conflict(request, photo)
        return redirect(review_url(photo))
    _tell_decided(request, [decision])
    if not (opens_next and was_waiting):
        return redirect(review_url(photo))
    if next_id is None:
        # The last of the list: go on with whatever waits before it.
        first = lists.photos_in(Tab.WAITING).values_list("public_id", flat=True).first()
        next_id = first
    return redirect(_review_url(next_id) if next_id else queue_url(Tab.WAITING))


def _tell_decided(request: HttpRequest, decisions: Sequence[Decision]) -> None:
    if not decisions:
        return
    count = len(decisions)
    sentences = {
        Decision.Outcome.APPROVED: ngettext(
            "Approved %(count)d photo.", "Approved %(count)d photos.", count
        ),
        Decision.Outcome.REFUSED: ngettext(
            "Refused %(count)d photo; its author is told why.",
            "Refused %(count)d photos; their authors are told why.",
            count,
        ),
        Decision.Outcome.REMOVED: ngettext(
            "Removed %(count)d photo from every page.",
            "Removed %(count)d photos from every page.",
            count,
        ),
    }
    outcome = Decision.Outcome(decisions[0].outcome)
    tell(request, sentences[outcome] % {"count": count}, undo=decisions)


def _tell_conflict(request: HttpRequest, photo: Photo) -> None:
    """Say what the photo has become since the page was made."""
    photo.refresh_from_db()
    tell(
        request,
        gettext(
            "Nothing was done: the photo has changed meanwhile. It is now “%(state)s”."
        )
        % {"state": lists.state_words(photo)},
        level="error",
    )


def _tell_errors(request: HttpRequest, form: Any) -> None:
    for errors in form.errors.values():
        for error in errors:
            tell(request, error, level="error")

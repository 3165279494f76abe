"""Deciding on one photo or many, and taking that back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from ugc import services
from ugc.exceptions import ChangedMeanwhile, NotPossible
from ugc.models import Decision, Photo

from .. import queue as lists
from ..flash import pop_undo, tell
from ..forms import RefusalForm
from ..queue import Tab
from .desk import (
    OPENS_NEXT,
    editor,
    moderators_only,
    photo_or_404,
    queue_url,
    review_url,
    review_url_of,
    tab_named,
)
from .telling import tell_conflict, tell_decided, tell_errors

MOST_AT_ONCE = 100  # photos in one bulk action


@require_POST
@moderators_only
def decide_many(request: HttpRequest) -> HttpResponse:
    """Approve or refuse the chosen photos; those that changed are left and named."""
    back = redirect(queue_url(tab_named(request.POST.get("tab", ""))))
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
            tell_errors(request, form)
            return back
        decide = _refusal(request, form)
    decisions, left = [], 0
    for photo in chosen:
        try:
            decisions.append(decide(photo))
        except NotPossible:
            left += 1
    tell_decided(request, decisions)
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
            services.reopen_photo(decision.photo, by=editor(request))
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


@require_POST
@moderators_only
def approve(request: HttpRequest, public_id: str) -> HttpResponse:
    photo = photo_or_404(public_id)
    seen = {photo.public_id: request.POST.get("seen", "")}
    return _decide(request, photo, _approval(request, seen))


@require_POST
@moderators_only
def refuse(request: HttpRequest, public_id: str) -> HttpResponse:
    photo = photo_or_404(public_id)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        tell_errors(request, form)
        return redirect(review_url(photo))
    return _decide(request, photo, _refusal(request, form))


@require_POST
@moderators_only
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take an approved photo off every page at once."""
    photo = photo_or_404(public_id)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        tell_errors(request, form)
        return redirect(review_url(photo))
    try:
        decision = services.remove_photo(
            photo,
            by=editor(request),
            reasons=[form.cleaned_data["reason"]],
            note=form.cleaned_data["note"],
        )
    except NotPossible:
        tell_conflict(request, photo)
    else:
        tell_decided(request, [decision])
    return redirect(review_url(photo))


@require_POST
@moderators_only
def reopen(request: HttpRequest, public_id: str) -> HttpResponse:
    photo = photo_or_404(public_id)
    try:
        services.reopen_photo(photo, by=editor(request))
    except NotPossible:
        tell_conflict(request, photo)
    else:
        tell(request, gettext("Opened again: the photo waits in the queue."))
    return redirect(review_url(photo))


@require_POST
@moderators_only
def retry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Have the software look once more at an upload that got stuck."""
    photo = photo_or_404(public_id)
    if services.retry_photo(photo):
        tell(request, gettext("The picture is being checked once more."))
    else:
        tell_conflict(request, photo)
    return redirect(review_url(photo))


@require_POST
@moderators_only
def discard(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give an upload up that cannot be read; the author may send another file."""
    photo = photo_or_404(public_id)
    if services.discard_upload(photo):
        tell(
            request,
            gettext("The file was deleted. The author is asked for another one."),
        )
    else:
        tell_conflict(request, photo)
    return redirect(queue_url(Tab.ATTENTION))


@require_POST
@moderators_only
def feature(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a photo before others of its product or word, or no longer."""
    photo = photo_or_404(public_id)
    try:
        services.feature_photo(
            photo,
            by=editor(request),
            is_featured=request.POST.get("do") != "unfeature",
        )
    except NotPossible:
        tell_conflict(request, photo)
    return redirect(review_url(photo))


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
            photo, by=editor(request), seen=seen[photo.public_id]
        )

    return approve_one


def _refusal(request: HttpRequest, form: RefusalForm) -> Callable[[Photo], Decision]:
    def refuse_one(photo: Photo) -> Decision:
        return services.refuse_photo(
            photo,
            by=editor(request),
            reasons=[form.cleaned_data["reason"]],
            note=form.cleaned_data["note"],
        )

    return refuse_one


def _decide(
    request: HttpRequest, photo: Photo, decide: Callable[[Photo], Decision]
) -> HttpResponseRedirect:
    """Decide, and go on to the next waiting photo if the editor wants that."""
    opens_next = "open_next" in request.POST
    request.session[OPENS_NEXT] = opens_next
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
        tell_conflict(request, photo)
        return redirect(review_url(photo))
    tell_decided(request, [decision])
    if not (opens_next and was_waiting):
        return redirect(review_url(photo))
    if next_id is None:
        # The last of the list: go on with whatever waits before it.
        first = lists.photos_in(Tab.WAITING).values_list("public_id", flat=True).first()
        next_id = first
    return redirect(review_url_of(next_id) if next_id else queue_url(Tab.WAITING))

"""What an editor is told on the next page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from ugc.models import Decision, Photo

from .. import queue as lists
from ..flash import tell


def tell_decided(request: HttpRequest, decisions: Sequence[Decision]) -> None:
    """Say what was decided, and offer to take it back."""
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


def tell_conflict(request: HttpRequest, photo: Photo) -> None:
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


def tell_errors(request: HttpRequest, form: Any) -> None:
    """Say what is wrong with a form that has no page to show it on."""
    for errors in form.errors.values():
        for error in errors:
            tell(request, error, level="error")

"""What a photo's own page tells its author: pure, from rows already read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from media_pipeline import refusals
from media_pipeline.models import Asset

from . import reasons
from .models import Photo

State = Photo.State


@dataclass(frozen=True, slots=True)
class Station:
    """One stop on a photo's way: ``done``, ``now``, ``failed`` or ``next``."""

    label: Promise
    progress: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the photo is, in one sentence, and what its author can do.

    ``wait`` is seconds until asking again makes sense, None when nothing
    changes by itself any more.
    """

    headline: Promise
    text: Promise
    tone: str  # "", "good", "warn", "bad"
    stations: tuple[Station, ...]
    reasons: tuple[Promise | str, ...] = ()
    note: str = ""
    advice: tuple[Promise, ...] = ()  # for the next time; nothing hangs on it
    wait: int | None = None
    can_try_again: bool = False


def answer_of(photo: Photo) -> Answer:
    """The answer as things stand. Reads ``photo.asset`` and ``photo.decision``."""
    headline, text, tone = _sentences(photo)
    return Answer(
        headline=headline,
        text=text,
        tone=tone,
        stations=_stations(photo),
        reasons=_reasons(photo),
        note=_note(photo),
        advice=_advice(photo),
        wait=_wait(photo),
        can_try_again=_can_try_again(photo),
    )


def stamp_of(photo: Photo, language: str) -> str:
    """A quoted entity tag that changes whenever the answer could."""
    parts = (
        photo.state,
        photo.asset.state if photo.asset else "",
        photo.decision_id,
        photo.allowed_surfaces,
        int(photo.public),
        photo.is_paused,
        photo.asset_id,
        language,
    )
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
    return f'"{digest}"'


def seen_before(photo: Photo) -> tuple[str, ...]:
    """Public ids of the assets that software is sure show the same picture."""
    found = photo.asset.result.get("duplicates") if photo.asset else None
    return tuple(
        str(each["id"])
        for each in found or ()
        if each.get("kind") == "photo" and each.get("is_confirmed")
    )


def _is_stuck(photo: Photo) -> bool:
    return (
        photo.state == State.SUBMITTED
        and photo.asset is not None
        and photo.asset.state == Asset.State.QUARANTINED
    )


def _is_by_rule(photo: Photo) -> bool:
    """Whether the shop's ban list has refused it, without a person."""
    return (
        photo.state == State.REFUSED
        and photo.decision is not None
        and bool(photo.decision.rule)
    )


def _sentences(photo: Photo) -> tuple[Promise, Promise, str]:
    match photo.state:
        case State.SUBMITTED if _is_stuck(photo):
            return (
                _("The check got stuck"),
                _("A person takes care of it. You need not do anything."),
                "warn",
            )
        case State.SUBMITTED:
            return (
                _("We have your photo"),
                _("It is being checked. This takes a few seconds."),
                "",
            )
        case State.DRAFT:
            return (
                _("We could not use this file"),
                _("Your words are kept. Please try another photo."),
                "bad",
            )
        case State.IN_REVIEW:
            return (
                _("Received and checked"),
                _("Now a person looks at it. Nobody else sees it until then."),
                "good",
            )
        case State.APPROVED:
            return _approved_sentences(photo)
        case State.REFUSED:
            return (
                _("We will not show this photo"),
                _("A person has looked at it. This is why:")
                if not _is_by_rule(photo)
                else _("Our software has decided this by a rule of the shop:"),
                "bad",
            )
        case State.WITHDRAWN:
            return (
                _("You have taken this photo back"),
                _("Nobody sees it any more, at no address."),
                "",
            )
        case State.REMOVED:
            return (_("We have taken this photo down"), _("This is why:"), "bad")
        case _:
            return (
                _("Your photo has ended"),
                _("The time you allowed is over, so nobody sees it any more."),
                "",
            )


def _approved_sentences(photo: Photo) -> tuple[Promise, Promise, str]:
    if photo.is_public:
        return (
            _("Your photo is public"),
            _("Thank you! It is shown where you allowed it."),
            "good",
        )
    if photo.is_paused:
        return (
            _("Approved, and paused"),
            _("Nobody sees it for the moment."),
            "warn",
        )
    if not photo.allowed_surfaces:
        return (
            _("Approved"),
            _("You have not allowed any place yet, so nobody sees it."),
            "warn",
        )
    return (_("Approved"), _("It is being put up now."), "good")


def _stations(photo: Photo) -> tuple[Station, ...]:
    state = photo.state_before or photo.state
    checked = {"draft": "failed", "submitted": "now"}.get(state, "done")
    looked = {"draft": "next", "submitted": "next", "in_review": "now"}.get(
        state, "done"
    )
    if _is_by_rule(photo):
        looked = "next"  # nobody has
    return (
        Station(_("Received"), "done"),
        Station(_("Checked by software"), checked),
        Station(_("A person looks"), looked),
        _last_station(photo, state),
    )


def _last_station(photo: Photo, state: str) -> Station:
    if photo.state == State.WITHDRAWN:
        return Station(_("Taken back"), "now")
    match state:
        case State.REFUSED:
            return Station(_("Not shown"), "failed")
        case State.REMOVED:
            return Station(_("Taken down"), "failed")
        case State.APPROVED if photo.state == State.EXPIRED:
            return Station(_("Ended"), "now")
        case State.APPROVED:
            return Station(_("Public"), "done" if photo.is_public else "now")
        case _:
            return Station(_("Public"), "next")


def _reasons(photo: Photo) -> tuple[Promise | str, ...]:
    if photo.state == State.DRAFT and photo.asset is not None and photo.asset.reason:
        return (refusals.wording(photo.asset.reason),)
    if photo.state in {State.REFUSED, State.REMOVED} and photo.decision is not None:
        return tuple(reasons.wording(code) for code in photo.decision.reasons)
    return ()


_ADVICE = {
    "too_dark": _("It is a bit dark. By a window, in daylight, more can be seen."),
    "too_bright": _(
        "It is a bit too bright. Away from direct light, more can be seen."
    ),
    "blurred": _("It is a little blurred. Leaning the phone somewhere helps."),
    "low_resolution": _(
        "It is rather small. The picture from the camera itself shows more than one "
        "from a chat."
    ),
}


def _advice(photo: Photo) -> tuple[Promise, ...]:
    """What would make the next photo better; only while nobody has decided."""
    if photo.state != State.IN_REVIEW or photo.asset is None:
        return ()
    said = {
        str(reason)
        for finding in photo.asset.result.get("findings") or ()
        for reason in finding.get("reasons") or ()
    }
    return tuple(words for code, words in _ADVICE.items() if code in said)


def _note(photo: Photo) -> str:
    has_note = photo.state in {State.REFUSED, State.REMOVED, State.APPROVED}
    return photo.decision.note if has_note and photo.decision is not None else ""


def _wait(photo: Photo) -> int | None:
    if photo.state == State.SUBMITTED:
        return 60 if _is_stuck(photo) else 1
    if photo.state == State.IN_REVIEW:
        return 15
    is_going_up = (
        photo.state == State.APPROVED
        and photo.allowed_surfaces
        and not photo.is_paused
        and not photo.is_public
    )
    return 1 if is_going_up else None


def _can_try_again(photo: Photo) -> bool:
    return (
        photo.state == State.REFUSED
        and photo.decision is not None
        and any(
            reasons.get_reason(code).can_try_again for code in photo.decision.reasons
        )
    )

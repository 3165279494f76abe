"""Why a photo is refused or removed: stable codes and their wording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .exceptions import UnknownReason


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with what the author reads: what is wrong and what helps."""

    code: str
    label: Promise  # for the editor's list, short
    wording: Promise  # for the author, whole sentences
    can_try_again: bool = True
    is_chosen: bool = True  # by hand; else it follows from something else


REASONS: tuple[Reason, ...] = (
    Reason(
        "not_the_product",
        _("Not the product"),
        _(
            "We cannot see the product in your photo. Please send one in which it can be recognised."
        ),
    ),
    Reason(
        "blurry",
        _("Blurry or too dark"),
        _(
            "The photo is blurred or too dark. In daylight and with a steady hand it usually works."
        ),
    ),
    Reason(
        "bystander",
        _("A person who did not agree"),
        _(
            "Someone can be recognised who may not have agreed. Please send a photo without them, or ask them first."
        ),
    ),
    Reason(
        "contact_data",
        _("Contact data"),
        _(
            "An address, a telephone number or a number plate can be read. Please cover it or crop the photo."
        ),
    ),
    Reason(
        "nudity",
        _("Nudity"),
        _("The photo shows more skin than suits a shop that everybody visits."),
    ),
    Reason(
        "violence",
        _("Violence or danger"),
        _("The photo shows violence or something dangerous. We do not show that."),
        can_try_again=False,
    ),
    Reason(
        "copyright",
        _("Somebody else's picture"),
        _(
            "The picture seems to be somebody else's work. Please send one that you took yourself."
        ),
    ),
    Reason(
        "offensive_text",
        _("Offensive text"),
        _(
            "The words insult or hurt somebody. Please send the photo again with other words."
        ),
    ),
    Reason(
        "duplicate",
        _("Sent before"),
        _("We already have this photo. You need not send it again."),
        can_try_again=False,
    ),
    Reason(
        "advertising",
        _("Advertising"),
        _("The photo advertises something else. Please send one without advertising."),
    ),
    Reason(
        "too_young",
        _("Author or person too young"),
        _("Somebody in the photo, or its author, is too young for it to be public."),
        can_try_again=False,
    ),
    Reason(
        "banned_picture",
        _("On the ban list"),
        _(
            "The shop has decided not to show this picture, and sending it again does not change that. Another photo is welcome."
        ),
        is_chosen=False,
    ),
    Reason(
        "other",
        _("Another reason"),
        _("We cannot show this photo. The note below says why."),
    ),
)

_BY_CODE = {reason.code: reason for reason in REASONS}


def wording(code: str) -> Promise:
    """What the author reads about this reason."""
    return get_reason(code).wording


def get_reason(code: str) -> Reason:
    """The reason with this code; raises UnknownReason."""
    try:
        return _BY_CODE[code]
    except KeyError as error:
        raise UnknownReason(code) from error


def checked(codes: Iterable[str]) -> list[str]:
    """The codes without repetition, in the given order; at least one, all known."""
    unique = list(dict.fromkeys(codes))
    if not unique:
        raise UnknownReason("A refusal needs a reason.")
    for code in unique:
        get_reason(code)
    return unique

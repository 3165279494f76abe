"""Shapes of what the workbench posts; services check the meaning."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ugc.reasons import REASONS, Reason

CHOSEN = tuple(reason for reason in REASONS if reason.is_chosen)
NOTE_MAX_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    """One radio button: a reason, its key, and what the author will read."""

    code: str
    letter: str
    label: str | Promise
    told: str  # in the author's language; "" where several authors are meant
    language: str


def reason_choices(author_language: str = "") -> list[ReasonChoice]:
    """Return the reasons, each with a letter of its own."""
    choices = []
    for reason, letter in _lettered(CHOSEN):
        told = ""
        if author_language:
            with translation.override(author_language):
                told = str(reason.wording)
        choices.append(
            ReasonChoice(reason.code, letter, reason.label, told, author_language)
        )
    return choices


def _lettered(reasons: Iterable[Reason]) -> list[tuple[Reason, str]]:
    """Give each reason the first letter of its code that is still free.

    Made of the codes, so that a letter means the same in every language.
    """
    taken: set[str] = set()
    lettered = []
    for reason in reasons:
        letter = next(
            (
                each
                for each in reason.code + string.ascii_lowercase
                if each.isalpha() and each not in taken
            ),
            "",
        )
        taken.add(letter)
        lettered.append((reason, letter))
    return lettered


class RefusalForm(forms.Form):
    """Why a photo is refused or removed."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[(reason.code, reason.label) for reason in CHOSEN],
        error_messages={"required": _("Choose a reason: the author is told.")},
    )
    note = forms.CharField(
        label=_("Note to the author"), required=False, max_length=NOTE_MAX_LENGTH
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("reason") == "other" and not cleaned.get("note", "").strip():
            self.add_error("note", _("“Another reason” needs a note that says which."))
        return cleaned


class PlaceForm(forms.Form):
    """A product at a point of the photo, in percent from the top left."""

    product_key = forms.CharField(max_length=200)
    variant_sku = forms.CharField(max_length=100, required=False)
    x = forms.FloatField(min_value=0, max_value=100)  # from the left
    y = forms.FloatField(min_value=0, max_value=100)  # from the top


class WordForm(forms.Form):
    word = forms.CharField(max_length=60)


class BoxForm(forms.Form):
    """A box in the picture, in percent from the top left."""

    x = forms.FloatField(min_value=0, max_value=99)
    y = forms.FloatField(min_value=0, max_value=99)
    w = forms.FloatField(min_value=1, max_value=100)  # wide
    h = forms.FloatField(min_value=1, max_value=100)  # high

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The box in [0, 1], cut at the picture's edges."""
        x, y, w, h = (self.cleaned_data[name] / 100 for name in "xywh")
        return x, y, min(w, 1 - x), min(h, 1 - y)


BAN_REASON_MAX_LENGTH = 200


class BanForm(forms.Form):
    """Why a picture is never to be shown, and that this is meant."""

    reason = forms.CharField(
        label=_("Why, for the shop’s own people"),
        max_length=BAN_REASON_MAX_LENGTH,
        error_messages={"required": _("Say why the picture is banned.")},
    )
    is_meant = forms.BooleanField(
        label=_("Never show this picture, whoever sends it"),
        error_messages={"required": _("Confirm that the picture is to be banned.")},
    )

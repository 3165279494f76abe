"""Forms of the shop: they check shape, services check meaning."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from . import conf
from .models.columns import MAX_QUANTITY
from .places import POSTCODES, country_choices
from .services import Buyer

# Control characters have no place in names and would break mails' headers.
_one_line = RegexValidator(
    re.compile(r"^[^\x00-\x1f\x7f\u2028\u2029]*\Z"),
    _("Please write this on one line, without special signs."),
)


class AddToBasketForm(forms.Form):
    """Which variant, how many, and where it was found."""

    sku = forms.CharField(max_length=80)
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, required=False)
    origin = forms.CharField(
        max_length=64, required=False, validators=[RegexValidator(r"^[\w.:-]*\Z")]
    )

    def clean_quantity(self) -> int:
        # One-click forms leave it out.
        return (
            1
            if self.cleaned_data["quantity"] is None
            else self.cleaned_data["quantity"]
        )


class ChangeLineForm(forms.Form):
    """How many a line shall hold; none takes it out."""

    quantity = forms.IntegerField(min_value=0, max_value=MAX_QUANTITY)


class CheckoutForm(forms.Form):
    """Who buys and where it goes, on one page."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("For the confirmation of your order; nothing else."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        validators=[_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    street = forms.CharField(
        label=_("Street and number"),
        max_length=160,
        validators=[_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
    )
    extra = forms.CharField(
        label=_("Address addition (optional)"),
        max_length=160,
        required=False,
        validators=[_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "address-line2"}),
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=16,
        validators=[_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )
    city = forms.CharField(
        label=_("Town"),
        max_length=120,
        validators=[_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    country = forms.ChoiceField(
        label=_("Country"), widget=forms.Select(attrs={"autocomplete": "country"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("Please fill this in.")
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)  # noqa: S101 - tells the type
        country.choices = country_choices(conf.countries())
        country.initial = next(iter(conf.countries()), "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        postcode = cleaned.get("postcode", "").strip()
        pattern, example = POSTCODES.get(cleaned.get("country", ""), ("", ""))
        if pattern and postcode and not re.fullmatch(pattern, postcode, re.ASCII):
            self.add_error(
                "postcode",
                forms.ValidationError(
                    _("A postcode there looks like %(example)s."),
                    code="postcode",
                    params={"example": example},
                ),
            )
        return cleaned

    @property
    def buyer(self) -> Buyer:
        return Buyer(**self.cleaned_data)

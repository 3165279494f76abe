"""Countries we can name and their postcodes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

COUNTRIES: dict[str, str | Promise] = {
    "AT": _("Austria"),
    "BE": _("Belgium"),
    "BG": _("Bulgaria"),
    "CH": _("Switzerland"),
    "CY": _("Cyprus"),
    "CZ": _("Czechia"),
    "DE": _("Germany"),
    "DK": _("Denmark"),
    "EE": _("Estonia"),
    "ES": _("Spain"),
    "FI": _("Finland"),
    "FR": _("France"),
    "GB": _("United Kingdom"),
    "GR": _("Greece"),
    "HR": _("Croatia"),
    "HU": _("Hungary"),
    "IE": _("Ireland"),
    "IT": _("Italy"),
    "LI": _("Liechtenstein"),
    "LT": _("Lithuania"),
    "LU": _("Luxembourg"),
    "LV": _("Latvia"),
    "MT": _("Malta"),
    "NL": _("Netherlands"),
    "NO": _("Norway"),
    "PL": _("Poland"),
    "PT": _("Portugal"),
    "RO": _("Romania"),
    "SE": _("Sweden"),
    "SI": _("Slovenia"),
    "SK": _("Slovakia"),
    "US": pgettext_lazy("country", "United States"),
}

# Shape and example. Where a country is missing, any postcode will do.
POSTCODES: dict[str, tuple[str, str]] = {
    "AT": (r"[1-9]\d{3}", "1010"),
    "BE": (r"[1-9]\d{3}", "1000"),
    "CH": (r"[1-9]\d{3}", "8001"),
    "CZ": (r"\d{3} ?\d{2}", "110 00"),
    "DE": (r"\d{5}", "10115"),
    "DK": (r"\d{4}", "1050"),
    "ES": (r"\d{5}", "28001"),
    "FR": (r"\d{5}", "75001"),
    "IT": (r"\d{5}", "00118"),
    "LI": (r"94\d{2}", "9490"),
    "LU": (r"(?:L-)?\d{4}", "1009"),
    "NL": (r"[1-9]\d{3} ?[A-Za-z]{2}", "1012 AB"),
    "PL": (r"\d{2}-\d{3}", "00-001"),
}


def country_choices(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Return codes and names in the active language, in the given order."""
    return [(code, str(COUNTRIES.get(code, code))) for code in codes]


def country_name(code: str) -> str:
    return str(COUNTRIES.get(code, code))

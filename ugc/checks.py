"""System checks: wrong configuration, found before the first photo."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from .catalogue import get_catalogue
from .credit import PLACEHOLDERS

_PORT = ("card", "cards", "search", "pictures")


@register("shoppable_ugc")
def check_catalogue(**_kwargs: Any) -> list[CheckMessage]:
    """UGC_CATALOGUE can be made and has the port's methods."""
    try:
        catalogue = get_catalogue()
    except (ImproperlyConfigured, TypeError) as error:
        return [
            Error(
                str(error),
                hint="Set UGC_CATALOGUE to the dotted path of a class that fits "
                "ugc.catalogue.Catalogue and can be made without arguments.",
                id="ugc.E001",
            )
        ]
    missing = [name for name in _PORT if not callable(getattr(catalogue, name, None))]
    if missing:
        return [
            Error(
                f"UGC_CATALOGUE has no method {', '.join(missing)}.",
                hint="See ugc.catalogue.Catalogue; ugc.testing.CatalogueContract tests it.",
                id="ugc.E002",
            )
        ]
    return []


@register("shoppable_ugc")
def check_callables(**_kwargs: Any) -> list[CheckMessage]:
    """Dotted paths of callables can be imported."""
    messages: list[CheckMessage] = []
    for name in ("UGC_PHOTO_URL", "UGC_CLIENT_ADDRESS"):
        path = getattr(settings, name, None)
        if not path:
            continue
        try:
            found = import_string(path)
        except ImportError as error:
            found = None
            problem = str(error)
        else:
            problem = f"{path} is not callable."
        if not callable(found):
            messages.append(
                Error(
                    f"{name}: {problem}",
                    hint=f"Set {name} to the dotted path of a function, or leave it out.",
                    id="ugc.E003",
                )
            )
    return messages


@register("shoppable_ugc")
def check_numbers(**_kwargs: Any) -> list[CheckMessage]:
    """Limits are numbers that make sense."""
    messages: list[CheckMessage] = []
    for name in (
        "UGC_MIN_AGE",
        "UGC_UPLOADS_PER_HOUR",
        "UGC_UPLOADS_PER_HOUR_AND_ADDRESS",
    ):
        value = getattr(settings, name, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            messages.append(
                Error(
                    f"{name} must be a whole number from 1, not {value!r}.",
                    hint=f"Correct {name}, or leave it out for the default.",
                    id="ugc.E004",
                )
            )
    return messages


@register("shoppable_ugc")
def check_credit(**_kwargs: Any) -> list[CheckMessage]:
    """What is written into pictures holds no braces but those we fill in."""
    messages: list[CheckMessage] = []
    sample = dict.fromkeys(PLACEHOLDERS, "")
    for name in (
        "UGC_CREDIT_LINE",
        "UGC_COPYRIGHT",
        "UGC_LICENCE_URL",
        "UGC_WEB_STATEMENT",
    ):
        value = getattr(settings, name, "")
        try:
            str(value).format(**sample)
        except (KeyError, IndexError, ValueError, AttributeError):
            known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            messages.append(
                Error(
                    f"{name} can't be filled in: {value!r}.",
                    hint=f"Use only {known}; write other braces twice.",
                    id="ugc.E005",
                )
            )
    return messages


@register(Tags.security, deploy=True)
def check_site_url(**_kwargs: Any) -> list[CheckMessage]:
    """Mails carry secret links: to the right host, and encrypted."""
    if str(getattr(settings, "UGC_SITE_URL", "")).startswith("https://"):
        return []
    return [
        Warning(
            "UGC_SITE_URL is not an https address.",
            hint="Set it to the scheme and host that people see, as in "
            "https://shop.example: the secret links in mails begin with it.",
            id="ugc.W001",
        )
    ]

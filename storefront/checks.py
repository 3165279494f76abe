"""System checks: what would only fail in front of a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from . import conf
from .money import CURRENCIES
from .places import COUNTRIES


@register(Tags.compatibility)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    return [
        *_paths(),
        *_money(),
        *_numbers(),
        *_countries(),
        *_providers(),
        *_addresses(),
    ]


def _paths() -> Iterator[CheckMessage]:
    asked = {
        "STOREFRONT_PICTURE_RENDERER": ("store", "pictures", "open"),
        "STOREFRONT_ORIGIN_RENDERER": ("origins",),
        "STOREFRONT_PRODUCT_URL": (),
        "STOREFRONT_SHOP_URL": (),
        "STOREFRONT_SHARE_URL": (),
        "STOREFRONT_LEGAL_LINKS": (),
        "STOREFRONT_CLIENT_ADDRESS": (),
    }
    for name, methods in asked.items():
        path = getattr(settings, name, "")
        if not path:
            continue
        problem = _problem(path, methods)
        if problem:
            yield Error(
                f"{name}: {problem}",
                hint="Write the dotted path of something that exists, such as "
                '"storefront.pictures.PlainPictures"; docs/reference lists what '
                "it must do.",
                id="store.E001",
            )


def _problem(path: Any, methods: tuple[str, ...]) -> str:
    try:
        found = import_string(path)
    except (ImportError, TypeError, AttributeError) as error:
        return str(error)
    missing = [
        method for method in methods if not callable(getattr(found, method, None))
    ]
    if missing:
        return f"{path} has no {', '.join(missing)}."
    return "" if callable(found) else f"{path} can't be called."


def _money() -> Iterator[CheckMessage]:
    if conf.currency() not in CURRENCIES:
        yield Error(
            f"STOREFRONT_CURRENCY: no currency {conf.currency()!r}.",
            hint=f"One of: {', '.join(sorted(CURRENCIES))}.",
            id="store.E002",
        )
        return
    readers: tuple[Callable[[], Any], ...] = (conf.shipping, conf.free_shipping_from)
    for read in readers:
        try:
            price = read()
        except ImproperlyConfigured as error:
            yield Error(
                str(error), hint='Write an amount such as "4.90".', id="store.E003"
            )
        else:
            if price is not None and price.amount < 0:
                yield Error(
                    f"STOREFRONT amount {price.amount} is negative.",
                    hint='Write an amount such as "4.90", or "0".',
                    id="store.E003",
                )


def _numbers() -> Iterator[CheckMessage]:
    for name, read in (
        ("STOREFRONT_PAGE_SIZE", conf.page_size),
        ("STOREFRONT_RESERVATION_SECONDS", conf.reservation_time),
        (
            "STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS",
            conf.open_reservations_per_address,
        ),
        ("STOREFRONT_BASKET_COOKIE_SECONDS", conf.basket_cookie_seconds),
        ("STOREFRONT_FEW_LEFT", conf.few_left),
    ):
        try:
            is_good = bool(read()) or name == "STOREFRONT_FEW_LEFT"
        except (TypeError, ValueError):
            is_good = False
        if not is_good:
            yield Error(
                f"{name} is no number above zero.",
                hint="Leave it out to have the default.",
                id="store.E004",
            )


def _countries() -> Iterator[CheckMessage]:
    unknown = [code for code in conf.countries() if code not in COUNTRIES]
    if unknown or not conf.countries():
        yield Error(
            "STOREFRONT_COUNTRIES: "
            + (f"can't name {', '.join(unknown)}." if unknown else "is empty."),
            hint=f"Codes of ISO 3166-1, some of: {', '.join(sorted(COUNTRIES))}.",
            id="store.E005",
        )


def _providers() -> Iterator[CheckMessage]:
    try:
        providers = conf.payment_providers()
    except ImproperlyConfigured as error:
        yield Error(
            str(error),
            hint="List dotted paths of classes with label, start and outcome.",
            id="store.E006",
        )
        return
    for path, provider in providers.items():
        missing = [
            name
            for name in ("label", "start", "outcome")
            if not hasattr(provider, name)
        ]
        if missing:
            yield Error(
                f"STOREFRONT_PAYMENT_PROVIDERS: {path} has no {', '.join(missing)}.",
                hint="See storefront.payments.base.PaymentProvider.",
                id="store.E006",
            )


def _addresses() -> Iterator[CheckMessage]:
    url = conf.site_url()
    if not url.startswith(("http://", "https://")):
        yield Error(
            f"STOREFRONT_SITE_URL: {url!r} is no address.",
            hint='Write scheme and host, such as "https://shop.example".',
            id="store.E007",
        )


@register(Tags.security, deploy=True)
def check_production(**kwargs: Any) -> list[CheckMessage]:
    """What is fine on one's own machine and wrong for customers."""
    messages: list[CheckMessage] = []
    paths = getattr(
        settings, "STOREFRONT_PAYMENT_PROVIDERS", conf.DEFAULT_PAYMENT_PROVIDERS
    )
    if any(path.endswith(".TestProvider") for path in paths):
        messages.append(
            Warning(
                "Orders can be paid with the test payment: no money moves.",
                hint="Name a real provider in STOREFRONT_PAYMENT_PROVIDERS.",
                id="store.W001",
            )
        )
    if not conf.site_url().startswith("https://"):
        messages.append(
            Warning(
                "Links in mails to customers do not begin with https://.",
                hint='Set STOREFRONT_SITE_URL, such as "https://shop.example".',
                id="store.W002",
            )
        )
    if settings.SECURE_PROXY_SSL_HEADER and not getattr(
        settings, "STOREFRONT_CLIENT_ADDRESS", ""
    ):
        messages.append(
            Warning(
                "There is a proxy before the shop, and all its visitors share one "
                "limit of open reservations.",
                hint="Set STOREFRONT_CLIENT_ADDRESS to the dotted path of a function "
                "that takes a request and returns the visitor's address from the "
                "header which your proxy writes.",
                id="store.W003",
            )
        )
    return messages

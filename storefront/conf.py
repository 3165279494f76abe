"""The settings of the shop, with units and defaults; read each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.module_loading import import_string

from .money import Price
from .ports import LegalLink, OriginRenderer, PaymentProvider, PictureRenderer

DEFAULT_PAYMENT_PROVIDERS = ("storefront.payments.test_provider.TestProvider",)
DEFAULT_COUNTRIES = ("DE", "AT", "CH", "BE", "DK", "FR", "IT", "LU", "NL", "PL", "CZ")


def _setting(name: str, default: Any) -> Any:
    # Any: a setting is whatever the host wrote; the functions below narrow it.
    return getattr(settings, name, default)


def _imported(name: str, default: str) -> Any:
    path = _setting(name, default)
    try:
        return import_string(path)
    except (ImportError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def currency() -> str:
    """STOREFRONT_CURRENCY: ISO 4217 code of imported prices and of shipping."""
    return str(_setting("STOREFRONT_CURRENCY", "EUR"))


def shipping() -> Price:
    """STOREFRONT_SHIPPING_AMOUNT: flat rate per order, taxes included."""
    amount = _setting("STOREFRONT_SHIPPING_AMOUNT", "4.90")
    try:
        return Price(Decimal(str(amount)), currency())
    except (InvalidOperation, ValueError) as error:
        raise ImproperlyConfigured(f"STOREFRONT_SHIPPING_AMOUNT: {error}") from error


def free_shipping_from() -> Price | None:
    """STOREFRONT_FREE_SHIPPING_FROM: goods for this much ship free; None: never."""
    amount = _setting("STOREFRONT_FREE_SHIPPING_FROM", None)
    if amount is None:
        return None
    try:
        return Price(Decimal(str(amount)), currency())
    except (InvalidOperation, ValueError) as error:
        raise ImproperlyConfigured(f"STOREFRONT_FREE_SHIPPING_FROM: {error}") from error


def countries() -> Sequence[str]:
    """STOREFRONT_COUNTRIES: ISO 3166-1 codes we ship to, the usual one first."""
    return tuple(_setting("STOREFRONT_COUNTRIES", DEFAULT_COUNTRIES))


def default_language() -> str:
    """The language whose texts stand in for missing ones."""
    return settings.LANGUAGE_CODE.split("-")[0]


def page_size() -> int:
    """STOREFRONT_PAGE_SIZE: products on one page of a list."""
    return int(_setting("STOREFRONT_PAGE_SIZE", 24))


def reservation_time() -> timedelta:
    """STOREFRONT_RESERVATION_SECONDS: how long stock waits for a payment."""
    return timedelta(seconds=float(_setting("STOREFRONT_RESERVATION_SECONDS", 900)))


def open_reservations_per_address() -> int:
    """STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS: unpaid orders that keep pieces now.

    Whoever orders again and again without paying would keep them from all others.
    What was paid, declined, cancelled or has expired keeps nothing and isn't counted.
    """
    return int(_setting("STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS", 10))


def client_address(request: HttpRequest) -> str:
    """STOREFRONT_CLIENT_ADDRESS: dotted path of a callable(request) -> address.

    Default: the peer's address. Behind a proxy set one that reads the header
    this proxy writes; else all visitors share one limit of open reservations.
    """
    path = _setting("STOREFRONT_CLIENT_ADDRESS", "")
    if not path:
        return str(request.META.get("REMOTE_ADDR", ""))
    return str(import_string(path)(request))


def few_left() -> int:
    """STOREFRONT_FEW_LEFT: from this many pieces down the shop tells how many."""
    return int(_setting("STOREFRONT_FEW_LEFT", 5))


def basket_cookie() -> str:
    """STOREFRONT_BASKET_COOKIE: the cookie's name."""
    return str(_setting("STOREFRONT_BASKET_COOKIE", "shoppable_basket"))


def basket_cookie_seconds() -> int:
    """STOREFRONT_BASKET_COOKIE_SECONDS: how long a basket is kept; 30 days."""
    return int(_setting("STOREFRONT_BASKET_COOKIE_SECONDS", 30 * 24 * 3600))


def basket_keep_seconds() -> int:
    """STOREFRONT_BASKET_KEEP_SECONDS: untouched ones are deleted after it; 60 days.

    Never before the cookie ends.
    """
    kept = int(_setting("STOREFRONT_BASKET_KEEP_SECONDS", 60 * 24 * 3600))
    return max(kept, basket_cookie_seconds())


def basket_cookie_is_secure() -> bool:
    """STOREFRONT_BASKET_COOKIE_SECURE: default as the session cookie."""
    return bool(
        _setting("STOREFRONT_BASKET_COOKIE_SECURE", settings.SESSION_COOKIE_SECURE)
    )


def site_url() -> str:
    """STOREFRONT_SITE_URL: scheme and host of links in mails, no slash at the end."""
    url = _setting("STOREFRONT_SITE_URL", _setting("WAGTAILADMIN_BASE_URL", None))
    return str(url or "http://127.0.0.1:8000").rstrip("/")


def shop_name() -> str:
    """STOREFRONT_SHOP_NAME: how mails call the shop."""
    return str(
        _setting("STOREFRONT_SHOP_NAME", _setting("WAGTAIL_SITE_NAME", "Schaufenster"))
    )


def picture_renderer() -> PictureRenderer:
    """STOREFRONT_PICTURE_RENDERER: dotted path of a class; stores, draws pictures."""
    renderer = _imported(
        "STOREFRONT_PICTURE_RENDERER", "storefront.pictures.PlainPictures"
    )
    return cast("PictureRenderer", renderer())


def origin_renderer() -> OriginRenderer:
    """STOREFRONT_ORIGIN_RENDERER: dotted path of a class; draws lines' origins."""
    renderer = _imported(
        "STOREFRONT_ORIGIN_RENDERER", "storefront.pictures.UnseenOrigins"
    )
    return cast("OriginRenderer", renderer())


def product_url(key: str) -> str:
    """STOREFRONT_PRODUCT_URL: dotted path of ``key -> address of its page``."""
    return str(
        _imported("STOREFRONT_PRODUCT_URL", "storefront.addresses.product_url")(key)
    )


def shop_url() -> str:
    """STOREFRONT_SHOP_URL: dotted path of ``() -> address of the product list``.

    An empty address hides the links to it.
    """
    return str(_imported("STOREFRONT_SHOP_URL", "storefront.addresses.shop_url")())


def share_url(key: str) -> str:
    """STOREFRONT_SHARE_URL: dotted path of ``key -> address to show a photo``.

    Unset or an empty address: no "Share your photo".
    """
    if not _setting("STOREFRONT_SHARE_URL", ""):
        return ""
    return str(_imported("STOREFRONT_SHARE_URL", "")(key))


def legal_links() -> Sequence[LegalLink]:
    """STOREFRONT_LEGAL_LINKS: dotted path of ``() -> [(label, address), …]``.

    Terms, right of withdrawal, privacy, imprint; shown at the checkout, on the
    order and in its mail, in the active language.
    """
    if not _setting("STOREFRONT_LEGAL_LINKS", ""):
        return ()
    links = _imported("STOREFRONT_LEGAL_LINKS", "")()
    return tuple(LegalLink(str(label), str(url)) for label, url in links)


def payment_providers() -> Mapping[str, PaymentProvider]:
    """STOREFRONT_PAYMENT_PROVIDERS: dotted paths of classes, the usual one first."""
    providers: dict[str, PaymentProvider] = {}
    for path in _setting("STOREFRONT_PAYMENT_PROVIDERS", DEFAULT_PAYMENT_PROVIDERS):
        try:
            providers[path] = import_string(path)()
        except (ImportError, TypeError, AttributeError) as error:
            raise ImproperlyConfigured(
                f"STOREFRONT_PAYMENT_PROVIDERS: {error}"
            ) from error
    if not providers:
        raise ImproperlyConfigured(
            "STOREFRONT_PAYMENT_PROVIDERS is empty: orders could not be paid."
        )
    return providers

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from storefront import checks, conf


def ids(**kwargs):
    return [message.id for message in checks.check_settings()]


def test_the_defaults_are_in_order():
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("STOREFRONT_PICTURE_RENDERER", "nowhere.Pictures", "store.E001"),
        (
            "STOREFRONT_PICTURE_RENDERER",
            "storefront.pictures.UnseenOrigins",
            "store.E001",
        ),
        ("STOREFRONT_ORIGIN_RENDERER", "storefront.pictures.Nothing", "store.E001"),
        ("STOREFRONT_PRODUCT_URL", 7, "store.E001"),
        ("STOREFRONT_SHARE_URL", "storefront.money.MAX_DIGITS", "store.E001"),
        ("STOREFRONT_LEGAL_LINKS", "x", "store.E001"),
        ("STOREFRONT_SHOP_URL", "storefront.missing", "store.E001"),
        ("STOREFRONT_CLIENT_ADDRESS", "storefront.missing", "store.E001"),
        ("STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS", 0, "store.E004"),
        ("STOREFRONT_CURRENCY", "EURO", "store.E002"),
        ("STOREFRONT_SHIPPING_AMOUNT", "four", "store.E003"),
        ("STOREFRONT_SHIPPING_AMOUNT", "-1", "store.E003"),
        ("STOREFRONT_FREE_SHIPPING_FROM", "much", "store.E003"),
        ("STOREFRONT_PAGE_SIZE", 0, "store.E004"),
        ("STOREFRONT_RESERVATION_SECONDS", "soon", "store.E004"),
        ("STOREFRONT_COUNTRIES", ["DE", "XX"], "store.E005"),
        ("STOREFRONT_COUNTRIES", [], "store.E005"),
        ("STOREFRONT_PAYMENT_PROVIDERS", [], "store.E006"),
        ("STOREFRONT_PAYMENT_PROVIDERS", ["nowhere.Provider"], "store.E006"),
        (
            "STOREFRONT_PAYMENT_PROVIDERS",
            ["storefront.pictures.UnseenOrigins"],
            "store.E006",
        ),
        ("STOREFRONT_SITE_URL", "shop.example", "store.E007"),
    ],
)
def test_a_wrong_setting_is_found_before_a_customer_finds_it(
    settings, name, value, expected
):
    setattr(settings, name, value)

    found = checks.check_settings()

    assert [message.id for message in found] == [expected]
    assert found[0].hint


def test_production_is_warned_of_test_payments_and_plain_links(settings):
    settings.STOREFRONT_SITE_URL = "http://shop.example"

    assert [m.id for m in checks.check_production()] == ["store.W001", "store.W002"]


def test_production_is_warned_of_a_proxy_that_makes_all_visitors_one(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.STOREFRONT_CLIENT_ADDRESS = ""

    assert "store.W003" in [m.id for m in checks.check_production()]
    settings.STOREFRONT_CLIENT_ADDRESS = "config.proxy.client_address"
    assert "store.W003" not in [m.id for m in checks.check_production()]


def test_a_wrong_path_is_named_when_it_is_used(settings):
    settings.STOREFRONT_PICTURE_RENDERER = "nowhere.Pictures"

    with pytest.raises(ImproperlyConfigured, match="STOREFRONT_PICTURE_RENDERER"):
        conf.picture_renderer()

from __future__ import annotations

import pytest

from storefront.models import BasketLine
from tests.storefront.factories import VariantFactory

pytestmark = pytest.mark.django_db

HERE = "http://testserver"


def post(client, **headers):
    return client.post("/basket/add/", {"sku": "SKU", "quantity": 1}, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin", "origin": HERE},
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"sec-fetch-site": "none"},
        {"origin": HERE},
    ],
    ids=str,
)
def test_a_form_of_our_own_page_needs_no_token(strict_browser, headers):
    VariantFactory(sku="SKU")

    assert post(strict_browser, **headers).status_code == 302
    assert BasketLine.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://elsewhere.example"},
        {"origin": "https://testserver"},
        {"origin": "http://testserver.elsewhere.example"},
        {"origin": "http://testserver:8000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": HERE},
        {"sec-fetch-site": "same-origin", "origin": "https://elsewhere.example"},
        {"sec-fetch-site": "anything"},
        {"referer": f"{HERE}/shop/"},
    ],
    ids=str,
)
def test_a_form_from_elsewhere_is_refused_in_plain_words(browser, headers):
    VariantFactory(sku="SKU")

    response = post(browser, **headers)

    assert response.status_code == 403
    assert "we changed nothing" in response.text
    assert not response.cookies
    assert not BasketLine.objects.exists()


def test_a_trusted_origin_may_send_forms(browser, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://pages.shop.example"]
    VariantFactory(sku="SKU")

    assert post(browser, origin="https://pages.shop.example").status_code == 302


def test_only_posts_put_something_in(browser):
    response = browser.get("/basket/add/?sku=SKU", headers={"sec-fetch-site": "none"})

    assert response.status_code == 405

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings as django_settings

from storefront import services
from storefront.models import BasketLine, Order, OrderLine, Product, Variant
from storefront.tokens import hashed, new_token
from tests.storefront.factories import (
    BUYER,
    BasketFactory,
    BasketLineFactory,
    ProductFactory,
    VariantFactory,
    placed_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(browser):
    """A browser with two cups from a photo in its basket."""
    VariantFactory(
        sku="SKU", product=ProductFactory(key="cup", english="Cup", variants=0)
    )
    browser.put("SKU", 2, origin="photo-1")
    return browser


def form_of(browser, **changes):
    """What the checkout page would send, filled in."""
    context = browser.get("/checkout/").context
    hidden = {"checkout_token": context["checkout_token"], "shown": context["shown"]}
    return {**BUYER, **hidden, **changes}


def test_the_checkout_shows_all_that_is_bought_above_the_button(filled):
    text = filled.get("/checkout/").text

    button = text.index("Buy now")
    for fact in ("2 × Cup", "€98.00", "€4.90", "€102.90", "incl. VAT", "Seen here"):
        assert 0 < text.index(fact) < button, fact


def test_the_german_button_says_that_it_costs_money(filled):
    text = filled.get("/checkout/", headers={"accept-language": "de"}).text

    assert "Zahlungspflichtig bestellen</button>" in text


def test_an_empty_basket_has_no_checkout(browser):
    assert browser.get("/checkout/").url == "/basket/"
    VariantFactory(sku="SKU")
    browser.put("SKU")
    BasketLine.objects.all().delete()
    assert browser.get("/checkout/").url == "/basket/"


def test_an_order_keeps_what_was_ordered_and_from_where(filled):
    response = filled.post("/checkout/", form_of(filled))

    assert response.url.startswith("/checkout/pay/")
    order = Order.objects.get()
    [line] = order.lines.all()
    assert (order.total, order.shipping) == (Decimal("102.90"), Decimal("4.90"))
    assert (order.email, order.city, order.country) == (
        "mira@example.org",
        "Berlin",
        "DE",
    )
    assert (line.sku, line.product_key, line.name) == ("SKU", "cup", "Cup")
    assert (line.quantity, line.unit_price, line.origin) == (
        2,
        Decimal("49.00"),
        "photo-1",
    )


def test_a_double_submit_makes_one_order_and_shows_it(filled):
    form = form_of(filled)
    filled.post("/checkout/", form)

    second = filled.post("/checkout/", form)

    assert Order.objects.count() == 1
    assert second.url.startswith("/orders/")
    assert filled.get(second.url).context["order"] == Order.objects.get()


def test_another_basket_can_not_use_the_token_of_an_order(filled, client):
    form = form_of(filled)
    filled.post("/checkout/", form)
    filled.cookies.clear()
    filled.put("SKU")

    response = filled.post("/checkout/", {**form, "shown": form_of(filled)["shown"]})

    assert response.status_code == 409
    assert response.context["checkout_token"] != form["checkout_token"]
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "tampered",
    [
        {"price": "0.01", "unit_price": "0.01", "total": "0.01", "amount": "0.01"},
        {"currency": "JPY"},
        {"shipping": "-100"},
        {"quantity": "1"},
        {"state": "paid"},
    ],
    ids=str,
)
def test_sums_sent_by_the_browser_are_ignored(filled, tampered):
    filled.post("/checkout/", form_of(filled, **tampered))

    order = Order.objects.get()
    assert (order.total, order.currency) == (Decimal("102.90"), "EUR")
    assert order.state == "awaiting_payment"


@pytest.mark.parametrize(
    "shown", ["", "1:1:0.01;EUR:0:0.01", "x", ";;;", "1:2:NaN;EUR:1:1", "9" * 5000]
)
def test_an_order_is_only_placed_for_the_summary_that_was_shown(filled, shown):
    response = filled.post("/checkout/", form_of(filled, shown=shown))

    assert response.status_code == 409
    assert not Order.objects.exists()


def test_a_new_price_is_told_before_it_is_ordered(filled):
    form = form_of(filled)
    Variant.objects.update(price="55.00")

    response = filled.post("/checkout/", form)

    assert response.status_code == 409
    assert "Cup was €49.00 and is €55.00 now." in response.text
    assert not Order.objects.exists()
    # What was typed is still there, and the next press orders.
    assert 'value="Lindenstr. 5"' in response.text
    context = response.context
    again = {
        **form,
        "shown": context["shown"],
        "checkout_token": context["checkout_token"],
    }
    assert filled.post("/checkout/", again).url.startswith("/checkout/pay/")
    assert Order.objects.get().total == Decimal("114.90")


def test_a_changed_basket_is_shown_again_before_it_is_ordered(filled):
    form = form_of(filled)
    filled.put("SKU", 1)

    assert filled.post("/checkout/", form).status_code == 409
    assert not Order.objects.exists()


def test_what_is_sold_out_meanwhile_leads_back_to_the_basket(filled):
    form = form_of(filled)
    Variant.objects.update(on_hand=1)

    response = filled.post("/checkout/", form)

    assert response.url == "/basket/?notice=short"
    assert "Only 1 left" in filled.get(response.url).text
    assert not Order.objects.exists()


def test_what_is_taken_out_of_the_shop_can_not_be_ordered(filled):
    form = form_of(filled)
    Product.objects.update(is_published=False)

    assert filled.post("/checkout/", form).url == "/basket/?notice=short"
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "a@example.org\nBcc: all@example.org"),
        ("email", ""),
        ("name", ""),
        ("name", "x" * 121),
        ("name", "Mira\nK."),
        ("street", "a\x00b"),
        ("postcode", "1234"),
        ("postcode", "١٢٣٤٥"),
        ("city", ""),
        ("country", "XX"),
        ("country", ""),
    ],
)
def test_wrong_answers_are_shown_with_the_field(filled, field, value):
    response = filled.post("/checkout/", form_of(filled, **{field: value}))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert f'href="#id_{field}"' in response.text
    assert 'aria-invalid="true"' in response.text
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("country", "postcode"),
    [
        ("DE", "10969"),
        ("AT", "1010"),
        ("CH", "8001"),
        ("NL", "1012 AB"),
        ("PL", "00-001"),
    ],
)
def test_postcodes_have_the_shape_of_their_country(filled, country, postcode):
    form = form_of(filled, country=country, postcode=postcode)

    assert filled.post("/checkout/", form).url.startswith("/checkout/pay/")


def test_fields_tell_the_browser_what_they_are_for(filled):
    text = filled.get("/checkout/").text

    for purpose in [
        "email",
        "name",
        "address-line1",
        "address-line2",
        "postal-code",
        "address-level2",
        "country",
    ]:
        assert f'autocomplete="{purpose}"' in text


def test_ordering_needs_the_pages_own_token(strict_browser):
    VariantFactory(sku="SKU")
    strict_browser.put("SKU")

    assert strict_browser.post("/checkout/", form_of(strict_browser)).status_code == 403
    assert not Order.objects.exists()


# --- the order's page ----------------------------------------------------------


def test_the_database_keeps_no_token_that_opens_an_order():
    placed = placed_order()

    stored = Order.objects.values_list().get()
    assert placed.token not in map(str, stored)
    assert services.find_order(placed.token) == placed.order
    for guess in map(str, stored):
        assert services.find_order(guess) is None


def test_a_wrong_order_token_finds_nothing(browser):
    order = placed_order().order

    for token in ("x", "0" * 64, order.number, order.token_hash, order.checkout_token):
        assert browser.get(f"/orders/{token}/").status_code == 404, token
        assert browser.post(f"/orders/{token}/pay/").status_code == 404, token


def test_an_order_page_is_for_its_buyer_alone(browser):
    response = browser.get(f"/orders/{placed_order().token}/")

    assert "Lindenstr. 5" in response.text
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    assert 'content="noindex, nofollow"' in response.text
    assert response["Referrer-Policy"] == "same-origin"


def test_an_order_link_survives_a_new_secret_key(settings):
    placed = placed_order()
    settings.SECRET_KEY_FALLBACKS = [django_settings.SECRET_KEY]
    settings.SECRET_KEY = "another-one-of-sufficient-length-0123456789"

    assert services.page_token(placed.order) == placed.token


def test_order_numbers_can_not_be_counted():
    numbers = {placed_order().order.number for _ in range(5)}

    assert len(numbers) == 5
    assert all(len(number) == 9 and "0" not in number for number in numbers)


def test_an_order_shows_what_was_paid_whatever_the_shop_says_today(browser):
    variant = VariantFactory(product=ProductFactory(english="Cup", variants=0))
    placed = placed_order(variant=variant)
    Variant.objects.update(price="1.00")
    variant.product.texts.update(name="Mug")
    variant.delete()

    text = browser.get(f"/orders/{placed.token}/").text

    assert "1 × " in text
    assert "Cup" in text
    assert "€53.90" in text
    assert OrderLine.objects.get().variant is None


def test_one_checkout_token_makes_one_order_in_the_database_too():
    from django.db import IntegrityError, transaction

    token = new_token()
    first = placed_order(token=token).order

    assert first.checkout_token == hashed(token)
    other = placed_order().order
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=other.pk).update(checkout_token=hashed(token))


def test_legal_texts_are_linked_where_the_shop_has_some(filled, settings):
    assert "Terms" not in filled.get("/checkout/").text
    settings.STOREFRONT_LEGAL_LINKS = "tests.storefront.renderers.legal_links"

    text = filled.get("/checkout/").text

    assert '<a href="/terms/">Terms &amp; conditions</a>' in text


def test_a_basket_in_two_currencies_can_not_be_ordered():
    basket = BasketFactory()
    BasketLineFactory(basket=basket)
    BasketLineFactory(
        basket=basket, variant=VariantFactory(currency="CHF", sku="francs")
    )

    data = services.basket_data(basket, language="en")

    assert [shortage.sku for shortage in data.shortages] == ["francs"]
    assert data.goods.format("en") == "€49.00"

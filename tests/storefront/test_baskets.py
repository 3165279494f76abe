from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from storefront import services
from storefront.exceptions import NotEnoughStock, NotForSale
from storefront.models import Basket, BasketLine, Variant
from tests.storefront.factories import (
    BasketFactory,
    BasketLineFactory,
    ProductFactory,
    ProductPictureFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db

COOKIE = "shoppable_basket"


def put(sku="SKU", quantity=1, origin="", token=""):
    return services.add_to_basket(
        token=token, sku=sku, quantity=quantity, origin=origin
    )


# --- services ----------------------------------------------------------------


def long_ago(days=61):
    return timezone.now() - timedelta(days=days)


def test_baskets_that_nobody_touched_for_sixty_days_are_forgotten():
    BasketLineFactory(basket=BasketFactory(changed_at=long_ago()))
    recent = BasketFactory(changed_at=long_ago(days=59))

    call_command("forget_old_baskets")
    call_command("forget_old_baskets")

    assert list(Basket.objects.all()) == [recent]
    assert not BasketLine.objects.exists()


def test_a_basket_is_never_forgotten_before_its_cookie(settings):
    settings.STOREFRONT_BASKET_COOKIE_SECONDS = 90 * 24 * 3600
    BasketFactory(changed_at=long_ago(days=80))

    assert services.forget_old_baskets() == 0


@pytest.mark.parametrize("touch", ["add", "change", "remove"])
def test_an_old_basket_that_somebody_touches_stays(touch):
    VariantFactory(sku="SKU")
    token = put().token
    [line] = BasketLine.objects.all()
    Basket.objects.update(changed_at=long_ago())

    if touch == "add":
        put(token=token)
    elif touch == "change":
        services.set_quantity(basket=line.basket, line_id=line.pk, quantity=2)
    else:
        services.remove_line(basket=line.basket, line_id=line.pk)

    assert services.forget_old_baskets() == 0


def test_the_database_keeps_only_the_hash_of_a_basket_token():
    VariantFactory(sku="SKU")

    change = put()

    [basket] = Basket.objects.all()
    assert change.token not in basket.token_hash
    assert services.find_basket(change.token) == basket
    assert services.find_basket(basket.token_hash) is None


def test_the_same_from_the_same_place_is_one_line():
    VariantFactory(sku="SKU")
    token = put(origin="photo-1").token

    put(quantity=2, origin="photo-1", token=token)

    assert [line.quantity for line in BasketLine.objects.all()] == [3]


def test_the_same_from_two_photos_is_two_lines_that_share_the_stock():
    VariantFactory(sku="SKU", on_hand=3)
    token = put(quantity=2, origin="photo-1").token

    change = put(quantity=2, origin="photo-2", token=token)

    assert change.is_shortened
    assert [(x.origin, x.quantity) for x in BasketLine.objects.all()] == [
        ("photo-1", 2),
        ("photo-2", 1),
    ]


def test_nothing_is_put_in_of_what_is_sold_out_or_unknown():
    VariantFactory(sku="gone", on_hand=2, reserved=2)
    ProductFactory(key="hidden", is_published=False)
    VariantFactory(sku="francs", currency="CHF")

    with pytest.raises(NotEnoughStock):
        put("gone")
    for sku in ("hidden-1".upper(), "francs", "unknown", ""):
        with pytest.raises(NotForSale):
            put(sku)
    assert not Basket.objects.exists()


def test_a_basket_never_holds_more_than_99_of_one():
    VariantFactory(sku="SKU", on_hand=500)
    token = put(quantity=99).token

    with pytest.raises(NotEnoughStock):
        put(token=token, origin="photo")


@pytest.mark.parametrize("quantity", [-1, 0, 100])
def test_the_database_refuses_impossible_quantities(quantity):
    with pytest.raises((IntegrityError, ValueError)), transaction.atomic():
        BasketLineFactory(quantity=quantity)
    with pytest.raises(ValueError, match="1 to 99"):
        put(quantity=quantity)


def test_a_quantity_is_changed_as_far_as_the_stock_goes():
    line = BasketLineFactory(variant=VariantFactory(on_hand=4))

    change = services.set_quantity(basket=line.basket, line_id=line.pk, quantity=9)

    assert change.is_shortened
    assert change.quantity == 4


def test_a_foreign_line_is_neither_changed_nor_removed():
    line = BasketLineFactory()
    stranger = BasketFactory()

    with pytest.raises(BasketLine.DoesNotExist):
        services.set_quantity(basket=stranger, line_id=line.pk, quantity=2)
    assert not services.remove_line(basket=stranger, line_id=line.pk)
    assert BasketLine.objects.get().quantity == 1


def test_a_basket_shows_the_prices_of_now():
    line = BasketLineFactory(quantity=2)
    Variant.objects.update(price="10.50")

    data = services.basket_data(line.basket, language="en")

    assert data.goods.format("en") == "€21.00"
    assert data.shipping.format("en") == "€4.90"
    assert data.total.format("en") == "€25.90"


def test_large_orders_ship_free_where_the_shop_says_so(settings):
    settings.STOREFRONT_FREE_SHIPPING_FROM = "49.00"
    line = BasketLineFactory(quantity=1)

    assert services.basket_data(line.basket, language="en").shipping.amount == 0


def test_a_basket_says_what_is_no_longer_there():
    basket = BasketFactory()
    BasketLineFactory(
        basket=basket, variant=VariantFactory(sku="few", on_hand=3), quantity=3
    )
    BasketLineFactory(basket=basket, variant=VariantFactory(sku="hidden"))
    Variant.objects.filter(sku="few").update(on_hand=2)
    hidden = Variant.objects.get(sku="hidden").product
    type(hidden).objects.filter(pk=hidden.pk).update(is_published=False)

    data = services.basket_data(basket, language="en")

    assert [(x.sku, x.wanted, x.left) for x in data.shortages] == [
        ("few", 3, 2),
        ("hidden", 1, 10),
    ]


def test_two_lines_of_one_variant_share_what_is_left():
    variant = VariantFactory(on_hand=3)
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant, quantity=2, origin="photo-1")
    BasketLineFactory(basket=basket, variant=variant, quantity=2, origin="photo-2")

    first, second = services.basket_data(basket, language="en").lines

    assert (first.is_short, second.is_short) == (False, True)


def test_reading_a_basket_costs_the_same_for_few_and_many_lines():
    def queries(lines):
        basket = BasketFactory()
        for _ in range(lines):
            picture = ProductPictureFactory()
            variant = picture.product.variants.get()
            BasketLineFactory(basket=basket, variant=variant, origin="photo")
        with CaptureQueriesContext(connection) as captured:
            services.basket_data(basket, language="en")
        return len(captured)

    assert queries(12) == queries(1) == 3


# --- views -------------------------------------------------------------------


def test_looking_around_sets_no_cookie(browser):
    ProductFactory(key="cup")

    for path in ("/shop/", "/shop/cup/", "/shop/?q=cup&sort=price", "/basket/"):
        response = browser.get(path)
        assert response.status_code == 200, path
        assert not response.cookies, path


def test_the_first_line_sets_a_cookie_that_no_script_reads(browser, settings):
    VariantFactory(sku="SKU")

    response = browser.put("SKU")

    cookie = response.cookies[COOKIE]
    assert response.url == "/basket/?notice=added"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]
    assert cookie["path"] == "/"
    settings.SESSION_COOKIE_SECURE = True
    assert browser.put("SKU").cookies[COOKIE]["secure"]


def test_what_can_not_be_put_in_sets_no_cookie(browser):
    VariantFactory(sku="gone", on_hand=0)

    assert browser.put("gone").url == "/basket/?notice=sold_out"
    assert browser.put("unknown").url == "/basket/?notice=gone"
    assert COOKIE not in browser.cookies


@pytest.mark.parametrize(
    "quantity", ["-1", "0", "100", "1e9", "1.5", "99999999999999999999", "two", "½"]
)
def test_a_form_with_an_impossible_quantity_puts_nothing_in(browser, quantity):
    VariantFactory(sku="SKU")

    assert browser.put("SKU", quantity).url == "/basket/?notice=quantity"
    assert not Basket.objects.exists()


def test_a_form_can_leave_the_quantity_out(browser):
    VariantFactory(sku="SKU")

    browser.put("SKU", "")

    assert BasketLine.objects.get().quantity == 1


@pytest.mark.parametrize("origin", ["x" * 65, "<script>", "a b", "photo\n1"])
def test_an_origin_is_a_short_name_or_nothing(browser, origin):
    VariantFactory(sku="SKU")

    browser.put("SKU", origin=origin)

    assert not BasketLine.objects.exists()


def test_a_price_sent_by_the_browser_is_ignored(browser):
    VariantFactory(sku="SKU")

    browser.post(
        "/basket/add/",
        {"sku": "SKU", "quantity": 1, "price": "0.01", "currency": "JPY"},
        headers={"sec-fetch-site": "same-origin"},
    )

    assert "€49.00" in browser.get("/basket/").text


def test_the_basket_shows_the_photo_a_line_came_from(browser):
    VariantFactory(sku="SKU")
    browser.put("SKU", origin="photo-1")

    assert '<a href="/photos/photo-1/">Seen here</a>' in browser.get("/basket/").text


def test_every_notice_has_its_words(browser):
    VariantFactory(sku="SKU")
    plain = browser.get("/basket/").text
    for notice in [
        "added",
        "changed",
        "removed",
        "fewer",
        "all_in_basket",
        "sold_out",
        "gone",
        "quantity",
        "short",
    ]:
        text = browser.get(f"/basket/?notice={notice}").text
        assert 'role="status"' in text
        assert text.count("notice--") + text.count('class="notice"') == 1, notice
    assert "&lt;b" not in browser.get("/basket/?notice=<b>").text
    assert "notice" not in plain


def test_the_basket_page_is_nobody_elses(browser):
    response = browser.get("/basket/")

    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    assert "Cookie" in response["Vary"]


def change(browser, line, **data):
    return browser.post(f"/basket/lines/{line.pk}/", data)


def test_lines_are_changed_and_removed_on_the_basket_page(browser):
    VariantFactory(sku="SKU", on_hand=5)
    browser.put("SKU")
    line = BasketLine.objects.get()

    assert change(browser, line, quantity=3).url == "/basket/?notice=changed"
    assert change(browser, line, quantity=9).url == "/basket/?notice=fewer"
    assert BasketLine.objects.get().quantity == 5
    assert change(browser, line, quantity=-1).url == "/basket/?notice=quantity"
    assert change(browser, line, quantity=0).url == "/basket/?notice=removed"
    assert not BasketLine.objects.exists()
    assert change(browser, line, remove="1").url == "/basket/?notice=removed"


def test_another_browsers_line_is_not_there(browser):
    VariantFactory(sku="SKU")
    line = BasketLineFactory()
    assert change(browser, line, quantity=3).status_code == 404

    browser.put("SKU")

    assert change(browser, line, quantity=3).status_code == 404
    change(browser, line, remove="1")
    assert BasketLine.objects.filter(pk=line.pk, quantity=1).exists()


def test_changing_a_line_needs_the_pages_own_token(strict_browser):
    VariantFactory(sku="SKU")
    strict_browser.put("SKU")
    line = BasketLine.objects.get()

    assert change(strict_browser, line, quantity=3).status_code == 403

    page = strict_browser.get("/basket/")
    token = page.context["csrf_token"]
    change(strict_browser, line, quantity=3, csrfmiddlewaretoken=str(token))
    assert BasketLine.objects.get().quantity == 3

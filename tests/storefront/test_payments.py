from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from outbox.models import OutgoingMail
from outbox.testing import make_due
from storefront import services
from storefront.exceptions import (
    NotEnoughStock,
    OrderClosed,
    PaymentMismatch,
    PaymentUnavailable,
    TooManyUnpaidOrders,
)
from storefront.models import (
    BasketLine,
    Order,
    Payment,
    ReservationExpiry,
    TrialCharge,
    Variant,
)
from storefront.payments.test_provider import TestProvider
from storefront.signals import order_paid
from storefront.tasks import expire_reservation
from tests.storefront.factories import (
    BasketFactory,
    BasketLineFactory,
    ProductFactory,
    VariantFactory,
    placed_order,
)

pytestmark = pytest.mark.django_db

PROVIDER = "storefront.payments.test_provider.TestProvider"


@pytest.fixture
def variant():
    return VariantFactory(sku="SKU", on_hand=10)


def stock():
    return Variant.objects.values_list("on_hand", "reserved").get(sku="SKU")


def start(placed):
    """Begin to pay; return what the provider calls the payment."""
    url = services.start_payment(placed.order.pk)
    return url.rstrip("/").rpartition("/")[2]


def confirm(reference, *, is_paid=True):
    TestProvider().decide(reference, is_paid=is_paid)
    return services.confirm_payment(provider=PROVIDER, reference=reference)


def pass_time(order):
    """Let the reservation be over, as if its 15 minutes had passed."""
    over = timezone.now() - timedelta(seconds=1)
    Order.objects.filter(pk=order.pk, reserved_until__isnull=False).update(
        reserved_until=over
    )


def state_of(placed):
    return Order.objects.get(pk=placed.order.pk).state


# --- the way it goes -----------------------------------------------------------


def test_stock_is_reserved_when_a_payment_starts_and_sold_when_it_is_paid(variant):
    placed = placed_order(variant=variant, quantity=3)
    assert stock() == (10, 0)

    reference = start(placed)
    assert stock() == (10, 3)

    order = confirm(reference)
    assert stock() == (7, 0)
    assert order.state == "paid"
    assert order.paid_at is not None
    assert Payment.objects.get().state == "confirmed"


def test_starting_twice_is_one_payment_and_one_reservation(variant):
    placed = placed_order(variant=variant)

    assert start(placed) == start(placed)
    assert stock() == (10, 1)
    assert ReservationExpiry.objects.count() == 1


def test_confirming_again_changes_nothing(variant):
    reference = start(placed_order(variant=variant, quantity=3))
    for _ in range(3):
        confirm(reference)

    assert stock() == (7, 0)
    assert OutgoingMail.objects.count() == 1


def test_paying_empties_the_basket_of_what_was_bought(variant):
    placed = placed_order(variant=variant)
    later = BasketLineFactory(basket=placed.order.basket)

    confirm(start(placed))

    assert list(BasketLine.objects.all()) == [later]


def test_the_signal_comes_once_and_inside_the_transaction(variant):
    heard = []

    def hear(sender, order_id, **kwargs):
        heard.append((order_id, transaction.get_connection().in_atomic_block))

    order_paid.connect(hear)
    try:
        placed = placed_order(variant=variant)
        reference = start(placed)
        confirm(reference)
        confirm(reference)
    finally:
        order_paid.disconnect(hear)

    assert heard == [(placed.order.pk, True)]


def test_a_receiver_that_fails_leaves_the_order_unpaid(variant):
    def fail(**kwargs):
        raise RuntimeError("receiver")

    reference = start(placed_order(variant=variant))
    order_paid.connect(fail)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            confirm(reference)
    finally:
        order_paid.disconnect(fail)

    assert stock() == (10, 1)
    assert not OutgoingMail.objects.exists()


# --- declined ------------------------------------------------------------------


def test_a_declined_payment_gives_the_pieces_back_and_can_be_tried_again(variant):
    placed = placed_order(variant=variant, quantity=3)
    first = start(placed)

    confirm(first, is_paid=False)
    assert stock() == (10, 0)
    assert state_of(placed) == "awaiting_payment"

    second = start(placed)
    assert second != first
    confirm(second)
    assert stock() == (7, 0)
    assert state_of(placed) == "paid"
    assert OutgoingMail.objects.count() == 1


def test_declining_twice_gives_back_once(variant):
    other = placed_order(variant=variant, quantity=2)
    start(other)
    reference = start(placed_order(variant=variant, quantity=3))

    confirm(reference, is_paid=False)
    confirm(reference, is_paid=False)

    assert stock() == (10, 2)


def test_the_provider_counts_only_the_first_answer(variant):
    reference = start(placed_order(variant=variant))

    confirm(reference, is_paid=False)
    order = confirm(reference, is_paid=True)

    assert order.state == "awaiting_payment"
    assert stock() == (10, 0)


# --- too late ------------------------------------------------------------------


def test_an_expired_reservation_is_given_back_by_its_duty(variant):
    placed = placed_order(variant=variant, quantity=3)
    start(placed)
    pass_time(placed.order)
    expiry = ReservationExpiry.objects.get()

    expire_reservation(make_due(expiry).pk)

    assert stock() == (10, 0)
    assert state_of(placed) == "expired"
    expiry.refresh_from_db()
    assert expiry.is_settled


def test_the_duty_is_due_when_the_reservation_ends(variant):
    placed = placed_order(variant=variant)
    start(placed)

    expiry = ReservationExpiry.objects.get()
    placed.order.refresh_from_db()
    assert expiry.not_before == placed.order.reserved_until
    assert not ReservationExpiry.objects.due().exists()
    assert not services.expire_reservation(expiry.pk)


def test_the_duty_waits_for_a_reservation_that_still_runs(variant):
    placed = placed_order(variant=variant)
    start(placed)
    expiry = make_due(ReservationExpiry.objects.get())

    assert not services.expire_reservation(expiry.pk)

    assert stock() == (10, 1)
    expiry.refresh_from_db()
    assert not expiry.is_settled
    assert expiry.not_before > timezone.now() + timedelta(minutes=14)


def test_an_expiry_does_nothing_to_a_paid_order(variant):
    placed = placed_order(variant=variant)
    confirm(start(placed))

    assert services.expire_reservation(make_due(ReservationExpiry.objects.get()).pk)

    assert state_of(placed) == "paid"
    assert stock() == (9, 0)


def test_an_order_declined_and_left_alone_closes_by_itself(variant):
    placed = placed_order(variant=variant)
    confirm(start(placed), is_paid=False)

    services.expire_reservation(make_due(ReservationExpiry.objects.get()).pk)

    assert state_of(placed) == "expired"
    assert stock() == (10, 0)


def test_all_expired_reservations_can_be_released_without_a_worker(variant):
    old = placed_order(variant=variant, quantity=2)
    start(old)
    start(placed_order(variant=variant))
    pass_time(old.order)

    assert services.release_expired_reservations() == 1
    assert services.release_expired_reservations() == 0
    assert stock() == (10, 1)


def test_a_payment_after_the_end_takes_the_pieces_if_they_are_there(variant):
    placed = placed_order(variant=variant, quantity=3)
    reference = start(placed)
    pass_time(placed.order)
    services.release_expired_reservations()

    confirm(reference)

    assert state_of(placed) == "paid"
    assert stock() == (7, 0)


def test_a_payment_after_the_end_is_sent_back_if_they_are_gone(variant):
    late = placed_order(variant=variant, quantity=10)
    reference = start(late)
    pass_time(late.order)
    services.release_expired_reservations()
    confirm(start(placed_order(variant=variant, quantity=1)))

    for _ in range(2):
        confirm(reference)

    assert state_of(late) == "expired"
    assert stock() == (9, 0)
    assert late.order.payments.get().state == "refund_due"
    assert OutgoingMail.objects.filter(key__contains="refund").count() == 1


def test_a_payment_before_the_end_wins_over_the_expiry(variant):
    placed = placed_order(variant=variant)
    reference = start(placed)
    pass_time(placed.order)

    confirm(reference)
    released = services.release_expired_reservations()

    assert released == 0
    assert state_of(placed) == "paid"
    assert stock() == (9, 0)


def test_a_late_payment_of_a_paid_order_is_sent_back(variant):
    placed = placed_order(variant=variant)
    first = start(placed)
    confirm(first, is_paid=False)
    confirm(start(placed))
    # The bank changed its mind about the first one.
    TrialCharge.objects.filter(reference=first).update(state="paid")

    order = services.confirm_payment(provider=PROVIDER, reference=first)

    assert order.state == "paid"
    assert Payment.objects.get(reference=first).state == "refund_due"
    assert stock() == (9, 0)


def test_a_closed_order_can_not_be_paid(variant):
    placed = placed_order(variant=variant)
    start(placed)
    assert services.cancel_order(placed.order.pk)
    assert not services.cancel_order(placed.order.pk)

    with pytest.raises(OrderClosed):
        services.start_payment(placed.order.pk)
    assert stock() == (10, 0)


def test_paying_a_cancelled_order_sells_nothing(variant):
    placed = placed_order(variant=variant)
    reference = start(placed)
    services.cancel_order(placed.order.pk)

    confirm(reference)

    assert state_of(placed) == "cancelled"
    assert stock() == (10, 0)
    assert placed.order.payments.get().state == "refund_due"


# --- not enough ----------------------------------------------------------------


def test_a_reservation_takes_all_or_nothing(variant):
    scarce = VariantFactory(sku="scarce", on_hand=1)
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant, quantity=2)
    BasketLineFactory(basket=basket, variant=scarce)
    placed = placed_order(basket=basket)
    Variant.objects.filter(sku="scarce").update(on_hand=0)

    with pytest.raises(NotEnoughStock) as error:
        services.start_payment(placed.order.pk)

    assert [(s.sku, s.left) for s in error.value.shortages] == [("scarce", 0)]
    assert stock() == (10, 0)
    assert not Payment.objects.exists()
    assert not ReservationExpiry.objects.exists()


def test_the_last_piece_is_reserved_once(variant):
    Variant.objects.update(on_hand=1)
    first, second = placed_order(variant=variant), placed_order(variant=variant)
    start(first)

    with pytest.raises(NotEnoughStock):
        services.start_payment(second.order.pk)


def test_who_never_pays_cannot_keep_the_pieces_from_others(variant, settings):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 2
    here, there = "192.0.2.1", "192.0.2.2"
    placed = [placed_order(variant=variant) for _ in range(4)]
    for one in placed[:2]:
        services.start_payment(one.order.pk, address=here)

    with pytest.raises(TooManyUnpaidOrders):
        services.start_payment(placed[2].order.pk, address=here)

    assert stock() == (10, 2)
    # Who began may go on, and others may begin.
    services.start_payment(placed[1].order.pk, address=here)
    services.start_payment(placed[3].order.pk, address=there)
    assert stock() == (10, 3)


def end_by_paying(placed):
    confirm(placed.order.payments.get().reference)


def end_by_declining(placed):
    confirm(placed.order.payments.get().reference, is_paid=False)


def end_by_cancelling(placed):
    services.cancel_order(placed.order.pk)


def end_by_waiting(placed):
    Order.objects.filter(pk=placed.order.pk).update(reserved_until=timezone.now())
    services.release_expired_reservations()


@pytest.mark.parametrize(
    "end", [end_by_paying, end_by_declining, end_by_cancelling, end_by_waiting]
)
def test_what_keeps_nothing_does_not_count_and_tells_nothing_of_where(
    variant, settings, end
):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1
    for _ in range(2):
        placed = placed_order(variant=variant)
        services.start_payment(placed.order.pk, address="192.0.2.1")
        assert len(Order.objects.get(pk=placed.order.pk).reserved_from) == 64

        end(placed)

        assert Order.objects.get(pk=placed.order.pk).reserved_from == ""


def test_declining_and_trying_again_does_not_get_past_the_limit(variant, settings):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1
    first, second = placed_order(variant=variant), placed_order(variant=variant)
    services.start_payment(first.order.pk, address="192.0.2.1")
    end_by_declining(first)
    services.start_payment(second.order.pk, address="192.0.2.1")

    with pytest.raises(TooManyUnpaidOrders):
        services.start_payment(first.order.pk, address="192.0.2.1")

    assert stock() == (10, 1)


def test_a_reservation_that_nobody_released_yet_counts_once(variant, settings):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1
    first, second = placed_order(variant=variant), placed_order(variant=variant)
    services.start_payment(first.order.pk, address="192.0.2.1")
    Order.objects.filter(pk=first.order.pk).update(reserved_until=timezone.now())

    with pytest.raises(TooManyUnpaidOrders):
        services.start_payment(second.order.pk, address="192.0.2.1")

    services.start_payment(first.order.pk, address="192.0.2.1")
    assert stock() == (10, 1)


def test_who_orders_the_same_basket_again_and_again_is_not_sent_away(variant, settings):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant, quantity=2)

    for _ in range(3):
        placed = placed_order(basket=basket)
        services.start_payment(placed.order.pk, address="192.0.2.1")

    assert stock() == (10, 2)
    assert Order.objects.exclude(reserved_from="").count() == 1


def test_who_is_sent_away_keeps_what_the_basket_reserved(variant, settings):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant)
    first = placed_order(basket=basket)
    services.start_payment(first.order.pk, address="192.0.2.2")
    services.start_payment(placed_order(variant=variant).order.pk, address="192.0.2.1")

    with pytest.raises(TooManyUnpaidOrders):
        services.start_payment(
            placed_order(basket=basket).order.pk, address="192.0.2.1"
        )

    assert state_of(first) == "awaiting_payment"
    assert stock() == (10, 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:a:b:c:d"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1:4712"),
        ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::1"),
        ("unnamed", "unnamed"),
    ],
)
def test_one_network_is_one_however_it_is_written(variant, settings, one, other):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1
    services.start_payment(placed_order(variant=variant).order.pk, address=one)

    with pytest.raises(TooManyUnpaidOrders):
        services.start_payment(placed_order(variant=variant).order.pk, address=other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        # This machine: a proxy that says nothing of the visitors, or a demo.
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("", ""),
    ],
)
def test_different_networks_and_this_machine_are_let_be(variant, settings, one, other):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1

    for address in (one, other):
        services.start_payment(placed_order(variant=variant).order.pk, address=address)

    assert stock() == (10, 2)


def test_the_order_page_tells_of_too_many_unpaid_orders(browser, variant, settings):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1
    settings.STOREFRONT_RESERVATION_SECONDS = 600
    first, second = placed_order(variant=variant), placed_order(variant=variant)
    browser.post(f"/orders/{first.token}/pay/", REMOTE_ADDR="192.0.2.1")

    page = browser.post(
        f"/orders/{second.token}/pay/", follow=True, REMOTE_ADDR="192.0.2.1"
    ).text

    assert "try again in 10 minutes" in page
    assert stock() == (10, 1)


def test_two_lines_of_one_variant_are_reserved_together(variant):
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant, quantity=4, origin="photo-1")
    BasketLineFactory(basket=basket, variant=variant, quantity=5, origin="photo-2")

    confirm(start(placed_order(basket=basket)))

    assert stock() == (1, 0)


def test_one_basket_reserves_for_one_order_at_a_time(variant):
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant, quantity=6)
    first = placed_order(basket=basket)
    start(first)

    second = placed_order(variant=variant)
    Order.objects.filter(pk=second.order.pk).update(basket=basket)
    start(second)

    assert state_of(first) == "cancelled"
    assert stock()[1] == second.order.lines.get().quantity


# --- somebody else's payment -----------------------------------------------------


@pytest.mark.parametrize(
    "tampered", [{"amount": "0.01"}, {"currency": "JPY"}, {"order_number": "AAAA-BBBB"}]
)
def test_a_payment_of_something_else_pays_nothing(variant, tampered):
    reference = start(placed_order(variant=variant))
    TrialCharge.objects.update(**tampered)

    with pytest.raises(PaymentMismatch):
        confirm(reference)

    assert stock() == (10, 1)
    assert not Order.objects.filter(state="paid").exists()


def test_a_cheap_payment_can_not_be_attached_to_a_dear_order(variant):
    cheap = placed_order(variant=VariantFactory(price="1.00"))
    dear = placed_order(variant=variant, quantity=9)
    paid, open_one = start(cheap), start(dear)
    TestProvider().decide(paid, is_paid=True)

    services.confirm_payment(provider=PROVIDER, reference=open_one)

    assert state_of(dear) == "awaiting_payment"


def test_an_unknown_payment_is_no_payment():
    with pytest.raises(Payment.DoesNotExist):
        services.confirm_payment(provider=PROVIDER, reference="invented")


class Sulking(TestProvider):
    """A provider that does not answer."""

    def start(self, request):
        raise PaymentUnavailable


def test_an_order_waits_for_a_provider_that_does_not_answer(browser, settings):
    settings.STOREFRONT_PAYMENT_PROVIDERS = [f"{__name__}.Sulking"]
    placed = placed_order()

    response = browser.post(f"/orders/{placed.token}/pay/")

    assert response.url == f"/orders/{placed.token}/?notice=unavailable"
    assert "does not answer" in browser.get(response.url).text


def test_a_provider_that_does_not_answer_keeps_nothing_and_nobody_away(
    variant, settings
):
    settings.STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS = 1
    placed = [placed_order(variant=variant) for _ in range(2)]
    settings.STOREFRONT_PAYMENT_PROVIDERS = [f"{__name__}.Sulking"]
    for one in placed:
        with pytest.raises(PaymentUnavailable):
            services.start_payment(one.order.pk, address="192.0.2.1")

    assert stock() == (10, 0)
    assert not Order.objects.exclude(reserved_from="").exists()
    settings.STOREFRONT_PAYMENT_PROVIDERS = [PROVIDER]
    services.start_payment(placed_order(variant=variant).order.pk, address="192.0.2.1")


def test_a_payment_that_began_outlives_a_provider_that_stopped_answering(
    variant, monkeypatch
):
    placed = placed_order(variant=variant)
    reference = start(placed)
    monkeypatch.setattr(TestProvider, "start", Sulking.start)

    with pytest.raises(PaymentUnavailable):
        services.start_payment(placed.order.pk, address="192.0.2.1")

    assert stock() == (10, 1)
    confirm(reference)
    assert state_of(placed) == "paid"


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "paid"},
        {"total": "-1"},
        {"currency": "XXX"},
        {"state": "expired", "reserved_until": timezone.now()},
        {"total": "1.00"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_the_database_refuses_impossible_orders(variant, fields):
    placed = placed_order(variant=variant)

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=placed.order.pk).update(**fields)


def test_the_database_refuses_a_second_pending_or_confirmed_payment(variant):
    payment = Payment.objects.get(reference=start(placed_order(variant=variant)))

    for state in ("pending", "confirmed"):
        Payment.objects.filter(pk=payment.pk).update(state=state)
        with pytest.raises(IntegrityError), transaction.atomic():
            payment.order.payments.create(
                provider=PROVIDER,
                reference=f"2{state}",
                amount=1,
                currency="EUR",
                state=state,
            )


# --- pages ---------------------------------------------------------------------


def test_the_test_page_says_that_no_money_moves_and_pays(browser, variant):
    placed = placed_order(variant=variant)
    url = services.start_payment(placed.order.pk)

    page = browser.get(url)
    response = browser.post(url, {"pay": "1"})

    assert "No money moves here" in page.text
    assert "€53.90" in page.text
    assert response.url == f"/orders/{placed.token}/"
    assert "Thank you" in browser.get(response.url).text
    # Again, by the back button.
    assert browser.get(url).url == response.url
    assert browser.post(url, {"decline": "1"}).url == response.url
    assert stock() == (9, 0)


def test_the_test_page_declines_and_the_order_can_be_paid_again(browser, variant):
    placed = placed_order(variant=variant)
    url = services.start_payment(placed.order.pk)

    response = browser.post(url, {"decline": "1"})
    again = browser.post(f"/orders/{placed.token}/pay/")

    assert "was declined" in browser.get(response.url).text
    assert again.url.startswith("/checkout/pay/")
    assert again.url != url
    browser.post(again.url, {"pay": "1"})
    assert state_of(placed) == "paid"


def test_the_test_page_needs_its_own_token_and_a_real_payment(strict_browser, variant):
    url = services.start_payment(placed_order(variant=variant).order.pk)

    assert strict_browser.post(url, {"pay": "1"}).status_code == 403
    assert strict_browser.get("/checkout/pay/invented/").status_code == 404


def test_nobody_pays_by_a_click_where_the_test_provider_is_not_installed(
    browser, variant, settings
):
    url = services.start_payment(placed_order(variant=variant).order.pk)
    settings.STOREFRONT_PAYMENT_PROVIDERS = [f"{__name__}.Sulking"]

    assert browser.get(url).status_code == 404
    assert browser.post(url, {"pay": "1"}).status_code == 404
    assert stock() == (10, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "expired"}, "has expired"),
        ({"state": "cancelled"}, "is cancelled"),
        ({}, "Not paid yet"),
    ],
)
def test_an_order_page_says_how_it_stands(browser, change, words):
    placed = placed_order()
    Order.objects.filter(pk=placed.order.pk).update(**change)

    assert words in browser.get(f"/orders/{placed.token}/").text


def test_a_buyer_is_told_of_money_that_goes_back(browser, variant):
    placed = placed_order(variant=variant)
    reference = start(placed)
    services.cancel_order(placed.order.pk)
    confirm(reference)

    assert "You get the money back" in browser.get(f"/orders/{placed.token}/").text


# --- mails ---------------------------------------------------------------------


def confirmation(language="en"):
    product = ProductFactory(
        key="cup", english="Cup & saucer", german="Tasse", variants=0
    )
    placed = placed_order(
        variant=VariantFactory(product=product, english="Large", german="Groß"),
        quantity=2,
        language=language,
    )
    confirm(start(placed))
    return placed, OutgoingMail.objects.get()


def test_the_confirmation_holds_the_order_and_its_link():
    placed, mail = confirmation()

    assert mail.key == f"order-{placed.order.number}-confirmed"
    assert mail.to == "mira@example.org"
    assert mail.subject == f"Your order {placed.order.number} at Amsel"
    for text in (mail.text, mail.html):
        assert f"https://shop.example/orders/{placed.token}/" in text
        for fact in ("Large", "€98.00", "€4.90", "€102.90", "Lindenstr. 5", "Germany"):
            assert fact in text, fact
    assert "2 × Cup & saucer, Large" in mail.text
    assert "2 × Cup &amp; saucer, Large" in mail.html


def test_the_confirmation_speaks_the_language_of_the_order():
    _placed, mail = confirmation("de")

    assert mail.subject.startswith("Deine Bestellung")
    assert "2 × Tasse, Groß: 98,00\N{NO-BREAK SPACE}€" in mail.text
    assert "Deutschland" in mail.text
    assert '<html lang="de">' in mail.html


def test_the_confirmation_and_the_order_ask_for_a_photo(browser, settings):
    placed, mail = confirmation()
    page = browser.get(f"/orders/{placed.token}/").text
    assert "Share your photo" not in mail.html + page
    settings.STOREFRONT_SHARE_URL = "tests.storefront.renderers.share_url"
    OutgoingMail.objects.all().delete()
    from storefront import mails

    mails.send_order_confirmation(placed.order)

    mail = OutgoingMail.objects.get()
    link = "/share-your-photo/cup/"
    assert f"https://shop.example{link}" in mail.text
    assert f'href="https://shop.example{link}"' in mail.html
    assert f'href="{link}"' in browser.get(f"/orders/{placed.token}/").text
    assert f'href="{link}"' in browser.get("/shop/cup/").text


def test_a_confirmation_is_written_once(variant):
    from storefront import mails

    placed = placed_order(variant=variant)
    for _ in range(3):
        mails.send_order_confirmation(placed.order)

    assert OutgoingMail.objects.count() == 1

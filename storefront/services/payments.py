"""Paying orders: reserve, ask the provider, sell or give back.

Every transaction here locks the order first, so that a payment, a decline and
the end of the reservation take turns; the conditional UPDATEs behind that hold
on databases without row locks too.
"""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from outbox import leases

from .. import conf, mails
from ..exceptions import (
    NotEnoughStock,
    OrderClosed,
    PaymentMismatch,
    TooManyUnpaidOrders,
)
from ..models import BasketLine, Order, Payment, ReservationExpiry
from ..networks import network
from ..payments.base import Outcome, PaymentRequest, Standing
from ..signals import order_paid
from . import stock
from .orders import close, page_token

logger = logging.getLogger(__name__)


def start_payment(order_id: int, *, provider: str = "", address: str = "") -> str:
    """Reserve the order's pieces and return the address at which to pay.

    ``provider`` is a dotted path of the setting; the first one if empty. From one
    network ``address`` so many orders may keep pieces at a time as
    ``STOREFRONT_OPEN_RESERVATIONS_PER_ADDRESS`` says; without one, or from this
    machine, they aren't counted. Asked again while the reservation lasts, it leads
    to the same payment. A provider that fails keeps no pieces from others.
    Raises ``NotEnoughStock``, ``OrderClosed``, ``TooManyUnpaidOrders`` and the
    provider's ``PaymentUnavailable``.
    """
    providers = conf.payment_providers()
    path = provider if provider in providers else next(iter(providers))
    payment, is_new = _open_payment(order_id, path, address)
    order = payment.order
    with translation.override(order.language):
        request = PaymentRequest(
            reference=payment.reference,
            order_number=order.number,
            price=payment.price,
            email=order.email,
            language=order.language,
            return_url=reverse("shoppable_store:order", args=[page_token(order)]),
        )
        # Outside the transaction: a real provider is a call over the network.
        try:
            return providers[payment.provider].start(request)
        except Exception:
            # Nobody can pay this, so it keeps nothing; but a payment that began
            # earlier may still be made.
            if is_new:
                _give_back(order_id)
            raise


@transaction.atomic
def _open_payment(order_id: int, path: str, address: str) -> tuple[Payment, bool]:
    """Return the payment, and whether pieces were reserved for it just now."""
    order = Order.objects.get(pk=order_id)
    together = Q(pk=order.pk)
    if order.basket_id is not None:
        together |= Q(basket=order.basket_id, state=Order.State.AWAITING_PAYMENT)
    locked = list(Order.objects.select_for_update().filter(together).order_by("pk"))
    order = next(row for row in locked if row.pk == order_id)
    if not order.is_open:
        raise OrderClosed(order.number)
    # One basket reserves once: who pays for a second order has given up the
    # first, and nobody empties the shop by ordering without paying.
    for other in locked:
        if other.pk != order.pk:
            close(other, Order.State.CANCELLED)
    is_new = order.reserved_until is None
    if is_new:
        _count(order, address)
    _reserve(order)
    payment = order.payments.filter(state=Payment.State.PENDING).first()
    if payment is None:
        payment = order.payments.create(
            provider=path,
            reference=secrets.token_urlsafe(24),
            amount=order.total,
            currency=order.currency,
        )
    payment.order = order
    return payment, is_new


def _count(order: Order, address: str) -> None:
    """Remember where a locked order reserves from, or say that it is too much.

    A hash with the secret key, kept while the order reserves: the rows tell nothing
    of who it was. Two at once may both be the last one allowed.
    """
    place = network(address)
    if not place:
        return
    order.reserved_from = salted_hmac(
        "storefront.reserved_from", place, algorithm="sha256"
    ).hexdigest()
    keeping = Order.objects.filter(
        reserved_from=order.reserved_from, reserved_until__isnull=False
    )
    if keeping.count() >= conf.open_reservations_per_address():
        raise TooManyUnpaidOrders
    order.save(update_fields=["reserved_from"])


def _reserve(order: Order) -> None:
    """Reserve for a locked order, from now or, if it does already, anew."""
    now = timezone.now()
    if order.reserved_until is not None and order.reserved_until > now:
        return
    if order.reserved_until is None:
        stock.reserve(order)
    order.reserved_until = now + conf.reservation_time()
    order.save(update_fields=["reserved_until"])
    ReservationExpiry.objects.create(order=order, not_before=order.reserved_until)


@transaction.atomic
def _give_back(order_id: int) -> None:
    """Let others have what an open order reserved; it can still be paid."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.is_open and order.reserved_until is not None:
        order.reserved_until, order.reserved_from = None, ""
        order.save(update_fields=["reserved_until", "reserved_from"])
        stock.give_back(order)


def confirm_payment(*, provider: str, reference: str) -> Order:
    """Ask the provider what became of a payment, and let the order follow.

    Paid sells the reserved pieces, writes the mail and speaks of it; declined
    gives the pieces back and leaves the order to be paid another way. Doing it
    again changes nothing. Raises ``PaymentMismatch`` if the provider's payment
    is not the one we asked for, and ``Payment.DoesNotExist``.
    """
    payment = Payment.objects.select_related("order").get(
        provider=provider, reference=reference
    )
    outcome = conf.payment_providers()[provider].outcome(reference)
    _compare(payment, outcome)
    if outcome.standing is Standing.PAID:
        return _paid(payment)
    if outcome.standing is Standing.DECLINED:
        return _declined(payment)
    return payment.order


def _compare(payment: Payment, outcome: Outcome) -> None:
    order = payment.order
    if (
        outcome.price == payment.price == order.total_price
        and outcome.order_number == order.number
    ):
        return
    logger.error("Payment %s is not that of order %s", payment.pk, order.pk)
    raise PaymentMismatch(payment.reference)


@transaction.atomic
def _paid(payment: Payment) -> Order:
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    row = Payment.objects.filter(pk=payment.pk)
    now = timezone.now()
    # A declined one too: of a decline and a payment the money counts. It is
    # ours only once the pieces are, so it starts as money to be sent back.
    settled = row.filter(
        state__in=[Payment.State.PENDING, Payment.State.DECLINED]
    ).update(state=Payment.State.REFUND_DUE, settled_at=now)
    if not settled:
        return order  # Said before.
    if not _sell(order):
        logger.warning("Payment %s came too late and is to be refunded", payment.pk)
        mails.send_refund_notice(order, payment)
        return order
    row.update(state=Payment.State.CONFIRMED)
    order.state, order.paid_at, order.reserved_until = Order.State.PAID, now, None
    order.reserved_from = ""
    order.save(update_fields=["state", "paid_at", "reserved_until", "reserved_from"])
    _clear_basket(order)
    mails.send_order_confirmation(order)
    order_paid.send(sender=Order, order_id=order.pk)
    return order


def _sell(order: Order) -> bool:
    """Hand out a locked order's pieces, if it is one that can still be paid."""
    if order.state == Order.State.AWAITING_PAYMENT and order.reserved_until:
        stock.sell_reserved(order)
        return True
    if order.state in (Order.State.AWAITING_PAYMENT, Order.State.EXPIRED):
        # The reservation is over, but the money is there: if the pieces are
        # too, nobody is served by sending it back.
        try:
            with transaction.atomic():
                stock.sell_unreserved(order)
        except NotEnoughStock:
            return False
        return True
    return False


def _clear_basket(order: Order) -> None:
    """Take what was bought out of the basket; what came later stays."""
    BasketLine.objects.filter(
        basket=order.basket_id,
        variant__in=order.lines.values("variant"),
        created_at__lte=order.created_at,
    ).delete()


@transaction.atomic
def _declined(payment: Payment) -> Order:
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    declined = Payment.objects.filter(
        pk=payment.pk, state=Payment.State.PENDING
    ).update(state=Payment.State.DECLINED, settled_at=timezone.now())
    if declined:
        _give_back(order.pk)
        order.refresh_from_db()
    return order


def expire_reservation(expiry_id: int) -> bool:
    """Close the order of a due expiry, unless it was paid or reserved anew.

    Return whether this call settled the duty.
    """
    lease = leases.claim(ReservationExpiry, expiry_id)
    if lease is None:
        return False
    with transaction.atomic():
        rest = _expire(lease.row.order_id)
        if rest > timedelta(0):
            lease.release(not_before=rest)
            return False
        return lease.finish()


def release_expired_reservations() -> int:
    """Close all orders whose reservation is over. Return how many.

    The outbox does it by itself, order by order; this is for a site without a
    running worker.
    """
    over = Order.objects.filter(
        state=Order.State.AWAITING_PAYMENT, reserved_until__lte=timezone.now()
    )
    expired = 0
    for order_id in over.values_list("pk", flat=True):
        with transaction.atomic():
            expired += _expire(order_id) == timedelta(0)
    return expired


def _expire(order_id: int) -> timedelta:
    """Close the order, or return for how long it still has to be left alone."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.reserved_until is not None:
        # Declined and started anew, or this clock is behind the database's.
        rest = order.reserved_until - timezone.now()
        if rest > timedelta(0):
            return rest
    close(order, Order.State.EXPIRED)
    return timedelta(0)

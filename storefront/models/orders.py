"""Orders, what was paid for them, and the duty to give stock back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outbox.models import Work, work_indexes

from ..money import Price
from .baskets import Basket
from .columns import (
    currency_column,
    known_currency,
    money_column,
    not_negative,
    quantity_in_range,
)
from .products import Variant


class Order(models.Model):
    """A promise to buy, as it stood when the buyer pressed the button.

    ``reserved_until`` is set exactly while pieces are reserved for it.
    ``checkout_token`` is the hash of the token that came with the form: one
    form makes one order, however often it is sent. ``reserved_from`` is a hash of
    the network from which pieces were reserved, while they are.
    """

    class State(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", _("waiting for payment")
        PAID = "paid", _("paid")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    number = models.CharField(max_length=20, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    checkout_token = models.CharField(max_length=64, unique=True)
    basket = models.ForeignKey(
        Basket, null=True, blank=True, on_delete=models.SET_NULL, related_name="orders"
    )
    state = models.CharField(
        max_length=20, choices=State.choices, default=State.AWAITING_PAYMENT
    )
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    street = models.CharField(max_length=160)
    extra = models.CharField(max_length=160, blank=True, default="")
    postcode = models.CharField(max_length=16)
    city = models.CharField(max_length=120)
    country = models.CharField(max_length=2)  # ISO 3166-1 alpha-2
    language = models.CharField(max_length=12)
    currency = currency_column()
    shipping = money_column()
    total = money_column()  # lines and shipping, taxes included
    reserved_until = models.DateTimeField(null=True, blank=True, db_index=True)
    reserved_from = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=not_negative("shipping", "total")
                & Q(total__gte=F("shipping")),
                name="store_order_total",
            ),
            models.CheckConstraint(
                condition=known_currency(), name="store_order_currency_known"
            ),
            models.CheckConstraint(
                condition=Q(reserved_until=None) | Q(state="awaiting_payment"),
                name="store_order_reserves_only_while_awaiting",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False)
                | (~Q(state="paid") & Q(paid_at=None)),
                name="store_order_paid_has_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reserved_from"],
                condition=~Q(reserved_from=""),
                name="store_order_reserved_from",
            ),
        ]
        verbose_name = _("order")
        verbose_name_plural = _("orders")

    def __str__(self) -> str:
        return self.number

    @property
    def total_price(self) -> Price:
        return Price(self.total, self.currency)

    @property
    def shipping_price(self) -> Price:
        return Price(self.shipping, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether it can still be paid."""
        return self.state == self.State.AWAITING_PAYMENT


class OrderLine(models.Model):
    """One line as it was ordered: words and price stay, whatever changes."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    sku = models.CharField(max_length=80)
    product_key = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    label = models.CharField(max_length=200, blank=True, default="")
    unit_price = money_column()
    currency = currency_column()
    quantity = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=quantity_in_range(), name="store_order_line_quantity"
            ),
            models.CheckConstraint(
                condition=not_negative("unit_price"),
                name="store_order_line_price_not_negative",
            ),
            models.CheckConstraint(
                condition=known_currency(), name="store_order_line_currency_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def price(self) -> Price:
        return Price(self.unit_price, self.currency)

    @property
    def sum(self) -> Price:
        return self.price * self.quantity


class Payment(models.Model):
    """One try to pay one order.

    ``refund_due``: the money came, but too late for this order; it has to go
    back.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        CONFIRMED = "confirmed", _("confirmed")
        DECLINED = "declined", _("declined")
        REFUND_DUE = "refund_due", _("to be refunded")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=120)  # dotted path
    reference = models.CharField(max_length=120)  # random, ours, in its addresses
    state = models.CharField(
        max_length=12, choices=State.choices, default=State.PENDING
    )
    amount = money_column()
    currency = currency_column()
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference"], name="store_payment_reference_unique"
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state="pending"),
                name="store_payment_one_pending_per_order",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state="confirmed"),
                name="store_payment_one_confirmed_per_order",
            ),
            models.CheckConstraint(
                condition=not_negative("amount"), name="store_payment_not_negative"
            ),
            models.CheckConstraint(
                condition=known_currency(), name="store_payment_currency_known"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def price(self) -> Price:
        return Price(self.amount, self.currency)


class ReservationExpiry(Work):
    """The duty to look at an order when its reservation ends."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+")

    work_task: ClassVar[str] = "storefront.expire_reservation"
    is_forgotten = True

    class Meta:
        indexes = work_indexes("store_reservation")
        verbose_name = _("expiring reservation")
        verbose_name_plural = _("expiring reservations")

    def __str__(self) -> str:
        return f"reservation of order {self.order_id}"


class TrialCharge(models.Model):
    """What the built-in test provider remembers of a payment.

    It stands for the provider's side: the shop compares with it, and believes
    nothing that a browser says.
    """

    class State(models.TextChoices):
        OPEN = "open"
        PAID = "paid"
        DECLINED = "declined"

    reference = models.CharField(max_length=120, unique=True)
    order_number = models.CharField(max_length=20)
    amount = money_column()
    currency = currency_column()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    return_url = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=known_currency(), name="store_trial_charge_currency_known"
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def price(self) -> Price:
        return Price(self.amount, self.currency)

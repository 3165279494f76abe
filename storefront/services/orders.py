"""Placing orders and showing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import translation
from django.utils.safestring import SafeString

from .. import conf
from ..catalogue import ProductCard, cards_by_key
from ..exceptions import BasketEmpty, NotEnoughStock, StorefrontError
from ..models import Basket, Order, OrderLine
from ..money import Price
from ..tokens import hashed, new_order_number, order_token
from . import stock
from .baskets import BasketData, basket_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who orders and where it goes; ``country`` is ISO 3166-1 alpha-2."""

    email: str
    name: str
    street: str
    extra: str = ""
    postcode: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order with the token of its page; ``is_new`` once per form."""

    order: Order
    token: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price that differs from the one the buyer was shown."""

    name: str
    shown: Price
    now: Price


class CheckoutChanged(StorefrontError):
    """The basket or a price is not what the buyer was shown: show it again."""

    def __init__(self, changes: tuple[PriceChange, ...]) -> None:
        super().__init__("The summary has changed since it was shown.")
        self.changes = changes


class FormIsForeign(StorefrontError):
    """The form's token made an order of another basket: give out a new one."""


def shown_prices(data: BasketData) -> str:
    """Return what a summary tells the buyer, to be sent along with the order.

    Lines as "variant:quantity:price", then shipping and total. Only compared:
    the order's prices always come from the database.
    """
    lines = [f"{x.variant_id}:{x.quantity}:{x.price.amount}" for x in data.lines]
    sums = f"{data.goods.currency}:{data.shipping.amount}:{data.total.amount}"
    return ";".join([*lines, sums])


@transaction.atomic
def place_order(
    *, basket: Basket, checkout_token: str, buyer: Buyer, language: str, shown: str
) -> PlacedOrder:
    """Make the basket an order, once per checkout token.

    Reserves nothing yet. Raises ``BasketEmpty``, ``NotEnoughStock``,
    ``CheckoutChanged`` if ``shown`` is not what it costs now, and
    ``FormIsForeign``.
    """
    # Of two submits of one form the second waits here and finds the first.
    basket = Basket.objects.select_for_update().get(pk=basket.pk)
    checkout_hash = hashed(checkout_token)
    first = Order.objects.filter(checkout_token=checkout_hash).first()
    if first is not None:
        if first.basket_id != basket.pk:
            raise FormIsForeign
        return PlacedOrder(first, page_token(first), is_new=False)
    data = basket_data(basket, language=language)
    if data.is_empty:
        raise BasketEmpty
    if data.shortages:
        raise NotEnoughStock(data.shortages)
    if shown != shown_prices(data):
        raise CheckoutChanged(_changes(shown, data))
    order, token = _create(basket, checkout_hash, buyer, language, data)
    return PlacedOrder(order, token, is_new=True)


def _create(
    basket: Basket, checkout_hash: str, buyer: Buyer, language: str, data: BasketData
) -> tuple[Order, str]:
    number = new_order_number()
    while Order.objects.filter(number=number).exists():
        number = new_order_number()
    token = order_token(number, checkout_hash)
    order = Order.objects.create(
        number=number,
        token_hash=hashed(token),
        checkout_token=checkout_hash,
        basket=basket,
        email=buyer.email,
        name=buyer.name,
        street=buyer.street,
        extra=buyer.extra,
        postcode=buyer.postcode,
        city=buyer.city,
        country=buyer.country,
        language=language,
        currency=data.total.currency,
        shipping=data.shipping.amount,
        total=data.total.amount,
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            variant_id=line.variant_id,
            sku=line.sku,
            product_key=line.product_key,
            name=line.name,
            label=line.label,
            unit_price=line.price.amount,
            currency=line.price.currency,
            quantity=line.quantity,
            origin=line.origin,
        )
        for line in data.lines
    )
    return order, token


def _changes(shown: str, data: BasketData) -> tuple[PriceChange, ...]:
    """Return the lines whose price changed; what can't be read is left out."""
    before: dict[str, str] = {}
    for part in shown.split(";")[:-1]:
        pieces = part.split(":")
        if len(pieces) == 3:
            before[pieces[0]] = pieces[2]
    changes = []
    for line in data.lines:
        amount = before.get(str(line.variant_id), "")
        if amount == str(line.price.amount):
            continue
        try:
            was = Price(type(line.price.amount)(amount), line.price.currency)
        except (ArithmeticError, ValueError):
            continue
        name = " ".join(filter(None, (line.name, line.label)))
        changes.append(PriceChange(name, was, line.price))
    return tuple(changes)


@transaction.atomic
def cancel_order(order_id: int) -> bool:
    """Cancel an unpaid order and give its pieces back. Return whether it did."""
    order = Order.objects.select_for_update().get(pk=order_id)
    return close(order, Order.State.CANCELLED)


def close(order: Order, state: Order.State) -> bool:
    """Close an order that waits for its payment; needs a transaction."""
    waiting = Order.objects.filter(pk=order.pk, state=Order.State.AWAITING_PAYMENT)
    reserving = waiting.filter(reserved_until__isnull=False)
    # Two statements: whether pieces were reserved is part of the condition.
    if reserving.update(state=state, reserved_until=None, reserved_from=""):
        stock.give_back(order)
        return True
    return waiting.update(state=state, reserved_from="") == 1


def page_token(order: Order) -> str:
    """Return the token of the order's page, for its mail and for redirects."""
    return order_token(order.number, order.checkout_token, token_hash=order.token_hash)


def find_order(token: str) -> Order | None:
    """Return the order of a secret link, if there is one."""
    if not token or len(token) > 200:
        return None
    return Order.objects.filter(token_hash=hashed(token)).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLineData:
    """An ordered line with what can be shown of it today."""

    line: OrderLine
    card: ProductCard | None
    origin_html: SafeString | None
    share_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderData:
    """An order as its page and its mail show it."""

    order: Order
    lines: Sequence[OrderLineData]
    goods: Price
    refund_is_due: bool


def order_data(order: Order, *, language: str) -> OrderData:
    """Return it in a constant number of queries."""
    rows = list(order.lines.all())
    cards = cards_by_key({row.product_key for row in rows}, language=language)
    origins = [row.origin for row in rows if row.origin]
    drawn = conf.origin_renderer().origins(origins) if origins else {}
    asked: set[str] = set()
    lines = []
    with translation.override(language):
        for row in rows:
            # Each product is asked for once, though it came in two sizes.
            is_new = row.product_key not in asked and row.product_key in cards
            asked.add(row.product_key)
            lines.append(
                OrderLineData(
                    line=row,
                    card=cards.get(row.product_key),
                    origin_html=drawn.get(row.origin),
                    share_url=conf.share_url(row.product_key) if is_new else "",
                )
            )
    return OrderData(
        order=order,
        lines=tuple(lines),
        goods=Price.sum((row.sum for row in rows), currency=order.currency),
        refund_is_due=order.payments.filter(state="refund_due").exists(),
    )

"""Putting into the basket, changing it, and reading it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.safestring import SafeString

from .. import conf
from ..catalogue import ProductCard, cards_by_key
from ..exceptions import NotEnoughStock, NotForSale, Shortage
from ..models import Basket, BasketLine, Variant
from ..models.columns import MAX_QUANTITY
from ..money import Price
from ..purchase import VariantChoice
from ..tokens import hashed, new_token

_BASKETS_AT_ONCE = 500  # deleted in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketChange:
    """What became of a wish; ``token`` is for the cookie."""

    token: str
    line: BasketLine | None
    wanted: int
    quantity: int  # pieces of this line now

    @property
    def is_shortened(self) -> bool:
        return self.quantity < self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLineData:
    """A line with the names and prices of now.

    ``left`` pieces can still be had for this line and those after it of the
    same variant. ``card`` is None if the product is gone from the shop.
    """

    id: int
    variant_id: int
    sku: str
    product_key: str
    name: str
    label: str
    card: ProductCard | None
    price: Price
    quantity: int
    left: int
    origin: str
    origin_html: SafeString | None

    @property
    def sum(self) -> Price:
        return self.price * self.quantity

    @property
    def is_for_sale(self) -> bool:
        return self.card is not None

    @property
    def is_short(self) -> bool:
        return self.quantity > self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketData:
    """A basket with its sums; prices are those of the database, now."""

    lines: tuple[BasketLineData, ...]
    goods: Price
    shipping: Price
    total: Price

    @property
    def is_empty(self) -> bool:
        return not self.lines

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def shortages(self) -> tuple[Shortage, ...]:
        """What keeps it from being ordered."""
        return tuple(
            Shortage(
                sku=line.sku,
                name=" ".join(filter(None, (line.name, line.label))),
                wanted=line.quantity,
                left=line.left,
            )
            for line in self.lines
            if line.is_short or not line.is_for_sale
        )


def find_basket(token: str) -> Basket | None:
    """Return the basket of a cookie, if there is one."""
    if not token or len(token) > 200:
        return None
    return Basket.objects.filter(token_hash=hashed(token)).first()


@transaction.atomic
def add_to_basket(
    *, token: str, sku: str, quantity: int, origin: str = ""
) -> BasketChange:
    """Put pieces of a variant into the basket of the token, or into a new one.

    Puts in fewer if fewer are left; raises ``NotEnoughStock`` if none are, and
    ``NotForSale`` for an unknown SKU. Nothing is reserved.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise ValueError(f"A quantity is 1 to {MAX_QUANTITY}.")
    variant = _variant_for_sale(sku)
    basket = find_basket(token)
    if basket is None:
        token = new_token()
        basket = Basket.objects.create(token_hash=hashed(token))
    else:
        # Two clicks at once take turns.
        basket = Basket.objects.select_for_update().get(pk=basket.pk)
    lines = list(basket.lines.filter(variant=variant))
    present = sum(line.quantity for line in lines)
    room = min(variant.available, MAX_QUANTITY) - present
    if room <= 0:
        raise NotEnoughStock(
            (Shortage(sku, sku, present + quantity, max(variant.available, 0)),)
        )
    added = min(quantity, room)
    line = next((line for line in lines if line.origin == origin), None)
    if line is None:
        before = 0
        line = basket.lines.create(variant=variant, quantity=added, origin=origin)
    else:
        before = line.quantity
        line.quantity += added
        line.save(update_fields=["quantity"])
    _touch(basket)
    return BasketChange(
        token=token, line=line, wanted=before + quantity, quantity=line.quantity
    )


def _variant_for_sale(sku: str) -> Variant:
    variant = (
        Variant.objects.for_sale().filter(sku=sku, currency=conf.currency()).first()
    )
    if variant is None:
        raise NotForSale(sku)
    return variant


@transaction.atomic
def set_quantity(*, basket: Basket, line_id: int, quantity: int) -> BasketChange:
    """Change a line of the basket to so many pieces, or to as many as are left.

    Raises ``BasketLine.DoesNotExist`` for another basket's line, and
    ``NotEnoughStock`` if none are left, leaving the line as it is.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise ValueError(f"A quantity is 1 to {MAX_QUANTITY}.")
    Basket.objects.select_for_update().get(pk=basket.pk)
    line = basket.lines.select_related("variant__product").get(pk=line_id)
    others = basket.lines.filter(variant=line.variant).exclude(pk=line.pk)
    elsewhere = sum(others.values_list("quantity", flat=True))
    left = min(line.variant.available, MAX_QUANTITY) - elsewhere
    if left <= 0 or not line.variant.product.is_published:
        raise NotEnoughStock(
            (Shortage(line.variant.sku, line.variant.sku, quantity, max(left, 0)),)
        )
    line.quantity = min(quantity, left)
    line.save(update_fields=["quantity"])
    _touch(basket)
    return BasketChange(token="", line=line, wanted=quantity, quantity=line.quantity)


def remove_line(*, basket: Basket, line_id: int) -> bool:
    """Take a line out. Return whether it was there; another basket's is not."""
    deleted, _by_model = basket.lines.filter(pk=line_id).delete()
    if deleted:
        _touch(basket)
    return deleted > 0


def _touch(basket: Basket) -> None:
    Basket.objects.filter(pk=basket.pk).update(changed_at=Now())


def forget_old_baskets() -> int:
    """Delete baskets that nobody touched for long; return how many went.

    "Long" is ``STOREFRONT_BASKET_KEEP_SECONDS``. Orders have lines of their own.
    """
    before = Now() - timedelta(seconds=conf.basket_keep_seconds())
    gone = 0
    while True:
        with transaction.atomic():
            # Locked, so that none is taken from somebody who comes back just now.
            old = list(
                Basket.objects.select_for_update(skip_locked=_can_skip_locked())
                .filter(changed_at__lt=before)
                .values_list("pk", flat=True)[:_BASKETS_AT_ONCE]
            )
            Basket.objects.filter(pk__in=old).delete()
        gone += len(old)
        if len(old) < _BASKETS_AT_ONCE:
            return gone


def _can_skip_locked() -> bool:
    return connection.features.has_select_for_update_skip_locked


def basket_data(basket: Basket | None, *, language: str) -> BasketData:
    """Return the basket as it stands now, in a constant number of queries."""
    currency = conf.currency()
    rows = (
        list(basket.lines.select_related("variant__product").order_by("pk"))
        if basket
        else []
    )
    cards = cards_by_key(
        {row.variant.product.key for row in rows},
        language=language,
        published_only=False,
    )
    origins = [row.origin for row in rows if row.origin]
    drawn = conf.origin_renderer().origins(origins) if origins else {}
    taken: Counter[int] = Counter()
    lines = []
    for row in rows:
        lines.append(
            _line(
                row,
                cards,
                drawn.get(row.origin),
                row.variant.available - taken[row.variant_id],
            )
        )
        taken[row.variant_id] += row.quantity
    # What can't be sold here has no part in the sums; it blocks the checkout.
    goods = Price.sum(
        (line.sum for line in lines if line.price.currency == currency),
        currency=currency,
    )
    shipping = shipping_for(goods) if lines else Price.zero(currency)
    return BasketData(
        lines=tuple(lines), goods=goods, shipping=shipping, total=goods + shipping
    )


def _line(
    row: BasketLine,
    cards: dict[str, ProductCard],
    origin_html: SafeString | None,
    left: int,
) -> BasketLineData:
    product, variant = row.variant.product, row.variant
    card = cards.get(product.key)
    choice: VariantChoice | None = None
    if card is not None:
        choice = next((c for c in card.variants if c.sku == variant.sku), None)
    is_for_sale = product.is_published and choice is not None
    return BasketLineData(
        id=row.pk,
        variant_id=variant.pk,
        sku=variant.sku,
        product_key=product.key,
        name=card.name if card else product.key,
        label=choice.label if choice else "",
        card=card if is_for_sale else None,
        price=variant.unit_price,
        quantity=row.quantity,
        left=max(0, min(left, MAX_QUANTITY)),
        origin=row.origin,
        origin_html=origin_html,
    )


def shipping_for(goods: Price) -> Price:
    """Return the flat rate, or nothing from the amount on that ships free."""
    free_from = conf.free_shipping_from()
    if free_from is not None and goods >= free_from:
        return Price.zero(goods.currency)
    return conf.shipping()

"""Stock: reserved when a payment starts, sold when it is confirmed.

Each step is one conditional UPDATE per variant, in the order of their keys so
that two orders never wait for each other; the check constraint stands behind.
All need a surrounding transaction, which a shortage rolls back.
"""

from __future__ import annotations

from collections import Counter

from django.db.models import F

from ..exceptions import NotEnoughStock, Shortage
from ..models import Order, OrderLine, Variant


def reserve(order: Order) -> None:
    """Set the order's pieces aside, all or none."""
    _take(order, reserved=True)


def sell_reserved(order: Order) -> None:
    """Hand out what was reserved for the order."""
    for variant_id, quantity in sorted(_pieces(order).items()):
        Variant.objects.filter(pk=variant_id).update(
            on_hand=F("on_hand") - quantity, reserved=F("reserved") - quantity
        )


def sell_unreserved(order: Order) -> None:
    """Hand out pieces that nobody reserved, all or none."""
    _take(order, reserved=False)


def give_back(order: Order) -> None:
    """Let others have what was reserved for the order."""
    for variant_id, quantity in sorted(_pieces(order).items()):
        Variant.objects.filter(pk=variant_id).update(reserved=F("reserved") - quantity)


def _take(order: Order, *, reserved: bool) -> None:
    lines = list(order.lines.all())
    gone = [line for line in lines if line.variant_id is None]
    if gone:
        raise NotEnoughStock(tuple(_shortage(line, 0) for line in gone))
    short: set[int] = set()
    for variant_id, quantity in sorted(_count(lines).items()):
        free = Variant.objects.filter(
            pk=variant_id, on_hand__gte=F("reserved") + quantity
        )
        if reserved:
            taken = free.update(reserved=F("reserved") + quantity)
        else:
            taken = free.update(on_hand=F("on_hand") - quantity)
        if not taken:
            short.add(variant_id)
    if short:
        left = {v.pk: v.available for v in Variant.objects.filter(pk__in=short)}
        raise NotEnoughStock(
            tuple(
                _shortage(line, left.get(line.variant_id or 0, 0))
                for line in lines
                if line.variant_id in short
            )
        )


def _pieces(order: Order) -> Counter[int]:
    return _count(list(order.lines.all()))


def _count(lines: list[OrderLine]) -> Counter[int]:
    pieces: Counter[int] = Counter()
    for line in lines:
        if line.variant_id is not None:
            pieces[line.variant_id] += line.quantity
    return pieces


def _shortage(line: OrderLine, left: int) -> Shortage:
    name = " ".join(filter(None, (line.name, line.label)))
    return Shortage(line.sku, name, line.quantity, left)

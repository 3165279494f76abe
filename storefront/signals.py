"""What happened in the shop; sent inside the transaction that made it so."""

from __future__ import annotations

from django.dispatch import Signal

# sender=Order, order_id: int. Receivers' rows commit with the order or not at all.
order_paid = Signal()

"""The port to payment providers.

Card data never reaches us: a provider is an address to which the buyer is
sent, and an answer to the question what became of the payment.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from ..money import Price


class Standing(enum.Enum):
    """Where a payment stands, as the provider says."""

    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """What a provider is told. ``reference`` is ours, random, and idempotent:
    asked twice with the same one, a provider makes one payment."""

    reference: str
    order_number: str
    price: Price
    email: str
    language: str
    return_url: str  # path on our site, where the buyer comes back


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the provider itself holds of a payment; compared with the order."""

    order_number: str
    price: Price
    standing: Standing


class PaymentProvider(Protocol):
    """Takes payments. Both methods may raise ``PaymentUnavailable``."""

    @property
    def label(self) -> str:
        """How shoppers know it, in the active language."""

    def start(self, request: PaymentRequest) -> str:
        """Return the address at which the buyer pays. Idempotent."""

    def outcome(self, reference: str) -> Outcome:
        """Return what became of the payment; asks the provider, not a browser."""

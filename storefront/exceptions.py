"""What can go wrong in the shop, split by what the caller should do."""

from __future__ import annotations

from dataclasses import dataclass


class StorefrontError(Exception):
    """Base of all errors of this package."""


class NotForSale(StorefrontError):
    """No published variant has this SKU: say so, nothing else helps."""


class BasketEmpty(StorefrontError):
    """There is nothing to order."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """One variant of which fewer are left than wanted."""

    sku: str
    name: str
    wanted: int
    left: int


class NotEnoughStock(StorefrontError):
    """Fewer are left than wanted: let the shopper choose a smaller quantity."""

    def __init__(self, shortages: tuple[Shortage, ...]) -> None:
        super().__init__(", ".join(shortage.sku for shortage in shortages))
        self.shortages = shortages


class OrderClosed(StorefrontError):
    """The order was paid, cancelled or has expired: show its page."""


class TooManyUnpaidOrders(StorefrontError):
    """Enough is reserved from there and not paid: say so, paying or waiting helps."""


class PaymentMismatch(StorefrontError):
    """The provider's payment is not the one this order asked for. Final."""


class PaymentUnavailable(StorefrontError):
    """The provider could not be reached: worth another try."""

"""Products, baskets and orders."""

from __future__ import annotations

from .baskets import Basket, BasketLine
from .orders import Order, OrderLine, Payment, ReservationExpiry, TrialCharge
from .products import (
    Category,
    CategoryText,
    Product,
    ProductPicture,
    ProductText,
    Variant,
    VariantText,
)

__all__ = [
    "Basket",
    "BasketLine",
    "Category",
    "CategoryText",
    "Order",
    "OrderLine",
    "Payment",
    "Product",
    "ProductPicture",
    "ProductText",
    "ReservationExpiry",
    "TrialCharge",
    "Variant",
    "VariantText",
]

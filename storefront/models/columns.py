"""Columns and conditions that several models share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from ..money import CURRENCIES, DECIMAL_PLACES, MAX_DIGITS

MAX_QUANTITY = 99  # pieces of one variant in one basket or order


def money_column(**options: Any) -> models.DecimalField[Any, Any]:
    """An amount; the row's ``currency`` says of what."""
    return models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, **options
    )


def currency_column() -> models.CharField[Any, Any]:
    return models.CharField(max_length=3)


def known_currency() -> Q:
    return Q(currency__in=sorted(CURRENCIES))


def not_negative(*names: str) -> Q:
    condition = Q()
    for name in names:
        condition &= Q(**{f"{name}__gte": Decimal(0)})
    return condition


def quantity_in_range() -> Q:
    return Q(quantity__gte=1, quantity__lte=MAX_QUANTITY)

"""Price and availability of a product, as one shopper sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import conf
from .models import Variant
from .money import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantChoice:
    """One variant to choose; ``left`` pieces can still be had."""

    sku: str
    label: str
    options: tuple[tuple[str, str], ...]
    price: Price
    price_text: str
    left: int
    is_available: bool
    availability_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseInfo:
    """What it costs, whether it can be had, and what there is to choose."""

    variants: tuple[VariantChoice, ...]
    price_text: str
    is_available: bool
    availability_text: str
    lowest_price: Price | None

    @property
    def chosen_sku(self) -> str:
        return chosen_sku(self.variants)

    @property
    def prices_differ(self) -> bool:
        return prices_differ(self.variants)

    @property
    def option_names(self) -> str:
        return option_names(self.variants)


def chosen_sku(variants: Sequence[VariantChoice]) -> str:
    """Return the variant a form starts with: the first that can be had."""
    offered = [v for v in variants if v.is_available] or list(variants)
    return offered[0].sku if offered else ""


def prices_differ(variants: Sequence[VariantChoice]) -> bool:
    return len({variant.price for variant in variants}) > 1


def option_names(variants: Sequence[VariantChoice]) -> str:
    """Return what the variants differ in, such as "Size, colour"."""
    return ", ".join(name for name, _value in variants[0].options) if variants else ""


def availability_text(left: int) -> str:
    """Return the words for so many pieces, in the active language."""
    if left <= 0:
        return _("Sold out")
    if left <= conf.few_left():
        return ngettext("Only %(left)s left", "Only %(left)s left", left) % {
            "left": left
        }
    return _("In stock")


def purchase_info(variants: Sequence[Variant], *, language: str) -> PurchaseInfo:
    """Return it for a product's variants; queries nothing.

    The variants come from ``with_labels``; the language is active. What is
    priced in another currency than the shop's can't be bought here.
    """
    currency = conf.currency()
    choices = tuple(
        _choice(variant, language)
        for variant in variants
        if variant.currency == currency
    )
    available = [choice for choice in choices if choice.is_available]
    prices = [choice.price for choice in available or choices]
    if not prices:
        price_text = ""
    elif min(prices) == max(prices):
        price_text = prices[0].format(language)
    else:
        price_text = _("from %(price)s") % {"price": min(prices).format(language)}
    return PurchaseInfo(
        variants=choices,
        price_text=price_text,
        is_available=bool(available),
        availability_text=availability_text(sum(choice.left for choice in choices)),
        lowest_price=min(prices, default=None),
    )


def _choice(variant: Variant, language: str) -> VariantChoice:
    price = variant.unit_price
    # Annotations of with_labels; None where a variant has no text at all.
    options = getattr(variant, "shown_options", None) or []
    return VariantChoice(
        sku=variant.sku,
        label=getattr(variant, "shown_label", None) or "",
        options=tuple((str(name), str(value)) for name, value in options),
        price=price,
        price_text=price.format(language),
        left=variant.available,
        is_available=variant.available > 0,
        availability_text=availability_text(variant.available),
    )

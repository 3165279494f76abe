"""Money as one value: a Decimal amount and its ISO 4217 currency."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import numberformat
from django.utils.formats import get_format

# Currencies with at most two decimals (ISO 4217:2015, minor units), which is
# what the columns hold: code → (sign, decimals).
CURRENCIES: dict[str, tuple[str, int]] = {
    "AUD": ("A$", 2),
    "BGN": ("BGN", 2),
    "CAD": ("CA$", 2),
    "CHF": ("CHF", 2),
    "CZK": ("Kč", 2),
    "DKK": ("DKK", 2),
    "EUR": ("€", 2),
    "GBP": ("£", 2),
    "HUF": ("Ft", 2),
    "JPY": ("¥", 0),
    "NOK": ("NOK", 2),
    "NZD": ("NZ$", 2),
    "PLN": ("zł", 2),
    "RON": ("RON", 2),
    "SEK": ("SEK", 2),
    "USD": ("US$", 2),
}
MAX_DIGITS = 12
DECIMAL_PLACES = 2

_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


class CurrencyMismatch(ValueError):
    """Two currencies met where only one makes sense."""


@functools.total_ordering
@dataclass(frozen=True, slots=True)
class Price:
    """An exact amount in one currency; knows nothing of rates or taxes."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("An amount of money is a Decimal.")
        if not self.amount.is_finite():
            raise ValueError("An amount of money is finite.")
        if self.currency not in CURRENCIES:
            known = ", ".join(sorted(CURRENCIES))
            raise ValueError(f"No currency {self.currency!r}. Known: {known}.")

    @classmethod
    def zero(cls, currency: str) -> Price:
        return cls(Decimal(0), currency)

    @classmethod
    def sum(cls, prices: Iterable[Price], *, currency: str) -> Price:
        """Add prices of one currency; of none at all, return zero in it."""
        total = cls.zero(currency)
        for price in prices:
            total += price
        return total

    def _same(self, other: Price) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                f"{self.currency} and {other.currency} can't be put together."
            )

    def __add__(self, other: object) -> Price:
        if not isinstance(other, Price):
            return NotImplemented
        self._same(other)
        return Price(self.amount + other.amount, self.currency)

    def __mul__(self, quantity: object) -> Price:
        # Whole pieces only: no rounding can happen here.
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            return NotImplemented
        return Price(self.amount * quantity, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Price):
            return NotImplemented
        self._same(other)
        return self.amount < other.amount

    def format(self, language: str) -> str:
        """Return the price as readers of the language write it.

        "€49.00" in English, "49,00 €" elsewhere, with a no-break space.
        """
        sign, decimals = CURRENCIES[self.currency]
        number = numberformat.format(
            abs(self.amount),
            get_format("DECIMAL_SEPARATOR", lang=language, use_l10n=True),
            decimal_pos=decimals,
            grouping=3,
            thousand_sep=get_format("THOUSAND_SEPARATOR", lang=language, use_l10n=True),
            force_grouping=True,
        )
        minus = "\N{MINUS SIGN}" if self.amount < 0 else ""
        if language.split("-")[0] == "en":
            gap = _NO_BREAK_SPACE if sign[-1].isalpha() else ""
            return f"{minus}{sign}{gap}{number}"
        return f"{minus}{number}{_NO_BREAK_SPACE}{sign}"

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.money import CURRENCIES, CurrencyMismatch, Price

NB = "\N{NO-BREAK SPACE}"

amounts = st.decimals(
    min_value=-(10**8), max_value=10**8, places=2, allow_nan=False, allow_infinity=False
)


@pytest.mark.parametrize(
    ("amount", "currency", "language", "text"),
    [
        ("49", "EUR", "en", "€49.00"),
        ("49.00", "EUR", "de", f"49,00{NB}€"),
        ("1234567.5", "EUR", "en", "€1,234,567.50"),
        ("1234567.5", "EUR", "de", f"1.234.567,50{NB}€"),
        ("0", "EUR", "en-gb", "€0.00"),
        ("-4.90", "EUR", "en", "−€4.90"),
        ("-4.90", "EUR", "de", f"−4,90{NB}€"),
        ("12", "CHF", "en", f"CHF{NB}12.00"),
        ("12", "CHF", "de", f"12,00{NB}CHF"),
        ("1500", "JPY", "en", "¥1,500"),
    ],
)
def test_a_price_reads_as_its_readers_write_it(amount, currency, language, text):
    assert Price(Decimal(amount), currency).format(language) == text


def test_equal_currencies_add_up():
    total = Price(Decimal("4.90"), "EUR") + Price(Decimal("0.10"), "EUR")

    assert total == Price(Decimal("5.00"), "EUR")


@pytest.mark.parametrize("operate", [lambda a, b: a + b, lambda a, b: a < b])
def test_different_currencies_never_meet(operate):
    with pytest.raises(CurrencyMismatch):
        operate(Price(Decimal(1), "EUR"), Price(Decimal(1), "CHF"))


@pytest.mark.parametrize(
    ("amount", "currency", "error"),
    [
        (4.9, "EUR", TypeError),
        (Decimal("NaN"), "EUR", ValueError),
        (Decimal("Infinity"), "EUR", ValueError),
        (Decimal(1), "XXX", ValueError),
        (Decimal(1), "eur", ValueError),
    ],
)
def test_what_is_no_money_is_no_price(amount, currency, error):
    with pytest.raises(error):
        Price(amount, currency)


@pytest.mark.parametrize("quantity", [1.5, Decimal("1.5"), True, "2"])
def test_a_price_is_only_multiplied_by_whole_pieces(quantity):
    with pytest.raises(TypeError):
        Price(Decimal(1), "EUR") * quantity


@given(amounts, st.integers(min_value=0, max_value=99))
def test_so_many_pieces_cost_as_much_as_one_after_the_other(amount, pieces):
    price = Price(amount, "EUR")

    assert price * pieces == Price.sum([price] * pieces, currency="EUR")


@given(
    amounts, st.sampled_from(sorted(CURRENCIES)), st.sampled_from(["en", "de", "fr"])
)
def test_every_price_can_be_written(amount, currency, language):
    text = Price(amount, currency).format(language)

    assert CURRENCIES[currency][0] in text

"""Amounts: what is accepted from people, what is refused, and the laws of adding."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from core.domain.money import Money, Rounding, exponent, parse_amount

CURRENCIES = st.sampled_from(["CNY", "EUR", "JPY", "KWD", "USD"])
MINOR = st.integers(min_value=0, max_value=10**14)


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("1,200,000", "CNY", 120_000_000),
        ("120万", "CNY", 120_000_000),
        ("1.5萬", "CNY", 1_500_000),
        ("2亿", "CNY", 20_000_000_000),
        ("１２００．５０", "EUR", 120_050),
        ("１，２００", "EUR", 120_000),
        ("¥ 3 000", "CNY", 300_000),
        ("12000.00 CNY", "CNY", 1_200_000),
        ("€12", "EUR", 1_200),
        ("5000", "JPY", 5_000),
        ("1.234", "KWD", 1_234),
    ],
)
def test_what_people_type_is_understood(typed: str, currency: str, minor: int) -> None:
    assert parse_amount(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-1",
        "－1",
        "NaN",
        "nan",
        "inf",
        "1e308",
        "1e3",
        "1,20",
        "1.2.3",
        "12,34,567",
        "abc",
        "0x10",
        "١٢",
        "1" * 41,
        "9" * 20,
    ],
)
def test_what_is_no_amount_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_amount(typed, "CNY", "income")
    assert refused.value.fields["income"]


def test_more_decimals_than_the_currency_has_are_refused() -> None:
    with pytest.raises(InvalidInput, match="CNY amounts have at most 2 decimals"):
        parse_amount("10.001", "CNY")
    with pytest.raises(InvalidInput, match="JPY amounts have at most 0 decimals"):
        parse_amount("10.5", "JPY")


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError):
        Money(12.5, "EUR")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(12, "EUR") * 0.5  # type: ignore[operator]


def test_two_currencies_do_not_meet() -> None:
    with pytest.raises(ValueError, match="EUR and JPY do not add up"):
        Money(1, "EUR") + Money(1, "JPY")
    with pytest.raises(ValueError, match="do not add up"):
        assert Money(1, "EUR") < Money(2, "JPY")


@pytest.mark.parametrize(
    ("mode", "expected"), [(Rounding.HALF_EVEN, 2), (Rounding.HALF_UP, 3), (Rounding.UP, 3), (Rounding.DOWN, 2)]
)
def test_each_rounding_mode_settles_a_half_its_own_way(mode: Rounding, expected: int) -> None:
    assert Money.rounded(Decimal("2.5"), "EUR", rounding=mode).minor == expected


@given(MINOR, CURRENCIES)
def test_printing_and_reading_back_gives_the_same_amount(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert parse_amount(str(amount), currency) == amount
    assert Money.of(amount.amount, currency) == amount
    assert -amount.amount.as_tuple().exponent == exponent(currency) or minor == 0


@given(MINOR, MINOR, MINOR, CURRENCIES)
def test_adding_is_a_group(a: int, b: int, c: int, currency: str) -> None:
    x, y, z = (Money(n, currency) for n in (a, b, c))
    assert (x + y) + z == x + (y + z)
    assert x + y - y == x
    assert x + -x == Money.zero(currency)

"""Yearly accounts in ratios, against the example of a textbook kind worked out by hand, and their checks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from core.domain.money import Money
from origination.domain.accounts import LINES, YearAccounts, declared_gaps, documented_facts, ratios, remarks

DAY = date(2026, 11, 22)
# 365 * 73,000 / 365,000 = 73 days; 365 * 40,000 / 365,000 = 40 days.
FIGURES = {
    "revenue": 365_000, "ebitda": 54_750, "interest": 10_950, "profit": 18_250, "total_assets": 200_000,
    "current_assets": 150_000, "receivables": 73_000, "inventory": 40_000, "cash": 20_000,
    "total_liabilities": 120_000, "current_liabilities": 75_000, "equity": 80_000, "debt_service": 36_500,
}  # fmt: skip


def year(at: int = 2025, **changes: int | None) -> YearAccounts:
    figures = {name: Money.of(value, "EUR") for name, value in (FIGURES | changes).items() if value is not None}
    return YearAccounts(date(at, 12, 31), "EUR", figures)


def test_the_ratios_of_a_year():
    before = year(2024, revenue=292_000)
    assert ratios(year(), before) == {
        "growth": Decimal("0.25"), "ebitda_margin": Decimal("0.15"), "net_margin": Decimal("0.05"),
        "equity_ratio": Decimal("0.4"), "leverage": Decimal("1.5"), "current_ratio": Decimal(2),
        "quick_ratio": Decimal("1.466667"), "interest_cover": Decimal(5), "dscr": Decimal("1.5"),
        "receivable_days": Decimal(73), "inventory_days": Decimal(40),
    }  # fmt: skip


def test_a_ratio_without_a_denominator_does_not_exist():
    found = ratios(year(revenue=0, interest=0, equity=-20_000, total_liabilities=220_000, current_liabilities=0), None)
    for name in ("growth", "ebitda_margin", "net_margin", "leverage", "current_ratio", "interest_cover",
                 "receivable_days"):  # fmt: skip
        assert found[name] is None, name
    assert found["equity_ratio"] == Decimal("-0.1")
    short = ratios(YearAccounts(date(2025, 12, 31), "EUR", {n: Money.of(FIGURES[n], "EUR") for n in (
        "revenue", "profit", "total_assets", "total_liabilities", "equity")}), None)  # fmt: skip
    assert {name for name, value in short.items() if value is not None} == {"net_margin", "equity_ratio", "leverage"}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"equity": 70_000}, "equity", "10,000.00 away from total assets"),
        ({"revenue": None}, "revenue", "Enter this figure"),
        ({"revenue": -1}, "revenue", "cannot be negative"),
        ({"cash": 200_001}, "cash", "more than Total assets"),
        ({"current_liabilities": 120_001}, "current_liabilities", "more than Total liabilities"),
    ],
)
def test_accounts_that_cannot_be_are_refused_at_their_line(changes, field, said):
    with pytest.raises(InvalidInput) as refused:
        year(**changes)
    assert said in str(refused.value.fields[field])


@given(st.integers(0, 10**11), st.integers(0, 10**11), st.integers(-(10**9), 10**9))
def test_a_balance_sheet_balances_to_the_cent_or_is_refused(liabilities, equity, gap):
    figures = {
        "revenue": Money(1, "EUR"), "profit": Money(0, "EUR"), "total_liabilities": Money(liabilities, "EUR"),
        "equity": Money(equity, "EUR"), "total_assets": Money(max(0, liabilities + equity + gap), "EUR"),
    }  # fmt: skip
    balances = figures["total_assets"].minor == liabilities + equity
    if balances:
        assert YearAccounts(date(2025, 12, 31), "EUR", figures).figures == figures
    else:
        with pytest.raises(InvalidInput):
            YearAccounts(date(2025, 12, 31), "EUR", figures)


def test_what_does_not_fit_between_years_is_remarked():
    jump = year(2025, revenue=1_200_000)
    said = [str(one.text) for one in remarks([jump, year(2023)], DAY)]
    assert any("a year is missing" in one for one in said)
    assert any("Revenue is 3.3 times" in one for one in said)
    assert remarks([year(2025), year(2024)], DAY) == ()
    assert "older than 18 months" in str(remarks([year(2023), year(2022)], DAY)[0].text)
    assert "higher than EBITDA" in str(remarks([year(2025, ebitda=10_000)], DAY)[0].text)


def test_the_newest_year_documents_the_answers_and_its_gaps_to_them_are_named():
    facts = documented_facts([year(2024, revenue=292_000), year(2025)])
    assert facts["revenue_annual"] == Money.of(365_000, "EUR")
    assert facts["revenue_prior"] == Money.of(292_000, "EUR")
    assert declared_gaps([year(2025)], facts) == ()
    (gap,) = declared_gaps([year(2025)], facts | {"equity": Money.of(90_000, "EUR")})
    assert "Equity" in gap.text
    assert declared_gaps([], facts) == ()
    assert set(LINES) >= set(FIGURES)

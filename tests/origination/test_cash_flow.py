"""Cash-flow figures worked out by hand from small statements, and their laws."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.facts import CATALOGUE
from core.domain.money import Money
from core.domain.statements.read import read_statements
from origination.domain.cash_flow import CashFlow, cash_flow
from tests.core.statements.samples import CSV_ZH, GERMAN, camt, half_year


def flow(text: str) -> CashFlow:
    return cash_flow(read_statements(text.encode())[0])


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def test_half_a_year_of_an_employee():
    found = flow(half_year())
    assert (found.months, found.inflow, found.outflow) == (6, eur("2500"), eur("1250"))
    assert (found.salary, found.salary_from, found.loans) == (eur("2500"), "Muster AG", eur("310"))
    assert (found.gambling_count, found.gambling_sum, found.returned_count) == (6, eur("240"), 0)
    # 1500 - 900 - 310 - 40 = 250 until the salary of 28 January, which comes within the last five days.
    assert (found.lowest, found.month_end_low, found.days_negative) == (eur("250"), eur("250"), 0)
    assert found.volatility == 0
    assert set(found.facts()) <= set(CATALOGUE)


def test_volatility_is_deviation_over_mean():
    sums = [1000, 3000, 2000, 2000]
    lines = [(date(2026, at, 15), f"{amount}.00", f"Payer {'ABCD'[at - 1]}", "x") for at, amount in enumerate(sums, 1)]
    found = flow(camt(lines, "0.00", period=("2026-01-01", "2026-04-30")))
    assert float(found.volatility) == pytest.approx(pstdev(sums) / 2000, abs=1e-6)
    assert found.salary is None  # four payers who paid once are nobody's employer


def test_regular_pay_without_the_word_is_salary_and_irregular_is_not():
    regular = [(date(2026, month, 25), f"{2000 + 10 * month}.00", "Acme Ltd", f"ref {month}") for month in range(1, 7)]
    assert flow(camt(regular, "0.00", period=("2026-01-01", "2026-06-30"))).salary == eur("2030")
    jumping = [(date(2026, month, 25), f"{500 * month}.00", "Acme Ltd", "") for month in range(1, 7)]
    assert flow(camt(jumping, "0.00", period=("2026-01-01", "2026-06-30"))).salary is None


def test_returned_payments_and_overdrawn_days():
    found = flow(GERMAN)
    assert found.returned_count == 2
    assert found.inflow == eur("2500")  # what came back is no income
    low = camt([(date(2026, 1, 10), "-150.00", "A", ""), (date(2026, 1, 20), "100.00", "B", "")], "100.00",
               period=("2026-01-01", "2026-01-31"))  # fmt: skip
    assert (flow(low).days_negative, flow(low).lowest, flow(low).month_end_low) == (10, eur("-50"), eur("50"))


def test_chinese_statement():
    found = flow(CSV_ZH)
    assert found.salary_from == "" or found.salary == Money.of(15000, "CNY")
    assert found.loans == Money.of(3000, "CNY")


def test_words_that_only_contain_a_bet_are_no_gambling():
    lines = [(date(2026, 1, 10), "-15.00", "Better Foods Ltd", "tablet"), (date(2026, 1, 11), "-5.00", "Slotter", "")]
    assert flow(camt(lines, "100.00", period=("2026-01-01", "2026-01-31"))).gambling_count == 0


@given(st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 6, 30)), st.integers(-500_00, 500_00)), min_size=1))
def test_totals_are_those_of_the_entries(lines):
    text = camt([(day, str(Decimal(minor) / 100), "X", "y") for day, minor in lines], "1000.00",
                period=("2026-01-01", "2026-06-30"))  # fmt: skip
    found = flow(text)
    assert found.months == 6
    into = sum(minor for _, minor in lines if minor > 0)
    assert abs(found.inflow.minor * 6 - into) <= 3
    assert found.lowest <= found.month_end_low
    assert found.volatility is None or found.volatility >= 0

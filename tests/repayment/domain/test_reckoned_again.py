"""The engine against the plain reckoning: the same cents in every row, with and without events."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.dates import DayCount, Frequency
from core.domain.money import Money, Rounding
from repayment.domain.rounding import RoundingRule
from repayment.domain.schedule import (
    Amortization,
    Disbursement,
    Prepayment,
    PrepaymentEffect,
    RateChange,
    ScheduleRequest,
    build_schedule,
)
from tests.repayment.domain.plain_reckoning import Reckoning, Row, events_of, plus_months

KINDS = [Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL, Amortization.INTEREST_ONLY]
DAYS = [count for count in DayCount if count is not DayCount.PERIOD]
EFFECTS = [PrepaymentEffect.REDUCE_INSTALMENT, PrepaymentEffect.REDUCE_TERM]
RATES = st.integers(0, 400).map(lambda n: Decimal(n) / 1000)


@st.composite
def loans(draw: Any) -> tuple[ScheduleRequest, Reckoning]:
    """One loan for the engine and the same for the plain reckoning."""
    lent, rows, every = draw(st.integers(10_000, 10**9)), draw(st.integers(3, 40)), draw(st.sampled_from([1, 1, 3]))
    start = draw(st.dates(date(2019, 1, 1), date(2027, 12, 31)))
    kind, convention, rate = draw(st.sampled_from(KINDS)), draw(st.sampled_from(DAYS)), draw(RATES)
    mode, multiple = draw(st.sampled_from(Rounding)), draw(st.sampled_from([1, 1, 5, 100]))
    due = [plus_months(start, every * k, start.day) for k in range(1, rows + 1)]
    days = st.integers(1, (due[-2] - start).days).map(lambda n: start + timedelta(days=n))
    rates = draw(st.lists(st.tuples(days, RATES), max_size=2))
    tranches = draw(st.lists(st.tuples(days, st.integers(1, lent // 4)), max_size=2))
    early = draw(st.lists(st.tuples(days, st.integers(1, max(1, lent // 200)), st.sampled_from(EFFECTS)), max_size=2))
    asked = ScheduleRequest(
        principal=Money(lent, "CNY"), amortization=kind, disbursed_on=start, rate_annual=rate, instalments=rows,
        frequency=Frequency(every), day_count=convention, rounding=RoundingRule(mode, multiple_minor=multiple),
        rate_changes=tuple(RateChange(*one) for one in rates),
        disbursements=tuple(Disbursement(day, Money(minor, "CNY")) for day, minor in tranches),
        prepayments=tuple(Prepayment(day, Money(minor, "CNY"), effect) for day, minor, effect in early),
    )  # fmt: skip
    parts = {
        "rates": [(day, Fraction(new)) for day, new in rates], "tranches": tranches,
        "early": [(day, minor, effect.value) for day, minor, effect in early],
    }  # fmt: skip
    again = Reckoning(
        kind.value, lent, Fraction(rate), start, due, convention.value, mode.value, multiple, events_of(parts)
    )
    return asked, again


def plainly(asked: ScheduleRequest) -> list[Row]:
    return [
        (row.due_on, row.principal_minor, row.interest_minor, row.balance_minor)
        for row in build_schedule(asked).instalments
    ]


@settings(max_examples=150)
@given(loans())
def test_the_engine_gives_the_cents_of_the_plain_reckoning(pair: tuple[ScheduleRequest, Reckoning]) -> None:
    asked, again = pair
    expected = list(again.rows())
    if any(row[3] < 0 for row in expected):
        return  # paid early beyond what is owed: refused, and tested elsewhere
    assert plainly(asked) == expected

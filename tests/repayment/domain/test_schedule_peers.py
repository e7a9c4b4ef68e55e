"""Cent by cent against two independent libraries (development only): mortgagemath and amortization, both MIT."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.domain.money import Money, Rounding
from repayment.domain.rounding import RoundingRule
from repayment.domain.schedule import Amortization, Grace, ScheduleRequest, build_schedule

mortgagemath = pytest.importorskip("mortgagemath")
peer_schedule = pytest.importorskip("amortization.schedule")

MODES = {
    Rounding.HALF_EVEN: mortgagemath.PaymentRounding.ROUND_HALF_EVEN,
    Rounding.HALF_UP: mortgagemath.PaymentRounding.ROUND_HALF_UP,
    Rounding.UP: mortgagemath.PaymentRounding.ROUND_UP,
}


def ours(minor: int, rate: Decimal, rows: int, rounding: RoundingRule, grace: int = 0) -> list[tuple[Decimal, Decimal]]:
    schedule = build_schedule(
        ScheduleRequest(
            principal=Money(minor, "USD"),
            amortization=Amortization.ANNUITY,
            disbursed_on=date(2025, 1, 1),
            rate_annual=rate,
            instalments=rows,
            rounding=rounding,
            grace=Grace(grace),
        )
    )
    return [(row.principal.amount, row.interest.amount) for row in schedule.instalments]


@settings(max_examples=150, deadline=None)
@example(100_000, 320, 159, Rounding.UP, Rounding.HALF_EVEN)  # the 125th row: 225.00 at 0.32 % is six cents exactly
@given(
    st.integers(1_000_00, 1_000_000_00),
    st.integers(1, 30_000),
    st.integers(2, 360),
    st.sampled_from(Rounding),
    st.sampled_from(list(MODES)),
)
@pytest.mark.filterwarnings("ignore::mortgagemath.EarlyPayoffWarning")
def test_mortgagemath_agrees_to_the_cent(minor: int, rate: int, rows: int, mode: Rounding, level: Rounding) -> None:
    if mode not in MODES:
        return
    theirs = mortgagemath.amortization_schedule(
        mortgagemath.LoanParams(
            Decimal(minor) / 100,
            Decimal(rate) / 1000,
            rows,
            payment_rounding=MODES[level],
            interest_rounding=MODES[mode],
        )
    )
    expected = [(row.principal, row.interest) for row in theirs if row.number]
    found = ours(minor, Decimal(rate) / 100_000, rows, RoundingRule(mode, instalment_mode=level))
    same = len(found) if mode not in {Rounding.UP, Rounding.DOWN} else _until_whole_cents(minor, rate, found)
    assert found[:same] == expected[:same]
    assert sum(part for part, _ in found) == Decimal(minor) / 100


def _until_whole_cents(minor: int, rate: int, rows: list[tuple[Decimal, Decimal]]) -> int:
    """How many rows come before one whose exact interest is a whole number of cents: there the peer, whose twelfth of
    the rate is cut after 28 digits, rounds up or down by one."""
    left = Decimal(minor)
    for at, (part, _) in enumerate(rows):
        if left * rate % 1_200_000 == 0:
            return at
        left -= part * 100
    return len(rows)


@settings(max_examples=60, deadline=None)
@given(st.integers(1_000_00, 100_000_00), st.integers(1, 300), st.integers(2, 120))
def test_amortization_agrees_to_the_cent(minor: int, rate: int, rows: int) -> None:
    """It works in floats, so a cent in a row is let pass, and only there."""
    theirs = list(peer_schedule.amortization_schedule(minor / 100, rate / 1000, rows))
    found = ours(minor, Decimal(rate) / 1000, rows, RoundingRule())
    if len(found) < rows:
        return
    assert float(sum(found[0])) == pytest.approx(theirs[0].amount, abs=0.0051)
    for (_, interest), row in zip(found, theirs, strict=True):
        assert float(interest) == pytest.approx(row.interest, abs=0.0101)

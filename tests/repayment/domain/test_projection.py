"""The portfolio in numpy: the same cents as the exact generator."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.domain.dates import Frequency, Unit
from core.domain.errors import InvalidInput
from core.domain.money import Money, Rounding
from repayment.domain.projection import project_portfolio
from repayment.domain.rounding import RoundingRule
from repayment.domain.schedule import Amortization, ScheduleRequest, build_schedule

LOANS = st.lists(
    st.tuples(st.integers(1, 10**12), st.integers(0, 10_000_000), st.integers(1, 80)), min_size=1, max_size=12
)


@settings(max_examples=120, deadline=None)
@given(
    LOANS,
    st.sampled_from([Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL]),
    st.sampled_from([Frequency(), Frequency(1, Unit.WEEK), Frequency(3), Frequency(1, Unit.YEAR)]),
    st.sampled_from([Rounding.HALF_EVEN, Rounding.HALF_UP]),
)
@example([(10**15, 10_000_000, 1200), (1, 0, 3), (5, 1, 2)], Amortization.ANNUITY, Frequency(), Rounding.HALF_EVEN)
@example([(50, 240_000, 2), (25, 120_000, 4)], Amortization.EQUAL_PRINCIPAL, Frequency(), Rounding.HALF_UP)
def test_projection_gives_the_cents_of_the_exact_generator(
    loans: list[tuple[int, int, int]], kind: Amortization, frequency: Frequency, rounding: Rounding
) -> None:
    minor, rates, rows = (np.array(column, dtype=np.int64) for column in zip(*loans, strict=True))
    found = project_portfolio(minor, rates, rows, amortization=kind, frequency=frequency, rounding=rounding)
    for k, (principal, rate, count) in enumerate(loans):
        exact = build_schedule(
            ScheduleRequest(
                principal=Money(principal, "CNY"),
                amortization=kind,
                disbursed_on=date(2025, 1, 15),
                rate_annual=Decimal(rate).scaleb(-6),
                instalments=count,
                frequency=frequency,
                rounding=RoundingRule(rounding),
            )
        )
        n = len(exact.due_on)
        assert tuple(found.principal[:n, k].tolist()) == exact.principal_minor
        assert tuple(found.interest[:n, k].tolist()) == exact.interest_minor
        assert not found.principal[n:, k].any()
        assert not found.interest[n:, k].any()
    assert (found.balance_after(found.principal.shape[0], minor) == 0).all()
    assert found.totals()[0].sum() == minor.sum()


def test_half_a_million_loans_a_second_in_two_gib() -> None:
    """A fifth of the goal on a loaded machine; bench/schedule.py measures the real figure."""
    rng = np.random.default_rng(7)
    minor, rates = rng.integers(10**5, 10**8, 100_000), rng.integers(1000, 360_000, 100_000)
    started = time.process_time()
    found = project_portfolio(minor, rates, np.full(100_000, 36))
    assert time.process_time() - started < 1.0
    assert found.principal.nbytes + found.interest.nbytes == 100_000 * 36 * 16  # 576 MB for a million loans


@pytest.mark.parametrize(
    ("minor", "rate", "rows", "kind", "rounding", "field"),
    [
        ([0], [0], [1], Amortization.ANNUITY, Rounding.HALF_UP, "principal"),
        ([1, 2], [0], [1], Amortization.ANNUITY, Rounding.HALF_UP, "principal"),
        ([1], [-1], [1], Amortization.ANNUITY, Rounding.HALF_UP, "annual_rate"),
        ([1], [10_000_001], [1], Amortization.ANNUITY, Rounding.HALF_UP, "annual_rate"),
        ([1], [0], [0], Amortization.ANNUITY, Rounding.HALF_UP, "instalments"),
        ([1], [0], [1201], Amortization.ANNUITY, Rounding.HALF_UP, "instalments"),
        ([1], [0], [1], Amortization.FLAT, Rounding.HALF_UP, "amortization"),
        ([1], [0], [1], Amortization.ANNUITY, Rounding.UP, "rounding.mode"),
    ],
)
def test_nonsense_is_refused(
    minor: list[int], rate: list[int], rows: list[int], kind: Amortization, rounding: Rounding, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        project_portfolio(np.array(minor), np.array(rate), np.array(rows), amortization=kind, rounding=rounding)
    assert list(caught.value.fields) == [field]


def test_an_empty_portfolio_has_no_rows() -> None:
    nothing = np.array([], dtype=np.int64)
    assert project_portfolio(nothing, nothing, nothing).principal.shape == (0, 0)

"""Cost of credit: published examples to every printed digit, pyxirr as oracle, and no root or many roots said."""

from __future__ import annotations

import csv
import json
import random
import time
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy_financial as npf
import pytest
import pyxirr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.domain.dates import DayCount, Unit
from core.domain.money import Money
from repayment.cli.apr_json import answer_apr
from repayment.cli.reading import Fields
from repayment.domain.apr_eu import eu_interval
from repayment.domain.apr_us import periods_between, unit_period_of
from repayment.domain.cost import cash_flows, effective_annual_rate, nominal_annual_rate
from repayment.domain.irr import NoRate, SeveralRates, internal_rate
from repayment.domain.schedule import Amortization, Fee, FeeKind, ScheduleRequest, build_schedule
from tests.repayment.domain.schedule_cases import plain_requests

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize(
    "case", json.loads((GOLDEN / "apr_published.json").read_text())["cases"], ids=lambda c: c["source"]
)
def test_published_rates_to_every_printed_digit(case: dict[str, Any]) -> None:
    assert answer_apr(Fields(case["item"]))["apr"] == case["printed"]


def _intervals() -> list[dict[str, str]]:
    with (GOLDEN / "eu_intervals.csv").open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.mark.parametrize("row", _intervals(), ids=lambda row: f"{row['unit']} {row['start']}..{row['end']}")
def test_eu_intervals_are_those_of_the_commission(row: dict[str, str]) -> None:
    wanted = Fraction(row["whole"]) + Fraction(int(row["days"]), int(row["divisor"]))
    assert eu_interval(date.fromisoformat(row["start"]), date.fromisoformat(row["end"]), Unit(row["unit"])) == wanted


def test_odd_periods_of_appendix_j() -> None:
    """Appendix J (c)(1)(ii)-(v) and (c)(4)(ii): the printed t and f."""
    pairs = [
        (date(1978, 2, 10), date(1978, 4, 1), 12, (1, Fraction(19, 30))),
        (date(1978, 2, 23), date(1978, 3, 1), 24, (0, Fraction(6, 15))),
        (date(1978, 5, 23), date(1978, 10, 1), 4, (1, Fraction(39, 90))),
        (date(1978, 3, 20), date(1978, 4, 21), 52, (4, Fraction(4, 7))),
        (date(1978, 1, 10), date(1978, 3, 1), 6, (0, Fraction(52, 60))),
        (date(1978, 1, 10), date(1979, 7, 10), 1, (1, Fraction(6, 12))),
    ]
    for start, end, per_year, wanted in pairs:
        assert periods_between(start, end, unit_period_of(Fraction(per_year))) == wanted


def test_no_rate_and_several_rates_are_told_apart() -> None:
    with pytest.raises(SeveralRates, match=r"10\.000000%, 20\.000000%"):
        internal_rate([(0, -100), (1, 230), (2, -132)])
    with pytest.raises(NoRate):
        internal_rate([(0, -100), (1, 230), (2, -140)])
    with pytest.raises(NoRate, match="both advances and payments"):
        internal_rate([(0, -100), (1, -10)])
    assert float(internal_rate([(0, -100), (1, 100)])) == pytest.approx(0, abs=1e-15)
    assert float(internal_rate([(0, -100), (10, 50)])) == pytest.approx(0.5**0.1 - 1)
    # Two sign changes with one root: a later advance inside the loan.
    assert internal_rate([(0, -100), (1, 50), (Fraction(3, 2), -50), (3, 130)]) > 0


@settings(max_examples=60, deadline=None)
@given(plain_requests())
def test_dated_effective_rate_is_that_of_pyxirr(asked: ScheduleRequest) -> None:
    if asked.day_count is not DayCount.ACT_365F or asked.principal.minor < 10_000:
        return
    schedule = build_schedule(asked)
    flows = cash_flows(schedule)
    try:
        ours = effective_annual_rate(schedule)
    except NoRate:
        return
    theirs = pyxirr.xirr([day for day, _ in flows], [float(minor) for _, minor in flows])
    assert theirs is not None
    assert float(ours) == pytest.approx(theirs, abs=1e-7, rel=1e-7)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=40), st.integers(10, 10**7))
def test_period_rate_is_that_of_numpy_financial(payments: list[int], lent: int) -> None:
    assume(sum(payments) * 50 > lent)
    ours = float(internal_rate([(0, -lent), *((k + 1, paid) for k, paid in enumerate(payments))]))
    value = npf.npv(ours, [-lent, *payments])
    assert abs(value) <= 1e-7 * max(lent, sum(payments))


def test_fees_raise_the_effective_rate_and_nominal_is_twelve_month_rates() -> None:
    """10,000 in 12 instalments of 888.49, fee 300 withheld: numpy-financial irr 0.01486566, x 12 = 0.178388."""
    asked = ScheduleRequest(
        principal=Money.of("10000", "CNY"),
        amortization=Amortization.ANNUITY,
        disbursed_on=date(2025, 1, 31),
        rate_annual=Decimal("0.12"),
        instalments=12,
        fees=(Fee("service", FeeKind.UP_FRONT, amount=Money.of("300", "CNY"), withheld=True),),
    )
    schedule = build_schedule(asked)
    monthly = float(npf.irr([-9700, *(minor / 100 for minor in schedule.payment_minor)]))
    assert float(nominal_annual_rate(schedule)) == pytest.approx(monthly * 12, abs=1e-7)
    assert float(effective_annual_rate(schedule)) == pytest.approx((1 + monthly) ** 12 - 1, abs=1e-7)


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"method": "magic"}, "method"),
        ({"method": "irr", "payments": [{"amount": "1"}]}, "advances"),
        ({"method": "irr", "advances": [{"amount": "1"}]}, "payments"),
        (
            {"method": "irr", "advances": [{"amount": "-1"}], "payments": [{"amount": "1", "years": 1}]},
            "advances[0].amount",
        ),
        (
            {"method": "irr", "advances": [{"amount": "1"}], "payments": [{"amount": "NaN", "years": 1}]},
            "payments[0].amount",
        ),
        (
            {"method": "irr", "advances": [{"amount": "1"}], "payments": [{"amount": "1e3", "years": 1}]},
            "payments[0].amount",
        ),
        (
            {"method": "irr", "advances": [{"amount": "1"}], "payments": [{"amount": "2", "on": "2025-01-01"}]},
            "advances",
        ),
        (
            {
                "method": "irr",
                "advances": [{"amount": "1", "on": "2025-02-01"}],
                "payments": [{"amount": "2", "on": "2025-01-01"}],
            },
            "payments",
        ),
        (
            {"method": "irr", "advances": [{"amount": "1"}], "payments": [{"amount": "1", "count": 0}]},
            "payments[0].count",
        ),
        (
            {"method": "irr", "advances": [{"amount": "1"}], "payments": [{"amount": "1", "yaers": 1}]},
            "payments[0].yaers",
        ),
    ],
)
def test_apr_refuses_by_field(item: dict[str, Any], field: str) -> None:
    from core.domain.errors import InvalidInput

    with pytest.raises(InvalidInput) as caught:
        answer_apr(Fields(item))
    assert list(caught.value.fields) == [field]


def test_a_thousand_random_schedules_are_rated_within_a_second() -> None:
    rng = random.Random(7)
    schedules = []
    for _ in range(1000):
        asked = ScheduleRequest(
            principal=Money(rng.randrange(10**5, 10**8), "EUR"),
            amortization=rng.choice([Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL]),
            disbursed_on=date(2025, 1, 1 + rng.randrange(28)),
            rate_annual=Decimal(rng.randrange(1, 400)) / 1000,
            instalments=rng.randrange(3, 61),
            day_count=rng.choice([DayCount.PERIOD, DayCount.ACT_365F]),
        )
        schedules.append(build_schedule(asked))
    started = time.process_time()
    rates = [effective_annual_rate(schedule) for schedule in schedules]
    assert min(rates) >= 0
    assert time.process_time() - started < 1.0

"""The US box, the EU rate, China's all-in table and the ceilings."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy_financial as npf
import pytest
from hypothesis import given, settings

from core.domain.dates import DayCount, Frequency, Unit
from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.apr_us import UnitFlow, us_rate
from repayment.domain.caps import Cap, CapBasis, CapPolicy, PricedLoan, check_caps
from repayment.domain.disclosure import AllInTable, Contingent, all_in_table, disclose
from repayment.domain.irr import NoRate
from repayment.domain.rates import FloatingRate, IndexTable, penalty_rate, promotional_changes, reset_dates
from repayment.domain.schedule import Amortization, Fee, FeeKind, ScheduleRequest, build_schedule
from tests.repayment.domain.schedule_cases import rich_requests


def loan(**changes: Any) -> ScheduleRequest:
    given_fields: dict[str, Any] = {
        "principal": Money.of("10000", "CNY"),
        "amortization": Amortization.ANNUITY,
        "disbursed_on": date(2025, 1, 31),
        "rate_annual": Decimal("0.12"),
        "instalments": 12,
    }
    return ScheduleRequest(**{**given_fields, **changes})


FEES = (
    Fee("service", FeeKind.UP_FRONT, rate=Decimal("0.02"), withheld=True),
    Fee("guarantee", FeeKind.PER_INSTALMENT, amount=Money.of("20", "CNY"), payee="guarantor"),
    Fee("insurance", FeeKind.INSURANCE, rate=Decimal("0.001"), payee="insurer"),
    Fee("arrangement", FeeKind.FINANCED, amount=Money.of("100", "CNY")),
)


def test_sample_form_h_10_of_regulation_z() -> None:
    """12 CFR 1026, Appendix H, sample H-10: 6,107.50 financed, 36 payments of 211.23, printed APR 14.84 %."""
    payments = [UnitFlow(Decimal("211.23"), k) for k in range(1, 37)]
    assert round(us_rate([UnitFlow(Decimal("6107.50"), 0)], payments) * 1200, 2) == Decimal("14.84")


def test_the_us_box_adds_up() -> None:
    schedule = build_schedule(loan(fees=FEES))
    told = disclose(schedule)
    assert str(told.amount_financed) == "9800.00"
    assert told.total_of_payments - told.amount_financed == told.finance_charge
    flows = [-9800.0, *(minor / 100 for minor in schedule.payment_minor)]
    monthly = float(npf.irr(flows))
    assert float(told.apr_us) == pytest.approx(monthly * 12, abs=5e-5)
    assert float(told.aprc_eu) == pytest.approx((1 + monthly) ** 12 - 1, abs=5e-4)
    weekly = disclose(build_schedule(loan(frequency=Frequency(1, Unit.WEEK), rate_annual=Decimal("0.52"))))
    assert weekly.apr_us == Decimal("0.5200")


def test_chinas_table_names_every_item_and_adds_up() -> None:
    schedule = build_schedule(loan(fees=FEES))
    table = all_in_table(schedule, [Contingent("penalty", Text("150% of the rate"), rate_annual=Decimal("0.18"))])
    assert [(line.name, line.payee, line.contingent) for line in table.lines] == [
        ("interest", "lender", False),
        ("service", "lender", False),
        ("guarantee", "guarantor", False),
        ("insurance", "insurer", False),
        ("arrangement", "lender", False),
        ("penalty", "lender", True),
    ]
    assert str(table.received) == "9800.00"
    certain = [line for line in table.lines if not line.contingent]
    assert sum(line.annualised or 0 for line in certain) == table.annualised_nominal
    assert certain[0].annualised == pytest.approx(Decimal("0.12"), abs=Decimal("0.00001"))
    paid = sum(schedule.payment_minor) + 200_00
    assert table.total_cost.minor == paid - 10_000_00
    assert table.annualised_effective > table.annualised_nominal
    with pytest.raises(ValueError, match="add up"):
        AllInTable(table.principal, table.received, table.lines[1:], table.total_cost, Decimal(0), Decimal(0))


@settings(max_examples=40, deadline=None)
@given(rich_requests())
def test_the_all_in_cost_is_what_is_paid_beyond_what_was_received(asked: ScheduleRequest) -> None:
    schedule = build_schedule(asked)
    try:
        table = all_in_table(schedule)
    except NoRate:
        return
    paid = sum(schedule.payment_minor)
    assert table.total_cost.minor == paid - asked.principal.minor


def priced(nominal: str) -> PricedLoan:
    return PricedLoan(Decimal(nominal), Decimal("0.2682"), Decimal("0.18"), Decimal("0.14"), Decimal("0.0004"))


def test_nominal_24_passes_where_effective_24_does_not() -> None:
    """24.00 % nominal a month is 26.82 % effective: the outcome says which of the two was compared."""
    rows = [
        Cap("nominal", "CN", "bank", basis, date(2020, 1, 1), "test", limit=Decimal("0.24"))
        for basis in (CapBasis.NOMINAL, CapBasis.EFFECTIVE)
    ]
    first, second = check_caps(rows, priced("0.24"), jurisdiction="CN", lender_type="bank", on=date(2026, 1, 1))
    assert (first.passes, first.basis, first.value) == (True, CapBasis.NOMINAL, Decimal("0.24"))
    assert (second.passes, second.basis, second.value) == (False, CapBasis.EFFECTIVE, Decimal("0.2682"))
    assert str(second.sentence) == "nominal: effective cost 26.82% is above 24%"
    assert "within" in first.sentence
    assert check_caps(rows, priced("0.9"), jurisdiction="CN", lender_type="bank", on=date(2019, 12, 31)) == ()


def test_the_shipped_table_is_dated_and_reads_the_index_of_the_day() -> None:
    """Four times the one-year LPR: 15.4 % in August 2020 (3.85 %), 12 % from 20 May 2025 (3.00 %)."""
    text = (Path(__file__).parents[3] / "repayment" / "policy.toml").read_text(encoding="utf-8")
    policy = CapPolicy.from_toml(tomllib.loads(text))
    limits = [
        policy.check(priced("0.1"), jurisdiction="CN", lender_type="private", on=day)[0].limit
        for day in (date(2020, 8, 20), date(2025, 5, 19), date(2025, 5, 20))
    ]
    assert limits == [Decimal("0.1540"), Decimal("0.1240"), Decimal("0.1200")]
    assert policy.check(priced("0.1"), jurisdiction="CN", lender_type="private", on=date(2020, 8, 19)) == ()
    bare = CapPolicy(policy.caps, {})
    with pytest.raises(InvalidInput, match="lpr_1y is not loaded"):
        bare.check(priced("0.1"), jurisdiction="CN", lender_type="private", on=date(2025, 1, 1))
    assert all(cap.source for cap in policy.caps)


@pytest.mark.parametrize(
    ("rate", "rows", "kind", "daily", "passes"),
    [
        ("2.92", 1, Amortization.ANNUITY, "0.00800000", True),  # 0.8 % x 365 a year, one payment
        ("2.92", 3, Amortization.EQUAL_PRINCIPAL, "0.00800000", True),  # on what is still owed each day
        ("2.9565", 1, Amortization.ANNUITY, "0.00810000", False),
    ],
)
def test_high_cost_short_term_credit_costs_at_most_0_8_percent_a_day(
    rate: str, rows: int, kind: Amortization, daily: str, passes: bool
) -> None:
    """CONC 5A.2.3R: 300 for 30 days may cost 72.00; and in all no more than was lent (5A.2.2R)."""
    schedule = build_schedule(
        loan(
            principal=Money.of("300", "GBP"), rate_annual=Decimal(rate), instalments=rows, amortization=kind,
            frequency=Frequency(30, Unit.DAY), day_count=DayCount.ACT_365F,
        )
    )  # fmt: skip
    found = PricedLoan.of(schedule)
    assert found.daily == Decimal(daily)
    assert rows > 1 or found.total_cost == Decimal(daily) * 30
    text = (Path(__file__).parents[3] / "repayment" / "policy.toml").read_text(encoding="utf-8")
    outcomes = CapPolicy.from_toml(tomllib.loads(text)).check(
        found, jurisdiction="GB", lender_type="hcstc", on=date(2025, 1, 31)
    )
    assert [(one.basis, one.passes) for one in outcomes] == [(CapBasis.TOTAL_COST, True), (CapBasis.DAILY, passes)]


def test_fees_and_financed_fees_count_as_cost() -> None:
    """1,000 for 30 days, 50 financed and 20 withheld, no interest: 70 of cost, on 1,000 owed of the credit."""
    fees = (
        Fee("arrangement", FeeKind.FINANCED, amount=Money.of("50", "GBP")),
        Fee("broker", FeeKind.UP_FRONT, amount=Money.of("20", "GBP"), withheld=True),
    )
    found = PricedLoan.of(
        build_schedule(
            loan(
                principal=Money.of("1000", "GBP"), rate_annual=Decimal(0), instalments=1, fees=fees,
                frequency=Frequency(30, Unit.DAY), day_count=DayCount.ACT_365F,
            )
        )
    )  # fmt: skip
    assert (found.total_cost, found.daily, found.note_rate) == (Decimal("0.07"), Decimal("0.00233334"), 0)


def test_a_cap_that_contradicts_itself_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="limit, or a multiple"):
        Cap("x", "CN", "bank", CapBasis.NOMINAL, date(2020, 1, 1), "s")
    with pytest.raises(ValueError, match="ends before"):
        Cap("x", "CN", "b", CapBasis.NOMINAL, date(2020, 1, 2), "s", limit=Decimal(1), valid_to=date(2020, 1, 1))


def test_floating_promotional_and_penalty_rates() -> None:
    index = IndexTable("LPR", ((date(2025, 1, 20), Decimal("0.031")), (date(2025, 5, 20), Decimal("0.030"))))
    floating = FloatingRate(index, Decimal("0.015"), floor=Decimal("0.0455"))
    assert floating.on(date(2025, 5, 19)) == Decimal("0.046")
    resets = reset_dates(date(2025, 1, 31), Frequency(3), date(2025, 12, 31))
    assert resets == [date(2025, 4, 30), date(2025, 7, 31), date(2025, 10, 31)]
    assert [(change.on, change.rate_annual) for change in floating.changes(resets)] == [
        (date(2025, 4, 30), Decimal("0.046")),
        (date(2025, 7, 31), Decimal("0.0455")),
    ]
    with pytest.raises(InvalidInput, match="LPR has no value"):
        index.on(date(2025, 1, 19))
    promo = promotional_changes(Decimal("0.1"), [(date(2025, 1, 1), date(2025, 3, 1), Decimal(0))])
    assert [(change.on, change.rate_annual) for change in promo] == [
        (date(2025, 1, 1), Decimal(0)),
        (date(2025, 3, 1), Decimal("0.1")),
    ]
    with pytest.raises(InvalidInput, match="promotional"):
        promotional_changes(Decimal("0.1"), [(date(2025, 3, 1), date(2025, 3, 1), Decimal(0))])
    # PBoC Yin Fa [2003] No. 251: 30 to 50 % above the contract's rate
    assert penalty_rate(Decimal("0.12"), Decimal("0.5")) == Decimal("0.18")
    assert penalty_rate(Decimal("0.20"), Decimal("0.5"), Decimal("0.24")) == Decimal("0.24")

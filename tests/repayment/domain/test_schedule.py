"""Schedules against published figures and independent libraries, and by their laws."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy_financial as npf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.calendars import BusinessCalendar, Convention
from core.domain.dates import DayCount, Frequency, MonthEnd, Unit
from core.domain.errors import InvalidInput
from core.domain.money import Money, Rounding
from repayment.cli.reading import Fields
from repayment.cli.schedule_json import read_request
from repayment.domain import schedule as schedule_module
from repayment.domain.rounding import Residual, RoundingRule
from repayment.domain.schedule import (
    Amortization,
    BusinessDays,
    Disbursement,
    Grace,
    InterestTreatment,
    Prepayment,
    PrepaymentEffect,
    RateChange,
    Schedule,
    ScheduleRequest,
    Step,
    build_schedule,
)
from repayment.domain.schedule_dates import make_periods
from tests.repayment.domain.schedule_cases import plain_requests, rich_requests

GOLDEN = Path(__file__).parents[2] / "golden"


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def request(**changes: Any) -> ScheduleRequest:
    given_fields: dict[str, Any] = {
        "principal": cny("10000"),
        "amortization": Amortization.ANNUITY,
        "disbursed_on": date(2025, 1, 31),
        "rate_annual": Decimal("0.12"),
        "instalments": 6,
    }
    return ScheduleRequest(**{**given_fields, **changes})


def table(schedule: Schedule) -> list[tuple[str, str, str]]:
    return [(str(row.principal), str(row.interest), str(row.balance)) for row in schedule.instalments]


def test_annuity_of_100000_at_12_percent() -> None:
    """Exact instalment 8884.878868: rounded each period it is 8884.88, the last 8884.85, interest 6618.53."""
    schedule = build_schedule(request(principal=cny("100000"), instalments=12))
    payments = [str(row.payment) for row in schedule.instalments]
    assert payments == ["8884.88"] * 11 + ["8884.85"]
    assert str(schedule.interest_total) == "6618.53"
    assert str(schedule.payment_total) == "106618.53"
    days = [row.due_on for row in schedule.instalments[:4]]
    assert days == [date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30), date(2025, 5, 31)]


def test_equal_principal_by_hand() -> None:
    schedule = build_schedule(request(principal=cny("1200"), amortization=Amortization.EQUAL_PRINCIPAL, instalments=3))
    assert table(schedule) == [("400.00", "12.00", "800.00"), ("400.00", "8.00", "400.00"), ("400.00", "4.00", "0.00")]


@pytest.mark.parametrize(
    "case", json.loads((GOLDEN / "schedules_fineract.json").read_text())["cases"], ids=lambda c: c["name"]
)
def test_schedule_gives_fineract_figures(case: dict[str, Any]) -> None:
    item = {k: v for k, v in case.items() if k not in {"name", "rows"}}
    schedule = build_schedule(read_request(Fields({**item, "currency": "EUR", "amortization": "annuity"})))
    assert [[str(row.principal), str(row.interest)] for row in schedule.instalments] == case["rows"]


@settings(max_examples=60, deadline=None)
@given(st.integers(1000, 10**9), st.integers(1, 100_000), st.integers(1, 360))
def test_level_instalment_is_that_of_numpy_financial(minor: int, rate_ppm: int, rows: int) -> None:
    rate = Decimal(rate_ppm).scaleb(-6)
    schedule = build_schedule(
        request(principal=Money(minor, "CNY"), rate_annual=None, rate_period=rate, instalments=rows)
    )
    assert schedule.level_minor is not None
    assert abs(schedule.level_minor + float(npf.pmt(float(rate), rows, minor))) <= 0.5 + 1e-6 * minor / 1000


@settings(max_examples=150, deadline=None)
@given(plain_requests(residuals={Residual.LAST, Residual.EQUALISED}))
def test_plain_and_general_walk_give_the_same_cents(asked: ScheduleRequest) -> None:
    plain = build_schedule(asked)
    general = schedule_module._walked(asked, make_periods(asked, asked.instalments or 0), asked.principal.minor)
    assert (plain.principal_minor, plain.interest_minor, plain.due_on) == (
        general.principal_minor,
        general.interest_minor,
        general.due_on,
    )


@settings(max_examples=200, deadline=None)
@given(st.one_of(plain_requests(), rich_requests()))
def test_laws_of_every_schedule(asked: ScheduleRequest) -> None:
    """Also: building it checks sums, the last balance, dates; see Schedule."""
    schedule = build_schedule(asked)
    rows = schedule.instalments
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) <= (asked.instalments or 0)
    assert all(row.payment_minor == row.principal_minor + row.interest_minor + row.fees_minor for row in rows)
    lent = schedule.opening_minor + sum(row.capitalised_minor for row in rows)
    assert sum(row.principal_minor for row in rows) == lent
    assert rows[-1].balance_minor == 0
    assert min(row.balance_minor for row in rows) >= 0
    assert schedule.opening_minor >= asked.principal.minor


@settings(max_examples=60, deadline=None)
@given(rich_requests())
def test_every_row_explains_itself(asked: ScheduleRequest) -> None:
    schedule = build_schedule(asked)
    for told in schedule.explain():
        own = told.row.interest_minor - told.carried_minor + told.row.capitalised_minor
        assert own == told.interest_rounded_minor or told.row.interest_minor == 0
        for segment in told.segments:
            assert segment.interest == segment.balance_minor * segment.rate * segment.share
        assert told.sentences()


def test_explanation_reads_like_the_contract() -> None:
    schedule = build_schedule(request(principal=cny("100000"), instalments=12, day_count=DayCount.ACT_365F))
    told = schedule.explain_row(2)
    assert str(told.sentences()[0]) == "From 2025-02-28 to 2025-03-31: 92039.71 × 12% × 31/365 = 938.048551"
    assert str(told.sentences()[1]) == "Interest rounded: 938.05"
    with pytest.raises(InvalidInput, match="number"):
        schedule.explain_row(13)


@pytest.mark.parametrize(
    ("treatment", "interest", "balance_after_grace"),
    [
        (InterestTreatment.DUE_AT_END, ["0.00", "0.00", "300.00"], "10000.00"),
        (InterestTreatment.CAPITALISED, ["0.00", "0.00", "102.01"], "10201.00"),
        (InterestTreatment.SPREAD, ["0.00", "0.00", "150.00"], "10000.00"),
        (InterestTreatment.DUE_AT_MATURITY, ["0.00", "0.00", "100.00"], "10000.00"),
    ],
)
def test_grace_on_interest_by_hand(treatment: InterestTreatment, interest: list[str], balance_after_grace: str) -> None:
    """10,000 at 1 % a month, two months free: 100 a month accrues; capitalised it grows to 10,201."""
    schedule = build_schedule(request(grace=Grace(2, 2, treatment)))
    assert [str(row.interest) for row in schedule.instalments[:3]] == interest
    assert str(schedule.instalments[1].balance) == balance_after_grace


def test_prepayments_have_three_effects() -> None:
    paid = {"on": date(2025, 3, 15), "amount": cny("3000")}
    smaller, shorter, skipped = (
        build_schedule(request(prepayments=(Prepayment(**paid, effect=effect),))) for effect in PrepaymentEffect
    )
    base = build_schedule(request())
    assert base.level_minor == smaller.level_minor == shorter.level_minor == 1725_48
    assert len(smaller.due_on) == 6
    assert smaller.payment_minor[2] < 1725_48
    assert len(shorter.due_on) == 5
    assert shorter.payment_minor[2] == 1725_48
    assert skipped.principal_minor[1] == 0
    assert skipped.payment_minor[3] == 1725_48
    for schedule in (smaller, shorter, skipped):
        assert sum(schedule.principal_minor) == 7000_00
        # The second row counts 15 of 31 days on 8,374.52 and 16 on 5,374.52 at 1 % a period.
        assert str(schedule.instalments[1].interest) == "68.26"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1500_00), st.integers(1, 150), st.sampled_from(PrepaymentEffect))
def test_prepaying_never_costs_more(minor: int, days: int, effect: PrepaymentEffect) -> None:
    on = date.fromordinal(date(2025, 1, 31).toordinal() + days)
    schedule = build_schedule(request(prepayments=(Prepayment(on, Money(minor, "CNY"), effect),)))
    assert sum(schedule.principal_minor) == 10_000_00 - minor
    assert schedule.interest_total.minor <= build_schedule(request()).interest_total.minor + 6


def test_prepayment_up_to_the_settlement_figure_closes_and_above_is_refused() -> None:
    """After the first instalment 8,374.52 are owed; 15 of 31 days at 1 % add 40.52."""
    exact = build_schedule(request(prepayments=(Prepayment(date(2025, 3, 15), cny("8415.04")),)))
    assert exact.balance_minor[-1] == 0
    assert exact.payment_minor[-1] == 0
    assert str(exact.interest_total) == "140.52"
    with pytest.raises(InvalidInput, match=r"prepayments: .*above the settlement figure of 8415\.04"):
        build_schedule(request(prepayments=(Prepayment(date(2025, 3, 15), cny("8415.05")),)))


def test_tranches_and_rate_changes_by_hand() -> None:
    schedule = build_schedule(
        request(
            amortization=Amortization.INTEREST_ONLY,
            disbursements=(Disbursement(date(2025, 3, 31), cny("4000")),),
            rate_changes=(RateChange(date(2025, 5, 31), Decimal("0.06")),),
        )
    )
    assert [str(row.interest) for row in schedule.instalments] == [
        "60.00",
        "60.00",
        "100.00",
        "100.00",
        "50.00",
        "50.00",
    ]
    assert str(schedule.instalments[-1].principal) == "10000.00"


def test_flat_step_balloon_and_fixed_instalment_by_hand() -> None:
    flat = build_schedule(request(amortization=Amortization.FLAT))
    assert table(flat)[0] == ("1666.67", "100.00", "8333.33")
    assert {str(row.interest) for row in flat.instalments} == {"100.00"}
    # numpy-financial: pmt(0.01, 6, -10000, 4000) = 1075.2902
    balloon = build_schedule(request(balloon=cny("4000")))
    assert balloon.level_minor == 1075_29
    assert str(balloon.instalments[-1].payment) == "5075.30"
    step = build_schedule(request(amortization=Amortization.STEP, steps=(Step(4, Decimal("1.5")),)))
    assert [row.payment_minor for row in step.instalments[2:5]] == [1384_52, 2076_78, 2076_78]
    # numpy-financial: nper(0.01, -2000, 10000) = 5.155, so six rows
    fixed = build_schedule(request(instalments=None, instalment=cny("2000")))
    assert [str(row.payment) for row in fixed.instalments] == ["2000.00"] * 5 + ["311.17"]
    with pytest.raises(InvalidInput, match="instalment: The instalment does not cover the interest of row 1"):
        build_schedule(request(instalments=None, instalment=cny("100")))
    with pytest.raises(InvalidInput, match="instalment: The instalment is too small"):
        build_schedule(request(instalments=None, instalment=cny("8.33"), rate_annual=Decimal(0)))


def test_zero_rate_and_custom_plan() -> None:
    free = build_schedule(request(rate_annual=Decimal(0)))
    assert [str(row.payment) for row in free.instalments] == ["1666.67"] * 5 + ["1666.65"]
    plan = tuple(cny(part) for part in ("0", "0", "6000", "0", "0", "4000"))
    custom = build_schedule(request(amortization=Amortization.CUSTOM, principal_plan=plan, instalments=None))
    assert [str(row.interest) for row in custom.instalments] == ["100.00"] * 3 + ["40.00"] * 3


def test_first_row_can_absorb_the_residual_and_multiples_are_kept() -> None:
    first = build_schedule(request(rounding=RoundingRule(residual=Residual.FIRST)))
    assert [row.payment_minor for row in first.instalments] == [1725_50] + [1725_48] * 5
    chf = build_schedule(
        request(principal=Money.of("10000", "CHF"), rounding=RoundingRule(Rounding.HALF_UP, multiple_minor=5))
    )
    assert {row.payment_minor % 5 for row in chf.instalments[:-1]} == {0}
    yen = build_schedule(request(principal=Money(100_000, "JPY")))
    assert yen.instalments[0].payment_minor == 17255


@settings(max_examples=80, deadline=None)
@given(plain_requests())
def test_equalising_never_widens_the_gap(asked: ScheduleRequest) -> None:
    if asked.amortization is not Amortization.ANNUITY:
        return
    from dataclasses import replace

    gaps = []
    for residual in (Residual.LAST, Residual.EQUALISED):
        rule = RoundingRule(Rounding.HALF_EVEN, residual)
        schedule = build_schedule(replace(asked, rounding=rule))
        if len(schedule.due_on) < (asked.instalments or 0) or schedule.level_minor != schedule.payment_minor[0]:
            return
        gaps.append(abs(schedule.payment_minor[-1] - schedule.payment_minor[0]))
    assert gaps[1] <= gaps[0]


def test_business_days_move_the_due_date_and_may_move_the_interest() -> None:
    moved = BusinessDays(Convention.FOLLOWING, BusinessCalendar(closed=frozenset({date(2025, 4, 30)})))
    kept = BusinessDays(Convention.FOLLOWING, moved.calendar, interest_follows=False)
    follows, stays = (
        build_schedule(request(business_days=days, day_count=DayCount.ACT_365F)) for days in (moved, kept)
    )
    assert follows.due_on == stays.due_on
    assert follows.due_on[2:4] == (date(2025, 5, 1), date(2025, 6, 2))  # 31 May 2025 is a Saturday
    assert follows.explain_row(3).segments[0].share == pytest.approx(31 / 365)
    assert stays.explain_row(3).segments[0].share == pytest.approx(30 / 365)


@pytest.mark.parametrize(
    ("first", "month_end", "wanted"),
    [
        (None, MonthEnd.ANCHOR, ["2025-02-28", "2025-03-31", "2025-04-30"]),
        (date(2025, 2, 28), MonthEnd.ANCHOR, ["2025-02-28", "2025-03-31", "2025-04-30"]),
        (date(2025, 2, 15), MonthEnd.ANCHOR, ["2025-02-15", "2025-03-15", "2025-04-15"]),
        (date(2025, 3, 31), MonthEnd.ANCHOR, ["2025-03-31", "2025-04-30", "2025-05-31"]),
        (date(2025, 2, 28), MonthEnd.LAST_DAY, ["2025-02-28", "2025-03-31", "2025-04-30"]),
    ],
)
def test_due_dates(first: date | None, month_end: MonthEnd, wanted: list[str]) -> None:
    schedule = build_schedule(request(first_due_on=first, month_end=month_end, instalments=3))
    assert [day.isoformat() for day in schedule.due_on] == wanted


def test_a_first_interest_above_the_instalment_is_paid_and_the_rest_worked_out_again() -> None:
    schedule = build_schedule(
        request(first_due_on=date(2025, 7, 31), rate_annual=Decimal("1.5"), day_count=DayCount.ACT_365F, instalments=12)
    )
    assert schedule.principal_minor[0] == 0
    assert min(schedule.principal_minor[1:]) > 0
    assert max(schedule.payment_minor[1:]) - min(schedule.payment_minor[1:]) < 20


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"principal": cny("0")}, "principal"),
        ({"principal": Money(-1, "CNY")}, "principal"),
        ({"rate_annual": Decimal("-0.01")}, "annual_rate"),
        ({"rate_annual": Decimal("10.01")}, "annual_rate"),
        ({"rate_annual": None}, "annual_rate"),
        ({"rate_period": Decimal("0.01")}, "annual_rate"),
        ({"rate_annual": None, "rate_period": Decimal("0.01"), "day_count": DayCount.ACT_360}, "period_rate"),
        ({"rate_annual": None, "rate_period": Decimal("0.84")}, "period_rate"),
        ({"instalments": 0}, "instalments"),
        ({"instalments": 1201}, "instalments"),
        ({"instalments": None}, "instalments"),
        ({"first_due_on": date(2025, 1, 30)}, "first_due_on"),
        ({"balloon": cny("10000.01")}, "balloon"),
        ({"instalment": Money(1, "EUR")}, "instalment"),
        ({"prepayments": (Prepayment(date(2025, 1, 1), cny("1")),)}, "prepayments"),
        ({"prepayments": (Prepayment(date(2026, 1, 1), cny("1")),)}, "prepayments"),
        ({"prepayments": (Prepayment(date(2025, 3, 1), Money(1, "EUR")),)}, "prepayments"),
        ({"disbursements": (Disbursement(date(2025, 3, 1), cny("10000.01")),)}, "disbursements"),
        ({"disbursements": (Disbursement(date(2025, 3, 1), cny("10000")),)}, "disbursements"),
        ({"grace": Grace(principal=6)}, "grace.principal"),
        ({"amortization": Amortization.CUSTOM}, "principal_plan"),
        ({"amortization": Amortization.STEP}, "steps"),
        ({"disbursed_on": date(9999, 11, 1)}, "every"),
    ],
)
def test_a_request_that_cannot_be_met_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        build_schedule(request(**changes))
    assert list(caught.value.fields) == [field]


def test_a_schedule_that_breaks_its_promise_cannot_be_built() -> None:
    good = build_schedule(request())
    parts = {"request": good.request, "opening_minor": 10_000_00, "due_on": good.due_on}
    with pytest.raises(ValueError, match="repays"):
        Schedule(**parts, principal_minor=(1,) * 6, interest_minor=good.interest_minor)
    with pytest.raises(ValueError, match="negative"):
        Schedule(**parts, principal_minor=good.principal_minor, interest_minor=(-1,) * 6)
    with pytest.raises(ValueError, match="rise"):
        Schedule(
            **{**parts, "due_on": tuple(reversed(good.due_on))},
            principal_minor=good.principal_minor,
            interest_minor=good.interest_minor,
        )


def test_daily_weekly_and_yearly_frequencies() -> None:
    weekly = build_schedule(request(frequency=Frequency(1, Unit.WEEK), rate_annual=Decimal("0.52")))
    assert str(weekly.instalments[0].interest) == "100.00"
    assert weekly.due_on[1] == date(2025, 2, 14)
    yearly = build_schedule(request(frequency=Frequency(1, Unit.YEAR), instalments=2))
    assert str(yearly.instalments[0].interest) == "1200.00"

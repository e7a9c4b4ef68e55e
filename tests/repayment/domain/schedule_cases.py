"""Generated schedule requests shared by the property tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core.domain.dates import DayCount, Frequency, Unit
from core.domain.money import Money, Rounding
from repayment.domain.rounding import InterestRounding, Residual, RoundingRule
from repayment.domain.schedule import (
    Amortization,
    Fee,
    FeeKind,
    Grace,
    InterestTreatment,
    PaymentHoliday,
    RateChange,
    ScheduleRequest,
    Step,
)

RATES = st.integers(0, 3_000_000).map(lambda n: Decimal(n).scaleb(-6))
FREQUENCIES = st.sampled_from(
    [
        Frequency(),
        Frequency(1, Unit.WEEK),
        Frequency(2, Unit.WEEK),
        Frequency(10, Unit.DAY),
        Frequency(3),
        Frequency(1, Unit.YEAR),
    ]
)
ROUNDINGS = st.builds(
    RoundingRule,
    st.sampled_from(Rounding),
    st.sampled_from(Residual),
    st.sampled_from([1, 1, 1, 5, 100]),
    st.sampled_from(InterestRounding),
)


@st.composite
def plain_requests(draw: Any, residuals: Any = None) -> ScheduleRequest:
    """Annuity and equal principal without events."""
    rounding = draw(ROUNDINGS)
    if residuals is not None and rounding.residual not in residuals:
        rounding = RoundingRule(rounding.mode, Residual.LAST, rounding.multiple_minor)
    return ScheduleRequest(
        principal=Money(draw(st.integers(1, 10**10)), draw(st.sampled_from(["CNY", "JPY", "KWD"]))),
        amortization=draw(st.sampled_from([Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL])),
        disbursed_on=draw(st.dates(date(2020, 1, 1), date(2030, 12, 31))),
        rate_annual=draw(RATES),
        instalments=draw(st.integers(1, 80)),
        frequency=draw(FREQUENCIES),
        day_count=draw(st.sampled_from(DayCount)),
        rounding=rounding,
    )


@st.composite
def rich_requests(draw: Any) -> ScheduleRequest:
    """Every kind, with grace, payment holidays, rate changes and fees."""
    kind = draw(st.sampled_from(Amortization))
    rows = draw(st.integers(3, 40))
    start = draw(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
    minor = draw(st.integers(10_000, 10**9))
    plan: tuple[Money, ...] = ()
    if kind is Amortization.CUSTOM:
        cuts = sorted(draw(st.lists(st.integers(0, minor), min_size=rows - 1, max_size=rows - 1)))
        plan = tuple(Money(b - a, "CNY") for a, b in zip([0, *cuts], [*cuts, minor], strict=True))
    grace = Grace(
        draw(st.integers(0, 2)),
        draw(st.integers(0, 2)),
        draw(st.sampled_from(InterestTreatment)),
    )
    balloon = None
    if kind in {Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL, Amortization.STEP} and draw(st.booleans()):
        balloon = Money(draw(st.integers(1, minor)), "CNY")
    return ScheduleRequest(
        principal=Money(minor, "CNY"),
        amortization=kind,
        disbursed_on=start,
        rate_annual=draw(RATES),
        instalments=rows,
        frequency=draw(FREQUENCIES),
        day_count=draw(st.sampled_from(DayCount)),
        rounding=draw(ROUNDINGS),
        grace=grace,
        payment_holidays=draw(st.sampled_from([(), (PaymentHoliday(rows - 1),)])),
        rate_changes=draw(
            st.sampled_from([(), (RateChange(start.replace(year=start.year + 1, day=1), Decimal("0.05")),)])
        ),
        fees=draw(
            st.sampled_from(
                [
                    (),
                    (
                        Fee("arrangement", FeeKind.FINANCED, rate=Decimal("0.01")),
                        Fee("insurance", FeeKind.INSURANCE, rate=Decimal("0.001"), payee="insurer"),
                        Fee("account", FeeKind.ANNUAL, amount=Money(1000, "CNY")),
                    ),
                ]
            )
        ),
        balloon=balloon,
        steps=(Step(2, Decimal("1.5")), Step(3, Decimal("0.8"))) if kind is Amortization.STEP else (),
        principal_plan=plan,
    )

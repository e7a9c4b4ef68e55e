"""What a schedule costs a year: effective and nominal rate, from the flows between lender and borrower."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from core.domain.dates import DayCount, year_numerators
from repayment.domain.irr import internal_rate
from repayment.domain.schedule import FeeKind, Schedule
from repayment.domain.schedule_fees import fee_at_start

_PLACES = Decimal("0.00000001")


def cash_flows(schedule: Schedule) -> list[tuple[date, int]]:
    """Dated flows in minor units as the borrower sees them repaid: payouts negative, payments positive.

    Fees up front, withheld or paid, reduce the first payout.
    """
    request = schedule.request
    first = schedule.opening_minor
    if request.fees:
        first -= fee_at_start(request, FeeKind.FINANCED) + fee_at_start(request, FeeKind.UP_FRONT)
    flows = [(request.disbursed_on, -first)]
    flows += [(move.on, -move.minor + move.interest_minor) for move in schedule.movements]
    flows += zip(schedule.due_on, schedule.payment_minor, strict=True)
    return flows


def _times(schedule: Schedule, days: list[date]) -> list[float]:
    """Years from the disbursement to each day, measured as the loan's own interest measures time."""
    request = schedule.request
    convention = request.day_count
    if convention is DayCount.PERIOD:
        per_year = float(request.frequency.periods_per_year)
        bounds = [request.disbursed_on, *schedule.due_on]
        ordinals = [day.toordinal() for day in bounds]
        times, base = [], 0 if bounds[1] > bounds[0] else 1
        for day in days:
            k = _interval(ordinals, day.toordinal())
            length = ordinals[k + 1] - ordinals[k]
            share = (day.toordinal() - ordinals[k]) / length if length else 0.0
            times.append(max(0.0, (k - base + share) / per_year))
        return times
    if convention is DayCount.ACT_360:  # a year has 365 days, whatever the interest is divided by
        convention = DayCount.ACT_365F
    start = request.disbursed_on
    times = []
    for day in days:
        (numerator,), den = year_numerators(convention, (start, day))
        times.append(numerator / den)
    return times


def _interval(ordinals: list[int], day: int) -> int:
    for k in range(len(ordinals) - 1):
        if day <= ordinals[k + 1]:
            return k
    return len(ordinals) - 2


def cost_of(schedule: Schedule, flows: Sequence[tuple[date, int]]) -> tuple[Decimal, Decimal]:
    """Effective and nominal yearly rate of any flows on the time scale of a schedule, fractions of one to eight places.

    Raises NoRate or SeveralRates.
    """
    times = _times(schedule, [day for day, _ in flows])
    effective = internal_rate([(at, float(minor)) for at, (_, minor) in zip(times, flows, strict=True)])
    per_year = float(schedule.request.frequency.periods_per_year)
    nominal = per_year * ((1 + effective) ** (1 / per_year) - 1)
    return (
        Decimal(effective).quantize(_PLACES, rounding=ROUND_HALF_UP),
        Decimal(nominal).quantize(_PLACES, rounding=ROUND_HALF_UP),
    )


def effective_annual_rate(schedule: Schedule) -> Decimal:
    """The compounded yearly cost with all fees, as a fraction of one to eight places.

    Time is measured as the loan measures it: periods over periods a year under PERIOD, 30/360 years for that family,
    days over 365 for ACT/360 and ACT/365F, ISDA years for ACT/ACT. Raises NoRate or SeveralRates.
    """
    return cost_of(schedule, cash_flows(schedule))[0]


def nominal_annual_rate(schedule: Schedule) -> Decimal:
    """The same cost as periods a year times the rate of a period, as a fraction of one to eight places.

    This is the IRR x 12 of a monthly loan that Chinese practice calls the annualised rate.
    """
    return cost_of(schedule, cash_flows(schedule))[1]

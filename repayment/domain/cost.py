"""What a schedule costs a year: effective and nominal rate, from the flows between lender and borrower."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

from core.domain.dates import DayCount, year_fraction
from repayment.domain.irr import internal_rate, nominal_of
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


def _times(schedule: Schedule, days: list[date]) -> Sequence[Fraction]:
    """Years from the disbursement to each day, measured as the loan's own interest measures time."""
    request = schedule.request
    convention = request.day_count
    start = request.disbursed_on
    if convention is DayCount.PERIOD:
        return _period_times(start, tuple(schedule.due_on), tuple(days), request.frequency.periods_per_year)
    if convention is DayCount.ACT_360:  # a year has 365 days, whatever the interest is divided by
        convention = DayCount.ACT_365F
    return [year_fraction(convention, start, day) for day in days]


@lru_cache(maxsize=128)
def _period_times(
    start: date, due_on: tuple[date, ...], days: tuple[date, ...], per_year: Fraction
) -> tuple[Fraction, ...]:
    """Loans that are weighed against each other differ in their sums more often than in their days."""
    bounds = [day.toordinal() for day in (start, *due_on)]
    base = 0 if bounds[1] > bounds[0] else 1
    return tuple(_periods_until(bounds, day.toordinal(), base) / per_year for day in days)


def _periods_until(bounds: list[int], day: int, base: int) -> Fraction:
    """Periods from the start to a day, a part of a period by its days."""
    k = min(max(bisect_left(bounds, day) - 1, 0), len(bounds) - 2)
    length = bounds[k + 1] - bounds[k]
    share = Fraction(day - bounds[k], length) if length else Fraction(0)
    return max(Fraction(0), k - base + share)


def cost_of(schedule: Schedule, flows: Sequence[tuple[date, int]]) -> tuple[Decimal, Decimal]:
    """Effective and nominal yearly rate of any flows on the time scale of a schedule, fractions of one to eight places.

    Raises NoRate or SeveralRates.
    """
    times = _times(schedule, [day for day, _ in flows])
    effective = internal_rate([(at, minor) for at, (_, minor) in zip(times, flows, strict=True)])
    nominal = nominal_of(effective, schedule.request.frequency.periods_per_year)
    return effective.quantize(_PLACES, rounding=ROUND_HALF_UP), nominal.quantize(_PLACES, rounding=ROUND_HALF_UP)


def both_annual_rates(schedule: Schedule) -> tuple[Decimal, Decimal]:
    """(`effective_annual_rate`, `nominal_annual_rate`) by solving once."""
    return cost_of(schedule, cash_flows(schedule))


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

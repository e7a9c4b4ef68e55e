"""The calendar of a schedule: due dates, interest periods and their exact rate factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import gcd

from core.domain.calendars import Convention
from core.domain.dates import (
    DayCount,
    Unit,
    add_months,
    month_days,
    rolled_dates,
    year_numerators,
    year_parts,
)
from repayment.domain.schedule_request import ScheduleRequest


@dataclass(frozen=True, slots=True)
class Periods:
    """`due` are the days to pay (moved to business days); `bounds` are the n + 1 days interest runs between.

    Period k counts shares[k] / share_den of a year (of a period, where the rate is that of a period).
    """

    due: list[date]
    bounds: list[date]
    shares: list[int]
    share_den: int

    def factors(self, rate: tuple[int, int]) -> tuple[list[int], int]:
        """Interest of row k on balance B is B x numerators[k] / denominator at this rate, an exact ratio."""
        num, den = rate
        den *= self.share_den
        divisor = gcd(num, den)
        num //= divisor
        return [num * share for share in self.shares], den // divisor


def _anchor_day(request: ScheduleRequest, first: date) -> int:
    """Day 31 of a loan paid out on 31 Jan stays 31 although its first due date is 28 Feb."""
    if request.anchor_day is not None:
        return request.anchor_day
    day = request.disbursed_on.day
    shortened = first.day == min(day, month_days(first.year, first.month))
    return day if shortened and day > first.day else first.day


def due_dates(request: ScheduleRequest, rows: int) -> list[date]:
    """The unadjusted due dates. The first one is given or one period after disbursement."""
    frequency = request.frequency
    first = request.first_due_on
    if first is None:
        if request.anchor_day is None:
            first = rolled_dates(request.disbursed_on, frequency, 1, request.month_end)[1]
        elif frequency.unit in {Unit.DAY, Unit.WEEK}:
            first = rolled_dates(request.disbursed_on, frequency, 1)[1]
        else:
            months = frequency.every * (12 if frequency.unit is Unit.YEAR else 1)
            first = add_months(request.disbursed_on, months, request.anchor_day)
    return rolled_dates(first, frequency, rows - 1, request.month_end, _anchor_day(request, first))


def rate_ratio(request: ScheduleRequest) -> tuple[int, int]:
    """The rate as an exact ratio: of a year, or of a period where the request says so."""
    rate = request.rate_annual if request.rate_annual is not None else request.rate_period
    return (rate or Decimal(0)).as_integer_ratio()


def make_periods(request: ScheduleRequest, rows: int) -> Periods:
    """Due dates, interest periods and their lengths, for `rows` rows."""
    nominal = due_dates(request, rows)
    days = request.business_days
    due = nominal
    if days.convention is not Convention.NONE:
        adjust = days.calendar.adjust
        due = [adjust(day, days.convention) for day in nominal]
    start = request.disbursed_on
    bounds = [start, *(due if days.interest_follows else nominal)]
    if request.day_count is DayCount.PERIOD:
        share = Fraction(1) if request.rate_period is not None else 1 / request.frequency.periods_per_year
        shares = [share.numerator] * rows
        if bounds[1] == start:
            shares[0] = 0  # an instalment on the day of disbursement carries no interest
        return Periods(due, bounds, shares, share.denominator)
    return Periods(due, bounds, *year_numerators(request.day_count, bounds, bounds[-1]))


def part_share(request: ScheduleRequest, periods: Periods, row: int, part: tuple[date, date]) -> Fraction:
    """What a part of the interest period of a row (counted from 0) counts, in the unit of `Periods.shares`.

    Under PERIOD a part counts its days over the days of the period.
    """
    start, end = periods.bounds[row], periods.bounds[row + 1]
    if request.day_count is not DayCount.PERIOD:
        return Fraction(*year_parts(request.day_count, *part, periods.bounds[-1]))
    length = (end - start).days
    if not length:
        return Fraction(0)
    return Fraction(periods.shares[row] * (part[1] - part[0]).days, periods.share_den * length)

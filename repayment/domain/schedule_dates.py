"""The calendar of a schedule: due dates, interest periods and their exact rate factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd

from core.domain.calendars import Convention
from core.domain.dates import (
    DayCount,
    Frequency,
    MonthEnd,
    Unit,
    add_months,
    month_days,
    rolled_dates,
    year_numerators,
    year_parts,
)
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from repayment.domain.schedule_request import BUSINESS_DAYS, PERIOD, BusinessDays, ScheduleRequest


@dataclass(frozen=True, slots=True)
class Periods:
    """`due` are the days to pay (moved to business days); `bounds` are the n + 1 days interest runs between.

    Period k counts shares[k] / share_den of a year (of a period, where the rate is that of a period).
    """

    due: tuple[date, ...]
    bounds: tuple[date, ...]
    shares: tuple[int, ...]
    share_den: int

    def factors(self, rate: tuple[int, int]) -> tuple[list[int], int]:
        """Interest of row k on balance B is B x numerators[k] / denominator at this rate, an exact ratio."""
        num, den = rate
        den *= self.share_den
        divisor = gcd(num, den)
        num //= divisor
        return [num * share for share in self.shares], den // divisor


def _anchor_day(day: int, first: date) -> int:
    """Day 31 of a loan paid out on 31 Jan stays 31 although its first due date is 28 Feb."""
    shortened = first.day == min(day, month_days(first.year, first.month))
    return day if shortened and day > first.day else first.day


def _first_due(start: date, frequency: Frequency, month_end: MonthEnd, anchor: int | None) -> date:
    """One period after disbursement."""
    if frequency.unit in {Unit.DAY, Unit.WEEK} or month_end is MonthEnd.LAST_DAY:
        return rolled_dates(start, frequency, 1, month_end)[1]
    months = frequency.every * (12 if frequency.unit is Unit.YEAR else 1)
    try:
        return add_months(start, months, anchor)
    except ValueError:
        raise InvalidInput({"every": Text("The dates run past the year 9999")}) from None


def rate_ratio(request: ScheduleRequest) -> tuple[int, int]:
    """The rate as an exact ratio: of a year, or of a period where the request says so."""
    rate = request.rate_annual if request.rate_annual is not None else request.rate_period
    return (rate or Decimal(0)).as_integer_ratio()


def make_periods(request: ScheduleRequest, rows: int) -> Periods:
    """Due dates, interest periods and their lengths, for `rows` rows.

    Loans of a book share their days: the answers are kept, since making 36 dates costs more than 36 interests.
    """
    return _periods(
        request.disbursed_on,
        request.first_due_on,
        rows,
        request.anchor_day,
        request.frequency,
        request.month_end,
        request.day_count,
        None if request.business_days is BUSINESS_DAYS else request.business_days,
        request.rate_period is not None,
    )


@lru_cache(maxsize=4096)
def _periods(
    start: date,
    first: date | None,
    rows: int,
    anchor: int | None,
    frequency: Frequency,
    month_end: MonthEnd,
    convention: DayCount,
    days: BusinessDays | None,
    by_period: bool,
) -> Periods:
    first = first or _first_due(start, frequency, month_end, anchor)
    nominal = due = tuple(rolled_dates(first, frequency, rows - 1, month_end, anchor or _anchor_day(start.day, first)))
    follows = True
    if days is not None and days.convention is not Convention.NONE:
        due = tuple(_moved(day, days, start) for day in nominal)
        follows = days.interest_follows
    bounds = (start, *(due if follows else nominal))
    if convention is not DayCount.PERIOD:
        shares, den = year_numerators(convention, bounds, bounds[-1])
        return Periods(due, bounds, tuple(shares), den)
    share = Fraction(1) if by_period else 1 / frequency.periods_per_year
    numerators = [share.numerator] * rows
    if bounds[1] == start:
        numerators[0] = 0  # an instalment on the day of disbursement carries no interest
    return Periods(due, bounds, tuple(numerators), share.denominator)


def _moved(day: date, days: BusinessDays, start: date) -> date:
    """The business day a due date moves to; one that would fall before the disbursement moves forward instead."""
    moved = days.calendar.adjust(day, days.convention)
    return moved if moved >= start else days.calendar.adjust(day, Convention.FOLLOWING)


def row_share(request: ScheduleRequest, periods: Periods, row: int) -> tuple[int, int]:
    """What the interest period of a row (counted from 0) counts, over the denominator its parts are counted in."""
    if request.day_count is not PERIOD:
        return periods.shares[row], periods.share_den
    length = (periods.bounds[row + 1] - periods.bounds[row]).days or 1
    return periods.shares[row] * length, periods.share_den * length


def part_share(request: ScheduleRequest, periods: Periods, row: int, part: tuple[date, date]) -> int:
    """What a part of the period counts, over the denominator of `row_share`. Under PERIOD a part counts its days."""
    if request.day_count is not PERIOD:
        return year_parts(request.day_count, *part, periods.bounds[-1])[0]
    return periods.shares[row] * (part[1] - part[0]).days

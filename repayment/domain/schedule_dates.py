"""The calendar of a schedule: due dates, interest periods and their exact rate factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

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

    Interest of row k on a balance B is B x numerators[k] / denominator, for the rate at disbursement.
    """

    due: list[date]
    bounds: list[date]
    numerators: list[int]
    denominator: int


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
    """Due dates, interest periods and rate factors of `rows` rows."""
    nominal = due_dates(request, rows)
    days = request.business_days
    due = nominal
    if days.convention is not Convention.NONE:
        adjust = days.calendar.adjust
        due = [adjust(day, days.convention) for day in nominal]
    start = request.disbursed_on
    bounds = [start, *(due if days.interest_follows else nominal)]
    rate_num, rate_den = rate_ratio(request)
    if request.day_count is DayCount.PERIOD:
        share = Fraction(1) if request.rate_period is not None else 1 / request.frequency.periods_per_year
        factor = Fraction(rate_num, rate_den) * share
        numerators = [factor.numerator] * rows
        if bounds[1] == start:
            numerators[0] = 0  # an instalment on the day of disbursement carries no interest
        return Periods(due, bounds, numerators, factor.denominator)
    fractions, den = year_numerators(request.day_count, bounds, bounds[-1])
    return Periods(due, bounds, [rate_num * n for n in fractions], rate_den * den)


def segment_ratio(request: ScheduleRequest, bounds: tuple[date, date], part: tuple[date, date], last: date) -> Fraction:
    """The share of a year (of a period, for a rate of a period) that a part of one interest period counts.

    Under PERIOD a part of a period counts its days over the days of the period.
    """
    if request.day_count is not DayCount.PERIOD:
        return Fraction(*year_parts(request.day_count, part[0], part[1], last))
    length = (bounds[1] - bounds[0]).days
    if not length:
        return Fraction(0)
    whole = Fraction(1) if request.rate_period is not None else 1 / request.frequency.periods_per_year
    return whole * Fraction((part[1] - part[0]).days, length)

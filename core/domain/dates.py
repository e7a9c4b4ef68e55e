"""Day counts, month steps and month-end rules. Every function takes its days as arguments and is exact.

Sources: 2006 ISDA Definitions, section 4.16 (b), (d), (e), (f), (g), (h) for the named conventions; the February rule
of `30U/360` is the US municipal one (MSRB Rule G-33).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from core.domain.errors import InvalidInput
from core.domain.texts import Text

_MONTH_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ISDA_DEN = 365 * 366


class DayCount(StrEnum):
    """How the days between two dates become a fraction of a year. Stored by its standard name."""

    THIRTY_360 = "30/360"
    THIRTY_U_360 = "30U/360"
    THIRTY_E_360 = "30E/360"
    THIRTY_E_360_ISDA = "30E/360 ISDA"
    ACT_360 = "ACT/360"
    ACT_365F = "ACT/365F"
    ACT_ACT_ISDA = "ACT/ACT ISDA"
    PERIOD = "PERIOD"


class Unit(StrEnum):
    """What a frequency counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class MonthEnd(StrEnum):
    """What becomes of day 29-31 in a shorter month, and of a last day in a longer one.

    ANCHOR keeps the day of the start and shortens it where needed: 31 Jan, 28 Feb, 31 Mar; 28 Feb, 28 Mar.
    LAST_DAY keeps to the last day once the start is one: 28 Feb, 31 Mar, 30 Apr.
    """

    ANCHOR = "anchor"
    LAST_DAY = "last_day"


_PER_YEAR = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}


@dataclass(frozen=True, slots=True)
class Frequency:
    """Every so many days, weeks, months or years."""

    every: int = 1
    unit: Unit = Unit.MONTH

    def __post_init__(self) -> None:
        if type(self.every) is not int or not 1 <= self.every <= 3660:
            raise InvalidInput({"every": Text("Enter a whole number from 1 to 3660")})

    @property
    def periods_per_year(self) -> Fraction:
        """12 for monthly, 52 for weekly, 365 for daily, 1 for yearly, divided by `every`."""
        return Fraction(_PER_YEAR[self.unit], self.every)


MONTHLY = Frequency(1, Unit.MONTH)


def month_days(year: int, month: int) -> int:
    """Days of that month."""
    if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        return 29
    return _MONTH_DAYS[month]


def is_month_end(day: date) -> bool:
    """True for the last day of a month."""
    return day.day == month_days(day.year, day.month)


def add_months(day: date, months: int, anchor_day: int | None = None) -> date:
    """The same day `months` later (or earlier), or the month's last day when it is shorter.

    `anchor_day` (1-31) replaces the day of `day`, so that 28 Feb with anchor 31 becomes 31 Mar.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(anchor_day or day.day, month_days(year, month)))


def rolled_dates(
    start: date,
    frequency: Frequency,
    count: int,
    month_end: MonthEnd = MonthEnd.ANCHOR,
    anchor_day: int | None = None,
) -> list[date]:
    """`start` and the `count` dates after it, each counted from the start, never from the one before.

    Raises InvalidInput when the calendar ends (year 9999) before the count does.
    """
    every, unit = frequency.every, frequency.unit
    try:
        if unit is Unit.DAY or unit is Unit.WEEK:
            first, step = start.toordinal(), every * (7 if unit is Unit.WEEK else 1)
            return [date.fromordinal(first + step * k) for k in range(count + 1)]
        months = every * (12 if unit is Unit.YEAR else 1)
        day = 31 if month_end is MonthEnd.LAST_DAY and is_month_end(start) else anchor_day or start.day
        first = start.year * 12 + start.month - 1
        if day <= 28:
            rest = [date(m // 12, m % 12 + 1, day) for m in range(first + months, first + months * count + 1, months)]
        else:
            rest = [
                date(m // 12, m % 12 + 1, min(day, month_days(m // 12, m % 12 + 1)))
                for m in range(first + months, first + months * count + 1, months)
            ]
    except (ValueError, OverflowError):
        raise InvalidInput({"every": Text("The dates run past the year 9999")}) from None
    return [start, *rest]


def _days_30(convention: DayCount, start: date, end: date, termination: date | None) -> int:
    d1, d2 = start.day, end.day
    if convention is DayCount.THIRTY_360:
        d1 = min(d1, 30)
        if d2 == 31 and d1 == 30:
            d2 = 30
    elif convention is DayCount.THIRTY_E_360:
        d1, d2 = min(d1, 30), min(d2, 30)
    elif convention is DayCount.THIRTY_U_360:
        if start.month == 2 and is_month_end(start):
            if end.month == 2 and is_month_end(end):
                d2 = 30
            d1 = 30
        if d2 == 31 and d1 >= 30:
            d2 = 30
        d1 = min(d1, 30)
    else:
        if is_month_end(start):
            d1 = 30
        if d2 == 31 or (end.month == 2 and is_month_end(end) and end != termination):
            d2 = 30
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + d2 - d1


def _isda_parts(start: date, end: date) -> int:
    """Year fraction by ACT/ACT ISDA as a numerator over 365 x 366: each day over the length of its own year."""
    if start.year == end.year:
        return (end - start).days * (365 if month_days(start.year, 2) == 29 else 366)
    total = (end.year - start.year - 1) * _ISDA_DEN
    total += (date(start.year, 12, 31).toordinal() + 1 - start.toordinal()) * (
        365 if month_days(start.year, 2) == 29 else 366
    )
    return total + (end - date(end.year, 1, 1)).days * (365 if month_days(end.year, 2) == 29 else 366)


def day_count(convention: DayCount, start: date, end: date, termination: date | None = None) -> int:
    """Days from `start` to `end` as the convention counts them; negative when `end` is earlier.

    `termination` (the last day of the contract) matters to `30E/360 ISDA` alone: there 28 Feb stays 28.
    """
    if convention.value.startswith("30"):
        return _days_30(convention, start, end, termination)
    return (end - start).days


def year_parts(convention: DayCount, start: date, end: date, termination: date | None = None) -> tuple[int, int]:
    """The year fraction as numerator and denominator; the denominator is the same for every pair of dates.

    Raises InvalidInput for PERIOD, which needs a frequency and not two dates.
    """
    if convention is DayCount.ACT_365F:
        return (end - start).days, 365
    if convention is DayCount.ACT_360:
        return (end - start).days, 360
    if convention is DayCount.ACT_ACT_ISDA:
        return _isda_parts(start, end), _ISDA_DEN
    if convention is DayCount.PERIOD:
        raise InvalidInput({"convention": Text("PERIOD counts periods of a schedule, not days between two dates")})
    return _days_30(convention, start, end, termination), 360


def year_fraction(convention: DayCount, start: date, end: date, termination: date | None = None) -> Fraction:
    """The exact share of a year between two dates. Additive over a split for the ACT conventions."""
    return Fraction(*year_parts(convention, start, end, termination))


def year_numerators(
    convention: DayCount, days: Sequence[date], termination: date | None = None
) -> tuple[list[int], int]:
    """Year fractions of the periods between neighbouring dates, as numerators over one common denominator."""
    if convention is DayCount.ACT_365F or convention is DayCount.ACT_360:
        ordinals = [day.toordinal() for day in days]
        den = 365 if convention is DayCount.ACT_365F else 360
        return [b - a for a, b in pairwise(ordinals)], den
    den = year_parts(convention, days[0], days[0])[1]
    pairs = pairwise(days)
    if convention is DayCount.ACT_ACT_ISDA:
        return [_isda_parts(a, b) for a, b in pairs], den
    return [_days_30(convention, a, b, termination) for a, b in pairs], den


def whole_months_between(start: date, end: date) -> tuple[int, date]:
    """How many whole months fit, counted back from `end`, and the day that is reached (on or after `start`).

    31 Dec to 28 Feb are two whole months: the later day is where the earlier one falls in the shorter month.
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) == end:
        return months, start
    reached = add_months(end, -months)
    if reached < start:
        months -= 1
        reached = add_months(end, -months)
    return months, reached


ONE_DAY = timedelta(days=1)

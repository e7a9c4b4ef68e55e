"""JSON to day counts, business days and date rolls: the contract of `flask dates ...`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.domain.calendars import Convention
from core.domain.dates import DayCount, Frequency, MonthEnd, day_count, rolled_dates, year_fraction
from core.domain.texts import Text
from repayment.cli.reading import Fields
from repayment.cli.schedule_json import read_calendar, read_day_count, read_unit

_ROLLS_MAX = 5000


def answer_year_fraction(fields: Fields) -> dict[str, Any]:
    """`{"convention", "start", "end", "termination"}` to days and the year fraction (16 places at most)."""
    fields.refuse_unknown("convention", "start", "end", "termination")
    convention = read_day_count(fields, "convention")
    if convention is DayCount.PERIOD:
        raise fields.fail("convention", Text("PERIOD counts periods of a schedule, not days between two dates"))
    start, end = fields.day("start"), fields.day("end")
    if end < start:
        raise fields.fail("end", Text("The end is before the start"))
    termination = fields.day("termination") if fields.has("termination") else None
    exact = year_fraction(convention, start, end, termination)
    share = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("1E-16"))
    digits = format(share, "f").rstrip("0")
    return {
        "days": day_count(convention, start, end, termination),
        "year_fraction": digits + "0" if digits.endswith(".") else digits,
    }


def answer_adjust(fields: Fields) -> dict[str, Any]:
    """`{"date", "convention", "weekend", "holidays", "calendar"}` to the business day it moves to."""
    fields.refuse_unknown("date", "convention", "weekend", "holidays", "calendar")
    convention = fields.choice("convention", Convention, Convention.FOLLOWING)
    return {"adjusted": read_calendar(fields).adjust(fields.day("date"), convention).isoformat()}


def answer_roll(fields: Fields) -> dict[str, Any]:
    """`{"start", "every", "unit", "count", "month_end"}` to the `count` dates after the start."""
    fields.refuse_unknown("start", "every", "unit", "count", "month_end")
    count = fields.integer("count", 1)
    if not 1 <= count <= _ROLLS_MAX:
        raise fields.fail("count", Text("Enter a whole number from 1 to {most}", most=_ROLLS_MAX))
    frequency = Frequency(fields.integer("every", 1), read_unit(fields))
    month_end = fields.choice("month_end", MonthEnd, MonthEnd.ANCHOR)
    found = rolled_dates(fields.day("start"), frequency, count, month_end)[1:]
    return {"dates": [day.isoformat() for day in found]}

"""JSON to an annual rate: the contract of `flask loan apr`.

A flow has an `amount`, its time, and optionally `count` and `every`: `count` flows at a step of `every`. The time is
`on` (a date; `unit` of the step day, week, month or year, default month), or `unit_period` plus `fraction`, or
`months`, or `years`; an advance without a time is at the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any

from core.domain.dates import Frequency, Unit, rolled_dates
from core.domain.texts import Text
from repayment.cli.reading import Fields
from repayment.cli.schedule_json import read_unit
from repayment.domain.apr_eu import YearFlow, eu_interval, eu_rate
from repayment.domain.apr_us import (
    UnitFlow,
    UnitPeriod,
    periods_between,
    single_payment_period,
    unit_period_of,
    us_rate,
)
from repayment.domain.irr import compounded, internal_rate, nominal_of

_FLOW = ("amount", "count", "every", "on", "unit", "unit_period", "fraction", "months", "years")
_FLOWS_MAX = 5000
_WIDE = Context(prec=60)  # a rate of a payday loan has many digits before the point
Rates = tuple[Decimal, Decimal, Decimal]  # the APR, effective, nominal, as fractions of one


class Method(StrEnum):
    """How the yearly cost is measured."""

    US_ACTUARIAL = "us_actuarial"
    EU_APRC = "eu_aprc"
    IRR = "irr"


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow: its amount and its time by one of the four ways."""

    amount: Decimal
    on: date | None = None
    periods: tuple[int, Fraction] | None = None
    years: Fraction | None = None


def _flows(fields: Fields) -> Iterator[Flow]:
    fields.refuse_unknown(*_FLOW)
    amount = fields.decimal("amount")
    if amount <= 0:
        raise fields.fail("amount", Text("The amount must be more than zero"))
    count = fields.integer("count", 1)
    if not 1 <= count <= _FLOWS_MAX:
        raise fields.fail("count", Text("Enter a whole number from 1 to {most}", most=_FLOWS_MAX))
    if fields.has("on"):
        step, first = Frequency(fields.integer("every", 1), read_unit(fields, Unit.MONTH)), fields.day("on")
        days = rolled_dates(first, step, count - 1) if count > 1 else [first]
        yield from (Flow(amount, on=day) for day in days)
        return
    every = fields.ratio("every", Fraction(1))
    if every <= 0:
        raise fields.fail("every", Text("Enter a number above zero"))
    if fields.has("unit_period") or fields.has("fraction"):
        start = _time(fields, "unit_period"), _time(fields, "fraction")
        for k in range(count):
            whole, odd = start[0] + k * every, start[1]
            odd += whole - floor(whole)
            yield Flow(amount, periods=(floor(whole), odd))
    else:
        per_year = 12 if fields.has("months") else 1
        begin = _time(fields, "months" if per_year == 12 else "years")
        for k in range(count):
            yield Flow(amount, years=(begin + k * every) / per_year)


def _time(fields: Fields, name: str) -> Fraction:
    """A time from the first advance on."""
    found = fields.ratio(name, Fraction(0))
    if found < 0:
        raise fields.fail(name, Text("Times count from the first advance: enter zero or more"))
    return found


def _read(fields: Fields, name: str) -> list[Flow]:
    found = [flow for item in fields.parts(name) for flow in _flows(item)]
    if not found:
        raise fields.fail(name, Text("This field is missing"))
    if len(found) > _FLOWS_MAX:
        raise fields.fail(name, Text("There are more than {most} flows", most=_FLOWS_MAX))
    return found


@dataclass(frozen=True, slots=True)
class Transaction:
    """What was read: both sides, the origin of dates, and the unit-periods a year (None: not given)."""

    fields: Fields
    advances: list[Flow]
    payments: list[Flow]
    start: date | None
    per_year: Fraction | None

    @property
    def steps(self) -> Fraction:
        """Unit-periods a year, twelve when not given."""
        return self.per_year or Fraction(12)


def _read_transaction(fields: Fields) -> Transaction:
    fields.refuse_unknown("method", "advances", "payments", "unit_periods_per_year", "interval", "decimals", "currency")
    advances, payments = _read(fields, "advances"), _read(fields, "payments")
    days = [flow.on for flow in advances if flow.on is not None]
    per_year = None
    if fields.has("unit_periods_per_year"):
        per_year = fields.ratio("unit_periods_per_year")
        if not 0 < per_year <= 366:
            raise fields.fail("unit_periods_per_year", Text("Enter a number above 0 and up to 366"))
    if not days and any(flow.on is not None for flow in payments):
        raise fields.fail("advances", Text("Dated payments need a dated advance"))
    start = min(days) if days else None
    if start is not None and any(flow.on is not None and flow.on < start for flow in payments):
        raise fields.fail("payments", Text("A payment is before the first advance"))
    return Transaction(fields, advances, payments, start, per_year)


def _us_unit(deal: Transaction) -> tuple[Fraction, UnitPeriod | None]:
    """Unit-periods a year, and the unit that dates are counted in (None: the single term of the transaction)."""
    if deal.start is None:
        return deal.steps, None
    if deal.per_year is not None:
        return deal.per_year, unit_period_of(deal.per_year)
    days = sorted(flow.on for flow in deal.payments if flow.on is not None)
    if len(deal.advances) == 1 and len(days) == 1 and len(deal.payments) == 1:
        if (days[0] - deal.start).days < 365:
            return single_payment_period(deal.start, days[0]), None
        return Fraction(1), unit_period_of(Fraction(1))
    return _commonest(days)


def _commonest(days: list[date]) -> tuple[Fraction, UnitPeriod]:
    """The interval that occurs most often between payments is the unit-period; (b)(4)(i). Months where they fit."""
    seen: dict[UnitPeriod, int] = {}
    for one, other in pairwise(days):
        months = (other.year - one.year) * 12 + other.month - one.month
        gap = (other - one).days
        if months and (other.day == one.day or min(one.day, other.day) >= 28):
            unit = UnitPeriod(months, Unit.MONTH)
        elif gap in {14, 15, 16, 17} and gap % 7:
            unit = UnitPeriod(1, Unit.MONTH, semimonth=True)
        else:
            unit = UnitPeriod(gap // 7, Unit.WEEK) if gap and gap % 7 == 0 else UnitPeriod(max(gap, 1), Unit.DAY)
        seen[unit] = seen.get(unit, 0) + 1
    unit = max(seen, key=lambda key: (seen[key], -float(key.per_year))) if seen else UnitPeriod(1, Unit.MONTH)
    return unit.per_year, unit


def _us(deal: Transaction) -> Rates:
    per_year, unit = _us_unit(deal)

    def unit_flow(flow: Flow) -> UnitFlow:
        if flow.periods is not None:
            return UnitFlow(flow.amount, *flow.periods)
        if deal.start is not None and flow.on is not None:
            if unit is None:
                return UnitFlow(flow.amount, int(flow.on > deal.start))
            return UnitFlow(flow.amount, *periods_between(deal.start, flow.on, unit))
        at = (flow.years or 0) * per_year
        return UnitFlow(flow.amount, floor(at), at - floor(at))

    rate = us_rate([unit_flow(flow) for flow in deal.advances], [unit_flow(flow) for flow in deal.payments])
    nominal = rate * per_year.numerator / per_year.denominator
    return nominal, compounded(rate, per_year), nominal


def _years(deal: Transaction, flow: Flow, unit: Unit) -> Fraction:
    if flow.periods is not None:
        return (flow.periods[0] + flow.periods[1]) / deal.steps
    if deal.start is not None and flow.on is not None:
        return eu_interval(deal.start, flow.on, unit)
    return flow.years or Fraction(0)


def _eu(deal: Transaction) -> Rates:
    interval = Fields({"unit": deal.fields.item.get("interval")}, "interval.")
    unit = read_unit(interval, Unit.MONTH)
    sides = [[YearFlow(f.amount, _years(deal, f, unit)) for f in side] for side in (deal.advances, deal.payments)]
    rate = eu_rate(*sides)
    return rate, rate, nominal_of(rate, deal.steps)


def _irr(deal: Transaction) -> Rates:
    """Dates count days over 365; unit-periods, months and years count as the periods they are."""

    def at(flow: Flow) -> Fraction:
        if flow.periods is not None:
            return flow.periods[0] + flow.periods[1]
        if deal.start is not None and flow.on is not None:
            return Fraction((flow.on - deal.start).days, 365) * deal.steps
        return (flow.years or Fraction(0)) * deal.steps

    flows = [(at(flow), -flow.amount) for flow in deal.advances] + [(at(flow), flow.amount) for flow in deal.payments]
    rate = internal_rate(flows)
    nominal = rate * deal.steps.numerator / deal.steps.denominator
    return nominal, compounded(rate, deal.steps), nominal


_METHODS = {Method.US_ACTUARIAL: (_us, 2), Method.EU_APRC: (_eu, 1), Method.IRR: (_irr, 2)}


def answer_apr(fields: Fields) -> dict[str, Any]:
    """The answer of `flask loan apr` to one object: percentages as decimal strings.

    `apr` has two decimals (one for eu_aprc, as its Annex asks) or as many as `decimals` says, rounded half up.
    Raises InvalidInput, NoRate or SeveralRates.
    """
    method = fields.choice("method", Method)
    deal = _read_transaction(fields)
    measure, places = _METHODS[method]
    if fields.has("decimals"):
        places = fields.integer("decimals")
        if not 0 <= places <= 10:
            raise fields.fail("decimals", Text("Enter a whole number from 0 to 10"))
    apr, effective, nominal = (_exact(value) for value in measure(deal))
    return {
        "apr": format(apr.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_WIDE), "f"),
        "apr_exact": format(apr, "f"),
        "effective": format(effective, "f"),
        "nominal": format(nominal, "f"),
    }


def _exact(rate: Decimal) -> Decimal:
    """A fraction of one as percent to ten places; adding zero makes a rounded -0 a plain 0."""
    return (rate * 100).quantize(Decimal("1E-10"), rounding=ROUND_HALF_UP, context=_WIDE) + 0

"""Annual percentage rate by the actuarial method of US Regulation Z (12 CFR 1026, Appendix J)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from core.domain.dates import Unit, add_months, whole_months_between
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from repayment.domain.irr import unit_rate


class UnitFlow(NamedTuple):
    """An advance or payment after `whole` unit-periods and a `fraction` of one, counted from the first advance."""

    amount: Decimal
    whole: int
    fraction: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """The common period of a transaction: so many days, semi-months, months; (b)(4)."""

    count: int
    unit: Unit
    semimonth: bool = False

    @property
    def per_year(self) -> Fraction:
        """Unit-periods in a year: 12 months, 24 semi-months, 52 weeks, 365 days, each divided by the count; (b)(5)."""
        if self.semimonth:
            return Fraction(24, self.count)
        return Fraction({Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}[self.unit], self.count)


_KNOWN = {
    Fraction(24): UnitPeriod(1, Unit.MONTH, semimonth=True),
    Fraction(52): UnitPeriod(1, Unit.WEEK),
    Fraction(26): UnitPeriod(2, Unit.WEEK),
    Fraction(13): UnitPeriod(4, Unit.WEEK),
    Fraction(365): UnitPeriod(1, Unit.DAY),
    Fraction(1): UnitPeriod(1, Unit.YEAR),
}


def unit_period_of(per_year: Fraction) -> UnitPeriod:
    """The unit-period that there are so many of in a year: 12 a month, 6 two months, 26 two weeks.

    Raises InvalidInput for a number no calendar unit gives.
    """
    if per_year in _KNOWN:
        return _KNOWN[per_year]
    for yearly, unit in ((12, Unit.MONTH), (52, Unit.WEEK), (365, Unit.DAY)):
        count = Fraction(yearly) / per_year
        if count.denominator == 1:
            return UnitPeriod(int(count), unit)
    raise InvalidInput({"unit_periods_per_year": Text("No period of days, weeks or months occurs that often a year")})


def periods_between(start: date, end: date, unit: UnitPeriod) -> tuple[int, Fraction]:
    """Whole unit-periods and the odd fraction between two dates, whole ones counted back from the later; (b)(5).

    A month has 30 days in a fraction, a semi-month 15; whole months inside a fraction of several months count 30 days
    each (example (c)(4)(ii): 52/60). A fraction of a year is in months if they are whole, else in days over 365.
    """
    if unit.unit is Unit.DAY or unit.unit is Unit.WEEK:
        length = unit.count * (7 if unit.unit is Unit.WEEK else 1)
        whole, odd = divmod((end - start).days, length)
        return whole, Fraction(odd, length)
    months, reached = whole_months_between(start, end)
    days = (reached - start).days
    if unit.semimonth:
        halves = 2 * months + days // 15
        whole, rest = divmod(halves, unit.count)
        return whole, Fraction(15 * rest + days % 15, 15 * unit.count)
    if unit.unit is Unit.YEAR:
        whole, rest = divmod(months, 12 * unit.count)
        if not days:
            return whole, Fraction(rest, 12 * unit.count)
        anniversary = add_months(end, rest - months)
        return whole, Fraction((anniversary - start).days, 365 * unit.count)
    whole, rest = divmod(months, unit.count)
    return whole, Fraction(30 * rest + days, 30 * unit.count)


def single_payment_period(start: date, end: date) -> Fraction:
    """Unit-periods a year for one advance and one payment within a year: the term is the unit-period; (b)(5)(vi).

    In months where the term is whole months, else in days over 365.
    """
    months, reached = whole_months_between(start, end)
    if reached == start and months:
        return Fraction(12, months)
    return Fraction(365, (end - start).days)


def us_rate(advances: Sequence[UnitFlow], payments: Sequence[UnitFlow]) -> Decimal:
    """The rate of a unit-period by the general equation (b)(8). The APR is this rate x unit-periods a year.

    Raises NoRate or SeveralRates.
    """
    flows: list[tuple[int, Fraction, Decimal]] = [(flow.whole, flow.fraction, -flow.amount) for flow in advances]
    flows += [(flow.whole, flow.fraction, flow.amount) for flow in payments]
    return unit_rate(flows)

"""Annual percentage rate of charge of the European Union.

Directive 2008/48/EC, Annex I and Directive (EU) 2023/2225, Annex III: the equation, its remarks (a) to (d), and the
Commission's guidelines SWD(2012) 128, section 4.1.1, on counting intervals back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from core.domain.dates import Unit, add_months, whole_months_between
from repayment.domain.irr import internal_rate


class YearFlow(NamedTuple):
    """An advance or payment so many years after the first advance."""

    amount: Decimal
    years: Fraction


def eu_interval(start: date, end: date, unit: Unit = Unit.MONTH) -> Fraction:
    """Years from the first drawdown to a later day.

    Whole months (or weeks, or years) are counted back from the later day; the days that remain are divided by the
    length, 365 or 366 days, of the year that ends on the day reached.
    """
    if unit is Unit.WEEK:
        weeks = (end - start).days // 7
        reached, whole = end - timedelta(weeks=weeks), Fraction(weeks, 52)
    elif unit is Unit.DAY:
        reached, whole = end, Fraction(0)
    else:
        months, reached = whole_months_between(start, end)
        if unit is Unit.YEAR and (reached > start or months % 12):
            months -= months % 12
            reached = add_months(end, -months)
        whole = Fraction(months, 12)
    days = (reached - start).days
    if not days:
        return whole
    return whole + Fraction(days, (reached - add_months(reached, -12)).days)


def eu_rate(advances: Sequence[YearFlow], payments: Sequence[YearFlow]) -> Decimal:
    """X of sum C / (1 + X)^t = sum D / (1 + X)^s, as a fraction of one. Raises NoRate or SeveralRates."""
    flows: list[tuple[Fraction, Decimal]] = [(flow.years, -flow.amount) for flow in advances]
    flows += [(flow.years, flow.amount) for flow in payments]
    return internal_rate(flows)

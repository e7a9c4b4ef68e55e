"""Rates that change: an index by date plus a margin with reset dates, promotional periods, penalty rates.

Each becomes a list of `RateChange`, which is all a schedule needs to know.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.domain.dates import Frequency, Unit, rolled_dates
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from repayment.domain.schedule_request import RateChange

RESETS_MAX = 36_600


@dataclass(frozen=True, slots=True)
class IndexTable:
    """Published values of an index (LPR, SOFR, EURIBOR): each holds from its day until the next one.

    Raises InvalidInput when empty or not in rising order of days.
    """

    name: str
    values: tuple[tuple[date, Decimal], ...]

    def __post_init__(self) -> None:
        days = [day for day, _ in self.values]
        if not days or days != sorted(set(days)):
            raise InvalidInput({"index": Text("An index needs values on rising days")})

    def on(self, day: date) -> Decimal:
        """The value in force on that day. Raises InvalidInput for a day before the first value."""
        place = bisect_right(self.values, day, key=lambda pair: pair[0])
        if not place:
            raise InvalidInput({"index": Text("{name} has no value on {day}", name=self.name, day=day)})
        return self.values[place - 1][1]


@dataclass(frozen=True, slots=True)
class FloatingRate:
    """Index plus margin, read anew on each reset date and kept within floor and cap (fractions of one a year)."""

    index: IndexTable
    margin: Decimal
    floor: Decimal = Decimal(0)
    cap: Decimal | None = None

    def on(self, day: date) -> Decimal:
        """The annual rate fixed on that day."""
        rate = max(self.index.on(day) + self.margin, self.floor)
        return rate if self.cap is None else min(rate, self.cap)

    def changes(self, resets: Sequence[date]) -> tuple[RateChange, ...]:
        """One change per reset date on which the rate differs from the one before."""
        found: list[RateChange] = []
        for day in sorted(resets):
            rate = self.on(day)
            if not found or found[-1].rate_annual != rate:
                found.append(RateChange(day, rate))
        return tuple(found)


def reset_dates(start: date, every: Frequency, until: date) -> list[date]:
    """Reset dates after `start` at a steady step, up to and including `until`.

    Raises InvalidInput when there are more than one a day for a hundred years.
    """
    if every.unit is Unit.DAY or every.unit is Unit.WEEK:
        count = (until - start).days // (every.every * (7 if every.unit is Unit.WEEK else 1))
    else:
        months = every.every * (12 if every.unit is Unit.YEAR else 1)
        count = ((until.year - start.year) * 12 + until.month - start.month) // months
    if count > RESETS_MAX:
        raise InvalidInput({"reset_every": Text("There are more than {most} reset dates", most=RESETS_MAX)})
    return [day for day in rolled_dates(start, every, max(count, 0))[1:] if day <= until]


def promotional_changes(rate_annual: Decimal, periods: Sequence[tuple[date, date, Decimal]]) -> tuple[RateChange, ...]:
    """Rates that hold from a day until (not on) another one; the contract's rate returns in between.

    Raises InvalidInput when two periods overlap or one ends before it starts.
    """
    found: list[RateChange] = []
    last: date | None = None
    for start, end, rate in sorted(periods):
        if end <= start or (last is not None and start < last):
            raise InvalidInput({"promotional": Text("Promotional periods must not overlap, and end after they start")})
        if found and found[-1].on == start:
            found.pop()
        found += [RateChange(start, rate), RateChange(end, rate_annual)]
        last = end
    return tuple(found)


def penalty_rate(rate_annual: Decimal, uplift: Decimal, cap_annual: Decimal | None = None) -> Decimal:
    """The rate on overdue principal: contract rate x (1 + uplift), within a cap.

    China allows an uplift of 0.30 to 0.50 (PBoC Yin Fa [2003] No. 251, article 3).
    """
    rate = rate_annual * (1 + uplift)
    return rate if cap_annual is None else min(rate, cap_annual)

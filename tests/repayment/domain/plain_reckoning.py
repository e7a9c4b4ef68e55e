"""Schedules reckoned a second time, row by row on fractions, by the rules of docs/loan-commands.md and no code of ours.

Slow and plain on purpose: what the engine does with tables and whole-number ratios is done here as it is written.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

Row = tuple[date, int, int, int]  # due on, principal, interest, balance after it; minor units


def month_length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def plus_months(day: date, months: int, anchor: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(anchor, month_length(year, month + 1)))


def part_of_year(convention: str, start: date, end: date, last: date) -> Fraction:
    """2006 ISDA Definitions 4.16, and MSRB Rule G-33 for 30U/360."""
    if convention == "ACT/360":
        return Fraction((end - start).days, 360)
    if convention == "ACT/365F":
        return Fraction((end - start).days, 365)
    if convention == "ACT/ACT ISDA":
        days = [date.fromordinal(n) for n in range(start.toordinal(), end.toordinal())]
        leap = sum(calendar.isleap(day.year) for day in days)
        return Fraction(leap, 366) + Fraction(len(days) - leap, 365)
    first, second = start.day, end.day
    february = [day.month == 2 and day.day == month_length(day.year, 2) for day in (start, end)]
    if convention == "30E/360":
        first, second = min(first, 30), min(second, 30)
    elif convention == "30E/360 ISDA":
        first = 30 if first == 31 or february[0] else first
        second = 30 if second == 31 or (february[1] and end != last) else second
    else:
        if convention == "30U/360" and february[0]:
            second = 30 if february[1] else second
            first = 30
        second = 30 if second == 31 and first >= 30 else second
        first = min(first, 30)
    return Fraction(360 * (end.year - start.year) + 30 * (end.month - start.month) + second - first, 360)


def rounded(exact: Fraction, mode: str) -> int:
    whole, rest = divmod(exact.numerator, exact.denominator)
    twice = 2 * rest - exact.denominator
    up = {
        "DOWN": False,
        "UP": rest > 0,
        "HALF_UP": twice >= 0,
        "HALF_EVEN": twice > 0 or (twice == 0 and whole % 2 == 1),
    }
    return whole + up[mode]


@dataclass
class Reckoning:
    """A loan with its days and events. `events` are (day, order, name, value, effect) in order."""

    kind: str
    lent: int
    rate: Fraction
    start: date
    due: list[date]
    convention: str
    mode: str
    multiple: int
    events: list[tuple[date, int, str, Any, str]]

    def rows(self) -> Iterator[Row]:
        bounds, n = [self.start, *self.due], len(self.due)
        self.balance = self.lent - sum(event[3] for event in self.events if event[2] == "tranche")
        stale, level, part = True, 0, 0
        for k in range(n):
            opening = self.balance
            if stale:
                year = self.share(bounds[k], bounds[k + 1])
                level, part = self.instalment(k, opening * (1 + self.rate * year)), self.to_multiple(opening, n - k)
            exact, stale = self.through(bounds[k], bounds[k + 1])
            if stale:
                level, part = self.instalment(k, self.balance + exact), self.to_multiple(self.balance, n - k)
            interest, stale = rounded(exact, self.mode), False
            principal = {"annuity": level - interest, "equal_principal": part, "interest_only": 0}[self.kind]
            if principal < 0:
                principal, stale = 0, True
            principal = self.balance if k == n - 1 else min(principal, self.balance)
            self.balance -= principal
            yield self.due[k], principal, interest, self.balance
            if not self.balance and not any(event[0] >= bounds[k + 1] and event[2] != "rate" for event in self.events):
                return

    def share(self, start: date, end: date) -> Fraction:
        return part_of_year(self.convention, start, end, self.due[-1])

    def through(self, start: date, end: date) -> tuple[Fraction, bool]:
        """Exact interest of a period with its events applied, and whether the instalment is to be worked out again."""
        exact, stale, at = Fraction(0), False, start
        left = self.share(start, end)
        for day, _, name, value, effect in self.events:
            if not start <= day < end:
                continue
            gone = self.share(at, day)
            exact += self.balance * self.rate * gone
            left, at = left - gone, day
            if name == "rate":
                self.rate = value
            else:
                self.balance += value if name == "tranche" else -value
            stale = stale or effect != "reduce_term"
        return exact + self.balance * self.rate * max(left, Fraction(0)), stale

    def instalment(self, row: int, grown: Fraction) -> int:
        """What repays a balance with the interest of its first row already on it."""
        worth = discount = Fraction(1)
        bounds = self.due[row:]
        for start, end in pairwise(bounds):
            discount /= 1 + self.rate * self.share(start, end)
            worth += discount
        return self.to_multiple(grown, worth)

    def to_multiple(self, sum_: Fraction | int, by: Fraction | int) -> int:
        return rounded(Fraction(sum_) / by / self.multiple, self.mode) * self.multiple


def events_of(parts: Mapping[str, Any]) -> list[tuple[date, int, str, Any, str]]:
    """On one day a change of rate comes first, then what is paid out, then what is paid early."""
    found = [(day, 0, "rate", rate, "") for day, rate in parts.get("rates", ())]
    found += [(day, 1, "tranche", minor, "") for day, minor in parts.get("tranches", ())]
    found += [(day, 2, "early", minor, effect) for day, minor, effect in parts.get("early", ())]
    return sorted(found, key=lambda event: event[:2])

"""Business days: weekends, public holidays by country, own lists, and where a due date moves to.

Country calendars come from the `holidays` library, imported on first use. China's make-up working days (a Saturday or
Sunday worked in exchange for a bridge day, published yearly by the State Council) count as business days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from core.domain.dates import ONE_DAY
from core.domain.errors import InvalidInput
from core.domain.texts import Text

WEEKDAYS = {"MON": 0, "TUE": 1, "WED": 2, "THU": 3, "FRI": 4, "SAT": 5, "SUN": 6}
SATURDAY_SUNDAY = frozenset({5, 6})
_SEARCH_DAYS = 60  # longer than any run of closed days; beyond it the calendar is wrong, not the date


class Convention(StrEnum):
    """Where a date on a closed day moves (2006 ISDA Definitions, section 4.12)."""

    NONE = "none"
    FOLLOWING = "following"
    MODIFIED_FOLLOWING = "modified_following"
    PRECEDING = "preceding"
    MODIFIED_PRECEDING = "modified_preceding"


def _nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return date(year, month, 1 + (weekday - first.weekday()) % 7 + 7 * (n - 1))


@lru_cache(maxsize=256)
def _federal_reserve(year: int) -> frozenset[date]:
    """Holidays of the Federal Reserve Banks: one on a Sunday is kept on Monday, one on a Saturday is not moved.

    Source: Federal Reserve Financial Services, holiday schedule.
    """
    last_of_may = date(year, 5, 31)
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= 2022:
        fixed.append(date(year, 6, 19))
    moved = [day + ONE_DAY if day.weekday() == 6 else day for day in fixed]
    if year >= 1986:
        moved.append(_nth_weekday(year, 1, 0, 3))
    moved += [
        _nth_weekday(year, 2, 0, 3),
        date.fromordinal(last_of_may.toordinal() - last_of_may.weekday()),
        _nth_weekday(year, 9, 0, 1),
        _nth_weekday(year, 10, 0, 2),
        _nth_weekday(year, 11, 3, 4),
    ]
    return frozenset(moved)


@lru_cache(maxsize=256)
def _target(year: int) -> frozenset[date]:
    """Closing days of TARGET since 2002 (ECB decision of 14 December 2000); dateutil's Easter is the Gregorian one."""
    from dateutil.easter import easter

    sunday = easter(year).toordinal()
    return frozenset({
        date(year, 1, 1), date.fromordinal(sunday - 2), date.fromordinal(sunday + 1), date(year, 5, 1),
        date(year, 12, 25), date(year, 12, 26),
    })  # fmt: skip


_OWN = {"US_FED": _federal_reserve, "TARGET": _target}


@lru_cache(maxsize=64)
def _country(code: str) -> Any:
    """The `holidays` object of a country code (`CN`, `DE`, `US-CA`). Raises InvalidInput when there is none."""
    import holidays

    name, _, part = code.partition("-")
    try:
        return holidays.country_holidays(name, subdiv=part or None)
    except (NotImplementedError, KeyError, ValueError):
        raise InvalidInput(
            {"calendar": Text("There is no calendar {name}: use US_FED, TARGET or a country code like CN", name=code)}
        ) from None


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days are worked. A day on the own list is closed, whatever the country's calendar says.

    `weekend` None takes the country's own weekend (Saturday and Sunday where no country is named).
    Raises InvalidInput for an unknown `name` and for a weekend of seven days.
    """

    name: str | None = None
    weekend: frozenset[int] | None = None
    closed: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if self.weekend is not None and len(self.weekend) == 7:
            raise InvalidInput({"weekend": Text("At least one day of the week must be worked")})
        if self.name is not None and self.name not in _OWN:
            _country(self.name)

    def is_business_day(self, day: date) -> bool:
        """True when the day is worked."""
        if day in self.closed:
            return False
        weekend = SATURDAY_SUNDAY if self.weekend is None else self.weekend
        if self.name is None:
            return day.weekday() not in weekend
        if self.name in _OWN:
            return day.weekday() not in weekend and day not in _OWN[self.name](day.year)
        country = _country(self.name)
        if day in country:
            return False
        if day in country.weekend_workdays:
            return True
        if self.weekend is None:
            weekend = frozenset(country.weekend)
        return day.weekday() not in weekend

    def _search(self, day: date, step: int) -> date:
        for distance in range(_SEARCH_DAYS):
            if not 1 <= day.toordinal() + step * distance <= date.max.toordinal():
                raise InvalidInput({"date": Text("The dates run past the year 9999")})
            found = date.fromordinal(day.toordinal() + step * distance)
            if self.is_business_day(found):
                return found
        raise InvalidInput({"holidays": Text("No business day within {n} days of {day}", n=_SEARCH_DAYS, day=day)})

    def adjust(self, day: date, convention: Convention) -> date:
        """The day itself when it is worked or the convention is NONE; else the business day it moves to.

        The modified conventions turn round rather than leave the month.
        """
        if convention is Convention.NONE:
            return day
        forward = convention in {Convention.FOLLOWING, Convention.MODIFIED_FOLLOWING}
        found = self._search(day, 1 if forward else -1)
        modified = convention in {Convention.MODIFIED_FOLLOWING, Convention.MODIFIED_PRECEDING}
        if modified and found.month != day.month:
            found = self._search(day, -1 if forward else 1)
        return found


def weekend_of(names: Iterable[str]) -> frozenset[int]:
    """`{"SAT", "SUN"}` as weekday numbers, Monday 0. Raises InvalidInput for an unknown name."""
    found = set()
    for name in names:
        number = WEEKDAYS.get(str(name).upper()[:3])
        if number is None:
            raise InvalidInput({"weekend": Text("{name} is no day of the week: use MON to SUN", name=name)})
        found.add(number)
    return frozenset(found)

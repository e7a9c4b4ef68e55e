"""Business days: figures from the State Council, the Federal Reserve and the ECB."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendars import BusinessCalendar, Convention, weekend_of
from core.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("name", "day", "worked"),
    [
        ("CN", date(2025, 1, 26), True),  # General Office of the State Council, 2025 holidays: a Sunday worked
        ("CN", date(2025, 2, 8), True),  # a Saturday worked
        ("CN", date(2025, 1, 28), False),
        ("CN", date(2025, 2, 4), False),
        ("CN", date(2025, 9, 28), True),
        ("CN", date(2025, 10, 8), False),
        ("CN", date(2025, 2, 9), False),  # an ordinary Sunday
        ("US_FED", date(2026, 7, 3), True),  # Federal Reserve: 4 July 2026 is a Saturday, Friday stays open
        ("US", date(2026, 7, 3), False),  # federal offices close on the Friday
        ("US_FED", date(2023, 1, 2), False),  # New Year's Day on a Sunday is kept on Monday
        ("US_FED", date(2025, 6, 19), False),
        ("US_FED", date(2025, 11, 27), False),
        ("US_FED", date(2025, 5, 26), False),
        ("TARGET", date(2025, 4, 18), False),  # Good Friday
        ("TARGET", date(2025, 4, 21), False),  # Easter Monday
        ("TARGET", date(2025, 5, 1), False),
        ("TARGET", date(2025, 12, 26), False),
        ("TARGET", date(2025, 10, 3), True),  # German Unity Day is not a TARGET holiday
        ("DE", date(2025, 10, 3), False),
    ],
)
def test_calendar_knows_the_day(name: str, day: date, worked: bool) -> None:
    assert BusinessCalendar(name).is_business_day(day) is worked


def test_conventions_by_hand() -> None:
    calendar = BusinessCalendar()
    sunday = date(2025, 8, 31)
    assert calendar.adjust(sunday, Convention.FOLLOWING) == date(2025, 9, 1)
    assert calendar.adjust(sunday, Convention.MODIFIED_FOLLOWING) == date(2025, 8, 29)
    assert calendar.adjust(sunday, Convention.PRECEDING) == date(2025, 8, 29)
    assert calendar.adjust(sunday, Convention.NONE) == sunday
    assert calendar.adjust(date(2025, 6, 1), Convention.MODIFIED_PRECEDING) == date(2025, 6, 2)


def test_own_list_closes_a_day_and_own_weekend_replaces_the_country() -> None:
    labour_day = date(2025, 5, 1)
    own = BusinessCalendar(closed=frozenset({labour_day}))
    assert own.adjust(labour_day, Convention.FOLLOWING) == date(2025, 5, 2)
    friday = date(2025, 5, 2)
    assert not BusinessCalendar(weekend=weekend_of(["FRI", "SAT"])).is_business_day(friday)
    assert not BusinessCalendar("SA").is_business_day(friday)  # Saudi Arabia rests on Friday and Saturday


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.sampled_from(Convention), st.sampled_from([None, "CN", "TARGET"])
)
def test_adjusted_day_is_worked_and_adjusting_twice_changes_nothing(
    day: date, how: Convention, name: str | None
) -> None:
    calendar = BusinessCalendar(name)
    moved = calendar.adjust(day, how)
    assert calendar.adjust(moved, how) == moved
    if how is not Convention.NONE:
        assert calendar.is_business_day(moved)
    if how in {Convention.MODIFIED_FOLLOWING, Convention.MODIFIED_PRECEDING}:
        assert (moved.year, moved.month) == (day.year, day.month)


def test_nonsense_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="calendar: There is no calendar XX"):
        BusinessCalendar("XX")
    with pytest.raises(InvalidInput, match="weekend"):
        weekend_of(["SUNNY", "XYZ"])
    with pytest.raises(InvalidInput, match="weekend"):
        BusinessCalendar(weekend=frozenset(range(7)))
    endless = frozenset(date.fromordinal(date(2025, 1, 1).toordinal() + k) for k in range(90))
    with pytest.raises(InvalidInput, match="holidays"):
        BusinessCalendar(closed=endless).adjust(date(2025, 1, 1), Convention.FOLLOWING)

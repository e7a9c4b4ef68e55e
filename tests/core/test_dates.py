"""Day counts, month steps and month ends against ISDA's published figures and by their laws."""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.dates import (
    DayCount,
    Frequency,
    MonthEnd,
    Unit,
    add_months,
    day_count,
    rolled_dates,
    whole_months_between,
    year_fraction,
    year_numerators,
)
from core.domain.errors import InvalidInput

GOLDEN = Path(__file__).parents[1] / "golden" / "day_counts_isda.csv"
DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))


def _isda() -> list[dict[str, str]]:
    with GOLDEN.open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.mark.parametrize("row", _isda(), ids=lambda row: f"{row['start']}..{row['end']}")
def test_30_360_family_gives_isda_figures(row: dict[str, str]) -> None:
    start, end = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
    termination = date(2009, 2, 28)
    for name in ("30/360", "30E/360", "30E/360 ISDA"):
        assert day_count(DayCount(name), start, end, termination) == int(row[name]), name
    assert day_count(DayCount.ACT_360, start, end) == int(row["actual"])
    assert year_fraction(DayCount.ACT_360, start, end) == Fraction(int(row["actual"]), 360)


@pytest.mark.parametrize(
    ("start", "end", "share"),
    [  # ISDA, "EMU and market conventions: recent developments" (1998): 61/365 + 121/366 and its further examples
        (date(2003, 11, 1), date(2004, 5, 1), "0.497724380567"),
        (date(1999, 2, 1), date(1999, 7, 1), "0.410958904110"),
        (date(1999, 7, 1), date(2000, 7, 1), "1.001377348600"),
        (date(2002, 8, 15), date(2003, 7, 15), "0.915068493151"),
        (date(2003, 7, 15), date(2004, 1, 15), "0.504004790778"),
        (date(1999, 7, 30), date(2000, 1, 30), "0.503892506924"),
        (date(2000, 1, 30), date(2000, 6, 30), "0.415300546448"),
    ],
)
def test_act_act_isda_gives_isda_figures(start: date, end: date, share: str) -> None:
    assert abs(float(year_fraction(DayCount.ACT_ACT_ISDA, start, end)) - float(share)) < 1e-11


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [  # MSRB Rule G-33 with the February rule: an end of February counts as the 30th
        (date(2007, 1, 31), date(2007, 2, 28), 28),
        (date(2007, 2, 28), date(2007, 3, 31), 30),
        (date(2008, 2, 29), date(2009, 2, 28), 360),
        (date(2007, 2, 28), date(2007, 8, 31), 180),
        (date(2006, 8, 31), date(2007, 2, 28), 178),
    ],
)
def test_30u_360_knows_the_february_rule(start: date, end: date, days: int) -> None:
    assert day_count(DayCount.THIRTY_U_360, start, end) == days


@given(DAYS, DAYS, DAYS)
def test_actual_conventions_add_up_over_a_split(one: date, two: date, three: date) -> None:
    one, two, three = sorted((one, two, three))
    for convention in (DayCount.ACT_360, DayCount.ACT_365F, DayCount.ACT_ACT_ISDA):
        parts = year_fraction(convention, one, two) + year_fraction(convention, two, three)
        assert parts == year_fraction(convention, one, three)


@given(st.lists(DAYS, min_size=2, max_size=6), st.sampled_from([c for c in DayCount if c is not DayCount.PERIOD]))
def test_numerators_of_a_row_of_dates_are_its_year_fractions(days: list[date], convention: DayCount) -> None:
    days.sort()
    numerators, den = year_numerators(convention, days, days[-1])
    wanted = [year_fraction(convention, a, b, days[-1]) for a, b in pairwise(days)]
    assert [Fraction(n, den) for n in numerators] == wanted


def test_period_needs_a_schedule() -> None:
    with pytest.raises(InvalidInput, match="convention"):
        year_fraction(DayCount.PERIOD, date(2025, 1, 1), date(2025, 2, 1))


def test_rolls_go_from_the_anchor_and_not_from_the_date_before() -> None:
    monthly = Frequency(1, Unit.MONTH)
    assert rolled_dates(date(2025, 1, 31), monthly, 3)[1:] == [date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30)]
    assert rolled_dates(date(2025, 2, 28), monthly, 2)[1:] == [date(2025, 3, 28), date(2025, 4, 28)]
    last = rolled_dates(date(2025, 2, 28), monthly, 2, MonthEnd.LAST_DAY)[1:]
    assert last == [date(2025, 3, 31), date(2025, 4, 30)]
    assert rolled_dates(date(2024, 2, 29), Frequency(1, Unit.YEAR), 4)[-1] == date(2028, 2, 29)
    assert rolled_dates(date(2025, 1, 31), Frequency(2, Unit.WEEK), 1)[1] == date(2025, 2, 14)
    with pytest.raises(InvalidInput, match="9999"):
        rolled_dates(date(9999, 12, 1), monthly, 2)


@given(DAYS, st.integers(0, 600))
def test_whole_months_come_back(start: date, months: int) -> None:
    assert whole_months_between(start, add_months(start, months)) == (months, start)


@pytest.mark.parametrize("every", [0, -1, 3661])
def test_frequency_refuses_nonsense(every: int) -> None:
    with pytest.raises(InvalidInput, match="every"):
        Frequency(every, Unit.DAY)

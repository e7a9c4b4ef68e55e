"""Typed fields: what people write is accepted, what cannot be meant is refused with words that say what to do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.web.forms import Form, read_choice, read_date, read_integer, read_money, read_percent, read_text


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_from_boxes_and_from_iso(day: date) -> None:
    boxes = {"d-day": str(day.day), "d-month": str(day.month), "d-year": str(day.year)}
    assert read_date(boxes, "d") == read_date({"d": day.isoformat()}, "d") == day


@pytest.mark.parametrize(
    ("day", "month", "year", "words"),
    [
        ("31", "2", "2026", "no such day"),
        ("29", "2", "2025", "no such day"),
        ("0", "1", "2026", "no such day"),
        ("1", "", "2026", "day, month and year"),
        ("1", "1", "26", "four digits"),
        ("one", "1", "2026", "digits"),
        ("-1", "1", "2026", "digits"),
    ],
)
def test_impossible_dates_are_refused(day: str, month: str, year: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_date({"d-day": day, "d-month": month, "d-year": year}, "d")


def test_full_width_digits_and_slashes_are_dates_too() -> None:
    assert read_date({"d-day": "０７", "d-month": "３", "d-year": "１９９０"}, "d") == date(1990, 3, 7)
    assert read_date({"d": "1990/3/7"}, "d") == date(1990, 3, 7)


def test_dates_keep_within_their_bounds() -> None:
    with pytest.raises(InvalidInput, match="or later"):
        read_date({"d": "2026-01-01"}, "d", earliest=date(2026, 1, 2))
    with pytest.raises(InvalidInput, match="or earlier"):
        read_date({"d": "2026-01-01"}, "d", latest=date(2025, 12, 31))


@pytest.mark.parametrize("text", ["1.5", "-1", "NaN", "1e3", "12,000", "二", "9" * 13])
def test_whole_numbers(text: str) -> None:
    if text == "12,000":
        assert read_integer({"n": text}, "n") == 12_000
    else:
        with pytest.raises(InvalidInput):
            read_integer({"n": text}, "n")


def test_bounds_are_named_in_the_message() -> None:
    with pytest.raises(InvalidInput, match="6 or more"):
        read_integer({"n": "3"}, "n", low=6, high=60)
    with pytest.raises(InvalidInput, match="60 or less"):
        read_integer({"n": "61"}, "n", low=6, high=60)
    with pytest.raises(InvalidInput, match=r"5000\.00 or more"):
        read_money({"a": "10"}, "a", "CNY", low=Money.of(5000, "CNY"))


def test_money_as_people_write_it() -> None:
    assert read_money({"a": " 120万 "}, "a", "CNY") == Money.of(1_200_000, "CNY")
    assert read_money({"a": ""}, "a", "CNY") is None


def test_percentages_become_fractions() -> None:
    assert read_percent({"p": "12.5 %"}, "p") == Decimal("0.125")
    assert read_percent({"p": "１００％"}, "p") == 1
    for text in ("-1", "101", "1.23456", "NaN", ".5", "1e2"):
        with pytest.raises(InvalidInput):
            read_percent({"p": text}, "p")


def test_choices_are_only_those_offered() -> None:
    assert read_choice({"c": "rent"}, "c", ["rent", "own"]) == "rent"
    assert read_choice({}, "c", ["rent", "own"]) is None
    with pytest.raises(InvalidInput):
        read_choice({"c": "castle"}, "c", ["rent", "own"])


def test_all_mistakes_come_at_once_and_what_was_typed_stays() -> None:
    form = Form({"name": "", "d-day": "31", "d-month": "2", "d-year": "2026"})
    assert form.read(read_text, "name", missing="Enter your name") is None
    assert form.read(read_date, "d") is None
    assert set(form.errors) == {"name", "d"}
    assert form["values"]["d-day"] == "31"
    with pytest.raises(InvalidInput):
        form.check()

"""Dates of birth as lists give them: a day, a year, a range, or "circa"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
CIRCA_YEARS = 2
CLEAR_YEARS = 2


class BirthMatch(StrEnum):
    """`NEAR` still alerts: same year, one year apart, or day and month swapped. Only `CONFLICT` clears a pair."""

    SAME = "same"
    NEAR = "near"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Birth:
    """Born between two years (mostly the same), with month and day where they are known."""

    year_from: int
    year_to: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.year_from > self.year_to:
            raise ValueError("a range of years begins before it ends")

    @classmethod
    def on(cls, day: date) -> Birth:
        """A full date."""
        return cls(day.year, day.year, day.month, day.day)

    def __str__(self) -> str:
        if self.year_from != self.year_to:
            return f"{self.year_from} to {self.year_to}"
        parts = [f"{self.year_from:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part)]
        return "-".join(parts)


def _valid(year: int, month: int | None, day: int | None) -> Birth | None:
    if not 1800 <= year <= 2200 or (month is not None and not 1 <= month <= 12):
        return None
    return Birth(year, year, month, day if month and day and 1 <= day <= 31 else None)


def parse_birth(text: str) -> Birth | None:
    """`1969-11-07`, `1969-11`, `1969`, `07 Nov 1969`, `Nov 1969`, `circa 1960`, `1983 to 1985`, `19691107`.

    None when there is no year in it: an unknown date neither clears nor confirms.
    """
    plain = text.strip().lower()[:80]
    circa = bool(re.search(r"\b(circa|c\.|ca\.?|approx\w*|about|around|early|late|mid)\b|^~|s$", plain))
    span = re.search(r"\b(\d{4})\s*(?:to|-|–|and|or|/)\s*(\d{4})\b", plain)
    if span:
        first, last = sorted((int(span[1]), int(span[2])))
        return Birth(first, last) if first >= 1800 and last <= 2200 else None
    found: Birth | None = None
    if m := re.search(r"\b(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:t[\d:.z+-]+)?\b", plain):
        found = _valid(int(m[1]), int(m[2]) or None, int(m[3] or 0) or None)
    elif m := re.search(r"\b(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\b", plain):
        first_part, second_part = int(m[1]), int(m[2])
        day, month = (first_part, second_part) if second_part <= 12 else (second_part, first_part)
        found = _valid(int(m[3]), month, day)
    elif m := re.search(r"\b(?:(\d{1,2})\.?\s+)?([a-z]{3})[a-z]*\.?,?\s+(\d{4})\b", plain):
        found = _valid(int(m[3]), _MONTHS.get(m[2]), int(m[1] or 0) or None)
    elif m := re.search(r"\b([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{4})\b", plain):
        found = _valid(int(m[3]), _MONTHS.get(m[1]), int(m[2]))
    elif m := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain):
        found = _valid(int(m[1]), int(m[2]) or None, int(m[3]) or None)
    elif m := re.search(r"(?<!\d)(\d{4})(?!\d)", plain):
        found = _valid(int(m[1]), None, None)
    if found and circa:
        return Birth(found.year_from - CIRCA_YEARS, found.year_to + CIRCA_YEARS)
    return found


def compare_births(one: Birth | None, other: Birth | None) -> BirthMatch:
    """Two or more years apart is a conflict; everything nearer may be a slip of the pen (symmetric)."""
    if one is None or other is None:
        return BirthMatch.UNKNOWN
    gap = max(one.year_from - other.year_to, other.year_from - one.year_to, 0)
    if gap >= CLEAR_YEARS:
        return BirthMatch.CONFLICT
    ranged = one.year_from != one.year_to or other.year_from != other.year_to
    same_month = one.month is None or other.month is None or one.month == other.month
    same_day = one.day is None or other.day is None or one.day == other.day
    return BirthMatch.SAME if gap == 0 and not ranged and same_month and same_day else BirthMatch.NEAR


def compare_to_any(one: Birth | None, others: tuple[Birth, ...]) -> BirthMatch:
    """Against all dates an entry gives: the kindest answer counts."""
    if one is None or not others:
        return BirthMatch.UNKNOWN
    answers = {compare_births(one, other) for other in others}
    for best in (BirthMatch.SAME, BirthMatch.NEAR, BirthMatch.CONFLICT):
        if best in answers:
            return best
    return BirthMatch.UNKNOWN

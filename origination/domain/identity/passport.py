"""The machine-readable zone of passports and identity cards (ICAO Doc 9303 parts 3 to 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from core.domain.texts import Text
from origination.domain.identity.result import IdCheck, refuse
from origination.domain.identity.rule import Rule, wrong_form, wrong_length

_FORM = Text("the zone is two lines of 44 (passport) or 36, or three lines of 30 characters: letters, digits and <")
_WEIGHTS = (7, 3, 1)


@dataclass(frozen=True, slots=True)
class _Zone:
    """Where the fields stand: each number with its check digit behind it."""

    number: str
    birth: str
    expiry: str
    composite: str
    names: str


def check_digit(field: str) -> str:
    """ICAO 9303-3 section 4.9: weights 7, 3, 1; A is 10 and < is 0. `check_digit("520727")` is "3"."""
    values = (0 if c == "<" else int(c, 36) for c in field)
    return str(sum(value * _WEIGHTS[i % 3] for i, value in enumerate(values)) % 10)


def _fields(lines: list[str]) -> _Zone | None:
    match [len(line) for line in lines]:
        case [44, 44]:
            a, b = lines
            return _Zone(b[0:10], b[13:20], b[21:28], b[0:10] + b[13:20] + b[21:43] + b[43], a[5:])
        case [36, 36]:
            a, b = lines
            return _Zone(b[0:10], b[13:20], b[21:28], b[0:10] + b[13:20] + b[21:35] + b[35], a[5:])
        case [30, 30, 30]:
            a, b, c = lines
            return _Zone(a[5:15], b[0:7], b[8:15], a[5:30] + b[0:7] + b[8:15] + b[18:29] + b[29], c)
    return None


def _lines(text: str) -> list[str]:
    lines = [re.sub(r"\s", "", line).upper() for line in text.splitlines() if line.strip()]
    if len(lines) != 1:
        return lines
    whole = lines[0]
    width = {88: 44, 72: 36, 90: 30}.get(len(whole))
    return [whole[i : i + width] for i in range(0, len(whole), width)] if width else lines


def _day(digits: str, latest: date | None) -> date | None:
    """A two-digit year: not after `latest` when given (birth), else the coming century (expiry)."""
    try:
        year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
        found = date(2000 + year, month, day)
        return date(1900 + year, month, day) if latest and found > latest else found
    except ValueError:
        return None


def is_zone(text: str) -> bool:
    """True for what can only be a machine-readable zone: long, with fillers."""
    return "<" in text or sum(not c.isspace() for c in text) >= 60


def read_zone(text: str, today: date | None) -> IdCheck:
    """The zone with all its check digits, dates and names."""
    lines = _lines(text)
    zone = _fields(lines)
    if zone is None:
        return wrong_length(_FORM)
    if not all(re.fullmatch(r"[A-Z0-9<]+", line) for line in lines):
        return wrong_form(_FORM)
    for label, field in (
        (Text("document number"), zone.number),
        (Text("date of birth"), zone.birth),
        (Text("date of expiry"), zone.expiry),
        (Text("whole zone"), zone.composite),
    ):
        if check_digit(field[:-1]) != field[-1]:
            return refuse(Text("The check digit of the {field} does not fit", field=label))
    birth_on = _day(zone.birth, today or date(2099, 12, 31))
    expires_on = _day(zone.expiry, None)
    if birth_on is None or expires_on is None:
        return refuse(Text("A date in the zone does not exist"))
    if today and expires_on < today:
        return refuse(Text("The document expired on {expires_on}", expires_on=expires_on))
    surname, _, given = zone.names.partition("<<")
    holder = " ".join(part for part in (*given.split("<"), *surname.split("<")) if part)
    return IdCheck(
        valid=True,
        normalised="\n".join(lines),
        number=zone.number[:-1].strip("<"),
        issuer=lines[0][2:5].strip("<"),
        birth_on=birth_on if today else None,
        expires_on=expires_on,
        holder=holder,
    )


RULES = (Rule("passport_mrz", Text("Passport (machine-readable zone)"), _FORM, read_zone),)

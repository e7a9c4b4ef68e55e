"""Numbers of people: resident identity, social security, taxpayer."""

from __future__ import annotations

import re
from datetime import date
from types import ModuleType

from core.domain.texts import Text
from origination.domain.identity.result import IdCheck, accept, refuse
from origination.domain.identity.rule import WRONG_DIGIT, Rule, by_stdnum, wrong_form, wrong_length

_RESIDENT_FORM = Text("a resident identity number has 17 digits and a final digit or X")
_AGE_MAX = 130


def resident_number(number: str, today: date | None) -> IdCheck:
    """GB 11643-1999: region (6), birth date (8), order (3), check character by ISO 7064 MOD 11-2.

    The region is a soft check: counties are renamed and dissolved, the number stays (python-stdnum's own check would
    refuse holders whose county is missing from its table).
    """
    from stdnum.cn import ric

    number = re.sub(r"[\s\-.]", "", ric.compact(number))
    if len(number) == 15 and number.isdigit():
        return refuse(Text("The 15-digit number ended in 2013; enter the 18-digit number of the present card"))
    if len(number) != 18:
        return wrong_length(_RESIDENT_FORM)
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        return wrong_form(_RESIDENT_FORM)
    try:
        birth_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return refuse(Text("Digits 7 to 14 are not a date of birth"))
    if ric.calc_check_digit(number) != number[-1]:
        return refuse(WRONG_DIGIT)
    if today and birth_on > today:
        return refuse(Text("The date of birth in the number, {birth_on}, lies in the future", birth_on=birth_on))
    notes = [] if _known_region(number) else [Text("The region code {region} is not known", region=number[:6])]
    if today and today.year - birth_on.year > _AGE_MAX:
        notes.append(Text("By the number the holder was born on {birth_on}", birth_on=birth_on))
    return accept(number, birth_on=birth_on, notes=tuple(notes))


def _known_region(number: str) -> bool:
    from stdnum import exceptions
    from stdnum.cn import ric

    try:
        return bool(ric.get_birth_place(number))
    except (exceptions.ValidationError, KeyError):  # KeyError: a province that never had such a county
        return False


_FISCAL_FORM = Text("a codice fiscale has 16 letters and digits in a fixed order (11 digits for a company)")


def _codice_fiscale(number: str, today: date | None) -> IdCheck:
    from stdnum import exceptions
    from stdnum.it import codicefiscale

    answer = by_stdnum(lambda: codicefiscale, _FISCAL_FORM, Text("The date of birth in the code does not exist"))(
        number, today
    )
    if not answer.valid or answer.normalised is None or len(answer.normalised) != 16:
        return answer
    # Two digits of year: the century is the latest one that makes the holder already born.
    latest = today or date(2099, 12, 31)
    try:
        born = codicefiscale.get_birth_date(answer.normalised, minyear=latest.year - 99)
        if born > latest:
            born = codicefiscale.get_birth_date(answer.normalised, minyear=latest.year - 100)
    except exceptions.ValidationError:
        return answer
    return accept(answer.normalised, birth_on=born if today else None)


def _ssn() -> ModuleType:
    from stdnum.us import ssn

    return ssn


def _itin(number: str, _today: date | None) -> IdCheck:
    """Internal Revenue Manual 3.21.263: the fourth and fifth digits are 50-65, 70-88, 90-92 or 94-99 (python-stdnum
    knows only those from 70 on)."""
    digits = re.sub(r"[^0-9]", "", number)
    if not re.fullmatch(r"[0-9]{3}[-‐-― ]?[0-9]{2}[-‐-― ]?[0-9]{4}", number):
        return wrong_length(_ITIN_FORM) if len(digits) != 9 and digits == number else wrong_form(_ITIN_FORM)
    plain = digits
    group = int(plain[3:5])
    if plain[0] != "9" or not (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or group >= 94):
        return refuse(Text("An ITIN begins with 9 and its middle group is 50 to 65, 70 to 88, 90 to 92 or 94 to 99"))
    return accept(plain)


def _pan() -> ModuleType:
    from stdnum.in_ import pan

    return pan


def _aadhaar() -> ModuleType:
    from stdnum.in_ import aadhaar

    return aadhaar


_SSN_FORM = Text("a social security number has nine digits, like 536-90-4399")
_ITIN_FORM = Text("an ITIN has nine digits and begins with 9, like 912-90-3456")
_PAN_FORM = Text("a PAN has five letters, four digits and a letter")
_AADHAAR_FORM = Text("an Aadhaar number has twelve digits, does not begin with 0 or 1 and is no palindrome")

RULES = (
    Rule("cn_resident_id", Text("Chinese resident identity number"), _RESIDENT_FORM, resident_number),
    Rule(
        "us_ssn",
        Text("US social security number"),
        _SSN_FORM,
        by_stdnum(_ssn, _SSN_FORM, Text("No such number is issued: one of its three groups is reserved or zero")),
    ),
    Rule(
        "us_itin",
        Text("US individual taxpayer number"),
        _ITIN_FORM,
        _itin,
    ),
    Rule(
        "in_pan",
        Text("Indian permanent account number"),
        _PAN_FORM,
        by_stdnum(_pan, _PAN_FORM, Text("The fourth letter names no kind of holder, or the digits are all zero")),
    ),
    Rule(
        "in_aadhaar",
        Text("Aadhaar number"),
        _AADHAAR_FORM,
        by_stdnum(_aadhaar, _AADHAAR_FORM, _AADHAAR_FORM),
    ),
    Rule("it_codice_fiscale", Text("Italian codice fiscale"), _FISCAL_FORM, _codice_fiscale),
)

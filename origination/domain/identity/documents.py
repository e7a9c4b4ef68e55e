"""Passports and identity cards by country: the zone's check digits, the number's own rule, or at least its form.

A document number alone often carries no check digit. What can be checked is checked; what cannot be proved is said
(`IdCheck.proven` is False), so that a person compares it with the document instead of nobody looking at it.
"""

from __future__ import annotations

import re
from datetime import date
from importlib import import_module

from core.domain.texts import Text
from origination.domain.identity.passport import check_digit, is_zone, read_zone
from origination.domain.identity.result import IdCheck, refuse
from origination.domain.identity.rule import WRONG_DIGIT, wrong_form

PASSPORT, NATIONAL_ID = "passport", "national_id"
PASSPORT_LABEL, NATIONAL_ID_LABEL = Text("Passport"), Text("National identity card")
# ICAO Doc 9303 part 3 section 5: the letters of frequent issuing states in the zone, as ISO 3166 alpha-2.
ISSUERS = {
    "AUS": "AU", "AUT": "AT", "BEL": "BE", "BGR": "BG", "BRA": "BR", "CAN": "CA", "CHE": "CH", "CHN": "CN",
    "CZE": "CZ", "D": "DE", "DNK": "DK", "ESP": "ES", "EST": "EE", "FIN": "FI", "FRA": "FR", "GBR": "GB", "GRC": "GR",
    "HRV": "HR", "HUN": "HU", "IND": "IN", "IRL": "IE", "ITA": "IT", "JPN": "JP", "KOR": "KR", "LTU": "LT",
    "LUX": "LU", "LVA": "LV", "MEX": "MX", "NLD": "NL", "NOR": "NO", "POL": "PL", "PRT": "PT", "ROU": "RO",
    "RUS": "RU", "SGP": "SG", "SVK": "SK", "SVN": "SI", "SWE": "SE", "TUR": "TR", "UKR": "UA", "USA": "US",
}  # fmt: skip
SHAPE = Text("a document number has 5 to 14 letters and digits, at least four of them digits")

# Numbers of passports as issued today, by ISO 3166 code of the issuing state (Council of the European Union, PRADO,
# field "document number" of each specimen; US Department of State 8 FAM 702; Regulations of the issuing offices).
PASSPORT_FORMS = {
    "AT": r"[A-Z]{1,2}\d{7}", "AU": r"[A-Z]{1,2}\d{7}", "BE": r"[A-Z]{2}\d{6}", "BG": r"\d{9}",
    "CA": r"[A-Z]{2}\d{6}|[A-Z]\d{6}[A-Z]{2}", "CH": r"[A-Z]\d{7}|[A-Z]\d[A-Z0-9]{6}",
    "CN": r"[EGPSD]\d{8}|E[A-HJ-NP-Z]\d{7}|[DSP]E\d{7}|14\d{7}|15\d{7}|[HKM][A-Z]?\d{8}",
    "CZ": r"\d{8}", "DE": r"[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{8}", "DK": r"\d{9}", "EE": r"[A-Z]{1,2}\d{7}",
    "ES": r"[A-Z]{2,3}\d{6}", "FI": r"[A-Z]{2}\d{7}", "FR": r"\d{2}[A-Z]{2}\d{5}", "GB": r"\d{9}",
    "GR": r"[A-Z]{2}\d{7}", "HR": r"\d{9}", "HU": r"[A-Z]{2}\d{6,7}", "IE": r"[A-Z]{1,2}\d{7}|[A-Z]{2}\d{6}",
    "IN": r"[A-Z]\d{7}", "IT": r"[A-Z]{2}\d{7}|[A-Z]\d{6}[A-Z]?", "JP": r"[A-Z]{2}\d{7}",
    "KR": r"[A-Z]\d{8}|[A-Z]\d{3}[A-Z]\d{4}", "LT": r"\d{8}", "LU": r"[A-Z0-9]{8}", "LV": r"[A-Z]{2}\d{7}",
    "NL": r"[A-NP-Z]{2}[A-NP-Z0-9]{6}\d", "NO": r"\d{8}|[A-Z]{3}\d{6}", "PL": r"[A-Z]{2}\d{7}",
    "PT": r"[A-Z]{1,2}\d{6}", "RO": r"\d{8,9}", "RU": r"\d{9}", "SE": r"\d{8}|[A-Z]{2}\d{6}", "SG": r"[KE]\d{7}[A-Z]",
    "SI": r"[A-Z]{2}\d{7}", "SK": r"[A-Z]{2}\d{7}", "US": r"\d{9}|[A-Z]\d{8}",
}  # fmt: skip
# Countries whose identity card carries the personal number that python-stdnum checks, and which module does.
CARD_RULES = {
    "AR": "ar.dni", "BE": "be.eid", "BG": "bg.egn", "BR": "br.cpf", "CL": "cl.rut", "EC": "ec.ci", "EE": "ee.ik",
    "ES": "es.nif", "ID": "id.nik", "IL": "il.idnr", "IN": "in_.aadhaar", "KR": "kr.rrn", "LT": "lt.asmens",
    "MD": "md.idno", "MX": "mx.curp", "MY": "my.nric", "PT": "pt.cc", "RO": "ro.cnp", "SE": "se.personnummer",
    "TH": "th.pin", "TR": "tr.tckimlik", "ZA": "za.idnr",
}  # fmt: skip
# Card numbers without a check digit, or with one by the weights 7, 3, 1 (marked by `_WEIGHTED`).
CARD_FORMS = {
    "AT": r"[A-Z]{2}\d{7}|\d{7,8}", "DE": r"[LMNPRTVWXY][CFGHJKLMNPRTVWXYZ0-9]{8}\d?", "FR": r"\d{12}|[A-Z0-9]{9}",
    "IT": r"[A-Z]{2}\d{5}[A-Z]{2}|[A-Z]{2}\d{7}", "NL": r"[A-NP-Z]{2}[A-NP-Z0-9]{6}\d",
    "GR": r"[A-ZΑ-Ω]{1,2}\d{6}|[A-Z]{2}\d{7}", "HU": r"\d{6}[A-Z]{2}", "HR": r"\d{9}", "LU": r"[A-Z0-9]{8,9}",
}  # fmt: skip
_NO_DIGIT = Text("The number of this document has no check digit: compare it with the document itself")
_NO_COUNTRY = Text("Without the issuing country only the length of the number can be checked")
_UNKNOWN_COUNTRY = Text("No form of such numbers is known for {country}: compare it with the document itself")
_UNUSUAL = Text("Numbers of such documents of {country} look different: compare it with the document itself")


def check_document(kind: str, value: str, today: date | None, country: str | None) -> IdCheck:
    """One passport or identity card number, or its machine-readable zone. `country` is the issuing state (ISO 3166).

    The Chinese card carries the resident number and is checked as one. A wrong check digit refuses; an unusual form
    is a note, since states change their forms.
    """
    if is_zone(value):
        return read_zone(value, today)
    code = (country or "").upper()
    number = re.sub(r"[\s.\-–/]", "", value).upper()
    if kind == NATIONAL_ID and code == "CN":
        from origination.domain.identity.people import resident_number

        return resident_number(number, today)
    if kind == NATIONAL_ID and code in CARD_RULES:
        return _by_rule(CARD_RULES[code], value, today)
    if not re.fullmatch(r"[A-Z0-9]{5,14}", number) or sum(c.isdigit() for c in number) < 4:
        return wrong_form(SHAPE)
    if kind == NATIONAL_ID and code == "PL":
        return _polish_card(number)
    if kind == NATIONAL_ID and code == "DE" and len(number) == 10 and check_digit(number[:9]) != number[9]:
        return refuse(WRONG_DIGIT)
    return IdCheck(valid=True, normalised=number, number=number, proven=False, notes=(_form_note(kind, number, code),))


def _form_note(kind: str, number: str, code: str) -> Text:
    forms = PASSPORT_FORMS if kind == PASSPORT else CARD_FORMS
    if not code:
        return _NO_COUNTRY
    if code not in forms:
        return Text(_UNKNOWN_COUNTRY.msgid, country=code)
    return _NO_DIGIT if re.fullmatch(forms[code], number) else Text(_UNUSUAL.msgid, country=code)


def _by_rule(module: str, value: str, today: date | None) -> IdCheck:
    from stdnum import exceptions

    rule = import_module(f"stdnum.{module}")
    try:
        number = rule.validate(value)
    except exceptions.InvalidChecksum:
        return refuse(WRONG_DIGIT)
    except exceptions.ValidationError:
        return refuse(Text("This is not a personal number as that country's identity cards carry it"))
    try:
        born = rule.get_birth_date(number)
    except (AttributeError, exceptions.ValidationError):
        born = None
    if born is not None and today is not None and born > today:
        return refuse(Text("The date of birth in the number, {birth_on}, lies in the future", birth_on=born))
    return IdCheck(valid=True, normalised=number, number=number, birth_on=born if today else None)


def _polish_card(number: str) -> IdCheck:
    """Three letters and six digits, the first of them a check digit (weights 7, 3, 1, 9, 7, 3, 1, 7, 3; A is 10)."""
    if not re.fullmatch(r"[A-Z]{3}\d{6}", number):
        return wrong_form(Text("a Polish identity card number has three letters and six digits"))
    weights = (7, 3, 1, 9, 7, 3, 1, 7, 3)
    if sum(weight * int(c, 36) for weight, c in zip(weights, number, strict=True)) % 10:
        return refuse(WRONG_DIGIT)
    return IdCheck(valid=True, normalised=number, number=number)

"""One door to all identity numbers: `check_identity_number("iban", "DE89 3704 ...")`."""

from __future__ import annotations

import unicodedata
from datetime import date

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from origination.domain.identity import bank, companies, documents, europeans, passport, people, tax
from origination.domain.identity.result import IdCheck, refuse

_LENGTH_MAX = 200
RULES = {rule.kind: rule for family in (people, europeans, companies, tax, bank, passport) for rule in family.RULES}
DOCUMENT_KINDS = (documents.PASSPORT, documents.NATIONAL_ID)
_TIGHT = frozenset({"eu_vat", "us_ssn", "us_ein"})  # python-stdnum takes no blanks everywhere in these
KINDS = (*RULES, *DOCUMENT_KINDS)


def clean(value: str) -> str:
    """NFKC (full-width digits become plain ones) without invisible format characters and outer blanks."""
    plain = unicodedata.normalize("NFKC", value)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf").strip()


def check_identity_number(
    kind: str, value: object, *, today: date | None = None, country: str | None = None
) -> IdCheck:
    """Checks one number by the rules of its kind (length, form, check digit, dates, assigned parts).

    `today` allows the checks that need a day: born in the future, document expired. `country` is the state that issued
    a passport or identity card (ISO 3166), None when unknown. Raises InvalidInput for a kind
    that is not in `KINDS`; everything about the value is an answer, never an exception.
    """
    rule = RULES.get(kind)
    if rule is None and kind not in DOCUMENT_KINDS:
        raise InvalidInput({"kind": Text("Unknown kind of number; known are {kinds}", kinds=", ".join(KINDS))})
    if not isinstance(value, str):
        return refuse(Text("Give the number as text, in quotes: leading zeros count"))
    form = documents.SHAPE if rule is None else rule.form
    if len(value) > _LENGTH_MAX:
        return refuse(Text("This is far too long: {form}", form=form))
    number = clean(value)
    if not number:
        return refuse(Text("There is no number here: {form}", form=form))
    if rule is None:
        return documents.check_document(kind, number, today, country)
    if kind != "passport_mrz" and "\n" in number:
        return refuse(Text("Enter one number, not several lines"))
    return rule.check("".join(number.split()) if kind in _TIGHT else number, today)


def index_number(kind: str, number: str) -> str:
    """What identifies the holder in a right number: the document's own number where a whole zone was given."""
    found = check_identity_number(kind, number) if kind in KINDS else None
    return number if found is None else found.number or found.normalised or number

"""Form or JSON to typed answers: one marshmallow schema for both, all errors at once, each saying what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import email_validator
import phonenumbers
from marshmallow import INCLUDE, Schema, ValidationError, fields, validates_schema

from core.domain.errors import InvalidInput
from core.domain.fact import Fact, FactType, FactValue
from core.domain.facts import CATALOGUE
from core.domain.money import Money, parse_amount
from core.domain.party import PartyKind
from core.domain.texts import Text
from origination.domain.accounts import LINES, SIGNED, YearAccounts
from origination.domain.application import OwnerEntry, Section

REQUIRED = Text("Answer this question")
NOT_A_DATE = Text("Enter a real date, like 27 3 1990")
NOT_WHOLE = Text("Enter a whole number, like 12")
NOT_OFFERED = Text("Choose one of the answers")
TEXT_MAX = 300


def plain(raw: Any) -> str:
    """What was typed, in half width and without spaces around; control and direction marks are dropped."""
    text = unicodedata.normalize("NFKC", str(raw))
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).strip()


class FactField(fields.Field[Any]):
    """One question: from typed text or JSON to the fact's value."""

    def __init__(self, entry: Fact, segment: str, currency: str) -> None:
        super().__init__(required=False, allow_none=True)
        self.entry, self.segment, self.currency = entry, segment, currency

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> FactValue | None:  # noqa: ARG002
        try:
            return read_answer(self.entry, value, self.segment, self.currency)
        except InvalidInput as refused:
            raise ValidationError([message for texts in refused.fields.values() for message in texts]) from None


def read_answer(entry: Fact, raw: Any, segment: str, currency: str) -> FactValue | None:
    """The typed value of an answer; None for an empty one. Raises InvalidInput that says what to do."""
    if isinstance(raw, date):
        raw = raw.isoformat()
    text = plain("" if raw is None else raw)
    if not text:
        return None
    if isinstance(raw, bool | float):
        raise InvalidInput(
            {entry.name: NOT_WHOLE if entry.type is not FactType.MONEY else Text("Enter the amount as text")}
        )
    found: FactValue = _READERS.get(entry.type, _text)(entry, text, segment, currency)
    return found


def _money(entry: Fact, text: str, _segment: str, currency: str) -> Money:
    minus = entry.minimum is None and text[:1] in {"-", "\N{MINUS SIGN}"}
    found = parse_amount(text[1:].lstrip() if minus else text, currency, entry.name)
    return -found if minus else found


def _integer(entry: Fact, text: str, _segment: str, _currency: str) -> int:
    digits = text.replace(",", "").replace(" ", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise InvalidInput({entry.name: NOT_WHOLE})
    found = int(digits)
    if entry.minimum is not None and found < entry.minimum:
        raise InvalidInput({entry.name: Text("Enter {low} or more", low=int(entry.minimum))})
    if entry.maximum is not None and found > entry.maximum:
        raise InvalidInput({entry.name: Text("Enter {high} or less", high=int(entry.maximum))})
    return found


_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")


def _date(entry: Fact, text: str, _segment: str, _currency: str) -> date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise InvalidInput({entry.name: NOT_A_DATE})
    try:
        found = date(*(int(part) for part in match.groups()))
    except ValueError:
        raise InvalidInput({entry.name: NOT_A_DATE}) from None
    if not 1850 <= found.year <= 2200:
        raise InvalidInput({entry.name: Text("Check the year")})
    return found


def _choice(entry: Fact, text: str, segment: str, _currency: str) -> str | int:
    for choice in entry.choices_for(segment):
        if str(choice.value) == text:
            return choice.value
    raise InvalidInput({entry.name: NOT_OFFERED})


def _code(entry: Fact, text: str, _segment: str, _currency: str) -> str:
    if entry.unit == "ISO 3166":
        if not re.fullmatch(r"[A-Za-z]{2}", text):
            raise InvalidInput({entry.name: Text("Choose a country")})
        return text.upper()
    return _text(entry, text, _segment, _currency)


def _text(entry: Fact, text: str, _segment: str, _currency: str) -> str:
    if len(text) > TEXT_MAX:
        raise InvalidInput({entry.name: Text("Use at most {n} characters", n=TEXT_MAX)})
    if entry.name == "email":
        return _email(text)
    if entry.name == "phone":
        return _phone(text)
    return text


def _email(text: str) -> str:
    try:
        return email_validator.validate_email(text, check_deliverability=False, test_environment=True).normalized
    except email_validator.EmailNotValidError:
        raise InvalidInput({"email": Text("Enter an e-mail address like name@example.com")}) from None


def _phone(text: str) -> str:
    """E.164. A number without country code is taken as Chinese."""
    try:
        number = phonenumbers.parse(text, None if text.startswith("+") else "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise InvalidInput({"phone": Text("Enter a phone number, with +49 or another country code if not Chinese")})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_READERS: dict[FactType, Any] = {
    FactType.MONEY: _money,
    FactType.INTEGER: _integer,
    FactType.DATE: _date,
    FactType.CHOICE: _choice,
    FactType.ORDINAL: _choice,
    FactType.CODE: _code,
}


@cache
def section_schema(names: tuple[str, ...], segment: str, currency: str) -> Schema:
    """The schema of some questions."""
    questions: dict[str, Any] = {name: FactField(CATALOGUE[name], segment, currency) for name in names}
    return Schema.from_dict(questions)(unknown=INCLUDE)


def join_dates(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Dates typed into three boxes (`birth_on-year`, `-month`, `-day`) as one text; all else as it came."""
    joined = dict(values)
    for name in names:
        if CATALOGUE[name].type is FactType.DATE and f"{name}-year" in values:
            parts = [plain(values.get(f"{name}-{part}") or "") for part in ("year", "month", "day")]
            joined[name] = "-".join(parts) if any(parts) else ""
    return joined


def read_section(
    section: Section, segment: str, currency: str, values: Mapping[str, Any]
) -> tuple[dict[str, FactValue], dict[str, list[str]]]:
    """(typed answers, fact -> messages) of one page. Unanswered questions are simply absent: a draft may have gaps."""
    joined = join_dates(values, section.facts)
    wanted = {name: joined[name] for name in section.facts if name in joined}
    try:
        loaded, errors = section_schema(section.facts, segment, currency).load(wanted), {}
    except ValidationError as refused:
        loaded, errors = refused.valid_data or {}, _messages(refused)
    typed = {name: value for name, value in loaded.items() if name in section.facts and value is not None}
    return typed, errors


def _messages(refused: ValidationError) -> dict[str, list[str]]:
    """field -> messages, whatever shape marshmallow gives them."""
    found = refused.messages
    if not isinstance(found, dict):
        return {"_": [str(text) for text in found]}
    return {str(name): texts if isinstance(texts, list) else [str(texts)] for name, texts in found.items()}


class OwnerSchema(Schema):
    """One line of the owners' page."""

    name = fields.String(required=True, error_messages={"required": REQUIRED})
    kind = fields.Enum(
        PartyKind, by_value=True, required=True, error_messages={"required": REQUIRED, "unknown": NOT_OFFERED}
    )
    share = fields.Raw(required=True, error_messages={"required": REQUIRED})
    birth_on = fields.Raw(load_default=None)
    country = fields.String(load_default=None)
    identity_kind = fields.String(load_default=None)
    identity_number = fields.String(load_default=None)
    of = fields.String(load_default=None)
    controls = fields.Boolean(load_default=False)

    @validates_schema
    def _name_is_there(self, data: Mapping[str, Any], **_: Any) -> None:
        name = plain(data.get("name", ""))
        if not name:
            raise ValidationError(REQUIRED, "name")
        if len(name) > TEXT_MAX:
            raise ValidationError(Text("Use at most {n} characters", n=TEXT_MAX), "name")


def read_owners(lines: list[Mapping[str, Any]]) -> tuple[OwnerEntry, ...]:
    """The owners typed. Raises InvalidInput with `owners-<n>-<field>` for everything wrong; empty lines are skipped."""
    wrong: dict[str, str | list[str]] = {}
    found: list[OwnerEntry] = []
    schema = OwnerSchema(unknown=INCLUDE)
    for at, line in enumerate(lines):
        if not any(plain(line.get(name) or "") for name in ("name", "share", "identity_number")):
            continue
        given = {name: value for name, value in line.items() if value not in ("", None)}
        try:
            found.append(_owner(schema.load(given)))
        except ValidationError as refused:
            for name, texts in _messages(refused).items():
                wrong[f"owners-{at}-{name}"] = list(texts)
        except InvalidInput as refused:
            for name, texts in refused.fields.items():
                wrong[f"owners-{at}-{name}"] = texts
    if wrong:
        raise InvalidInput(wrong)
    return tuple(found)


def _owner(data: Mapping[str, Any]) -> OwnerEntry:
    born = read_answer(CATALOGUE["birth_on"], data["birth_on"], "consumer", "CNY")
    country = read_answer(CATALOGUE["nationality"], data["country"], "consumer", "CNY")

    def text(name: str) -> str | None:
        return (plain(data[name])[:TEXT_MAX] or None) if data[name] else None

    return OwnerEntry(
        name=plain(data["name"]),
        kind=data["kind"],
        share=read_share(data["share"]),
        birth_on=born if isinstance(born, date) else None,
        country=None if country is None else str(country),
        identity_kind=text("identity_kind"),
        identity_number=text("identity_number"),
        of=text("of"),
        controls=bool(data["controls"]),
    )


def read_share(raw: Any) -> Decimal:
    """`25`, `25.5 %`, `33⅓` is refused: a percentage from 0 to 100 with at most four decimals, as a fraction of one."""
    text = plain(raw).removesuffix("%").strip()
    if isinstance(raw, bool | float) or not re.fullmatch(r"\d{1,3}(\.\d{1,4})?", text) or Decimal(text) > 100:
        raise InvalidInput({"share": Text("Enter a percentage from 0 to 100, like 33.3333")})
    return Decimal(text) / 100


def read_year(
    values: Mapping[str, Any], currency: str, today: date
) -> tuple[YearAccounts | None, dict[str, list[str]]]:
    """(one year of accounts, `accounts-<line>` -> messages) as the applicant typed it; the year None when refused.

    Raises nothing: every line that is missing, unreadable or impossible is told at once.
    """
    wrong: dict[str, list[str]] = {}
    figures: dict[str, Money] = {}
    for line in LINES:
        text = plain(values.get(f"accounts-{line}") or "")
        minus = line in SIGNED and text[:1] in {"-", "\N{MINUS SIGN}"}
        try:
            if text:
                size = parse_amount(text[1:].lstrip() if minus else text, currency, line)
                figures[line] = -size if minus else size
        except InvalidInput as refused:
            wrong[f"accounts-{line}"] = [message for texts in refused.fields.values() for message in texts]
    ends_on = _year_end(values, today, wrong)
    try:
        year = YearAccounts(
            ends_on or today, currency, figures, audited=bool(values.get("accounts-audited")), declared=True
        )
    except InvalidInput as refused:
        for line, texts in refused.fields.items():
            wrong.setdefault(f"accounts-{line}", [texts] if isinstance(texts, str) else list(texts))
    return (None, wrong) if wrong else (year, {})


def _year_end(values: Mapping[str, Any], today: date, wrong: dict[str, list[str]]) -> date | None:
    name = "accounts-ends_on"
    parts = [plain(values.get(f"{name}-{part}") or "") for part in ("year", "month", "day")]
    try:
        found = read_answer(CATALOGUE["founded_on"], "-".join(parts) if any(parts) else values.get(name), "sme", "EUR")
    except InvalidInput as refused:
        wrong[name] = [message for texts in refused.fields.values() for message in texts]
        return None
    if not isinstance(found, date):
        wrong[name] = [Text("Enter the last day of the financial year")]
    elif found > today:
        wrong[name] = [Text("This date is in the future. Enter a date in the past.")]
    return found if isinstance(found, date) else None


def read_wish(values: Mapping[str, Any], currency: str) -> tuple[Money, int]:
    """Amount and tenor of a quote. Raises InvalidInput with both when both are wrong."""
    answers, errors = read_section(
        Section("quote", Text("Quote"), ("amount", "tenor_months")), "consumer", currency, values
    )
    for name in ("amount", "tenor_months"):
        if name not in answers and name not in errors:
            errors[name] = [REQUIRED]
    if errors:
        raise InvalidInput(dict(errors.items()))
    amount, tenor = answers["amount"], answers["tenor_months"]
    assert isinstance(amount, Money)
    assert isinstance(tenor, int)
    return amount, tenor

"""SWIFT MT940 customer statements (Category 9 Standards MT, "MT 940 Customer Statement Message": fields 20, 25, 28C,
60a, 61, 86, 62a). Field 86 is read in the German banks' structure (?20 to ?63) and in SWIFT's /CODE/ form, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from core.domain.money import Money
from core.domain.statements.statement import BankStatement, StatementEntry, StatementFormat, wrong
from core.domain.texts import Text

_TAG = re.compile(r"^:(\d{2}[A-Z]?):", re.MULTILINE)
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d{1,15},\d{0,3})")
_LINE = re.compile(
    r"(?P<value>\d{6})(?P<booked>\d{4})?(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])??(?P<amount>\d{1,15},\d{0,3})"
    r"(?P<type>[A-Z][A-Z0-9]{3})(?P<reference>[^\n]*?)(?://(?P<bank>[^\n]*))?(?:\n(?P<more>.*))?",
    re.DOTALL,
)
_PARTS = re.compile(r"\?(\d{2})")
_CODES = re.compile(r"/([A-Z]{3,4})/")
# Business transaction codes of the German banks for payments that came back.
_GERMAN_RETURNS = frozenset({"108", "109", "111", "159", "181", "182", "183", "184"})


def looks_like_mt940(text: str) -> bool:
    """True when the tags of a statement are there."""
    return ":60F:" in text or ":60M:" in text or bool(re.search(r"^:20:", text, re.MULTILINE) and ":25" in text)


def read_mt940(text: str) -> tuple[BankStatement, ...]:
    """Every message of the file. Raises InvalidInput (`file`) naming the field that is missing or cannot be read, and
    for balances that do not add up."""
    messages = list(_messages(text.replace("\r\n", "\n").replace("\r", "\n")))
    if not messages:
        raise wrong(Text("There is no statement in this file"))
    return tuple(_statement(fields) for fields in messages)


def _messages(text: str) -> Iterator[list[tuple[str, str]]]:
    """The fields of each message, in order. A message begins with field 20; envelopes and trailers are left out."""
    tags = list(_TAG.finditer(text))
    fields: list[tuple[str, str]] = []
    for at, tag in enumerate(tags):
        end = tags[at + 1].start() if at + 1 < len(tags) else len(text)
        content = re.split(r"\n-(?:\}|\n|$)|\n\{", text[tag.end() : end] + "\n", maxsplit=1)[0].strip("\n")
        if tag[1] == "20" and fields:
            yield fields
            fields = []
        fields.append((tag[1], content))
    if fields:
        yield fields


def _statement(fields: list[tuple[str, str]]) -> BankStatement:
    values = dict(reversed(fields))
    account = values.get("25") or values.get("25P", "").split("\n")[0]
    if not account:
        raise wrong(Text("Field {field} is missing: {what}", field="25", what=Text("the account")))
    opened, opening = _balance(fields, "60", Text("the opening balance"))
    closed, closing = _balance(fields, "62", Text("the closing balance"))
    entries = tuple(_entries(fields, opening.currency))
    days = [entry.booked_on for entry in entries]
    return BankStatement(
        StatementFormat.MT940, account.strip(), opening.currency, min([opened, closed, *days]), max([closed, *days]),
        entries, opening, closing,
    )  # fmt: skip


def _balance(fields: list[tuple[str, str]], tag: str, what: Text) -> tuple[date, Money]:
    content = next((content for name, content in fields if name in {f"{tag}F", f"{tag}M"}), None)
    if content is None:
        raise wrong(Text("Field {field} is missing: {what}", field=f"{tag}F", what=what))
    found = _BALANCE.match(content.strip())
    if not found:
        raise _unreadable(f"{tag}F", content)
    amount = _money(found[4], found[3], f"{tag}F")
    return _day(found[2], f"{tag}F"), amount if found[1] == "C" else -amount


def _entries(fields: list[tuple[str, str]], currency: str) -> Iterator[StatementEntry]:
    for at, (tag, content) in enumerate(fields):
        if tag != "61":
            continue
        following = fields[at + 1] if at + 1 < len(fields) else ("", "")
        yield _entry(content, following[1] if following[0] == "86" else "", currency)


def _entry(content: str, narrative: str, currency: str) -> StatementEntry:
    found = _LINE.fullmatch(content.strip())
    if not found:
        raise _unreadable("61", content)
    value = _day(found["value"], "61")
    size = _money(found["amount"], currency, "61")
    came_in = found["mark"] in {"C", "RD", "EC"}
    structured = _structured(narrative)
    returned = found["type"][1:] == "RTI" or structured.get("code", "") in _GERMAN_RETURNS
    return StatementEntry(
        booked_on=_booked(found["booked"], value) if found["booked"] else value,
        amount=size if came_in else -size,
        value_on=value,
        counterparty=structured.get("name", ""),
        counterparty_account=structured.get("account", ""),
        text=structured.get("text", "") or (found["more"] or "").strip(),
        reference=structured.get("reference", "") or found["reference"].strip(),
        code=" ".join(part for part in (found["type"], structured.get("code", "")) if part),
        is_return=returned or found["mark"].startswith("R"),
    )


def _structured(narrative: str) -> dict[str, str]:
    joined = narrative.replace("\n", "")
    if re.match(r"\d{3}\D", joined) and "?" in joined:
        return _german(joined)
    if _CODES.search(joined):
        return _swift(joined)
    return {"text": " ".join(narrative.split())}


def _german(joined: str) -> dict[str, str]:
    """The three-digit code, then parts: 20-29 and 60-63 remittance, 30 bank, 31 account, 32-33 name, 38 IBAN."""
    pieces = _PARTS.split(joined[3:])
    parts = dict(zip(pieces[1::2], pieces[2::2], strict=False))
    remittance = "".join(parts.get(f"{n}", "") for n in (*range(20, 30), *range(60, 64)))
    named = re.search(r"EREF\+(\S+?)(?=[A-Z]{4}\+|\s|$)", remittance)
    purpose = remittance.split("SVWZ+", 1)[1] if "SVWZ+" in remittance else remittance
    return {
        "code": joined[:3],
        "text": " ".join((purpose or parts.get("00", "")).split()) or parts.get("00", ""),
        "name": " ".join((parts.get("32", "") + parts.get("33", "")).split()),
        "account": parts.get("38") or parts.get("31", ""),
        "reference": named[1] if named else "",
    }


def _swift(joined: str) -> dict[str, str]:
    pieces = _CODES.split(joined)
    parts: dict[str, str] = {}
    for name, content in zip(pieces[1::2], pieces[2::2], strict=False):
        parts.setdefault(name, content.strip("/ "))
    returned = {"code": "109"} if "RTRN" in parts or "RTN" in parts else {}
    return returned | {
        "text": parts.get("REMI", "") or " ".join(part for part in (pieces[0], parts.get("ADDR", "")) if part),
        "name": parts.get("NAME", ""),
        "account": parts.get("IBAN", "") or parts.get("ACCT", ""),
        "reference": parts.get("EREF", ""),
    }


def _booked(month_day: str, value: date) -> date:
    """The booking day has no year: that of the value date, or the neighbour's around New Year."""
    days = []
    for year in (value.year - 1, value.year, value.year + 1):
        try:
            days.append(date(year, int(month_day[:2]), int(month_day[2:])))
        except ValueError:
            continue
    if not days:
        raise _unreadable("61", month_day)
    return min(days, key=lambda day: abs((day - value).days))


def _day(digits: str, tag: str) -> date:
    year = int(digits[:2])
    try:
        return date(2000 + year if year < 80 else 1900 + year, int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        raise _unreadable(tag, digits) from None


def _money(text: str, currency: str, tag: str) -> Money:
    try:
        return Money.of(Decimal(text.replace(",", ".").rstrip(".")), currency)
    except (InvalidOperation, ValueError):
        raise _unreadable(tag, text) from None


def _unreadable(tag: str, content: str) -> Exception:
    return wrong(Text("Field {field} cannot be read: {content}", field=tag, content=repr(content[:60])))

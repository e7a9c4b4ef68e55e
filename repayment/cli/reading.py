"""Reading JSON for the commands: one object or a list, decimal strings, and errors that name the field.

Nothing here imports the database, the framework or a heavy library, so a command answers within its start-up.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TextIO, TypeVar

import click

from core.domain.errors import InvalidInput, LendingError
from core.domain.money import MINOR_MAX, Money, exponent
from core.domain.texts import Text

_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_RATIO = re.compile(r"[0-9]{1,12}/[1-9][0-9]{0,11}")
_REMARKS = frozenset({"id", "name", "note", "comment", "source", "description"})
Choice = TypeVar("Choice", bound=StrEnum)
DIGITS_ONLY = Text("Enter a plain decimal number like 1234.56, without exponent")


class Number(str):
    """A JSON number with a point, kept as it was written."""

    __slots__ = ()


class Fields:
    """The fields of one JSON object, read by kind. Every refusal is an InvalidInput naming the path of the field."""

    def __init__(self, item: Any, path: str = "") -> None:
        if not isinstance(item, dict):
            raise InvalidInput({path.rstrip(".") or "input": Text("Expected a JSON object")})
        self.item, self.path = item, path

    def refuse_unknown(self, *known: str) -> None:
        """Raises InvalidInput for a field that is neither known nor a remark (id, name, note, comment, source)."""
        for name in self.item:
            if name not in known and name not in _REMARKS and not name.startswith("_"):
                raise InvalidInput({self.path + name: Text("There is no such field")})

    def fail(self, name: str, text: Text) -> InvalidInput:
        """The error for one field."""
        return InvalidInput({self.path + name: text})

    def has(self, name: str) -> bool:
        """True when the field is there and not null."""
        return self.item.get(name) is not None

    def _wanted(self, name: str) -> Any:
        value = self.item.get(name)
        if value is None:
            raise self.fail(name, Text("This field is missing"))
        return value

    def decimal(self, name: str) -> Decimal:
        """A plain decimal number; NaN, infinities and exponents are refused."""
        value = self._wanted(name)
        if isinstance(value, bool) or not isinstance(value, (str, int)) or not _DECIMAL.fullmatch(str(value)):
            raise self.fail(name, DIGITS_ONLY)
        return Decimal(str(value))

    def ratio(self, name: str, default: Fraction | None = None) -> Fraction:
        """A decimal or a ratio like `52/60`."""
        if default is not None and not self.has(name):
            return default
        value = self._wanted(name)
        if isinstance(value, str) and _RATIO.fullmatch(value):
            return Fraction(value)
        return Fraction(self.decimal(name))

    def money(self, name: str, currency: str) -> Money:
        """An amount of major units with no more decimals than the currency has."""
        minor = self.decimal(name).scaleb(exponent(currency))
        if minor != minor.to_integral_value():
            n = exponent(currency)
            raise self.fail(name, Text("{currency} amounts have at most {n} decimals", currency=currency, n=n))
        if abs(minor) > MINOR_MAX:
            raise self.fail(name, Text("The amount is too large"))
        return Money(int(minor), currency)

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        if default is not None and not self.has(name):
            return default
        value = self._wanted(name)
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,9}", str(value)):
            raise self.fail(name, Text("Enter a whole number"))
        return int(str(value))

    def day(self, name: str) -> date:
        """A day as YYYY-MM-DD."""
        value = self._wanted(name)
        try:
            if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                raise ValueError
            found = date.fromisoformat(value)
            if found.year < 1583:  # the calendar of all these counts is the Gregorian one
                raise ValueError
        except ValueError:
            raise self.fail(name, Text("Enter a day that exists, as YYYY-MM-DD")) from None
        return found

    def flag(self, name: str, default: bool) -> bool:
        """true or false."""
        value = self.item.get(name, default)
        if not isinstance(value, bool):
            raise self.fail(name, Text("Enter true or false"))
        return value

    def choice(self, name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """One of the values of an enumeration; upper and lower case, blanks and dashes do not matter."""
        if default is not None and not self.has(name):
            return default
        value = self._wanted(name)
        wanted = _plain(value)
        for member in kind:
            if _plain(member.value) == wanted:
                return member
        known = ", ".join(member.value for member in kind)
        raise self.fail(name, Text("Choose one of: {known}", known=known))

    def text(self, name: str, default: str | None = None) -> str:
        """A short text."""
        if default is not None and not self.has(name):
            return default
        value = self._wanted(name)
        if not isinstance(value, str) or len(value) > 200:
            raise self.fail(name, Text("Enter a short text"))
        return value

    def items(self, name: str) -> list[Any]:
        """A list, empty when the field is missing."""
        value = self.item.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fail(name, Text("Expected a list"))
        return value

    def parts(self, name: str, *known: str) -> list[Fields]:
        """A list of objects, each with its place in the path. With the names of `known` fields, others are refused."""
        found = [Fields(item, f"{self.path}{name}[{k}].") for k, item in enumerate(self.items(name))]
        if known:
            for part in found:
                part.refuse_unknown(*known)
        return found

    def part(self, name: str) -> Fields:
        """An object, empty when the field is missing."""
        value = self.item.get(name)
        return Fields({} if value is None else value, f"{self.path}{name}.")

    def days(self, name: str) -> list[date]:
        """A list of days."""
        return [Fields({name: item}, self.path).day(name) for item in self.items(name)]

    def currency(self, name: str, default: str) -> str:
        """Three capital letters."""
        value = self.item.get(name, default)
        if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{3}", value):
            raise self.fail(name, Text("Enter a currency code like CNY"))
        return value


def _plain(value: object) -> str:
    return str(value).upper().replace(" ", "").replace("-", "").replace("_", "")


def _refuse_constant(name: str) -> Any:
    raise InvalidInput({"input": Text("{name} is not a number", name=name)})


def parse(text: str) -> Any:
    """JSON with its numbers kept as written. Raises InvalidInput for anything that is not JSON."""
    try:
        return json.loads(text, parse_float=Number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput({"input": Text("This is not JSON: {error}", error=str(error)[:200])}) from None


Answer = Callable[[Fields], dict[str, Any]]
Show = Callable[[dict[str, Any]], Iterable[str]]


def refused(error: LendingError) -> dict[str, Any]:
    """The answer for an item that is refused."""
    fields = error.fields if isinstance(error, InvalidInput) else {}
    return {"error": {"code": error.code, "message": error.message, "fields": fields}}


def answer_all(source: TextIO, answer: Answer, show: Show, *, as_json: bool) -> None:
    """Reads one object or a list, answers each item, prints, and exits with 1 if any was refused."""
    try:
        given = parse(source.read())
    except (InvalidInput, UnicodeDecodeError) as error:
        wrong = error if isinstance(error, InvalidInput) else InvalidInput({"input": Text("The text is not UTF-8")})
        answers, is_list = [refused(wrong)], False
    else:
        is_list = isinstance(given, list)
        answers = [_answer_one(item, answer) for item in (given if is_list else [given])]
    if as_json:
        click.echo(json.dumps(answers if is_list else answers[0], ensure_ascii=False))
    else:
        for k, found in enumerate(answers):
            if k:
                click.echo()
            click.echo("\n".join([found["error"]["message"]] if "error" in found else show(found)))
    if any("error" in found for found in answers):
        sys.exit(1)


def _answer_one(item: Any, answer: Answer) -> dict[str, Any]:
    try:
        return answer(Fields(item))
    except LendingError as error:
        return refused(error)


def table(header: list[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Right-aligned columns of plain text."""
    cells = [header, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]

"""A section of a policy as a sheet: typed columns, rows of texts, and every wrong cell told at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.domain.errors import InvalidInput, PolicyInvalid
from core.domain.facts import CATALOGUE
from core.domain.texts import Text
from origination.domain.policy_cells import (
    read_amounts,
    read_day,
    read_words,
    show_amounts,
    show_cell,
    typed_cell,
)
from origination.domain.rules import REASON_ID, Outcome, Stage, check_protected, read_cell, read_output, read_texts

FACT = "fact:"  # a column that looks at a fact
VALUE = "value:"  # a column that gives a value


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `kind` is cell, text, long, number, day, flag, choice, words, amounts or output."""

    key: str
    kind: str
    title: str
    choices: tuple[str, ...] = ()
    hint: str = ""

    @property
    def name(self) -> str:
        """The fact or value it stands for."""
        return self.key.removeprefix(FACT).removeprefix(VALUE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Columns and rows; a fact's cell has two texts, `<key>` and `<key>-op`."""

    columns: tuple[Column, ...]
    rows: tuple[dict[str, str], ...]
    errors: Mapping[str, Text | str] = field(default_factory=dict)


SPECS: Mapping[str, tuple[Column, ...]] = {
    "exchange": (
        Column("as_of", "day", Text("As of")),
        Column("usd_per_unit", "amounts", Text("US dollars for one unit"), hint="CNY 0.14; EUR 1.04"),
        Column("source", "long", Text("Source")),
    ),
    "authority": (
        Column("role", "choice", Text("Role"), ("officer", "approver")),
        Column("segment", "choice", Text("Segment"), ("consumer", "sme")),
        Column("amount_max", "amounts", Text("Largest amount"), hint="CNY 50000; EUR 10000"),
        Column("exposure_max", "amounts", Text("Largest exposure of the group")),
        Column("grades", "words", Text("Grades"), hint="A, B, C"),
        Column("may_override", "flag", Text("May override")),
        Column("seats", "number", Text("People who must agree")),
    ),
    "clock": (
        Column("kind", "choice", Text("Notice"), ("decision", "incomplete", "counter_offer")),
        Column("days", "number", Text("Days")),
        Column("law", "long", Text("Law or promise")),
        Column("jurisdictions", "words", Text("Jurisdictions")),
        Column("segments", "words", Text("Segments")),
        Column("valid_from", "day", Text("From")),
        Column("valid_to", "day", Text("Until")),
    ),
}
_WORDING = (
    Column("id", "text", Text("Reason id")),
    Column("segments", "words", Text("Segments")),
    Column("text.en", "long", Text("English")),
    Column("text.zh", "long", Text("Chinese")),
)
SPECS = {**SPECS, "reason": _WORDING, "override_reason": _WORDING, "condition": _WORDING}
OPTIONAL = frozenset(
    {"jurisdictions", "segments", "valid_from", "valid_to", "source", "law", "note", "may_override", "seats"}
)
GIVEN = {  # values a row may give -> their words, and how they are written
    "amount_max": (Text("Largest amount"), "CNY 50000; EUR 10000"),
    "tenor_max": (Text("Longest term in months"), ""),
}


def _given(name: str) -> Column:
    title, hint = GIVEN.get(name, (name, ""))
    return Column(VALUE + name, "output", title, hint=hint)


DEFAULT_VALUES = ("amount_max", "tenor_max")


def table_columns(raw: Mapping[str, Any], *, gives: bool | None = None) -> tuple[Column, ...]:
    """The columns of a decision table: its facts, then what its rows say."""
    rows = raw.get("row", ())
    facts = dict.fromkeys(name for row in rows for name in row.get("when", {}))
    values = dict.fromkeys(name for row in rows for name in row.get("values", {}))
    gives = bool(values) if gives is None else gives
    said: tuple[Column, ...]
    if gives:
        said = tuple(_given(name) for name in values or DEFAULT_VALUES)
    else:
        said = (
            Column("outcome", "choice", Text("Outcome"), tuple(one.value for one in Outcome)),
            Column("solvable", "flag", Text("Smaller loan may pass")),
            Column("final", "flag", Text("By law")),
            Column("text.en", "long", Text("English")),
            Column("text.zh", "long", Text("Chinese")),
        )
    looked = tuple(fact_column(name) for name in facts)
    return (Column("id", "text", Text("Reason id")), *looked, *said, Column("note", "long", Text("Note")))


def fact_column(name: str) -> Column:
    """The column of a fact, known or not."""
    entry = CATALOGUE.get(name)
    if entry is None:
        return Column(FACT + name, "cell", name)
    return Column(FACT + name, "cell", entry.text, tuple(str(c.value) for c in entry.choices), entry.unit)


def sheet_of(columns: Sequence[Column], raws: Sequence[Mapping[str, Any]]) -> Sheet:
    """The sheet that shows raw rows."""
    return Sheet(tuple(columns), tuple(_shown(columns, raw) for raw in raws))


def _shown(columns: Sequence[Column], raw: Mapping[str, Any]) -> dict[str, str]:
    out: dict[str, str] = {}
    for column in columns:
        if column.kind == "cell":
            if column.name in raw.get("when", {}):
                out[f"{column.key}-op"], out[column.key] = show_cell(raw["when"][column.name])
            continue
        value = _at(raw, column)
        if value is None:
            continue
        if column.kind == "flag":
            out[column.key] = "yes" if value else ""
        elif column.kind == "words":
            out[column.key] = ", ".join(map(str, value))
        else:
            out[column.key] = show_amounts(value)
    return out


def _at(raw: Mapping[str, Any], column: Column) -> Any:
    if column.key.startswith(VALUE):
        return raw.get("values", {}).get(column.name)
    head, _, tail = column.key.partition(".")
    value = raw.get(head)
    return value.get(tail) if tail and isinstance(value, Mapping) else value


def read_sheet(sheet: Sheet, *, stage: str | None = None) -> tuple[list[dict[str, Any]], Sheet]:
    """Raw rows of what was typed, and the sheet with what is wrong at `r<row>-<column>` (`sheet` as a whole).

    `stage` is that of a decision table: its rows are checked as rules.
    """
    errors: dict[str, Text | str] = {}
    raws = []
    for at, row in enumerate(sheet.rows):
        raw = _read_row(sheet.columns, row, at, errors)
        if stage is not None:
            _check_rule(raw, at, stage, errors)
        raws.append(raw)
    if stage is not None and not raws:
        errors["sheet"] = Text("A table has at least one row")
    _check_ids(sheet, raws, errors)
    return raws, replace(sheet, errors=errors)


def _check_ids(sheet: Sheet, raws: Sequence[Mapping[str, Any]], errors: dict[str, Text | str]) -> None:
    seen: set[str] = set()
    if not any(column.key == "id" for column in sheet.columns):
        return
    for at, raw in enumerate(raws):
        key = str(raw.get("id", ""))
        if not REASON_ID.fullmatch(key):
            errors[f"r{at}-id"] = Text("A row needs an id in capital letters, like DTI_ABOVE_LIMIT")
        elif key in seen:
            errors[f"r{at}-id"] = Text("The id {id} is used twice", id=key)
        seen.add(key)


def _read_row(
    columns: Sequence[Column], row: Mapping[str, str], at: int, errors: dict[str, Text | str]
) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    for column in columns:
        typed = str(row.get(column.key, "")).strip()
        try:
            if column.kind == "cell":
                condition = typed_cell(column.name, row.get(f"{column.key}-op", ""), typed)
                if condition is not None:
                    raw.setdefault("when", {})[column.name] = condition
                continue
            value = _read(column, typed)
        except InvalidInput as error:
            errors[f"r{at}-{column.key}"] = error.fields["cell"][0]
            continue
        if value is not None:
            _put(raw, column, value)
    return raw


def _put(raw: dict[str, Any], column: Column, value: Any) -> None:
    if column.key.startswith(VALUE):
        raw.setdefault("values", {})[column.name] = value
        return
    head, _, tail = column.key.partition(".")
    if tail:
        raw.setdefault(head, {})[tail] = value
    else:
        raw[head] = value


def _read(column: Column, typed: str) -> Any:
    """The value; None for an empty cell that may be empty."""
    if column.kind == "flag":
        return True if typed else None
    if not typed:
        if column.key in OPTIONAL or column.key.startswith("text."):
            return None
        raise InvalidInput({"cell": Text("Fill in this cell")})
    if column.kind == "choice" and typed not in column.choices:
        raise InvalidInput({"cell": Text("Choose one of: {names}", names=", ".join(column.choices))})
    readers = {"words": read_words, "amounts": read_amounts, "day": _iso, "number": _number, "output": _output}
    return readers.get(column.kind, str)(typed)


def _iso(typed: str) -> str:
    return read_day(typed).isoformat()


def _number(typed: str) -> int:
    if not typed.isascii() or not typed.isdigit() or len(typed) > 6:
        raise InvalidInput({"cell": Text("Enter a whole number, like 24")})
    return int(typed)


def _output(typed: str) -> Any:
    if typed.isascii() and typed.isdigit():
        return int(typed)
    return read_amounts(typed) if any(mark.isalpha() for mark in typed[:3]) else typed


def _check_rule(raw: dict[str, Any], at: int, stage: str, errors: dict[str, Text | str]) -> None:
    """Protected facts, money outputs and the two languages of the reason, each told at its cell."""
    for name in raw.get("when", {}):
        try:
            check_protected("", name, Stage(stage))
        except PolicyInvalid as error:
            errors.setdefault(f"r{at}-{FACT}{name}", error.details["text"])
    for name, value in raw.get("values", {}).items():
        try:
            read_output("", name, value)
        except PolicyInvalid as error:
            errors.setdefault(f"r{at}-{VALUE}{name}", error.details["text"])
    if any(key.startswith(f"r{at}-") for key in errors) or "values" in raw:
        return
    texts = raw.get("text", {})
    try:
        cells = tuple(read_cell("", name, condition) for name, condition in raw.get("when", {}).items())
        read_texts("", texts, cells, needed=raw.get("outcome") in {"REFER", "DECLINE"})
    except PolicyInvalid as error:
        missing = next((f"text.{one}" for one in ("en", "zh") if one not in texts), "text.en")
        errors[f"r{at}-{missing}"] = error.details["text"]


def moved(sheet: Sheet, action: str) -> Sheet:
    """The sheet after `add`, `up:2`, `down:2`, `remove:2`, `copy:2`, `column:dti` or `drop:dti`; nothing is checked."""
    what, _, where = action.partition(":")
    rows, columns = list(sheet.rows), list(sheet.columns)
    at = int(where) if where.isdigit() and int(where) < len(rows) else None
    if what == "add":
        rows.append({})
    elif what == "up" and at:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    elif what == "down" and at is not None and at + 1 < len(rows):
        rows[at + 1], rows[at] = rows[at], rows[at + 1]
    elif what == "remove" and at is not None:
        del rows[at]
    elif what == "copy" and at is not None:
        rows.insert(at + 1, {**rows[at], "id": ""})
    elif what == "column" and where and all(column.key != FACT + where for column in columns):
        last = max((place for place, one in enumerate(columns) if one.kind == "cell"), default=0)
        columns.insert(last + 1, fact_column(where))
    elif what == "drop":
        columns = [column for column in columns if column.key != FACT + where]
        rows = [{k: v for k, v in row.items() if k not in {FACT + where, f"{FACT}{where}-op"}} for row in rows]
    return Sheet(tuple(columns), tuple(rows))

"""Typed decision tables: rows of cells (fact, operator, operands) over the catalogue of facts. Nothing executes.

A cell compares one fact with fixed operands; a row fires when all its cells hold; a table says by its hit policy what
several firing rows mean. There are no expressions, so an edited table can be wrong but never dangerous. An unknown
fact makes a cell unknown, and a row with an unknown cell and no false one is undetermined (Kleene's strong
three-valued logic): the table then asks for a person instead of guessing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from core.domain.errors import PolicyInvalid
from core.domain.fact import Fact, FactType, FactValue
from core.domain.facts import CATALOGUE
from core.domain.money import Money
from core.domain.texts import Text


class Op(StrEnum):
    """How a cell compares. BETWEEN includes both ends."""

    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    EQ = "="
    NE = "!="
    IN = "in"
    NOT_IN = "not in"
    BETWEEN = "between"


RANKED = frozenset({Op.LT, Op.LE, Op.GT, Op.GE, Op.BETWEEN})


class HitPolicy(StrEnum):
    """FIRST: the first firing row counts. UNIQUE: at most one may fire. COLLECT: every firing row counts."""

    FIRST = "first"
    UNIQUE = "unique"
    COLLECT = "collect"


class Outcome(StrEnum):
    """What a rule or a whole decision says; `SEVERITY` ranks them."""

    APPROVE = "APPROVE"
    REFER = "REFER"
    DECLINE = "DECLINE"


SEVERITY = {Outcome.APPROVE: 0, Outcome.REFER: 1, Outcome.DECLINE: 2}


class Stage(StrEnum):
    """The order in which tables are asked."""

    PREQUALIFICATION = "prequalification"
    KNOCK_OUT = "knock_out"
    AFFORDABILITY = "affordability"
    LIMIT = "limit"
    REFERRAL = "referral"
    CAP = "cap"


STAGE_ORDER = {stage: at for at, stage in enumerate(Stage)}
REASON_ID = re.compile(r"[A-Z][A-Z0-9_]{2,59}")
RATIO_MAX = 20  # a ratio above 2,000 % is per cent typed as a whole
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Cell:
    """One condition on one fact. Money operands come per currency: a currency without operands makes it unknown."""

    fact: str
    op: Op
    operands: tuple[FactValue, ...] = ()
    by_currency: Mapping[str, tuple[Money, ...]] = field(default_factory=dict)

    def limits(self, currency: str) -> tuple[FactValue, ...]:
        """The operands that count for a case in that currency."""
        return tuple(self.by_currency.get(currency, ())) if self.by_currency else self.operands


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its reason id, its conditions, and what it says: an outcome or values."""

    id: str
    cells: tuple[Cell, ...]
    outcome: Outcome | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    solvable: bool = False  # a smaller or longer loan may pass
    final: bool = False  # no person may override it
    texts: Mapping[str, str] = field(default_factory=dict)  # locale -> the reason as said to the applicant
    note: str = ""  # for colleagues: the law or the thought behind it


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """Rows that are asked together, for some segments and jurisdictions and between two days."""

    name: str
    stage: Stage
    hit_policy: HitPolicy
    rows: tuple[TableRow, ...]
    segments: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""

    @property
    def gives_values(self) -> bool:
        """True for a table that looks something up (a limit); False for one that judges."""
        return any(row.values for row in self.rows)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The facts its cells look at, in order of first use."""
        return tuple(dict.fromkeys(cell.fact for row in self.rows for cell in row.cells))

    def applies(self, segment: str, jurisdiction: str, day: date) -> bool:
        """True when the table is in force for such a case on that day."""
        return (
            (not self.segments or segment in self.segments)
            and (not self.jurisdictions or jurisdiction in self.jurisdictions)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


def refuse(where: str, text: Text) -> PolicyInvalid:
    """The error of a table, row or cell: `text` in its details says it without the place, in any language."""
    return PolicyInvalid(f"Table {where}: {text}", text=text)


def read_table(raw: Mapping[str, Any]) -> DecisionTable:
    """One `[[table]]` of a policy text. Raises PolicyInvalid naming table, row and cell for anything that is not right:
    an unknown fact or operator, an operand of the wrong type, a protected fact outside the knock-out stage."""
    name = str(raw.get("name", ""))
    _only(
        raw, {"name", "stage", "hit_policy", "segments", "jurisdictions", "valid_from", "valid_to", "note", "row"}, name
    )
    if not name:
        raise PolicyInvalid("A decision table has no name")
    try:
        stage, hit_policy = Stage(raw["stage"]), HitPolicy(raw["hit_policy"])
    except (KeyError, ValueError) as error:
        text = Text("The stage or hit policy is missing or unknown ({error})", error=error)
        raise refuse(name, text) from None
    rows = tuple(_row(name, stage, row) for row in raw.get("row", ()))
    table = DecisionTable(
        name=name,
        stage=stage,
        hit_policy=hit_policy,
        rows=rows,
        segments=frozenset(raw.get("segments", ())),
        jurisdictions=frozenset(raw.get("jurisdictions", ())),
        valid_from=_day(name, raw.get("valid_from")),
        valid_to=_day(name, raw.get("valid_to")),
        note=str(raw.get("note", "")),
    )
    _check(table)
    return table


def _day(name: str, raw: Any) -> date | None:
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) else raw
    except ValueError:
        raise refuse(name, Text("{value} is not a day like 2026-01-31", value=repr(raw))) from None


def _check(table: DecisionTable) -> None:
    ids = [row.id for row in table.rows]
    if not ids:
        raise refuse(table.name, Text("A table has at least one row"))
    twice = next((one for at, one in enumerate(ids) if one in ids[:at]), None)
    if twice is not None:
        raise refuse(table.name, Text("The id {id} is used twice", id=twice))
    judging = [row for row in table.rows if row.outcome is not None]
    if judging and table.gives_values:
        raise refuse(table.name, Text("This table mixes outcomes and values"))
    if table.gives_values and len({tuple(sorted(row.values)) for row in table.rows}) != 1:
        raise refuse(table.name, Text("Every row must give the same values"))
    if table.gives_values and table.hit_policy is HitPolicy.COLLECT:
        raise refuse(table.name, Text("A table of values needs the hit policy first or unique"))


def _only(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    strange = sorted(set(raw) - known)
    if strange:
        raise refuse(where, Text("There is no key called {names}", names=", ".join(strange)))


def _row(table: str, stage: Stage, raw: Mapping[str, Any]) -> TableRow:
    where = f"{table}/{raw.get('id', '?')}"
    _only(raw, {"id", "when", "outcome", "values", "solvable", "final", "text", "note"}, where)
    if not REASON_ID.fullmatch(str(raw.get("id", ""))):
        raise refuse(where, Text("A row needs an id in capital letters, like DTI_ABOVE_LIMIT"))
    cells = tuple(read_cell(where, name, condition) for name, condition in sorted(raw.get("when", {}).items()))
    for cell in cells:
        check_protected(where, cell.fact, stage)
    try:
        outcome = Outcome(raw["outcome"]) if "outcome" in raw else None
    except ValueError:
        raise refuse(where, Text("{value} is not APPROVE, REFER or DECLINE", value=repr(raw["outcome"]))) from None
    if (outcome is None) == ("values" not in raw):
        raise refuse(where, Text("A row gives either an outcome or values"))
    values = {key: read_output(where, key, value) for key, value in raw.get("values", {}).items()}
    texts = read_texts(where, raw.get("text", {}), cells, needed=outcome in {Outcome.REFER, Outcome.DECLINE})
    flags = {name: bool(raw.get(name, False)) for name in ("solvable", "final")}
    return TableRow(str(raw["id"]), cells, outcome, values, texts=texts, note=str(raw.get("note", "")), **flags)


def check_protected(where: str, name: str, stage: Stage) -> None:
    """Raises PolicyInvalid for a protected fact outside the legal tests."""
    if CATALOGUE[name].protected and stage not in {Stage.PREQUALIFICATION, Stage.KNOCK_OUT}:
        raise refuse(where, Text("{name} is protected and may only be used for a legal knock-out", name=name))


def read_texts(where: str, raw: Any, cells: tuple[Cell, ...], *, needed: bool) -> Mapping[str, str]:
    """The reason in both languages; `{dti}` and `{dti_limit}` stand for the value of a cell's fact and its limit."""
    if needed and set(raw) != {"en", "zh"}:
        raise refuse(where, Text("Give the reason in English and in Chinese"))
    known = {cell.fact for cell in cells} | {f"{cell.fact}_limit" for cell in cells}
    for locale, text in raw.items():
        strange = set(PLACEHOLDER.findall(text)) - known
        if strange:
            names = ", ".join(sorted(strange))
            raise refuse(where, Text("The {locale} text names {names}, not in this row", locale=locale, names=names))
    return dict(raw)


def read_output(where: str, key: str, raw: Any) -> Any:
    """Values are money by currency, text, a whole number, or a Decimal written as text with a point."""
    if isinstance(raw, Mapping):
        return {currency: _money(where, key, amount, currency) for currency, amount in raw.items()}
    if isinstance(raw, bool | float) or not isinstance(raw, str | int):
        raise refuse(where, Text("Write the value of {name} as text or a whole number", name=key))
    return raw


def read_cell(where: str, name: str, raw: Any) -> Cell:
    """`dti = [">", "0.55"]`, `amount = [">", {CNY = "200000"}]`, `purpose = ["in", "car_new", "car_used"]`."""
    if name not in CATALOGUE:
        raise refuse(where, Text("There is no fact called {name}", name=name))
    entry = CATALOGUE[name]
    if not isinstance(raw, list | tuple) or len(raw) < 2:
        raise refuse(where, Text("Write {name} as [operator, value]", name=name))
    try:
        op = Op(raw[0])
    except ValueError:
        raise refuse(where, Text("{value} is not an operator", value=repr(raw[0]))) from None
    if entry.type is FactType.TEXT or (op in RANKED and not entry.rankable):
        text = Text("{name} ({type}) cannot be compared by {op}", name=name, type=entry.type.value, op=op.value)
        raise refuse(where, text)
    if entry.type is FactType.MONEY:
        return _money_cell(where, entry, op, raw[1:])
    operands = tuple(_operand(where, entry, value) for value in raw[1:])
    _count(where, name, op, len(operands))
    if op is Op.BETWEEN and _beyond(operands[0], operands[1]):
        low, high = operands[0], operands[1]
        raise refuse(where, Text("{name} is between {low} and {high}, which is empty", name=name, low=low, high=high))
    return Cell(name, op, operands)


def _beyond(low: Any, high: Any) -> bool:
    return bool(low > high)


def _count(where: str, name: str, op: Op, count: int) -> None:
    right = {Op.BETWEEN: count == 2, Op.IN: count >= 1, Op.NOT_IN: count >= 1}.get(op, count == 1)
    if not right:
        wanted = {Op.BETWEEN: Text("{op} needs two values", op=op.value), Op.IN: Text("List at least one value")}
        wanted[Op.NOT_IN] = wanted[Op.IN]
        raise refuse(f"{where}, {name}", wanted.get(op, Text("{op} needs one value", op=op.value)))


def _money_cell(where: str, entry: Fact, op: Op, raw: Any) -> Cell:
    if not all(isinstance(one, Mapping) for one in raw):
        raise refuse(where, Text("{name} is money; write it by currency, like CNY 5000", name=entry.name))
    currencies = set(raw[0])
    if any(set(one) != currencies for one in raw) or not currencies:
        raise refuse(where, Text("{name} names different currencies", name=entry.name))
    limits = {code: tuple(_money(where, entry.name, one[code], code) for one in raw) for code in sorted(currencies)}
    _count(where, entry.name, op, len(raw))
    if op is Op.BETWEEN and any(low > high for low, high in limits.values()):
        raise refuse(where, Text("{name} is between bounds that leave nothing", name=entry.name))
    return Cell(entry.name, op, (), limits)


def _money(where: str, name: str, raw: Any, currency: str) -> Money:
    if isinstance(raw, bool | float) or not isinstance(raw, str | int):
        text = Text("Write the {currency} amount of {name} as text or a whole number", currency=currency, name=name)
        raise refuse(where, text)
    try:
        return Money.of(raw, currency)
    except (ValueError, InvalidOperation):
        raise refuse(
            where, Text("{value} is not an amount in {currency}", value=repr(raw), currency=currency)
        ) from None


def _operand(where: str, entry: Fact, raw: Any) -> FactValue:
    """The typed operand. A ratio may be written `"0.55"` or `"55%"`, never as a binary fraction."""
    match entry.type, raw:
        case (FactType.RATIO | FactType.NUMBER, str() | int()) if not isinstance(raw, bool):
            return _decimal(where, entry, str(raw))
        case (FactType.INTEGER, int()) if not isinstance(raw, bool):
            return raw
        case (FactType.ORDINAL | FactType.CHOICE, str() | int()) if any(c.value == raw for c in entry.choices):
            return raw
        case (FactType.DATE, date() | str()):  # a kept text has days as ISO text
            return found if (found := _day(where, raw)) is not None else raw
        case (FactType.CODE, str()):
            return raw
    if entry.type in {FactType.ORDINAL, FactType.CHOICE}:
        known = ", ".join(str(choice.value) for choice in entry.choices)
        text = Text(
            "{value} is not a value of {name}: choose among {known}", value=repr(raw), name=entry.name, known=known
        )
        raise refuse(where, text)
    kind = f"{entry.type.value} {entry.unit}" if entry.unit else entry.type.value
    raise refuse(where, Text("{value} is not a value of {name} ({kind})", value=repr(raw), name=entry.name, kind=kind))


def _decimal(where: str, entry: Fact, raw: str) -> Decimal:
    percent = raw.endswith("%") and entry.type is FactType.RATIO
    try:
        value = Decimal(raw.rstrip("%").strip() if percent else raw)
    except InvalidOperation:
        way = "55%, 0.55" if entry.type is FactType.RATIO and not entry.unit else "2.5"
        text = Text(
            "{value} is not a number for {name}: write it like {way}", value=repr(raw), name=entry.name, way=way
        )
        raise refuse(where, text) from None
    value = value / 100 if percent else value
    if not value.is_finite() or value != value.quantize(Decimal("0.000001")):
        text = Text("{value} for {name} has more than six decimals or no end", value=repr(raw), name=entry.name)
        raise refuse(where, text)
    if entry.type is FactType.RATIO and not entry.unit and abs(value) > RATIO_MAX:
        text = Text("{value} would be {percent} per cent: write 55% or 0.55", value=raw, percent=f"{value * 100:,.0f}")
        raise refuse(where, text)
    return value

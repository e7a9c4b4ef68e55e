"""Cells of a policy as people type them: an operator and values with their unit, amounts by currency, days, words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from core.domain.errors import InvalidInput, PolicyInvalid
from core.domain.fact import Fact, FactType
from core.domain.facts import CATALOGUE
from core.domain.texts import Text
from origination.domain.rules import Op, read_cell

_WITH_UNIT = re.compile(r"([-+]?[\d.,  ]*\d)\s*([A-Za-z年月日天%]+(?: [A-Za-z]+)?)")
_AMOUNT = re.compile(r"([A-Z]{3})\s*[:=]?\s*(.+)")
SEVERAL = frozenset({Op.IN, Op.NOT_IN, Op.BETWEEN})


def operators_of(entry: Fact) -> tuple[Op, ...]:
    """The operators that make sense for a fact."""
    if entry.rankable:
        return tuple(Op)
    return (Op.EQ, Op.NE, Op.IN, Op.NOT_IN)


def show_cell(raw: Sequence[Any]) -> tuple[str, str]:
    """(operator, values) of a raw condition as typed: `[">", {"CNY": "5000"}]` -> (">", "CNY 5000")."""
    op, operands = str(raw[0]), list(raw[1:])
    if operands and isinstance(operands[0], Mapping):
        parts = (f"{code} {', '.join(str(one.get(code, '')) for one in operands)}" for code in operands[0])
        return op, "; ".join(parts)
    return op, ", ".join(one.isoformat() if isinstance(one, date) else str(one) for one in operands)


def typed_cell(name: str, op: str, values: str) -> list[Any] | None:
    """The raw condition of what was typed; None for an empty cell. Raises InvalidInput with one message under `cell`:
    an unknown fact or operator, a value of the wrong type, or one in another unit than the fact's."""
    values = values.strip()
    if not op and not values:
        return None
    try:
        if name not in CATALOGUE:
            read_cell("", name, [op, values])
        if not op:
            raise InvalidInput({"cell": Text("Choose how {name} is compared", name=name)})
        if not values:
            raise InvalidInput({"cell": Text("Type the value {name} is compared with", name=name)})
        raw = [op, *_operands(CATALOGUE[name], op, values)]
        read_cell("", name, raw)
    except PolicyInvalid as error:
        raise InvalidInput({"cell": error.details.get("text", error.message)}) from None
    return raw


def _operands(entry: Fact, op: str, values: str) -> list[Any]:
    parts = [part.strip() for part in re.split(r"[,，、]", values)] if op in SEVERAL else [values]
    if entry.type is FactType.MONEY:
        return _amount_operands(entry, values, several=op in SEVERAL)
    return [_operand(entry, part) for part in parts if part]


def _amount_operands(entry: Fact, values: str, *, several: bool) -> list[Any]:
    by_currency: dict[str, list[str]] = {}
    for part in re.split(r"[;；]", values):
        if not part.strip():
            continue
        found = _AMOUNT.fullmatch(part.strip())
        if found is None:
            text = Text("{name} is money: write it by currency, like CNY 5000; EUR 700", name=entry.name)
            raise InvalidInput({"cell": text})
        amounts = [one.strip() for one in found[2].split(",")] if several else [found[2].replace(",", "").strip()]
        by_currency[found[1]] = [re.sub(r"[\s ]", "", one) for one in amounts]
    counts = {len(amounts) for amounts in by_currency.values()}
    if len(counts) > 1:
        raise InvalidInput({"cell": Text("Write the same number of amounts for each currency")})
    return [{code: amounts[at] for code, amounts in by_currency.items()} for at in range(max(counts, default=0))]


def _operand(entry: Fact, part: str) -> Any:
    found = _WITH_UNIT.fullmatch(part)
    if found and not (found[2] == "%" and entry.type is FactType.RATIO) and entry.type not in _WORDS:
        own = {entry.unit, entry.unit.rstrip("s")} - {""}
        if found[2].lower() not in own:
            unit = entry.unit or ("1 = 100 %" if entry.type is FactType.RATIO else entry.type.value)
            text = Text("{name} is counted in {unit}, not in {other}", name=entry.name, unit=unit, other=found[2])
            raise InvalidInput({"cell": text})
        part = found[1].strip()
    plain = re.sub(r"[\s ]", "", part)
    if entry.type in {FactType.INTEGER, FactType.ORDINAL} and re.fullmatch(r"[-+]?\d{1,15}", plain):
        return int(plain)
    if entry.type is FactType.DATE:
        return read_day(part)
    if entry.type is FactType.CHOICE and any(isinstance(c.value, int) for c in entry.choices) and plain.isdigit():
        return int(plain)
    return part


_WORDS = frozenset({FactType.CHOICE, FactType.CODE, FactType.DATE, FactType.ORDINAL, FactType.TEXT})


def read_day(text: str) -> date:
    """An ISO day. Raises InvalidInput under `cell`."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput({"cell": Text("{value} is not a day like 2026-01-31", value=repr(text))}) from None


def read_words(text: str) -> list[str]:
    """Words separated by commas or spaces."""
    return [word for word in re.split(r"[,，、\s]+", text) if word]


def show_amounts(raw: Any) -> str:
    """`{"CNY": "5000", "EUR": "700"}` -> `CNY 5000; EUR 700`."""
    return "; ".join(f"{code} {amount}" for code, amount in raw.items()) if isinstance(raw, Mapping) else str(raw)


def read_amounts(text: str) -> dict[str, str]:
    """Figures by currency as typed; every one a number above zero. Raises InvalidInput under `cell`."""
    found: dict[str, str] = {}
    for part in re.split(r"[;；]", text):
        if not part.strip():
            continue
        pair = _AMOUNT.fullmatch(part.strip())
        figure = re.sub(r"[\s, ]", "", pair[2]) if pair else ""
        try:
            ok = pair is not None and Decimal(figure).is_finite() and Decimal(figure) > 0
        except InvalidOperation:
            ok = False
        if pair is None or not ok:
            raise InvalidInput({"cell": Text("Write figures by currency, like CNY 5000; EUR 700")})
        found[pair[1]] = figure
    if not found:
        raise InvalidInput({"cell": Text("Write figures by currency, like CNY 5000; EUR 700")})
    return found

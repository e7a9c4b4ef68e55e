"""What an editor tells about a table before it is used: cases no row covers, and cases several rows claim.

Cells compare whole-number codes with fixed operands, so a table behaves alike between two neighbouring operands. One
representative code for every such stretch, combined over all inputs, therefore covers every possible case exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

from core.domain.fact import FactType
from core.domain.facts import CATALOGUE
from origination.domain.decision_table import CompiledTable, Vocabulary, compile_table
from origination.domain.rules import DecisionTable, HitPolicy

COMBINATIONS_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of trouble: `what` is overlap, gap or dead; `rows` the rows involved; `example` codes by fact."""

    what: str
    rows: tuple[str, ...]
    example: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TableReport:
    """All findings; `complete` is False when the table has too many combinations to look at each."""

    findings: tuple[Finding, ...]
    complete: bool


def currencies_of(table: DecisionTable) -> tuple[str, ...]:
    """The currencies its limits are written in; one empty name for a table without money."""
    named = {code for row in table.rows for cell in row.cells for code in cell.by_currency}
    return tuple(sorted(named)) or ("",)


def check_table(table: DecisionTable, currency: str) -> TableReport:
    """Overlaps (for unique), gaps (for tables that must find a row) and rows that can never count, for a currency."""
    compiled = compile_table(table, Vocabulary([table]))
    stretches = {name: sorted(_representatives(compiled, name, currency)) for name in table.inputs}
    names = tuple(stretches)
    cases = product(*stretches.values())
    seen: dict[tuple[str, tuple[str, ...]], Finding] = {}
    counted: set[str] = set()
    looked = 0
    for case in islice(cases, COMBINATIONS_MAX):
        looked += 1
        codes = dict(zip(names, case, strict=True))
        hits = tuple(
            row.id for row, state in zip(table.rows, compiled.fire(codes, currency), strict=True) if state is True
        )
        counted.update(hits[:1] if table.hit_policy is HitPolicy.FIRST else hits)
        for what in _troubles(table, hits):
            seen.setdefault((what, hits), Finding(what, hits, tuple(codes.items())))
    complete = looked < COMBINATIONS_MAX or next(cases, None) is None
    dead = [Finding("dead", (row.id,)) for row in table.rows if row.id not in counted] if complete else []
    return TableReport((*seen.values(), *dead), complete)


def _troubles(table: DecisionTable, hits: tuple[str, ...]) -> Iterator[str]:
    if len(hits) > 1 and table.hit_policy is HitPolicy.UNIQUE:
        yield "overlap"
    if not hits and table.gives_values:
        yield "gap"


def _representatives(compiled: CompiledTable, name: str, currency: str) -> set[int]:
    """Every operand and its two neighbours; for a closed list its values."""
    entry = CATALOGUE[name]
    if entry.type is FactType.CHOICE:
        return set(range(len(entry.choices)))
    if entry.type is FactType.ORDINAL:
        return {int(choice.value) for choice in entry.choices}
    operands = {
        operand
        for row in compiled.rows
        for cell in row
        if cell.fact == name
        for operand in cell.operands.get(currency if cell.is_money else "", ())
    }
    return {operand + shift for operand in operands for shift in (-1, 0, 1)} or {0}

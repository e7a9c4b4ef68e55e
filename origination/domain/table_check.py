"""What an editor tells about a table before it is used: cases no row covers, and cases several rows claim.

Cells compare whole-number codes with fixed operands, so a table behaves alike between two neighbouring operands. One
representative code for every such stretch, combined over all inputs, therefore covers every possible case exactly.
Stretches that leave the same rows possible count as one.
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
    stretches = [_stretches(compiled, name, currency).items() for name in table.inputs]
    cases = product(*stretches)
    everybody = (1 << len(table.rows)) - 1
    first: dict[int, tuple[tuple[int, int], ...]] = {}  # rows that claim a case -> the first such case
    looked = 0
    for case in islice(cases, COMBINATIONS_MAX):
        looked += 1
        claiming = everybody
        for rows, _ in case:
            claiming &= rows
        first.setdefault(claiming, case)
    complete = looked < COMBINATIONS_MAX or next(cases, None) is None
    found: list[Finding] = []
    counted: set[str] = set()
    for claiming, case in first.items():
        hits = tuple(row.id for at, row in enumerate(table.rows) if claiming >> at & 1)
        counted.update(hits[:1] if table.hit_policy is HitPolicy.FIRST else hits)
        example = tuple(zip(table.inputs, (code for _, code in case), strict=True))
        found += [Finding(what, hits, example) for what in _troubles(table, hits)]
    dead = [Finding("dead", (row.id,)) for row in table.rows if row.id not in counted] if complete else []
    return TableReport((*found, *dead), complete)


def _stretches(compiled: CompiledTable, name: str, currency: str) -> dict[int, int]:
    """Which rows a fact leaves possible (row n as bit n) -> the lowest code that leaves just these."""
    found: dict[int, int] = {}
    for code in sorted(_representatives(compiled, name, currency)):
        rows = 0
        for at, cells in enumerate(compiled.rows):
            tests = [cell.tests.get(currency if cell.is_money else "") for cell in cells if cell.fact == name]
            rows |= all(test is not None and test(code) for test in tests) << at
        found.setdefault(rows, code)
    return found


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

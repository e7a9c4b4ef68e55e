"""Evaluation of decision tables: one case with its full trace, or millions of cases by the column, on the same codes.

Both forms are compiled from the same rows and compare the same whole numbers (`core.domain.fact.encode`); a property
test holds them equal. Missing facts are carried as `MISSING`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.domain.fact import Facts, FactType, FactValue, encode
from core.domain.facts import CATALOGUE
from core.domain.money import Money
from origination.domain.rules import Cell, DecisionTable, HitPolicy, Op, TableRow

if TYPE_CHECKING:
    import numpy as np

    IntColumn = np.ndarray[Any, np.dtype[np.int64]]
    BoolColumn = np.ndarray[Any, np.dtype[np.bool_]]

MISSING = -(2**63)


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row: `fired` True, False, or None when a fact it needs is unknown."""

    table: str
    stage: str
    row: str
    fired: bool | None
    outcome: str | None
    solvable: bool
    inputs: Mapping[str, FactValue | None]
    limits: Mapping[str, tuple[str, tuple[FactValue, ...]]]
    texts: Mapping[str, str]

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that are unknown here."""
        return tuple(name for name, value in self.inputs.items() if value is None)


@dataclass(frozen=True, slots=True)
class TableResult:
    """All rows of a table for one case.

    `hits` are the rows that count by the hit policy; `undetermined` says why the table could not tell: an unknown fact
    before the first hit, two hits where one is allowed, or no hit where a value is needed.
    """

    table: DecisionTable
    rows: tuple[RowResult, ...]
    hits: tuple[TableRow, ...]
    undetermined: str | None

    @property
    def values(self) -> Mapping[str, Any] | None:
        """The values of the one hit; None when undetermined or when the table only judges."""
        return self.hits[0].values if self.hits and self.table.gives_values and not self.undetermined else None


class Vocabulary:
    """Whole numbers for the open words (`FactType.CODE`) that some tables mention; every other word is -1."""

    def __init__(self, tables: Iterable[DecisionTable]) -> None:
        words = {
            str(operand)
            for table in tables
            for row in table.rows
            for cell in row.cells
            for operand in cell.operands
            if CATALOGUE[cell.fact].type is FactType.CODE
        }
        self.codes = {word: at for at, word in enumerate(sorted(words))}

    def code(self, name: str, value: FactValue | None) -> int:
        """The code of a fact's value, MISSING when unknown."""
        entry = CATALOGUE[name]
        if entry.type is FactType.CODE:
            return self.codes.get(value, -1) if isinstance(value, str) else MISSING
        found = encode(entry, value)
        return MISSING if found is None else found


Test = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class CompiledCell:
    """A cell on codes: the operands per currency (`""` when the currency does not matter), and the same as tests."""

    fact: str
    op: Op
    operands: Mapping[str, tuple[int, ...]]
    is_money: bool
    tests: Mapping[str, Test]


def _test(op: Op, operands: tuple[int, ...]) -> Test:
    """The comparison bound to its operands. `code < 5` is `(5).__gt__(code)`: the quickest call there is."""
    first = operands[0]
    match op:
        case Op.IN:
            return frozenset(operands).__contains__
        case Op.NOT_IN:
            refused = frozenset(operands)
            return lambda code: code not in refused
        case Op.BETWEEN:
            last = operands[1]
            return lambda code: first <= code <= last
    bound: Mapping[Op, Test] = {
        Op.LT: first.__gt__,
        Op.LE: first.__ge__,
        Op.GT: first.__lt__,
        Op.GE: first.__le__,
        Op.EQ: first.__eq__,
        Op.NE: first.__ne__,
    }
    return bound[op]


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A table with its cells on codes."""

    table: DecisionTable
    rows: tuple[tuple[CompiledCell, ...], ...]

    def fire(self, codes: Mapping[str, int], currency: str) -> list[bool | None]:
        """For each row True, False, or None: undetermined, a fact or its limit is unknown and no cell is false."""
        states: list[bool | None] = []
        for row in self.rows:
            state: bool | None = True
            for cell in row:
                code = codes[cell.fact]
                test = cell.tests.get(currency if cell.is_money else "")
                if code == MISSING or test is None:
                    state = None
                elif not test(code):
                    state = False
                    break
            states.append(state)
        return states

    def trace(self, facts: Facts, vocabulary: Vocabulary) -> TableResult:
        """One case, every row with its inputs and limits."""
        currency = str(facts.get("currency", ""))
        codes = {name: _case_code(vocabulary, facts, name, currency) for name in self.table.inputs}
        fired = self.fire(codes, currency)
        hits, undetermined = _settle(self.table, fired)
        rows = tuple(
            RowResult(
                table=self.table.name,
                stage=self.table.stage.value,
                row=row.id,
                fired=state,
                outcome=None if row.outcome is None else row.outcome.value,
                solvable=row.solvable,
                inputs={cell.fact: facts.get(cell.fact) for cell in row.cells},
                limits={cell.fact: (cell.op.value, cell.limits(currency)) for cell in row.cells},
                texts=row.texts,
            )
            for row, state in zip(self.table.rows, fired, strict=True)
        )
        return TableResult(self.table, rows, tuple(self.table.rows[at] for at in hits), undetermined)


def _case_code(vocabulary: Vocabulary, facts: Facts, name: str, currency: str) -> int:
    value = facts.get(name)
    if isinstance(value, Money) and value.currency != currency:
        return MISSING  # a foreign amount is not comparable: a person looks
    return vocabulary.code(name, value)


def _settle(table: DecisionTable, fired: Sequence[bool | None]) -> tuple[list[int], str | None]:
    """The rows that count, and why the table cannot tell if it cannot."""
    certain = [at for at, state in enumerate(fired) if state is True]
    open_rows = [at for at, state in enumerate(fired) if state is None]
    problem: str | None = None
    if table.hit_policy is HitPolicy.FIRST:
        blocked = bool(open_rows) and (not certain or open_rows[0] < certain[0])
        problem = "missing" if blocked else None
        certain = [] if blocked else certain[:1]
    elif table.hit_policy is HitPolicy.UNIQUE and len(certain) > 1:
        problem = "overlap"
    elif open_rows:
        problem = "missing"
    if problem is None and table.gives_values and not certain:
        problem = "gap"
    return certain, problem


def compile_cell(cell: Cell, vocabulary: Vocabulary) -> CompiledCell:
    """The cell on codes. ValueError when an operand has no code: `read_table` lets no such cell through."""
    if cell.by_currency:
        limits = {code: tuple(one.minor for one in amounts) for code, amounts in cell.by_currency.items()}
    else:
        limits = {"": tuple(vocabulary.code(cell.fact, operand) for operand in cell.operands)}
        if MISSING in limits[""]:
            raise ValueError(f"{cell.fact} has no code for {cell.operands}")
    tests = {currency: _test(cell.op, operands) for currency, operands in limits.items()}
    return CompiledCell(cell.fact, cell.op, limits, bool(cell.by_currency), tests)


def compile_table(table: DecisionTable, vocabulary: Vocabulary) -> CompiledTable:
    """The table ready for both forms of evaluation."""
    return CompiledTable(
        table, tuple(tuple(compile_cell(cell, vocabulary) for cell in row.cells) for row in table.rows)
    )


# --- by the column -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Columns:
    """Many cases: one int64 column of codes per fact, and the place of each case's currency in `currencies`."""

    codes: Mapping[str, IntColumn]
    currency: IntColumn
    currencies: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many cases."""
        return int(self.currency.size)


def encode_columns(cases: Sequence[Facts], names: Iterable[str], vocabulary: Vocabulary) -> Columns:
    """The columns of some cases, for the facts named."""
    import numpy as np

    of_case = [str(facts.get("currency", "")) for facts in cases]
    currencies = tuple(sorted(set(of_case)))
    place = {code: at for at, code in enumerate(currencies)}
    codes = {name: np.array(_codes(cases, of_case, name, vocabulary), dtype=np.int64) for name in names}
    return Columns(codes, np.array([place[code] for code in of_case], dtype=np.int64), currencies)


def _codes(cases: Sequence[Facts], of_case: Sequence[str], name: str, vocabulary: Vocabulary) -> list[int]:
    """The codes of one fact. Values repeat in a column (choices, counts, rounded ratios), so each is encoded once."""
    if CATALOGUE[name].type is FactType.MONEY:
        return [
            value.minor if isinstance(value := facts.get(name), Money) and value.currency == currency else MISSING
            for facts, currency in zip(cases, of_case, strict=True)
        ]
    known: dict[tuple[type, FactValue | None], int] = {}
    codes = []
    for facts in cases:
        value = facts.get(name)
        key = (type(value), value)
        code = known.get(key)
        if code is None:
            code = known[key] = vocabulary.code(name, value)
        codes.append(code)
    return codes


@dataclass(frozen=True, slots=True)
class ColumnResult:
    """A table for many cases: `hit[row]` per row which cases it counts for, `undetermined` where it could not tell."""

    table: DecisionTable
    hit: tuple[BoolColumn, ...]
    undetermined: BoolColumn


def evaluate_columns(compiled: CompiledTable, columns: Columns) -> ColumnResult:
    """The table over all cases at once; equal to `CompiledTable.trace` case by case."""
    import numpy as np

    table = compiled.table
    nobody = np.zeros(columns.count, dtype=bool)
    fired, unknown = [], []
    for row in compiled.rows:
        true, false = np.ones(columns.count, dtype=bool), nobody.copy()
        for cell in row:
            holds, known = _cell_columns(cell, columns)
            true &= holds & known
            false |= known & ~holds
        fired.append(true)
        unknown.append(~true & ~false)
    if table.hit_policy is HitPolicy.FIRST:
        return _first_columns(table, fired, unknown, columns.count)
    undetermined = np.logical_or.reduce([nobody, *unknown])
    hits = np.add.reduce([one.astype(np.int64) for one in fired])
    if table.hit_policy is HitPolicy.UNIQUE:
        undetermined = undetermined | (hits > 1)
    if table.gives_values:
        undetermined = undetermined | (hits == 0)
    return ColumnResult(table, tuple(fired), undetermined)


def _first_columns(
    table: DecisionTable, fired: Sequence[BoolColumn], unknown: Sequence[BoolColumn], count: int
) -> ColumnResult:
    import numpy as np

    waiting, undetermined, hits = np.ones(count, dtype=bool), np.zeros(count, dtype=bool), []
    for true, unsure in zip(fired, unknown, strict=True):
        undetermined |= waiting & unsure
        hits.append(waiting & true)
        waiting &= ~(true | unsure)
    if table.gives_values:
        undetermined |= waiting
    return ColumnResult(table, tuple(hits), undetermined)


def _cell_columns(cell: CompiledCell, columns: Columns) -> tuple[BoolColumn, BoolColumn]:
    import numpy as np

    codes = columns.codes[cell.fact]
    known = codes != MISSING
    if not cell.is_money:
        return _compare_columns(cell.op, codes, cell.operands[""]), known
    holds, has_limit = np.zeros(columns.count, dtype=bool), np.zeros(columns.count, dtype=bool)
    for place, currency in enumerate(columns.currencies):
        if (operands := cell.operands.get(currency)) is None:
            continue
        here = columns.currency == place
        holds |= here & _compare_columns(cell.op, codes, operands)
        has_limit |= here
    return holds, known & has_limit


def _compare_columns(op: Op, codes: IntColumn, operands: tuple[int, ...]) -> BoolColumn:  # noqa: PLR0911
    import numpy as np

    first = operands[0]
    match op:
        case Op.LT:
            return codes < first
        case Op.LE:
            return codes <= first
        case Op.GT:
            return codes > first
        case Op.GE:
            return codes >= first
        case Op.EQ:
            return codes == first
        case Op.NE:
            return codes != first
        case Op.IN:
            return np.isin(codes, operands)
        case Op.NOT_IN:
            return ~np.isin(codes, operands)
        case Op.BETWEEN:
            return (codes >= first) & (codes <= operands[1])

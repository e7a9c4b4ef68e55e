"""A whole policy over many past cases at once: who would be approved, referred, declined, and by which rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from core.domain.fact import Facts
from core.domain.facts import CATALOGUE
from origination.domain.decision import GUARD_TABLE, GUARDED, CompiledPolicy
from origination.domain.decision_table import (
    MISSING,
    ColumnResult,
    Columns,
    CompiledTable,
    encode_columns,
    evaluate_columns,
)
from origination.domain.rules import SEVERITY, Outcome

if TYPE_CHECKING:
    import numpy as np

    BoolColumn = np.ndarray[Any, np.dtype[np.bool_]]
    IntColumn = np.ndarray[Any, np.dtype[np.int64]]

REFER, DECLINE = SEVERITY[Outcome.REFER], SEVERITY[Outcome.DECLINE]
OUTCOMES = (Outcome.APPROVE, Outcome.REFER, Outcome.DECLINE)
_BASE = ("amount", "tenor_months", *(name for name, _ in GUARDED))


@dataclass(frozen=True, slots=True)
class Simulated:
    """`outcome` per case as the severity (0 approve, 1 refer, 2 decline); `counts` how many cases each reason hit."""

    outcome: IntColumn
    counts: Mapping[tuple[str, str], int]

    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcome of each case."""
        return tuple(OUTCOMES[code] for code in self.outcome.tolist())

    def share(self, outcome: Outcome) -> float:
        """The share of cases with that outcome."""
        return float((self.outcome == SEVERITY[outcome]).mean()) if self.outcome.size else 0.0


def columns_of(cases: Sequence[Facts], policy: CompiledPolicy) -> Columns:
    """The columns a policy needs, for cases of any segment."""
    names = dict.fromkeys((*_BASE, *(name for one in policy.tables for name in one.table.inputs)))
    return encode_columns(cases, names, policy.vocabulary)


def simulate(columns: Columns, policy: CompiledPolicy, segment: str, jurisdiction: str, day: date) -> Simulated:
    """The decision of every case, all of one segment and jurisdiction, by the tables in force on that day.

    Equal to `decision.decide` case by case; a property test holds that. Facts that depend on price and stress are
    taken as they were: a policy that changes those needs the cases assessed anew.
    """
    import numpy as np

    tables = policy.in_force(segment, jurisdiction, day)
    outcome = np.zeros(columns.count, dtype=np.int64)
    counts: dict[tuple[str, str], int] = {}

    def note(table: str, reason: str, where: BoolColumn, severity: int) -> None:
        hit = int(where.sum())
        if hit and severity:
            counts[table, reason] = counts.get((table, reason), 0) + hit
            np.maximum(outcome, where * severity, out=outcome)

    _guard_columns(columns, note)
    if not tables:
        note(GUARD_TABLE, "NO_POLICY", np.ones(columns.count, dtype=bool), REFER)
    limits: list[tuple[str, IntColumn]] = []
    for compiled in tables:
        result = evaluate_columns(compiled, columns)
        for row, where in zip(compiled.table.rows, result.hit, strict=True):
            if row.outcome is not None:
                note(compiled.table.name, row.id, where, SEVERITY[row.outcome])
        note(compiled.table.name, "UNDETERMINED", result.undetermined, REFER)
        if compiled.table.gives_values:
            limits += _limit_columns(compiled, result, columns)
    for name, reason in (("amount", "AMOUNT_ABOVE_LIMIT"), ("tenor_months", "TENOR_ABOVE_LIMIT")):
        codes = columns.codes[name]
        above = np.zeros(columns.count, dtype=bool)
        for fact, limit in limits:
            if fact == name:
                above |= (codes != MISSING) & (limit != MISSING) & (codes > limit)
        note(GUARD_TABLE, reason, above, DECLINE)
    return Simulated(outcome, counts)


def _guard_columns(columns: Columns, note: Any) -> None:
    passed = next(at for at, choice in enumerate(CATALOGUE["kyc_outcome"].choices) if choice.value == "PASS")
    for name, reason in GUARDED:
        codes = columns.codes[name]
        note(GUARD_TABLE, reason, codes != passed if name == "kyc_outcome" else codes == MISSING, REFER)


def _limit_columns(compiled: CompiledTable, result: ColumnResult, columns: Columns) -> list[tuple[str, IntColumn]]:
    import numpy as np

    amount = np.full(columns.count, MISSING, dtype=np.int64)
    tenor = np.full(columns.count, MISSING, dtype=np.int64)
    for row, where in zip(compiled.table.rows, result.hit, strict=True):
        certain = where & ~result.undetermined
        by_currency = row.values.get("amount_max")
        if isinstance(by_currency, Mapping):
            for place, currency in enumerate(columns.currencies):
                if currency in by_currency:
                    amount[certain & (columns.currency == place)] = by_currency[currency].minor
        if isinstance(months := row.values.get("tenor_max"), int):
            tenor[certain] = months
    return [("amount", amount), ("tenor_months", tenor)]


def group_cases(cases: Sequence[Facts]) -> dict[tuple[str, str], list[int]]:
    """Positions of the cases by (segment, jurisdiction)."""
    groups: dict[tuple[str, str], list[int]] = {}
    for at, facts in enumerate(cases):
        groups.setdefault((str(facts.get("segment")), str(facts.get("jurisdiction"))), []).append(at)
    return groups


def simulate_cases(cases: Sequence[Facts], policy: CompiledPolicy, day: date) -> Simulated:
    """Cases of every kind: encoded, grouped and simulated; the outcomes in the order of the cases."""
    import numpy as np

    outcome = np.zeros(len(cases), dtype=np.int64)
    counts: dict[tuple[str, str], int] = {}
    for (segment, jurisdiction), places in group_cases(cases).items():
        columns = columns_of([cases[at] for at in places], policy)
        found = simulate(columns, policy, segment, jurisdiction, day)
        outcome[places] = found.outcome
        for key, hits in found.counts.items():
            counts[key] = counts.get(key, 0) + hits
    return Simulated(outcome, counts)

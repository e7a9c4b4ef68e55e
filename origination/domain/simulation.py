"""A whole policy over many past cases at once: who would be approved, referred, declined, and by which rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from core.domain.fact import Facts, FactType, from_json
from core.domain.facts import CATALOGUE
from origination.domain.decision import GUARD_TABLE, GUARDED, CompiledPolicy
from origination.domain.decision_table import (
    MISSING,
    ColumnResult,
    Columns,
    CompiledTable,
    Vocabulary,
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
    return encode_columns(cases, policy_facts(policy), policy.vocabulary)


_PLAIN_DECIMAL = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,6}))?")


def json_columns(cases: Sequence[Mapping[str, Any]], names: Iterable[str], vocabulary: Vocabulary) -> Columns:
    """The columns of cases whose facts are as kept (`facts_to_json`): the same codes as `encode_columns`, without
    building a typed value for each figure."""
    import numpy as np

    of_case = [str(facts.get("currency", "")) for facts in cases]
    currencies = tuple(sorted(set(of_case)))
    place = {code: at for at, code in enumerate(currencies)}
    codes = {name: np.array(_json_codes(cases, of_case, name, vocabulary), dtype=np.int64) for name in names}
    return Columns(codes, np.array([place[code] for code in of_case], dtype=np.int64), currencies)


def _json_codes(
    cases: Sequence[Mapping[str, Any]], of_case: Sequence[str], name: str, vocabulary: Vocabulary
) -> list[int]:
    entry = CATALOGUE[name]
    raws = [facts.get(name) for facts in cases]
    if entry.type is FactType.MONEY:
        return [
            raw["minor"] if raw is not None and raw["currency"] == currency else MISSING
            for raw, currency in zip(raws, of_case, strict=True)
        ]
    decimal = entry.type in {FactType.RATIO, FactType.NUMBER}
    known: dict[Any, int] = {None: MISSING}
    out = []
    for raw in raws:
        code = known.get(raw)
        if code is None:
            code = _millionths(raw) if decimal else None
            code = known[raw] = vocabulary.code(name, from_json(entry, raw)) if code is None else code
        out.append(code)
    return out


def _millionths(raw: Any) -> int | None:
    """A plain decimal of up to six places in millionths; None for any other, which takes the slow way."""
    found = _PLAIN_DECIMAL.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        return None
    size = int(found[2] + (found[3] or "").ljust(6, "0"))
    return -size if found[1] else size


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
        """Counts the cases where a reason hit, and raises their outcome to its severity."""
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


def group_cases(cases: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[int]]:
    """Positions of the cases by (segment, jurisdiction)."""
    groups: dict[tuple[str, str], list[int]] = {}
    for at, facts in enumerate(cases):
        groups.setdefault((str(facts.get("segment")), str(facts.get("jurisdiction"))), []).append(at)
    return groups


def policy_facts(policy: CompiledPolicy) -> tuple[str, ...]:
    """The facts a policy looks at, those of its guards included."""
    return tuple(dict.fromkeys((*_BASE, *(name for one in policy.tables for name in one.table.inputs))))


def simulate_cases(cases: Sequence[Facts], policy: CompiledPolicy, day: date) -> Simulated:
    """Cases of every kind: encoded, grouped and simulated; the outcomes in the order of the cases."""
    return _simulate_groups(cases, policy, day, lambda some: columns_of(some, policy))


def simulate_kept(cases: Sequence[Mapping[str, Any]], policy: CompiledPolicy, day: date) -> Simulated:
    """The same for facts as kept with a decision (JSON): what simulations of a whole book use."""
    names = policy_facts(policy)
    return _simulate_groups(cases, policy, day, lambda some: json_columns(some, names, policy.vocabulary))


def _simulate_groups(
    cases: Sequence[Mapping[str, Any]], policy: CompiledPolicy, day: date, encoded: Callable[[Any], Columns]
) -> Simulated:
    import numpy as np

    outcome = np.zeros(len(cases), dtype=np.int64)
    counts: dict[tuple[str, str], int] = {}
    for (segment, jurisdiction), places in group_cases(cases).items():
        found = simulate(encoded([cases[at] for at in places]), policy, segment, jurisdiction, day)
        outcome[places] = found.outcome
        for key, hits in found.counts.items():
            counts[key] = counts.get(key, 0) + hits
    return Simulated(outcome, counts)

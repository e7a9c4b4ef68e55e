"""The automatic decision: every table asked and every row kept; the worst outcome counts, the unknown asks a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.domain.fact import Facts, FactValue, to_json
from core.domain.facts import facts_to_json
from core.domain.money import Money
from core.domain.texts import Text
from origination.domain.decision_table import (
    CompiledTable,
    RowResult,
    TableResult,
    Vocabulary,
    compile_table,
)
from origination.domain.rules import SEVERITY, STAGE_ORDER, DecisionTable, Outcome, Stage
from repayment.domain.caps import CapOutcome

# Reasons that need no table: they hold under every policy, so that an edited one cannot fail open.
BUILT_IN: Mapping[str, Text] = {
    "FACT_MISSING": Text("Some information needed for a decision is missing."),
    "TABLE_OVERLAP": Text("Two rules of the lender contradict each other here."),
    "TABLE_GAP": Text("No rule of the lender covers this case."),
    "NO_POLICY": Text("No rules are in force for this kind of loan."),
    "SCORE_MISSING": Text("No score could be computed."),
    "PRICE_MISSING": Text("No price is set for this kind of loan."),
    "KYC_NOT_PASSED": Text("The identity check is not complete."),
    "AMOUNT_ABOVE_LIMIT": Text("The amount is above what we lend in this case."),
    "TENOR_ABOVE_LIMIT": Text("The time is longer than what we lend for in this case."),
    "COST_ABOVE_CEILING": Text("The loan would cost more than the law allows."),
}
GUARDED = (("kyc_outcome", "KYC_NOT_PASSED"), ("grade", "SCORE_MISSING"), ("rate_annual", "PRICE_MISSING"))
GUARD_TABLE = "always"
ABOVE_CEILING = "COST_ABOVE_CEILING"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of an outcome: the row's id, or a built-in one; `facts` are those it looked at, or those unknown."""

    id: str
    table: str
    outcome: Outcome
    facts: tuple[str, ...] = ()
    solvable: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome with every row that fired and every one that did not.

    `reasons` are sorted: declines first, then by stage. `amount_max` and `tenor_max` are the limits of the risk grade.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    rows: tuple[RowResult, ...]
    amount_max: Money | None
    tenor_max: int | None

    def __post_init__(self) -> None:
        worst = max((SEVERITY[reason.outcome] for reason in self.reasons), default=0)
        if worst != SEVERITY[self.outcome]:
            raise ValueError(f"{self.outcome.value} does not follow from its reasons")

    @property
    def reason_ids(self) -> tuple[str, ...]:
        """The ids, in order."""
        return tuple(reason.id for reason in self.reasons)

    @property
    def is_final(self) -> bool:
        """True when a reason stands that no person may override: the law, not the lender, says no."""
        return any(reason.final for reason in self.reasons)

    @property
    def is_solvable(self) -> bool:
        """True for a decline that a smaller or longer loan may cure: every declining reason says so."""
        blocking = [reason for reason in self.reasons if reason.outcome is Outcome.DECLINE]
        return bool(blocking) and all(reason.solvable for reason in blocking)


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """All tables of a policy, compiled on one vocabulary."""

    tables: tuple[CompiledTable, ...]
    vocabulary: Vocabulary

    @classmethod
    def of(cls, tables: Iterable[DecisionTable]) -> CompiledPolicy:
        """The tables in the order of their stages."""
        ordered = sorted(tables, key=lambda table: STAGE_ORDER[table.stage])
        vocabulary = Vocabulary(ordered)
        return cls(tuple(compile_table(table, vocabulary) for table in ordered), vocabulary)

    def in_force(self, segment: str, jurisdiction: str, day: date) -> tuple[CompiledTable, ...]:
        """The tables for such a case on that day."""
        return tuple(one for one in self.tables if one.table.applies(segment, jurisdiction, day))


def decide(facts: Facts, policy: CompiledPolicy, day: date, *, stages: frozenset[Stage] | None = None) -> Decision:
    """The decision on the facts by the tables in force on that day; pure, so that it replays.

    `stages` restricts it (pre-qualification before any score); the guards hold only for the whole.
    """
    tables = policy.in_force(str(facts.get("segment")), str(facts.get("jurisdiction")), day)
    if stages is not None:
        tables = tuple(one for one in tables if one.table.stage in stages)
    results = [one.trace(facts, policy.vocabulary) for one in tables]
    reasons: list[Reason] = []
    if stages is None:
        reasons += _guards(facts)
        if not tables:
            reasons.append(Reason("NO_POLICY", GUARD_TABLE, Outcome.REFER))
    for result in results:
        reasons += _reasons(result)
    amount_max, tenor_max = _limits(results, facts)
    reasons += _limit_reasons(facts, amount_max, tenor_max)
    reasons = [reason for reason in reasons if reason.outcome is not Outcome.APPROVE]
    reasons.sort(key=lambda reason: -SEVERITY[reason.outcome])  # stable: the order of stages stays within an outcome
    outcome = reasons[0].outcome if reasons else Outcome.APPROVE
    rows = tuple(row for result in results for row in result.rows)
    return Decision(outcome, tuple(dict.fromkeys(reasons)), rows, amount_max, tenor_max)


def refer_above_caps(decision: Decision, caps: Iterable[CapOutcome]) -> Decision:
    """The decision, to be looked at by a person and approved by nobody where a legal ceiling of cost is exceeded."""
    if all(cap.passes for cap in caps):
        return decision
    above = Reason(ABOVE_CEILING, GUARD_TABLE, Outcome.REFER, final=True)
    reasons = sorted([above, *decision.reasons], key=lambda reason: -SEVERITY[reason.outcome])
    return replace(decision, outcome=reasons[0].outcome, reasons=tuple(reasons))


def _guards(facts: Facts) -> list[Reason]:
    found = [Reason(reason, GUARD_TABLE, Outcome.REFER, (name,)) for name, reason in GUARDED if name not in facts]
    if facts.get("kyc_outcome") not in {None, "PASS"}:
        found.append(Reason("KYC_NOT_PASSED", GUARD_TABLE, Outcome.REFER, ("kyc_outcome",)))
    return found


def _reasons(result: TableResult) -> list[Reason]:
    name = result.table.name
    found = [
        Reason(row.id, name, row.outcome, tuple(cell.fact for cell in row.cells), row.solvable, row.final)
        for row in result.hits
        if row.outcome is not None
    ]
    if result.undetermined == "missing":
        unknown = dict.fromkeys(fact for row in result.rows if row.fired is None for fact in row.missing)
        found.append(Reason("FACT_MISSING", name, Outcome.REFER, tuple(unknown)))
    elif result.undetermined == "overlap":
        found.append(Reason("TABLE_OVERLAP", name, Outcome.REFER))
    elif result.undetermined == "gap":
        found.append(Reason("TABLE_GAP", name, Outcome.REFER))
    return found


def _limits(results: Iterable[TableResult], facts: Facts) -> tuple[Money | None, int | None]:
    currency = str(facts.get("currency"))
    amounts, tenors = [], []
    for result in results:
        values = result.values or {}
        if isinstance(by_currency := values.get("amount_max"), Mapping) and currency in by_currency:
            amounts.append(by_currency[currency])
        if isinstance(months := values.get("tenor_max"), int):
            tenors.append(months)
    return min(amounts, default=None), min(tenors, default=None)


def _limit_reasons(facts: Facts, amount_max: Money | None, tenor_max: int | None) -> list[Reason]:
    found = []
    amount, tenor = facts.get("amount"), facts.get("tenor_months")
    if isinstance(amount, Money) and amount_max is not None and amount > amount_max:
        found.append(Reason("AMOUNT_ABOVE_LIMIT", GUARD_TABLE, Outcome.DECLINE, ("amount",), solvable=True))
    if isinstance(tenor, int) and tenor_max is not None and tenor > tenor_max:
        found.append(Reason("TENOR_ABOVE_LIMIT", GUARD_TABLE, Outcome.DECLINE, ("tenor_months",), solvable=True))
    return found


# --- as kept with the application ----------------------------------------------------------------------------------


def decision_to_dict(decision: Decision, facts: Facts) -> dict[str, Any]:
    """JSON-ready record of a decision: outcome, reasons, limits, every row with inputs and limits, all facts."""
    return {
        "outcome": decision.outcome.value,
        "reasons": [
            {
                "id": r.id,
                "table": r.table,
                "outcome": r.outcome.value,
                "facts": list(r.facts),
                "solvable": r.solvable,
                "final": r.final,
            }
            for r in decision.reasons
        ],
        "amount_max_minor": None if decision.amount_max is None else decision.amount_max.minor,
        "tenor_max": decision.tenor_max,
        "rows": [row_to_dict(row) for row in decision.rows],
        "facts": facts_to_json(facts),
    }


def row_to_dict(row: RowResult) -> dict[str, Any]:
    """JSON-ready form of one row's result."""
    return {
        "table": row.table,
        "stage": row.stage,
        "row": row.row,
        "fired": row.fired,
        "outcome": row.outcome,
        "inputs": {name: _json(value) for name, value in row.inputs.items()},
        "limits": {name: [op, [to_json(one) for one in operands]] for name, (op, operands) in row.limits.items()},
        "texts": dict(row.texts),
    }


def _json(value: FactValue | None) -> Any:
    return None if value is None else to_json(value)


def fingerprint(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record's canonical JSON: two equal decisions have equal fingerprints."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

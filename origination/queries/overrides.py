"""Decisions of people against the rules, why, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.actor import Role
from core.domain.money import Money
from origination.queries.performance import performance_sample
from origination.tables.application import ApplicationRow
from origination.tables.contract import ContractRow
from origination.tables.decision import DecisionRow


@dataclass(frozen=True, slots=True)
class OverrideLine:
    """One of them. `bad` is None while unknown: not lent, or its time is not over."""

    application_id: UUID
    reference: str | None
    decided_on: date
    outcome: str
    grade: str | None
    amount: Money
    by: str
    reason: str | None
    code: str | None
    texts: Mapping[str, str]
    rules_said: tuple[str, ...]
    is_lent: bool
    bad: bool | None


@dataclass(slots=True)
class OverrideResult:
    """Counts by reason code: how many, lent, time over, gone bad."""

    cases: int = 0
    lent: int = 0
    over: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class OverrideReport:
    """Overrides between two days against all decisions of people, with results by reason."""

    lines: tuple[OverrideLine, ...]
    people_decided: int
    by_code: Mapping[str, OverrideResult] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Overrides in all decisions of people."""
        return len(self.lines) / self.people_decided if self.people_decided else 0.0


def override_report(r: Work, since: date, until: date) -> OverrideReport:
    """Every override decided between the days, the newest first. Raises NotAllowed."""
    r.actor.require(Role.RISK_MANAGER, Role.ADMIN, Role.AUDITOR)
    query = (
        select(DecisionRow, ApplicationRow.reference, ContractRow.loan_id)
        .join(ApplicationRow, ApplicationRow.id == DecisionRow.application_id)
        .outerjoin(ContractRow, (ContractRow.application_id == ApplicationRow.id) & ContractRow.loan_id.is_not(None))
        .where(DecisionRow.kind == "person", DecisionRow.decided_on >= since, DecisionRow.decided_on <= until)
        .order_by(DecisionRow.decided_at.desc())
    )
    rows = r.session.execute(query).all()
    overridden = [row for row in rows if row.DecisionRow.override]
    bad = _bad(r, [row.DecisionRow.application_id for row in overridden if row.loan_id is not None])
    lines = tuple(_line(row.DecisionRow, row.reference, row.loan_id is not None, bad) for row in overridden)
    results: dict[str, OverrideResult] = {}
    for line in lines:
        one = results.setdefault(line.code or "", OverrideResult())
        one.cases += 1
        one.lent += line.is_lent
        one.over += line.bad is not None
        one.bad += bool(line.bad)
    return OverrideReport(lines, len(rows), results)


def _bad(r: Work, ids: Sequence[UUID]) -> Mapping[UUID, bool | None]:
    if not ids:
        return {}
    return {case.subject_id: case.bad for case in performance_sample(r, date.min, date.max, only=ids)}


def _line(made: DecisionRow, reference: str | None, is_lent: bool, bad: Mapping[UUID, bool | None]) -> OverrideLine:
    rules = Counter(one["id"] for one in made.record["reasons"])
    return OverrideLine(
        application_id=made.application_id,
        reference=reference,
        decided_on=made.decided_on,
        outcome=made.outcome,
        grade=made.record["facts"].get("grade"),
        amount=Money(made.amount_minor, made.currency),
        by=made.actor_name,
        reason=made.reason,
        code=made.override_reason,
        texts=made.record.get("override", {}),
        rules_said=tuple(rules),
        is_lent=is_lent,
        bad=bad.get(made.application_id),
    )

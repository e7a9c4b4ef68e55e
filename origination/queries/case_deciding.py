"""What an officer needs beside the case to decide it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from origination.domain.assessment import wish_of
from origination.domain.decision_clock import Deadline
from origination.domain.policy import OriginationPolicy
from origination.domain.room import Room, room_for
from origination.queries.conditions import conditions_of
from origination.queries.deadlines import MISSING, RUNNING, deadlines_of
from origination.queries.rows import answers_of, case_of, fact_set_of, product_of
from origination.queries.tracker import documents_of
from origination.tables.application import ApplicationRow
from origination.tables.decision import ConditionRow, DecisionRow, FactSetRow, KycCheckRow, ReviewRequestRow


@dataclass(frozen=True, slots=True)
class Deciding:
    """`changed`: facts that differ from those of the first assessment (name, before, after); `had_part`: the reader
    took part in a decision the applicant wants looked at again; `missing`: documents still missing."""

    deadlines: tuple[Deadline, ...]
    conditions: tuple[ConditionRow, ...]
    changed: tuple[tuple[str, Any, Any], ...]
    had_part: bool
    missing: int


def deciding(r: Work, application_id: UUID) -> Deciding:
    """Raises NotFound."""
    row = r.get(ApplicationRow, application_id)
    return Deciding(
        deadlines=deadlines_of(r, row),
        conditions=conditions_of(r, row),
        changed=_changed(r, row),
        had_part=had_part(r, row),
        missing=sum(one.status in MISSING for one in documents_of(r, row)) if row.status in RUNNING else 0,
    )


def room_of(r: Work, application_id: UUID) -> Room | None:
    """How much could be lent on the frozen facts; None before a case was scored. Raises NotFound."""
    row = r.get(ApplicationRow, application_id)
    kept = fact_set_of(r, row)
    if kept is None or kept.grade is None or row.answers is None:
        return None
    product = product_of(r, row)
    return room_for(case_of(r, row, kept, product), wish_of(answers_of(row), product), r.policy(OriginationPolicy))


def had_part(r: Work, row: ApplicationRow) -> bool:
    """True when the applicant asked for another look and the actor decided the first time."""
    asked = select(ReviewRequestRow.id).where(
        ReviewRequestRow.application_id == row.id, ReviewRequestRow.closed_at.is_(None)
    )
    if r.actor.id is None or r.session.scalars(asked).first() is None:
        return False
    decided = select(DecisionRow.id).where(
        DecisionRow.application_id == row.id, DecisionRow.actor_id == r.actor.id, DecisionRow.kind == "person"
    )
    checked = select(KycCheckRow.id).where(KycCheckRow.application_id == row.id, KycCheckRow.actor_id == r.actor.id)
    return bool(r.session.scalars(decided).first() or r.session.scalars(checked).first())


def _changed(r: Work, row: ApplicationRow) -> tuple[tuple[str, Any, Any], ...]:
    query = select(FactSetRow.base).where(FactSetRow.application_id == row.id).order_by(FactSetRow.frozen_at)
    bases = list(r.session.scalars(query))
    if len(bases) < 2:
        return ()
    first, last = bases[0], bases[-1]
    names = sorted(first.keys() | last.keys())
    return tuple((name, first.get(name), last.get(name)) for name in names if first.get(name) != last.get(name))

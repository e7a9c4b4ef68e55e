"""Conditions of an approval: asked for with the decision, met or let go by a person, all of them before the payout."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition, InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.texts import Text
from origination.domain.policy import OriginationPolicy
from origination.queries.conditions import OPEN, conditions_of
from origination.steps.case import SUBJECT, open_case
from origination.tables.application import ApplicationRow
from origination.tables.decision import ConditionRow, DecisionRow

NOTE_MIN = 10


def ask_conditions(w: Work, row: ApplicationRow, made: DecisionRow, codes: Sequence[str]) -> None:
    """Keeps what an approval asks for, in the words the policy has now."""
    policy = w.policy(OriginationPolicy)
    for code in codes:
        w.add(
            ConditionRow(
                id=uuid7(), application_id=row.id, decision_id=made.id, assessment=row.assessment, code=code,
                texts=dict(policy.said(code)), status=OPEN,
            )
        )  # fmt: skip
    w.session.flush()


def settle_condition(w: Work, application_id: UUID, condition_id: UUID, *, waived: bool, note: str) -> ConditionRow:
    """A person says that a condition is met, or an approver lets it go, and on what grounds.

    Raises NotAllowed (an officer cannot waive), InvalidInput without grounds, IllegalTransition when it is settled.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id)
    one = w.lock(ConditionRow, condition_id)
    if one.application_id != row.id or one.status != OPEN:
        raise IllegalTransition("condition", one.status, "waived" if waived else "met")
    if waived and not w.actor.has(Role.APPROVER):
        raise NotAllowed(Text("Only an approver may let a condition go"))
    if len(note.strip()) < NOTE_MIN:
        raise InvalidInput(
            {f"condition_{condition_id}": Text("Say on what grounds, in at least {n} characters", n=NOTE_MIN)}
        )
    one.status = "waived" if waived else "met"
    one.settled_at, one.settled_by, one.settled_name, one.note = w.now, w.actor.id, w.actor.name, note.strip()
    audit.record(w, "application.condition_settled", SUBJECT, row.id, code=one.code, status=one.status)
    return one


def check_conditions(w: Work, row: ApplicationRow) -> None:
    """Raises NotAllowed while a condition of the decision that counts is open."""
    waiting = [one.code for one in conditions_of(w, row) if one.status == OPEN]
    if waiting:
        raise NotAllowed(Text("Conditions of the approval are still open: {names}", names=", ".join(waiting)))

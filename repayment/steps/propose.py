"""Four eyes: a change of a loan proposed by one person and decided by an approver who is another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import audit, idempotency
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.state import EventKind
from repayment.queries.preview import preview_change
from repayment.steps.change_loan import book_change, may_change, need_reason
from repayment.tables import ChangeProposalRow, LoanRow


@dataclass(frozen=True, slots=True)
class Proposed:
    """A change that was booked at once (`event_id`), or waits for a second person (`proposal_id`)."""

    event_id: UUID | None
    proposal_id: UUID | None


def propose(
    w: Work,
    loan_id: UUID,
    kind: EventKind,
    data: Mapping[str, Any],
    *,
    reason: str,
    key: str,
    amount: Money | None = None,
) -> Proposed:
    """Books the change when the actor's authority covers it, else writes a proposal for an approver.

    Raises InvalidInput for what booking would refuse and while such a proposal waits already, LoanClosed, NotAllowed.
    """
    content = {"loan": loan_id, "amount": str(amount), "data": data}

    def run() -> dict[str, Any]:
        loan = w.lock(LoanRow, loan_id)
        why = need_reason(reason)
        if may_change(w, loan, kind, amount):
            return {"event_id": str(book_change(w, loan, kind, amount, data).event.id)}
        preview_change(w, loan_id, kind=kind, amount=amount, data=data)
        return {"proposal_id": str(_write(w, loan, kind, data, why, amount))}

    answer, _ = idempotency.once(w, f"change:{kind.value.lower()}", key, content, run)
    return Proposed(_id(answer, "event_id"), _id(answer, "proposal_id"))


def _id(answer: Mapping[str, Any], name: str) -> UUID | None:
    return UUID(answer[name]) if name in answer else None


def _write(w: Work, loan: LoanRow, kind: EventKind, data: Mapping[str, Any], reason: str, amount: Money | None) -> UUID:
    waiting = select(ChangeProposalRow.id).where(
        ChangeProposalRow.loan_id == loan.id, ChangeProposalRow.kind == kind.value, ChangeProposalRow.status == "OPEN"
    )
    if w.session.scalar(waiting) is not None:
        raise InvalidInput({"kind": Text("Such a proposal waits for a decision already")})
    row = w.add(
        ChangeProposalRow(
            id=uuid7(), loan_id=loan.id, kind=kind.value, minor=None if amount is None else amount.minor,
            data=dict(data), reason=reason, proposed_by=w.actor.id, proposed_by_name=w.actor.name,
            proposed_on=w.today, proposed_at=w.now, status="OPEN",
        )
    )  # fmt: skip
    audit.record(
        w, f"loan.{kind.value.lower()}_proposed", "loan", loan.id, proposal=str(row.id),
        amount=None if amount is None else str(amount),
    )  # fmt: skip
    return row.id


def decide_proposal(w: Work, proposal_id: UUID, *, approve: bool, note: str = "") -> UUID | None:
    """An approver's answer: the change is booked as of today, or refused with a reason. The event's id if booked.

    Raises NotAllowed for the proposer, Conflict when it was decided meanwhile, InvalidInput for a refusal without a
    reason and for what cannot be booked any more.
    """
    w.actor.require(Role.APPROVER)
    loan_id = w.get(ChangeProposalRow, proposal_id).loan_id
    loan = w.lock(LoanRow, loan_id)
    row = w.lock(ChangeProposalRow, proposal_id)
    _check_open(row)
    if row.proposed_by is not None and row.proposed_by == w.actor.id:
        raise NotAllowed(Text("You proposed this yourself: another approver must decide"))
    if not approve and not note.strip():
        raise InvalidInput({"note": Text("Say why")})
    kind = EventKind(row.kind)
    if approve:
        amount = None if row.minor is None else Money(row.minor, loan.currency)
        row.event_id = book_change(w, loan, kind, amount, row.data).event.id
    _close(w, row, "APPROVED" if approve else "REFUSED", note)
    return row.event_id


def withdraw_proposal(w: Work, proposal_id: UUID) -> None:
    """Takes a proposal back. Raises NotAllowed for anybody but its author, Conflict when it was decided."""
    row = w.lock(ChangeProposalRow, proposal_id)
    _check_open(row)
    if row.proposed_by != w.actor.id:
        raise NotAllowed(Text("Only who proposed this may take it back"))
    _close(w, row, "WITHDRAWN", "")


def _check_open(row: ChangeProposalRow) -> None:
    if row.status != "OPEN":
        raise Conflict(Text("This proposal was decided already by {name}", name=row.decided_by_name or "–"))


def _close(w: Work, row: ChangeProposalRow, status: str, note: str) -> None:
    row.status, row.decided_by_name, row.decided_at = status, w.actor.name, w.now
    row.decided_note = note.strip()[:400] or None
    audit.record(
        w, f"loan.{row.kind.lower()}_{status.lower()}", "loan", row.loan_id, proposal=str(row.id),
        event=None if row.event_id is None else str(row.event_id),
    )  # fmt: skip

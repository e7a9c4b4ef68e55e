"""A payment that was not one: it leaves the loan's life, and everything after it is as if it had never come."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotFound
from core.domain.texts import Text
from repayment.domain.state import EventKind, LoanStatus
from repayment.queries.load_life import load_events
from repayment.queries.play_again import Replayed, play_again
from repayment.steps.correct_past import post_correction
from repayment.steps.save_life import MONEY_IN
from repayment.tables import LoanEventRow, LoanRow, PromiseRow

REVERSIBLE = MONEY_IN | {EventKind.WAIVER, EventKind.RESTRUCTURE, EventKind.CHARGE_OFF, EventKind.CREDIT_REFUND}


@dataclass(frozen=True, slots=True)
class Reversed:
    """The event taken back: how many ledger entries were undone and newly made, and what the loan is now."""

    event_id: UUID
    loan_id: UUID
    entries_reversed: int
    entries_posted: int
    status: LoanStatus


def reverse_payment(w: Work, payment_id: UUID, *, reason: str) -> Reversed:
    """Takes back a payment (or a prepayment, settlement) with a reason; an approver also a waiver, a restructuring, a
    charge-off or a refund.

    The ledger keeps the old entries and gains their reversals. Raises NotFound, InvalidInput for a missing reason,
    for something already reversed and when later events would no longer fit (reverse those first), NotAllowed.
    """
    w.actor.require(Role.COLLECTOR, Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    if not reason.strip():
        raise InvalidInput({"reason": Text("Say why this is reversed")})
    event = w.session.get(LoanEventRow, payment_id)
    if event is None or EventKind(event.kind) not in REVERSIBLE:
        raise NotFound(f"There is no payment {payment_id}")
    if EventKind(event.kind) not in MONEY_IN:
        w.actor.require(Role.APPROVER, Role.SYSTEM)
    loan = w.lock(LoanRow, event.loan_id)
    w.session.refresh(event)
    if event.voided_on is not None:
        raise InvalidInput({"payment_id": Text("This was reversed already on {day}", day=event.voided_on)})
    found = _without(w, loan, event)
    event.voided_on, event.void_reason = w.today, reason.strip()
    post_correction(w, loan, found)
    _after(w, loan)
    correction = found.correction
    audit.record(
        w, f"loan.{event.kind.lower()}_reversed", "loan", loan.id, event=str(event.id), reason=reason.strip(),
        reversed=len(correction.reverse), posted=len(correction.post),
    )  # fmt: skip
    return Reversed(event.id, loan.id, len(correction.reverse), len(correction.post), LoanStatus(loan.status))


def _without(w: Work, loan: LoanRow, event: LoanEventRow) -> Replayed:
    return play_again(w, loan, [known for known in load_events(w, loan.id) if known.id != event.id])


def _after(w: Work, loan: LoanRow) -> None:
    """What hangs on payments besides the books: the day last paid, promises kept by the money taken back."""
    w.session.flush()
    money = [kind.value for kind in MONEY_IN]
    query = select(func.max(LoanEventRow.value_on)).where(
        LoanEventRow.loan_id == loan.id, LoanEventRow.kind.in_(money), LoanEventRow.voided_on.is_(None)
    )
    loan.paid_on = w.session.scalar(query)
    kept = select(PromiseRow).where(PromiseRow.loan_id == loan.id, PromiseRow.status == "KEPT")
    for promise in w.session.scalars(kept):
        received = w.session.scalar(
            select(func.coalesce(func.sum(LoanEventRow.minor), 0)).where(
                LoanEventRow.loan_id == loan.id, LoanEventRow.kind.in_(money), LoanEventRow.voided_on.is_(None),
                LoanEventRow.value_on >= promise.made_on, LoanEventRow.value_on <= promise.due_on,
            )
        )  # fmt: skip
        if (received or 0) < promise.minor:
            promise.status = "OPEN" if promise.due_on >= w.today else "BROKEN"

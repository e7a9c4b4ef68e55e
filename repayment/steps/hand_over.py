"""A loan goes to lawyers or an agency, with a checklist, and comes back."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from repayment.domain.state import LoanStatus
from repayment.queries.changes import readiness
from repayment.queries.collector import masked_name, ways_of
from repayment.queries.loan_page import loan_page
from repayment.steps.hold import HoldKind, place_hold, release_hold
from repayment.tables import HandOverRow, LoanHoldRow, LoanRow

# What a person has to look at; the rest of the checklist the books answer (`queries.changes.readiness`).
CHECKS = ("figures_compared", "borrower_told", "reachable_tried", "papers_complete")
EXPORT_HEADER = (
    "loan", "contract", "borrower", "contact", "currency", "principal_owed", "overdue", "days_late", "paid_out_on",
    "last_paid_on", "handed_over_on", "receiver",
)  # fmt: skip


def hand_over(w: Work, loan_id: UUID, *, receiver: str, reason: str, checks: Collection[str]) -> UUID:
    """Hands a late or charged-off loan over; reminders rest from then on.

    Raises InvalidInput for a missing receiver or reason, an unticked check, and while the books say that it is not
    ready (a dispute stands, nothing was sent); Conflict when somebody has it already.
    """
    w.actor.require(Role.COLLECTOR, Role.APPROVER, Role.SYSTEM)
    loan = w.lock(LoanRow, loan_id)
    wrong: dict[str, str | list[str]] = {}
    if not receiver.strip():
        wrong["receiver"] = Text("Say who takes the loan over")
    if not reason.strip():
        wrong["reason"] = Text("Say why")
    if not set(CHECKS) <= set(checks):
        wrong["checks"] = Text("Tick every point of the checklist, or do not hand over yet")
    if wrong:
        raise InvalidInput(wrong)
    if _standing(w, loan_id) is not None:
        raise Conflict(Text("The loan is handed over already"))
    if not readiness(w, loan_id).ready:
        raise InvalidInput({"_": Text("The loan is not ready to be handed over: see the points that are open")})
    page = loan_page(w, loan_id)
    owed = page.summary.outstanding if loan.status == LoanStatus.CHARGED_OFF.value else page.summary.overdue
    row = w.add(
        HandOverRow(
            id=uuid7(), loan_id=loan_id, receiver=receiver.strip()[:200], reason=reason.strip()[:400],
            checks=sorted(checks), minor=owed.minor, handed_over_on=w.today, actor_name=w.actor.name,
            recorded_at=w.now,
        )
    )  # fmt: skip
    loan.handed_over_on = w.today
    place_hold(w, loan_id, kind=HoldKind.HAND_OVER, reason=row.receiver)
    audit.record(w, "loan.handed_over", "loan", loan_id, hand_over=str(row.id), minor=owed.minor)
    return row.id


def take_back(w: Work, loan_id: UUID) -> None:
    """The loan is with us again and reminders go on. Raises Conflict when nobody else has it."""
    w.actor.require(Role.COLLECTOR, Role.APPROVER, Role.SYSTEM)
    w.lock(LoanRow, loan_id)
    row = _standing(w, loan_id)
    if row is None:
        raise Conflict(Text("The loan is not handed over"))
    row.taken_back_on = w.today
    holds = select(LoanHoldRow.id).where(
        LoanHoldRow.loan_id == loan_id, LoanHoldRow.kind == HoldKind.HAND_OVER.value, LoanHoldRow.released_on.is_(None)
    )
    for hold_id in w.session.scalars(holds).all():
        release_hold(w, hold_id)
    audit.record(w, "loan.taken_back", "loan", loan_id, hand_over=str(row.id))


def export_hand_over(w: Work, loan_id: UUID) -> tuple[object, ...]:
    """What the receiver gets, in the order of `EXPORT_HEADER`: figures in full, name and contacts masked.

    It is written down. Raises Conflict when the loan is not handed over.
    """
    w.actor.require(Role.COLLECTOR, Role.APPROVER, Role.SYSTEM)
    loan, row = w.lock(LoanRow, loan_id), _standing(w, loan_id)
    if row is None:
        raise Conflict(Text("The loan is not handed over"))
    s = loan_page(w, loan_id).summary
    contacts = " / ".join(way.shown for way in ways_of(w, loan.borrower_id) if not way.opted_out)
    audit.record(w, "loan.hand_over_exported", "loan", loan_id, hand_over=str(row.id))
    return (
        s.reference, loan.contract_reference, masked_name(s.borrower_name), contacts, loan.currency, s.outstanding,
        s.overdue, s.dpd, s.disbursed_on, s.paid_on, row.handed_over_on, row.receiver,
    )  # fmt: skip


def _standing(w: Work, loan_id: UUID) -> HandOverRow | None:
    query = select(HandOverRow).where(HandOverRow.loan_id == loan_id, HandOverRow.taken_back_on.is_(None))
    return w.session.scalars(query).first()

"""What the lender decides about a running loan: waive, restructure, charge off, sell, refund.

Each act has an authority (`[authority]` of the policy). Who has less proposes it, and an approver who is another
person decides (`steps.propose`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from core import audit, idempotency
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.allocation import Component
from repayment.domain.plain import from_plain, to_plain
from repayment.domain.policies import ServicingPolicy
from repayment.domain.restructure import RestructurePlan
from repayment.domain.schedule_request import ScheduleRequest
from repayment.domain.state import EventKind
from repayment.queries.ceilings import check_new_rate
from repayment.steps.book_event import Booked, book_event
from repayment.steps.notify import stop_dunning
from repayment.steps.receive_payment import check_sum
from repayment.tables import LoanRow

CHANGES = frozenset(
    {EventKind.WAIVER, EventKind.RESTRUCTURE, EventKind.CHARGE_OFF, EventKind.SALE, EventKind.CREDIT_REFUND}
)


def waive(w: Work, loan_id: UUID, *, component: Component, amount: Money, reason: str, key: str) -> UUID:
    """Lets go of fees, penalty or interest that are due, within the actor's authority.

    Returns the event's id, by which it can be reversed. Raises NotAllowed, InvalidInput, LoanClosed.
    """
    return change(w, loan_id, EventKind.WAIVER, waiver_data(component, reason), amount=amount, key=key)


def restructure(w: Work, loan_id: UUID, *, plan: RestructurePlan, key: str) -> UUID:
    """Puts a new schedule in force from today on; the old version stays readable."""
    return change(w, loan_id, EventKind.RESTRUCTURE, plan_data(plan), key=key)


def charge_off(w: Work, loan_id: UUID, *, reason: str, key: str) -> UUID:
    """Takes the claim off the books against the allowance. The debt lives on; what comes in later is recovery."""
    return change(w, loan_id, EventKind.CHARGE_OFF, {"reason": need_reason(reason)}, key=key)


def sell(w: Work, loan_id: UUID, *, price: Money, buyer: str, key: str) -> UUID:
    """Sells the claim for a price."""
    return change(w, loan_id, EventKind.SALE, sale_data(buyer), amount=price, key=key)


def refund_credit(w: Work, loan_id: UUID, *, amount: Money, key: str) -> UUID:
    """Pays back what the borrower paid too much."""
    return change(w, loan_id, EventKind.CREDIT_REFUND, {}, amount=amount, key=key)


def waiver_data(component: Component, reason: str) -> dict[str, Any]:
    """What a waiver's event carries. Raises InvalidInput without a reason."""
    return {"component": component.value, "reason": need_reason(reason)}


def plan_data(plan: RestructurePlan) -> dict[str, Any]:
    """What a restructuring's event carries. Raises InvalidInput without a reason."""
    need_reason(plan.reason)
    return {"plan": to_plain(plan)}


def sale_data(buyer: str) -> dict[str, Any]:
    """What a sale's event carries. Raises InvalidInput without a buyer."""
    if not buyer.strip():
        raise InvalidInput({"buyer": Text("Say who buys the claim")})
    return {"buyer": buyer.strip()}


def may_change(w: Work, loan: LoanRow, kind: EventKind, amount: Money | None) -> bool:
    """Whether the actor may book this alone. Raises NotAllowed for who may not even propose it."""
    w.actor.require(Role.COLLECTOR, Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    authority = w.policy(ServicingPolicy).authority
    if w.actor.has(Role.SYSTEM):
        return True
    if kind in authority.second_person:
        return False
    if w.actor.has(Role.APPROVER):
        return True
    if kind is EventKind.RESTRUCTURE:
        return w.actor.has(Role.COLLECTOR) and Money(loan.principal_out_minor, loan.currency).amount <= (
            authority.plan_collector
        )
    limit = authority.waive_collector if kind is EventKind.WAIVER else authority.refund_collector
    return amount is not None and amount.amount <= limit


def may_book(w: Work, loan_id: UUID, kind: EventKind, amount: Money | None) -> bool:
    """Whether the actor may book this change alone. Raises NotFound, NotAllowed."""
    return may_change(w, w.get(LoanRow, loan_id), kind, amount)


def change(
    w: Work, loan_id: UUID, kind: EventKind, data: Mapping[str, Any], *, key: str, amount: Money | None = None
) -> UUID:
    """Books a change of today on the actor's own authority; the event's id. Raises NotAllowed beyond it."""
    content = {"loan": loan_id, "amount": str(amount), "data": data}

    def run() -> dict[str, Any]:
        loan = w.lock(LoanRow, loan_id)
        if not may_change(w, loan, kind, amount):
            raise NotAllowed(Text("This is beyond your authority: propose it to an approver"))
        return {"event_id": str(book_change(w, loan, kind, amount, data).event.id)}

    answer, _ = idempotency.once(w, kind.value.lower(), key, content, run)
    return UUID(answer["event_id"])


def book_change(w: Work, loan: LoanRow, kind: EventKind, amount: Money | None, data: Mapping[str, Any]) -> Booked:
    """Books a change on a locked loan; who may do so is the caller's to check.

    Raises InvalidInput for a restructuring that raises the rate above what the law allows.
    """
    if amount is not None:
        check_sum(loan, amount)
    before = from_plain(ScheduleRequest, loan.request)
    booked = book_event(w, loan, kind, w.today, 0 if amount is None else amount.minor, data=data)
    if kind is EventKind.RESTRUCTURE:
        check_new_rate(w, before, booked.life)
    if kind in {EventKind.RESTRUCTURE, EventKind.CHARGE_OFF, EventKind.SALE}:
        stop_dunning(w, loan, kind.value.lower())
    audit.record(
        w, f"loan.{kind.value.lower()}", "loan", loan.id, event=str(booked.event.id),
        amount=None if amount is None else str(amount), **data,
    )  # fmt: skip
    return booked


def need_reason(reason: str) -> str:
    """The reason, trimmed. Raises InvalidInput when there is none."""
    if not reason.strip():
        raise InvalidInput({"reason": Text("Say why")})
    return reason.strip()[:400]

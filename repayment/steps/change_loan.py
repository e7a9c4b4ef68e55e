"""What the lender decides about a running loan: waive, restructure, charge off, sell, refund."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from core import audit, idempotency
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.allocation import Component
from repayment.domain.plain import to_plain
from repayment.domain.policies import ServicingPolicy
from repayment.domain.restructure import RestructurePlan
from repayment.domain.state import EventKind
from repayment.steps.book_event import Booked, book_event
from repayment.steps.notify import stop_dunning
from repayment.steps.receive_payment import check_sum
from repayment.tables import LoanRow


def waive(w: Work, loan_id: UUID, *, component: Component, amount: Money, reason: str, key: str) -> UUID:
    """Lets go of fees, penalty or interest that are due. Above the collector's limit an approver must do it.

    Returns the event's id, by which it can be reversed. Raises NotAllowed, InvalidInput, LoanClosed.
    """
    w.actor.require(Role.COLLECTOR, Role.APPROVER, Role.SYSTEM)
    limit = w.policy(ServicingPolicy).authority.waive_collector
    if amount.amount > limit and not w.actor.has(Role.APPROVER, Role.SYSTEM):
        raise NotAllowed(Text("You may waive at most {limit}; ask an approver", limit=limit), limit=str(limit))
    data = {"component": component.value, "reason": _reason(reason)}
    return _once(w, loan_id, EventKind.WAIVER, key, amount, data)


def restructure(w: Work, loan_id: UUID, *, plan: RestructurePlan, key: str) -> UUID:
    """Puts a new schedule in force from today on; the old version stays readable."""
    w.actor.require(Role.APPROVER, Role.SYSTEM)
    _reason(plan.reason)
    return _once(w, loan_id, EventKind.RESTRUCTURE, key, None, {"plan": to_plain(plan)})


def charge_off(w: Work, loan_id: UUID, *, reason: str, key: str) -> UUID:
    """Takes the claim off the books against the allowance. The debt lives on; what comes in later is recovery."""
    w.actor.require(Role.APPROVER, Role.SYSTEM)
    return _once(w, loan_id, EventKind.CHARGE_OFF, key, None, {"reason": _reason(reason)})


def sell(w: Work, loan_id: UUID, *, price: Money, buyer: str, key: str) -> UUID:
    """Sells the claim for a price."""
    w.actor.require(Role.APPROVER, Role.SYSTEM)
    return _once(w, loan_id, EventKind.SALE, key, price, {"buyer": buyer})


def refund_credit(w: Work, loan_id: UUID, *, amount: Money, key: str) -> UUID:
    """Pays back what the borrower paid too much."""
    w.actor.require(Role.COLLECTOR, Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    return _once(w, loan_id, EventKind.CREDIT_REFUND, key, amount, {})


def _once(w: Work, loan_id: UUID, kind: EventKind, key: str, amount: Money | None, data: dict[str, Any]) -> UUID:
    content = {"loan": loan_id, "amount": str(amount), "data": data}

    def run() -> dict[str, Any]:
        loan = w.lock(LoanRow, loan_id)
        if amount is not None:
            check_sum(loan, amount)
        booked = _book(w, loan, kind, w.today, amount, data)
        return {"event_id": str(booked.event.id)}

    answer, _ = idempotency.once(w, kind.value.lower(), key, content, run)
    return UUID(answer["event_id"])


def _book(w: Work, loan: LoanRow, kind: EventKind, on: date, amount: Money | None, data: dict[str, Any]) -> Booked:
    booked = book_event(w, loan, kind, on, 0 if amount is None else amount.minor, data=data)
    if kind in {EventKind.RESTRUCTURE, EventKind.CHARGE_OFF, EventKind.SALE}:
        stop_dunning(w, loan, kind.value.lower())
    audit.record(
        w, f"loan.{kind.value.lower()}", "loan", loan.id, event=str(booked.event.id),
        amount=None if amount is None else str(amount), **data,
    )  # fmt: skip
    return booked


def _reason(reason: str) -> str:
    """The reason, trimmed. Raises InvalidInput when there is none."""
    if not reason.strip():
        raise InvalidInput({"reason": Text("Say why")})
    return reason.strip()

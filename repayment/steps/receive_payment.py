"""Money arrives: allocate it by the waterfall, by its value date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import audit, idempotency
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.allocation import Component
from repayment.domain.state import EventKind, LoanEvent, LoanStatus
from repayment.steps.book_event import Booked, allocation_of, book_event, check_backdating, check_day
from repayment.steps.notify import notify, stop_dunning
from repayment.tables import LoanEventRow, LoanRow, PromiseRow

SCOPE = "payment"  # of idempotency keys
RECEIVERS = (Role.COLLECTOR, Role.OFFICER, Role.APPROVER, Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a payment was used for. The parts and what went to the borrower's credit add up to `amount`.

    `replayed` says that the same request had been booked before.
    """

    payment_id: UUID
    amount: Money
    fees: Money
    penalty: Money
    interest: Money
    principal: Money
    credit: Money
    status: LoanStatus
    replayed: bool = False


def receive_payment(
    w: Work, *, key: str, loan_id: UUID, amount: Money, value_on: date, channel: str, payer: str, receipt: bool = False
) -> Allocation:
    """Books a payment, with a receipt by e-mail if wanted.

    What exceeds the sums due stays as the borrower's credit and is used on the next due date. A value date before the
    last closed day replays the loan. Raises InvalidInput (amount, value_on), LoanClosed, IdempotencyConflict,
    NotAllowed (back-dating beyond the actor's limit), NotFound.
    """
    done = take_money(w, EventKind.PAYMENT, key, loan_id, amount, value_on, channel, payer, {})
    if receipt and not done.replayed:
        notify(
            w, w.get(LoanRow, loan_id), "receipt", "email", f"receipt:{done.payment_id}", amount=amount,
            value_on=value_on, principal=done.principal, interest=done.interest, charges=done.fees + done.penalty,
            credit=done.credit,
        )  # fmt: skip
    return done


def take_money(
    w: Work,
    kind: EventKind,
    key: str,
    loan_id: UUID,
    amount: Money,
    value_on: date,
    channel: str,
    payer: str,
    data: Mapping[str, Any],
) -> Allocation:
    """The common part of payments, prepayments and settlements."""
    w.actor.require(*RECEIVERS)
    content = {
        "loan": loan_id, "amount": str(amount), "currency": amount.currency, "value_on": value_on, "kind": kind.value,
        "channel": channel, "payer": payer, "data": dict(data),
    }  # fmt: skip

    def run() -> dict[str, Any]:
        return _take(w, kind, loan_id, amount, value_on, channel, payer, data)

    answer, replayed = idempotency.once(w, SCOPE, key, content, run)
    return read_answer(answer, replayed=replayed)


def _take(
    w: Work,
    kind: EventKind,
    loan_id: UUID,
    amount: Money,
    value_on: date,
    channel: str,
    payer: str,
    data: Mapping[str, Any],
) -> dict[str, Any]:
    loan = w.lock(LoanRow, loan_id)
    check_sum(loan, amount)
    check_day(w, loan, value_on)
    check_backdating(w, value_on)
    was_late = loan.arrears_since_on is not None
    booked = book_event(w, loan, kind, value_on, amount.minor, data=data, channel=channel, payer=payer)
    loan.paid_on = max(loan.paid_on or value_on, value_on)
    answer = _answer(booked, amount)
    audit.record(w, f"loan.{kind.value.lower()}", "loan", loan.id, value_on=value_on, replay=booked.replayed, **answer)
    if was_late:
        stop_dunning(w, loan, "payment received")
        keep_promises(w, loan, booked.event)
    if booked.life.state.status in {LoanStatus.CLOSED_REPAID, LoanStatus.WITHDRAWN}:
        notify(w, loan, "closed", "email", f"closed:{loan.id}:{booked.event.id}", amount=amount)
    return answer


def check_sum(loan: LoanRow, amount: Money) -> None:
    """Raises InvalidInput for nothing, less than nothing, or another currency."""
    if amount.currency != loan.currency:
        raise InvalidInput({"amount": Text("The loan is in {currency}", currency=loan.currency)})
    if amount.minor <= 0:
        raise InvalidInput({"amount": Text("The amount must be more than zero")})


def _answer(booked: Booked, amount: Money) -> dict[str, Any]:
    used = allocation_of(booked.life, booked.event.id)
    return {
        "payment_id": str(booked.event.id),
        "amount": amount.minor,
        "currency": amount.currency,
        "parts": used,
        "status": booked.life.state.status.value,
    }


def read_answer(answer: Mapping[str, Any], *, replayed: bool) -> Allocation:
    """The stored answer as a value."""
    currency, parts = answer["currency"], answer["parts"]
    by = {component: Money(parts.get(component.value, 0), currency) for component in Component}
    amount = Money(answer["amount"], currency)
    rest = amount - by[Component.FEES] - by[Component.PENALTY] - by[Component.INTEREST] - by[Component.PRINCIPAL]
    return Allocation(
        UUID(answer["payment_id"]), amount, by[Component.FEES], by[Component.PENALTY], by[Component.INTEREST],
        by[Component.PRINCIPAL], rest, LoanStatus(answer["status"]), replayed,
    )  # fmt: skip


def keep_promises(w: Work, loan: LoanRow, event: LoanEvent) -> None:
    """Marks promises as kept once the money received since they were made covers them."""
    open_ = w.session.scalars(select(PromiseRow).where(PromiseRow.loan_id == loan.id, PromiseRow.status == "OPEN"))
    for promise in open_.all():
        query = select(LoanEventRow.minor).where(
            LoanEventRow.loan_id == loan.id,
            LoanEventRow.channel.is_not(None),
            LoanEventRow.voided_on.is_(None),
            LoanEventRow.value_on >= promise.made_on,
        )
        if sum(w.session.scalars(query)) >= promise.minor and event.value_on <= promise.due_on:
            promise.status = "KEPT"

"""A borrower promises to pay by a day: reminders rest until it has passed."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import update

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.life import LoanClosed
from repayment.domain.state import LoanStatus, status_text
from repayment.steps.notify import stop_dunning
from repayment.steps.receive_payment import check_sum
from repayment.tables import LoanRow, PromiseRow

DAYS_MAX = 60


def promise(w: Work, loan_id: UUID, *, amount: Money, due_on: date) -> UUID:
    """Records a promise; an open one is replaced. Kept or broken is found by payments and the daily close.

    Raises InvalidInput for a day before today or more than 60 days ahead, LoanClosed when the loan is not active.
    """
    w.actor.require(Role.COLLECTOR, Role.OFFICER, Role.APPLICANT, Role.SYSTEM)
    loan = w.lock(LoanRow, loan_id)
    if loan.status != LoanStatus.ACTIVE.value:
        raise LoanClosed(
            Text("This cannot be booked: the loan is {status}", status=status_text(loan.status)),
            loan_status=loan.status,
        )
    check_sum(loan, amount)
    last = w.today + timedelta(days=DAYS_MAX)
    if not w.today <= due_on <= last:
        raise InvalidInput({"due_on": Text("Choose a day from {first} to {last}", first=w.today, last=last)})
    open_ = update(PromiseRow).where(PromiseRow.loan_id == loan_id, PromiseRow.status == "OPEN")
    w.session.execute(open_.values(status="CANCELLED"))
    row = w.add(
        PromiseRow(
            id=uuid7(), loan_id=loan_id, made_on=w.today, due_on=due_on, minor=amount.minor, status="OPEN",
            actor_name=w.actor.name, recorded_at=w.now,
        )
    )  # fmt: skip
    loan.row_version += 1
    stop_dunning(w, loan, "promise to pay")
    audit.record(w, "loan.promised", "loan", loan_id, amount=str(amount), due_on=due_on)
    return row.id

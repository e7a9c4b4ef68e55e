"""What is due and unpaid: what a direct debit would collect, and what a borrower is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.money import Money
from repayment.domain.state import LoanStatus
from repayment.tables import InstalmentRow, LoanRow


@dataclass(frozen=True, slots=True)
class OpenDue:
    """One instalment with something open on it: principal, interest, fees, late fee and penalty together."""

    loan_id: UUID
    number: int
    due_on: date
    open: Money


def open_dues(w: Work, through: date) -> tuple[OpenDue, ...]:
    """Every open instalment of active loans due on or before `through`, oldest first per loan."""
    i, loan = InstalmentRow, LoanRow
    owed = i.principal_minor + i.interest_minor + i.fee_minor + i.late_fee_minor + i.penalty_minor
    paid = (
        i.principal_paid_minor + i.interest_paid_minor + i.fee_paid_minor + i.late_fee_paid_minor + i.penalty_paid_minor
    )
    query = (
        select(i.loan_id, i.number, i.due_on, (owed - paid).label("open"), loan.currency)
        .join(loan, loan.schedule_id == i.schedule_id)
        .where(loan.status == LoanStatus.ACTIVE.value, i.due_on <= through, i.settled.is_(False), owed > paid)
        .order_by(i.loan_id, i.number)
    )
    return tuple(
        OpenDue(row.loan_id, row.number, row.due_on, Money(int(row.open), row.currency))
        for row in w.session.execute(query)
    )

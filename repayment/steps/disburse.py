"""The money leaves: the loan becomes active and its schedule final."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from core import audit, idempotency
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition, InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.disbursed import request_on
from repayment.domain.plain import from_plain, to_plain
from repayment.domain.schedule_fees import fee_at_start
from repayment.domain.schedule_request import FeeKind, ScheduleRequest
from repayment.domain.state import EventKind, LoanStatus
from repayment.steps.book_event import book_event, check_day
from repayment.steps.notify import notify
from repayment.tables import LoanRow


@dataclass(frozen=True, slots=True)
class Disbursed:
    """What left: `lent` the principal of this tranche, `paid_out` what reaches the borrower after withheld fees."""

    loan_id: UUID
    reference: str
    on: date
    lent: Money
    paid_out: Money


def disburse(w: Work, loan_id: UUID, *, on: date, key: str) -> Disbursed:
    """Pays out the loan, or its next planned tranche.

    Raises InvalidInput for a day in the future, IllegalTransition when nothing is left to pay out, IdempotencyConflict
    for a key used with another day.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    scope, content = f"disburse:{loan_id}", {"on": on}
    answer, _ = idempotency.once(w, scope, key, content, lambda: _disburse(w, loan_id, on))
    currency = answer["currency"]
    return Disbursed(
        loan_id, answer["reference"], date.fromisoformat(answer["on"]),
        Money(answer["lent"], currency), Money(answer["paid_out"], currency),
    )  # fmt: skip


def _disburse(w: Work, loan_id: UUID, on: date) -> dict[str, Any]:
    loan = w.lock(LoanRow, loan_id)
    status = LoanStatus(loan.status)
    if status not in {LoanStatus.PENDING, LoanStatus.ACTIVE}:
        raise IllegalTransition(loan.reference, loan.status, LoanStatus.ACTIVE.value)
    check_day(w, loan, on, first=loan.opened_on if status is LoanStatus.PENDING else None)
    request = from_plain(ScheduleRequest, loan.first_request)
    tranche, first = _tranche(loan, request), status is LoanStatus.PENDING
    if first:
        loan.request, loan.disbursed_on = to_plain(request_on(request, on)), on
    book_event(w, loan, EventKind.DISBURSEMENT, on, tranche)
    withheld = fee_at_start(request, FeeKind.UP_FRONT, withheld=True) if first else 0
    answer = {
        "reference": loan.reference, "on": on.isoformat(), "currency": loan.currency,
        "lent": tranche, "paid_out": tranche - withheld,
    }  # fmt: skip
    audit.record(w, "loan.disbursed", "loan", loan.id, **answer)
    if first:
        paid_out = Money(tranche - withheld, loan.currency)
        notify(w, loan, "welcome", "email", f"welcome:{loan.id}", paid_out=paid_out)
    return answer


def _tranche(loan: LoanRow, request: ScheduleRequest) -> int:
    """The next sum to leave. Raises IllegalTransition when all has left."""
    lent = loan.principal_lent_minor
    if not request.disbursements:
        if lent:
            raise IllegalTransition(loan.reference, loan.status, "DISBURSED AGAIN")
        return request.principal.minor
    reached = 0
    for part in request.disbursements:
        if reached == lent:
            return part.amount.minor
        reached += part.amount.minor
    if reached == lent:
        raise IllegalTransition(loan.reference, loan.status, "DISBURSED AGAIN")
    raise InvalidInput({"disbursements": Text("The tranches paid out do not fit the plan")})

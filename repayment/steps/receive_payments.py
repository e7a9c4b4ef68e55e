"""Many payments at once, as a bank's statement brings them: what they ask the database is asked for all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core import audit, idempotency
from core.db import Work
from core.domain.money import Money
from repayment.queries.load_life import read_ahead
from repayment.steps.receive_payment import SCOPE, Allocation, receive_payment
from repayment.tables import LoanRow


@dataclass(frozen=True, slots=True)
class Incoming:
    """One payment of the list; `key` makes it the same payment when it comes again."""

    key: str
    loan_id: UUID
    amount: Money
    value_on: date
    channel: str
    payer: str


def receive_payments(w: Work, payments: Sequence[Incoming]) -> tuple[Allocation, ...]:
    """Books them in this order, all or none. Raises what `receive_payment` raises for the first that is refused."""
    loan_ids = list(dict.fromkeys(one.loan_id for one in payments))
    idempotency.look_up(w, SCOPE, [one.key for one in payments])  # keys before loans, as a single payment does it
    w.lock_all(LoanRow, loan_ids)
    audit.look_up(w, "loan", loan_ids)
    schedules = (w.lock(LoanRow, loan_id).schedule_id for loan_id in loan_ids)
    with read_ahead(w, [one for one in schedules if one is not None]):
        return tuple(
            receive_payment(
                w, key=one.key, loan_id=one.loan_id, amount=one.amount, value_on=one.value_on, channel=one.channel,
                payer=one.payer,
            )
            for one in payments
        )  # fmt: skip

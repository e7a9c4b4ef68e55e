"""What borrowers do with their own loans: pay in the demonstration, ask for help before being late."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from origination.queries.borrower import check_own_loan
from origination.steps.case import as_system
from repayment.steps.hold import HoldKind, place_hold
from repayment.steps.prepay import settle
from repayment.steps.receive_payment import Allocation, receive_payment

DEMO_BANK = "demo_bank"
HELP_DAYS = 14
HELP_LENGTH_MAX = 400


def pay_by_demo_bank(w: Work, loan_id: UUID, amount: Money, *, key: str, closes: bool = False) -> Allocation:
    """Books a payment as if the bank had reported it today; `closes` with the settlement figure of today.

    The same key pays once. Raises NotFound for somebody else's loan, and what `receive_payment` and `settle` raise.
    The caller sees to it that this is a demonstration.
    """
    w.actor.require(Role.APPLICANT)
    loan = check_own_loan(w, loan_id)
    take = settle if closes else receive_payment
    with as_system(w):
        return take(
            w, key=f"{DEMO_BANK}:{loan_id}:{key}", loan_id=loan_id, amount=amount, value_on=w.today,
            channel=DEMO_BANK, payer=loan.borrower_name,
        )  # fmt: skip


def ask_for_help(w: Work, loan_id: UUID, text: str) -> None:
    """The borrower says that paying is getting hard: reminders rest for two weeks, and a person calls back.

    Raises NotFound for somebody else's loan, InvalidInput without words or when help was asked for already.
    """
    w.actor.require(Role.APPLICANT)
    check_own_loan(w, loan_id)
    if not text.strip():
        raise InvalidInput({"why": Text("Tell us in a sentence what has changed")})
    with as_system(w):
        try:
            place_hold(
                w, loan_id, kind=HoldKind.HARDSHIP, reason=text.strip()[:HELP_LENGTH_MAX],
                until_on=w.today + timedelta(days=HELP_DAYS),
            )  # fmt: skip
        except InvalidInput as refused:
            if "kind" not in refused.fields:
                raise
            raise InvalidInput({"why": Text("You have asked for help already; a person is working on it")}) from None

"""Paying early: a part, or all of it; and walking away within the cooling-off window."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from core.db import Work
from core.domain.money import Money
from repayment.domain.schedule_request import PrepaymentEffect
from repayment.domain.state import EventKind
from repayment.steps.receive_payment import Allocation, take_money


def prepay(
    w: Work,
    *,
    key: str,
    loan_id: UUID,
    amount: Money,
    value_on: date,
    effect: PrepaymentEffect,
    channel: str,
    payer: str,
) -> Allocation:
    """Books a payment of principal before it is due; sums due are covered first, the rest makes a new schedule.

    Raises InvalidInput when nothing is left after the sums due, or when it reaches the settlement figure.
    """
    return take_money(w, EventKind.PREPAYMENT, key, loan_id, amount, value_on, channel, payer, {"effect": effect.value})


def settle(w: Work, *, key: str, loan_id: UUID, amount: Money, value_on: date, channel: str, payer: str) -> Allocation:
    """Closes the loan with its settlement figure; what exceeds it stays as the borrower's credit to be refunded.

    Raises InvalidInput saying the figure when the amount is below it.
    """
    return take_money(w, EventKind.SETTLEMENT, key, loan_id, amount, value_on, channel, payer, {})


def withdraw(
    w: Work, *, key: str, loan_id: UUID, amount: Money, value_on: date, channel: str, payer: str
) -> Allocation:
    """The borrower's right to withdraw: principal and interest by the day, no fee. InvalidInput after the window."""
    return take_money(w, EventKind.WITHDRAWAL, key, loan_id, amount, value_on, channel, payer, {})

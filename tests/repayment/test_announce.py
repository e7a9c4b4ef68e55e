"""What a loan's life tells other systems, from the steps themselves."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.domain.actor import Actor, Role
from core.tables import WebhookDeliveryRow
from core.webhook import keep
from core.webhook.events import known_kinds
from repayment.queries.loan_page import settlement
from repayment.steps.announce import CLOSED, KINDS
from repayment.steps.change_loan import charge_off, refund_credit
from repayment.steps.prepay import settle
from repayment.steps.reverse_payment import reverse_payment
from repayment.tables import LoanEventRow
from tests.repayment.house import House, cny, request_of

ADMIN = Actor(uuid4(), "Ada Admin", frozenset({Role.ADMIN}))


@pytest.fixture
def listening(house: House) -> House:
    with house.work(ADMIN) as w:
        keep.add(w, name="core banking", url="http://127.0.0.1:9/", kinds=[k for k in known_kinds() if k in KINDS])
    return house


def told(house: House, loan: UUID) -> list[dict[str, Any]]:
    query = select(WebhookDeliveryRow.body).where(WebhookDeliveryRow.subject_id == str(loan))
    with house.database.read() as r:
        found = [json.loads(body) for body in r.session.scalars(query.order_by(WebhookDeliveryRow.seq))]
    sequence = [one["subject"]["sequence"] for one in found]
    assert sequence == sorted(sequence)
    return found


def test_paying_out_paying_in_and_taking_back(listening: House) -> None:
    house, loan = listening, listening.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    house.pay(loan, "888.49", date(2025, 2, 28))
    with house.work() as w:
        payment = w.session.scalars(select(LoanEventRow.id).where(LoanEventRow.kind == "PAYMENT")).one()
        reverse_payment(w, payment, reason="Booked to the wrong loan of Mr Li")
    opened, paid_out, paid, reversed_ = told(house, loan)
    assert (opened["type"], paid_out["type"]) == ("loan.opened", "loan.disbursed")
    assert (opened["data"]["principal"], opened["data"]["currency"]) == (1_000_000, "CNY")
    assert paid_out["subject"]["reference"] == house.row(loan).reference
    assert paid_out["subject"]["status"] == "ACTIVE"
    assert (paid_out["data"]["lent"], paid_out["data"]["currency"]) == (1_000_000, "CNY")
    # 10,000.00 at 12 % a year in 12 months: 100.00 interest and 788.49 principal of the first instalment.
    assert paid["type"] == "payment.received"
    assert (paid["data"]["amount"], paid["data"]["payment_id"]) == (88_849, str(payment))
    assert paid["data"]["parts"] == {"interest": 10_000, "principal": 78_849}
    assert reversed_["type"] == "payment.reversed"
    assert reversed_["data"] == {"event": str(payment), "kind": "payment"}, "the reason is free text and stays inside"


def test_money_paid_ahead_closes_the_loan_on_its_last_day_by_the_nightly_close(listening: House) -> None:
    house, loan = listening, listening.loan(request_of(rows=2))
    house.close_through(house.today, daily=False)
    house.pay(loan, "10200.00", house.today)  # 10,000 and, at 1 % a month, no more than 200 of interest
    house.close_through(house.lines(loan)[-1].due_on + timedelta(days=1))
    closed = told(house, loan)[-1]
    assert (closed["type"], closed["subject"]["status"]) == (CLOSED, "CLOSED_REPAID")
    assert closed["data"]["closed_on"] == house.row(loan).closed_on.isoformat()


def test_the_last_payment_closes_the_loan_at_once(listening: House) -> None:
    house, loan = listening, listening.loan()
    house.close_through(date(2025, 2, 10), daily=False)
    with house.work() as w:
        quoted = settlement(w, loan, house.today).total
        settle(w, key="s", loan_id=loan, amount=quoted, value_on=house.today, channel="bank", payer="p")
    received, closed = told(house, loan)[-2:]
    assert (received["type"], received["data"]["kind"]) == ("payment.received", "settlement")
    assert (closed["type"], closed["data"]) == (CLOSED, {"status": "CLOSED_REPAID"})
    assert closed["id"] != received["id"]


def test_a_refund_of_credit_is_told_in_minor_units(listening: House) -> None:
    house, loan = listening, listening.loan()
    house.close_through(house.today, daily=False)
    house.pay(loan, "500.00", house.today)
    with house.work() as w:
        refund_credit(w, loan, amount=cny("120.50"), key="r")
    last = told(house, loan)[-1]
    assert last["type"] == "loan.credit_refunded"
    assert (last["data"]["amount"], last["data"]["currency"]) == (12_050, "CNY")


def test_a_charged_off_loan(listening: House) -> None:
    house, loan = listening, listening.loan()
    with house.work() as w:
        charge_off(w, loan, reason="Cannot be found", key="c1")
    last = told(house, loan)[-1]
    assert (last["type"], last["subject"]["status"]) == ("loan.charged_off", "CHARGED_OFF")
    assert "Cannot be found" not in json.dumps(last)

"""A loan through its life on the database."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError

from core import audit
from core.domain.actor import Actor, Role
from core.domain.errors import IdempotencyConflict, IllegalTransition, InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.money import Money
from repayment.domain.allocation import Component
from repayment.domain.life import LoanClosed
from repayment.domain.schedule_request import Fee, FeeKind
from repayment.domain.state import LoanStatus
from repayment.steps.change_loan import charge_off, waive
from repayment.steps.disburse import disburse
from repayment.steps.receive_payments import Incoming, receive_payments
from repayment.steps.reverse_payment import reverse_payment
from repayment.tables import LoanScheduleRow
from tests.repayment.house import House, cny, request_of


def test_a_loan_paid_in_time_earns_its_interest_and_closes(house: House) -> None:
    loan = house.loan(request_of(rows=3))
    for line in house.lines(loan):
        house.close_through(date.fromordinal(line.due_on.toordinal() - 1), daily=False)
        house.pay(loan, str(Decimal(line.open_minor) / 100), line.due_on)
    row = house.row(loan)
    assert (row.status, row.closed_on) == ("CLOSED_REPAID", date(2025, 4, 30))
    # by hand: level instalment 10,000 x 0.01 / (1 - 1.01^-3) = 3400.22; interest 100.00, 67.00 and 33.67
    assert house.balances(loan) == {"cash": 20067, "interest_income": -20067}
    with pytest.raises(LoanClosed):
        house.pay(loan, "1.00", date(2025, 4, 30))


def test_a_missed_instalment_costs_a_fee_and_penalty_interest_by_the_night(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 3, 9))
    line = house.lines(loan)[0]
    # due 28 Feb: principal 788.49 at 18 % over 360 days for the ten nights from 28 Feb to 9 Mar = 3.942...
    assert (line.late_fee, line.penalty) == (2000, 394)
    paid = house.pay(loan, "500.00", date(2025, 3, 10))
    assert (str(paid.fees), str(paid.penalty), str(paid.interest), str(paid.principal)) == (
        "20.00", "3.94", "100.00", "376.06",
    )  # fmt: skip
    assert house.row(loan).arrears_since_on == date(2025, 2, 28)
    rest = house.pay(loan, "412.43", date(2025, 3, 10))
    assert str(rest.principal) == "412.43"
    assert house.row(loan).arrears_since_on is None


def test_the_same_key_books_once_and_other_content_is_refused(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    first = house.pay(loan, "100.00", date(2025, 2, 28), key="k")
    again = house.pay(loan, "100.00", date(2025, 2, 28), key="k")
    assert again.payment_id == first.payment_id
    assert again.replayed
    with pytest.raises(IdempotencyConflict):
        house.pay(loan, "900.00", date(2025, 2, 28), key="k")
    assert house.balances(loan)["cash"] == -1_000_000 + 10_000


def test_money_paid_early_waits_for_the_due_date(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 2, 9), daily=False)
    early = house.pay(loan, "900.00", date(2025, 2, 10))
    assert str(early.credit) == "900.00"
    house.close_through(date(2025, 2, 28), daily=False)
    assert house.lines(loan)[0].settled
    assert house.row(loan).credit_minor == 90000 - 88849
    assert house.row(loan).arrears_since_on is None


def test_a_payment_dated_back_leaves_the_books_as_if_it_had_come_in_time(house: House) -> None:
    late, timely = house.loan(), house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    house.pay(timely, "888.49", date(2025, 2, 28))
    house.close_through(date(2025, 3, 20), daily=False)
    assert house.balances(late) != house.balances(timely)
    house.pay(late, "888.49", date(2025, 2, 28))
    assert house.balances(late) == house.balances(timely)
    assert house.lines(late) == house.lines(timely)


def test_a_reversed_payment_never_came(house: House) -> None:
    returned, unpaid = house.loan(), house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    payment = house.pay(returned, "888.49", date(2025, 2, 28))
    house.close_through(date(2025, 3, 10), daily=False)
    with house.work() as w:
        done = reverse_payment(w, payment.payment_id, reason="returned by the bank")
    assert done.entries_reversed == 3  # interest, principal, and the provision of the month end worked out on less
    assert house.balances(returned) == house.balances(unpaid)
    assert house.lines(returned) == house.lines(unpaid)
    with house.work() as w, pytest.raises(InvalidInput, match="reversed already"):
        reverse_payment(w, payment.payment_id, reason="again")
    assert house.row(returned).status == LoanStatus.ACTIVE


@pytest.mark.parametrize(
    ("amount", "day", "field"),
    [
        ("0.00", date(2025, 1, 31), "amount"),
        ("5.00", date(2025, 2, 1), "value_on"),
        ("5.00", date(2025, 1, 30), "value_on"),
    ],
)
def test_what_cannot_be_booked_is_refused_by_its_field(house: House, amount: str, day: date, field: str) -> None:
    loan = house.loan()
    with pytest.raises(InvalidInput) as refused:
        house.pay(loan, amount, day)
    assert list(refused.value.fields) == [field]


def about_listeners(statement: str) -> bool:
    """Whether a webhook listens is asked once in two seconds by a process, whoever pays."""
    return "FROM webhook" in statement


def test_one_payment_takes_at_most_twelve_statements(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", note)
    house.pay(loan, "888.49", date(2025, 2, 28))
    event.remove(house.database.engine, "before_cursor_execute", note)
    assert 8 <= len([one for one in seen if not about_listeners(one)]) <= 12


def test_many_payments_at_once_are_booked_as_one_by_one(house: House) -> None:
    loans = [house.loan() for _ in range(5)]
    house.close_through(date(2025, 2, 27), daily=False)
    due, day, questions = ("888.49", "500.00", "900.00"), date(2025, 2, 28), {}
    for some in (loans[:3], loans[3:5]):
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object, to: list[str] = seen) -> None:
            to.append(statement)

        event.listen(house.database.engine, "before_cursor_execute", note)
        with house.work() as w:
            wanted = [Incoming(f"k-{one}", one, cny(due[at]), day, "bank", "borrower") for at, one in enumerate(some)]
            twice = Incoming(f"again-{some[1]}", some[1], cny("388.49"), day, "bank", "borrower")
            done = receive_payments(w, [*wanted, twice, wanted[0]])
        event.remove(house.database.engine, "before_cursor_execute", note)
        assert [one.replayed for one in done] == [False] * (len(some) + 1) + [True]
        assert str(done[1].principal) == "400.00"  # 500 less the month's interest of 100
        questions[len(some)] = sum(one.startswith("SELECT") and not about_listeners(one) for one in seen)
    assert questions[2] == questions[3]
    refused = Incoming("new", loans[0], cny("1.00"), day, "bank", "borrower")
    with pytest.raises(InvalidInput), house.work() as w:
        receive_payments(w, [refused, wrong_currency(loans)])
    total = sum(house.row(one).principal_out_minor for one in loans[:3])
    assert total == 3 * 1_000_000 - 3 * 78_849  # what exceeds the 888.49 of each waits as credit
    assert [house.row(one).credit_minor for one in loans[:3]] == [0, 0, 90_000 - 88_849]
    with house.database.read() as r:
        assert audit.verify_chain(r)[1] == []


def wrong_currency(loans: list[UUID]) -> Incoming:
    return Incoming("euros", loans[1], Money(100, "EUR"), date(2025, 2, 28), "bank", "borrower")


def test_fifty_identical_requests_at_once_book_one_payment(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    answers: list[object] = []

    def send() -> None:
        answers.append(house.pay(loan, "100.00", date(2025, 2, 28), key="one").payment_id)

    threads = [threading.Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 50
    assert len(set(answers)) == 1
    assert house.balances(loan)["cash"] == -1_000_000 + 10_000


def test_two_payments_on_the_last_instalment_leave_a_credit_and_close_once(house: House) -> None:
    loan = house.loan(request_of(rows=1))
    house.close_through(date(2025, 2, 27), daily=False)
    outcomes: list[str] = []

    def send(key: str) -> None:
        try:
            outcomes.append(house.pay(loan, "10100.00", date(2025, 2, 28), key=key).status.value)
        except LoanClosed:
            outcomes.append("refused")

    threads = [threading.Thread(target=send, args=(key,)) for key in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # the second finds the loan repaid and is refused: it is not the lender's money to keep
    assert sorted(outcomes) == ["CLOSED_REPAID", "refused"]
    assert house.balances(loan) == {"cash": 10_000, "interest_income": -10_000}


def test_the_ledger_refuses_change(house: House) -> None:
    house.loan()
    for statement in ("UPDATE ledger_entry SET minor = 1", "DELETE FROM ledger_entry"):
        with pytest.raises(DBAPIError, match="append-only"), house.work() as w:
            w.session.execute(text(statement))


def test_only_one_schedule_is_active(house: House) -> None:
    loan = house.loan()
    with pytest.raises(DBAPIError, match="uq_loan_schedule_active"), house.work() as w:
        row = w.session.scalars(select(LoanScheduleRow).where(LoanScheduleRow.loan_id == loan)).one()
        w.session.execute(
            insert(LoanScheduleRow).values(
                id=uuid7(), loan_id=loan, version=9, reason="x", effective_on=row.effective_on, booked_on=row.booked_on,
                made_at=row.made_at, is_active=True, request={},
            )
        )  # fmt: skip


def test_roles_are_checked_in_the_steps(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 4, 30), daily=False)
    applicant = Actor(uuid7(), "an applicant", frozenset({Role.APPLICANT}))
    collector = Actor(uuid7(), "a collector", frozenset({Role.COLLECTOR}))
    with pytest.raises(NotAllowed):
        house.pay(loan, "1.00", date(2025, 5, 1), actor=applicant)
    with pytest.raises(NotAllowed, match="at most 10 days"):
        house.pay(loan, "1.00", date(2025, 4, 1), actor=collector)
    assert house.pay(loan, "1.00", date(2025, 4, 25), actor=collector).amount == cny("1.00")
    with house.work(collector) as w, pytest.raises(NotAllowed, match="approver"):
        waive(w, loan, component=Component.PENALTY, amount=cny("200.01"), reason="r", key="w")
    with house.work(collector) as w, pytest.raises(NotAllowed):
        charge_off(w, loan, reason="r", key="c")


def test_a_disbursement_happens_once_and_not_in_the_future(house: House) -> None:
    loan = house.loan()
    with house.work() as w, pytest.raises(IllegalTransition):
        disburse(w, loan, on=w.today, key="another")
    with house.work() as w:
        again = disburse(w, loan, on=w.today, key=str(loan))
    assert (again.lent, again.paid_out) == (cny("10000.00"), cny("10000.00"))


def test_fees_at_the_start_and_with_each_instalment(house: House) -> None:
    fees = (
        Fee("origination", FeeKind.UP_FRONT, rate=Decimal("0.01"), withheld=True),
        Fee("notary", FeeKind.UP_FRONT, amount=cny("30.00"), payee="notary"),
        Fee("account", FeeKind.PER_INSTALMENT, amount=cny("2.00")),
    )
    loan = house.loan(request_of(fees=fees))
    # 10,000 lent, 100 kept back; 30 for the notary are due at once
    assert house.balances(loan) == {
        "principal": 1_000_000, "cash": -990_000, "fee_income": -10_000, "fee_receivable": 3000, "fees_payable": -3000,
    }  # fmt: skip
    house.pay(loan, "30.00", date(2025, 1, 31))
    house.close_through(date(2025, 2, 27), daily=False)
    paid = house.pay(loan, "890.49", date(2025, 2, 28))
    assert (paid.fees, paid.interest, paid.principal) == (cny("2.00"), cny("100.00"), cny("788.49"))

"""A loan through its life on the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.domain.errors import IdempotencyConflict, InvalidInput
from repayment.domain.life import LoanClosed
from repayment.domain.state import LoanStatus
from repayment.steps.reverse_payment import reverse_payment
from tests.repayment.house import House


def test_a_loan_paid_in_time_earns_its_interest_and_closes(house: House) -> None:
    loan = house.loan()
    total = Decimal(0)
    for line in house.lines(loan):
        house.close_through(date.fromordinal(line.due_on.toordinal() - 1), daily=False)
        total += Decimal(line.open_minor) / 100
        house.pay(loan, str(Decimal(line.open_minor) / 100), line.due_on)
    row = house.row(loan)
    assert (row.status, row.closed_on) == ("CLOSED_REPAID", date(2026, 1, 31))
    # 12 x 888.49 less the cents trued up in the last instalment: interest of 661.86 by any annuity table at 1 % a month
    assert house.balances(loan) == {"cash": 66186, "interest_income": -66186}
    assert total == Decimal("10661.86")
    with pytest.raises(LoanClosed):
        house.pay(loan, "1.00", date(2026, 1, 31))


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

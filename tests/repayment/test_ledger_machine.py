"""One loan on the database under anything that can happen to it, in any order; checked after every step.

Two books run side by side: the database's, moved event by event and day by day, and a replay from the events alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.domain.errors import Conflict, InvalidInput
from core.domain.ids import uuid7
from core.domain.money import Money
from repayment.domain.allocation import Component
from repayment.domain.restructure import RestructurePlan
from repayment.domain.schedule_request import Disbursement, PrepaymentEffect
from repayment.domain.state import LoanStatus
from repayment.queries.books import failed_checks, trial_balance
from repayment.queries.load_life import load_lines, state_of
from repayment.queries.loan_page import settlement
from repayment.queries.play_again import play_again
from repayment.steps.change_loan import charge_off, refund_credit, restructure, waive
from repayment.steps.disburse import disburse
from repayment.steps.prepay import prepay, settle
from repayment.steps.receive_payment import receive_payment
from repayment.steps.reverse_payment import reverse_payment
from repayment.tables import LoanRow
from tests.repayment.house import House, request_of, terms_of

sums = st.integers(1, 60_000)


class Servicing(RuleBasedStateMachine):
    """Pay, prepay, settle, reverse, date back, waive, restructure, charge off, let days pass."""

    house: House

    @initialize(rows=st.sampled_from([2, 6]), parts=st.booleans())
    def lend(self, rows: int, parts: bool) -> None:
        self.day = self.house.today
        tranches = (
            Disbursement(self.day, Money(400_000, "CNY")),
            Disbursement(self.day + timedelta(days=20), Money(200_000, "CNY")),
        )
        request = request_of("6000.00", rows, disbursed_on=self.day, disbursements=tranches if parts else ())
        self.loan = self.house.loan(request, terms_of(charges_cap_rate=Decimal("0.05")))
        self.payments: list[UUID] = []

    def active(self) -> bool:
        """Most rules are about a running loan; what a closed one refuses has its own tests."""
        return hasattr(self, "loan") and self.row.status == "ACTIVE"

    def late(self) -> bool:
        """Rules that end a loan come late, so that something has happened to it."""
        return self.active() and len(self.payments) > 3

    @contextmanager
    def refusable(self) -> Iterator[None]:
        """A refusal is an answer; what it must not do is leave anything behind (the invariants see to that)."""
        with suppress(InvalidInput, Conflict):
            yield

    @property
    def row(self) -> LoanRow:
        return self.house.row(self.loan)

    def key(self) -> str:
        return str(uuid7())

    @rule(days=st.integers(1, 25))
    def days_pass(self, days: int) -> None:
        self.house.close_through(self.house.today + timedelta(days=days - 1), daily=False)

    @precondition(lambda self: self.active() and self.row.principal_lent_minor < self.row.principal_minor)
    @rule()
    def lend_the_rest(self) -> None:
        with self.refusable(), self.house.work() as w:
            disburse(w, self.loan, on=w.today, key=self.key())

    @precondition(active)
    @rule(minor=sums, back=st.sampled_from([0, 0, 0, 3, 40]))
    def pay(self, minor: int, back: int) -> None:
        with self.refusable(), self.house.work() as w:
            done = receive_payment(
                w, key=self.key(), loan_id=self.loan, amount=Money(minor, "CNY"),
                value_on=w.today - timedelta(days=back), channel="bank", payer="p",
            )  # fmt: skip
            parts = done.fees + done.penalty + done.interest + done.principal + done.credit
            assert parts == done.amount
            self.payments.append(done.payment_id)

    @precondition(active)
    @rule(minor=sums, effect=st.sampled_from(list(PrepaymentEffect)))
    def pay_early(self, minor: int, effect: PrepaymentEffect) -> None:
        with self.refusable(), self.house.work() as w:
            done = prepay(
                w, key=self.key(), loan_id=self.loan, amount=Money(minor, "CNY"), value_on=w.today, effect=effect,
                channel="bank", payer="p",
            )  # fmt: skip
            self.payments.append(done.payment_id)

    @precondition(late)
    @rule()
    def pay_off(self) -> None:
        with self.refusable(), self.house.work() as w:
            total = settlement(w, self.loan, w.today).total
            done = settle(
                w, key=self.key(), loan_id=self.loan, amount=total or Money(1, "CNY"), value_on=w.today,
                channel="bank", payer="p",
            )  # fmt: skip
            assert done.status is LoanStatus.CLOSED_REPAID
            self.payments.append(done.payment_id)

    @precondition(lambda self: getattr(self, "payments", None))
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.payments))
        with self.refusable(), self.house.work() as w:
            reverse_payment(w, chosen, reason="returned")
        with pytest.raises(InvalidInput), self.house.work() as w:
            reverse_payment(w, chosen, reason="")

    @rule(
        component=st.sampled_from([Component.FEES, Component.PENALTY, Component.INTEREST]), minor=st.integers(1, 3000)
    )
    def let_go(self, component: str, minor: int) -> None:
        with self.refusable(), self.house.work() as w:
            event = waive(
                w, self.loan, component=Component(component), amount=Money(minor, "CNY"), reason="r", key=self.key()
            )
            self.payments.append(event)

    @precondition(active)
    @rule(rows=st.integers(1, 8), roll=st.booleans())
    def change_terms(self, rows: int, roll: bool) -> None:
        plan = RestructurePlan(instalments=rows, rate_annual=Decimal("0.09"), capitalise_arrears=roll, reason="r")
        with self.refusable(), self.house.work() as w:
            self.payments.append(restructure(w, self.loan, plan=plan, key=self.key()))

    @precondition(lambda self: self.active() and self.row.credit_minor > 0)
    @rule()
    def refund(self) -> None:
        credit = self.row.credit_minor
        with self.refusable(), self.house.work() as w:
            event = refund_credit(w, self.loan, amount=Money(max(1, credit), "CNY"), key=self.key())
            self.payments.append(event)

    @precondition(late)
    @rule()
    def write_off(self) -> None:
        with self.refusable(), self.house.work() as w:
            self.payments.append(charge_off(w, self.loan, reason="r", key=self.key()))

    @invariant()
    def books_agree(self) -> None:
        if not hasattr(self, "loan"):
            return
        with self.house.database.read() as r:
            assert failed_checks(r) == ()
            assert sum(line.balance.minor for line in trial_balance(r, r.today)) == 0
            loan = r.get(LoanRow, self.loan)
            state = state_of(loan, load_lines(r, loan.schedule_id))
            found = play_again(r, loan)
            assert not found.correction, "a replay of the events would change the ledger"
            again = found.replay.life.state
            again.closed_on = state.closed_on = None
            again.last_closed_on = state.last_closed_on = None
            assert again == state
            assert state.principal_out >= 0
            assert state.credit >= 0


def test_anything_may_happen_to_a_loan(house: House) -> None:
    Servicing.house = house
    run_state_machine_as_test(
        Servicing,
        settings=settings(
            max_examples=8, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )  # fmt: skip

"""What happens to the demo loans: paying, being called, promising, disputing, settling, being written off."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.errors import LendingError
from core.domain.money import Money, total
from demo.behaviour import Habit
from demo.stage import Stage
from repayment.domain.state import EventKind, LoanStatus
from repayment.queries.dues import OpenDue, open_dues
from repayment.queries.loan_page import settlement
from repayment.steps.hold import HoldKind, place_hold
from repayment.steps.prepay import settle
from repayment.steps.promise import promise
from repayment.steps.propose import decide_proposal, propose
from repayment.steps.receive_payments import Incoming, receive_payments
from repayment.steps.record_contact import record_contact
from repayment.steps.reverse_payment import reverse_payment
from repayment.tables import LoanDayRow, LoanEventRow, LoanRow

OUTCOMES = ("reached", "no_answer", "no_answer", "left_message")
WRITE_OFF_DPD = 180
WEDNESDAY, FRIDAY = 2, 4


@dataclass(frozen=True, slots=True)
class Late:
    """A loan behind with its payments at the last close."""

    loan_id: UUID
    dpd: int
    overdue: Money


@dataclass(slots=True)
class Borrowers:
    """Everybody who has a loan, and the staff who look after them."""

    stage: Stage

    def live(self, day: date) -> None:
        """One afternoon."""
        self.stage.set(day, time(16, 0))
        self._pay(day)
        if day.weekday() == WEDNESDAY:
            self._collect(day)
        if day.weekday() == FRIDAY:
            self._settle_early(day)
            self._bounce(day)

    def _pay(self, day: date) -> None:
        """Each borrower pays what is due when the habit says so."""
        with self.stage.work() as w:
            by_loan: dict[UUID, list[OpenDue]] = defaultdict(list)
            for due in open_dues(w, day + timedelta(days=2)):
                if due.loan_id in self.stage.payers and self._comes(due, day):
                    by_loan[due.loan_id].append(due)
            receive_payments(w, [self._payment(loan_id, dues, day) for loan_id, dues in by_loan.items()])

    def _payment(self, loan_id: UUID, dues: list[OpenDue], day: date) -> Incoming:
        amount = total((due.open for due in dues), dues[0].open.currency)
        return Incoming(f"demo:{loan_id}:{day}", loan_id, amount, day, "bank_transfer", "borrower")

    def _comes(self, due: OpenDue, day: date) -> bool:
        """Early money waits as credit until the due date, so it comes on its day only; late money until it is paid."""
        pays_on = self.stage.payers[due.loan_id].pays_on(due.number, due.due_on)
        return pays_on is not None and (pays_on == day or due.due_on <= pays_on < day)

    def _late(self, day: date) -> list[Late]:
        query = (
            select(LoanRow.id, LoanDayRow.dpd, LoanDayRow.overdue_minor, LoanRow.currency)
            .join(LoanDayRow, LoanDayRow.loan_id == LoanRow.id)
            .where(
                LoanDayRow.day_on == day - timedelta(days=1), LoanDayRow.dpd >= 5,
                LoanRow.arrears_since_on.is_not(None), LoanRow.status == LoanStatus.ACTIVE.value,
            )
        )  # fmt: skip
        with self.stage.work() as w:
            rows = w.session.execute(query.order_by(LoanRow.reference)).all()
        return [Late(row[0], row[1], Money(row[2], row[3])) for row in rows]

    def _collect(self, day: date) -> None:
        """The collector's round: calls, promises, disputes, hardship; the approver writes off what is long lost."""
        self.stage.set(day, time(17, 0))
        for late in self._late(day):
            if late.dpd >= WRITE_OFF_DPD:
                self._give_up(late.loan_id)
            elif self.stage.rng.random() < 0.5:
                self._call(day, late)

    def _give_up(self, loan_id: UUID) -> None:
        """The collector proposes to charge off, the approver agrees."""
        reason, key = "No payment for half a year.", f"demo:{loan_id}"
        with self.stage.work(self.stage.staff["collector"]) as w:
            made = propose(w, loan_id, EventKind.CHARGE_OFF, {"reason": reason}, reason=reason, key=key)
        if made.proposal_id is not None:
            with self.stage.work(self.stage.staff["approver"]) as w:
                decide_proposal(w, made.proposal_id, approve=True)

    def _call(self, day: date, late: Late) -> None:
        rng = self.stage.rng
        turn, outcome, ahead = rng.random(), rng.choice(OUTCOMES), rng.randrange(3, 15)
        try:
            with self.stage.work(self.stage.staff["collector"]) as w:
                if turn < 0.3 and late.overdue.minor > 0:
                    record_contact(w, late.loan_id, channel="call", outcome="promise", note="Salary comes late.")
                    promise(w, late.loan_id, amount=late.overdue, due_on=day + timedelta(days=ahead))
                elif turn < 0.36:
                    record_contact(w, late.loan_id, channel="incoming", outcome="dispute", note="Says it was paid.")
                    self._hold(w, late, HoldKind.DISPUTE, day)
                elif turn < 0.44:
                    record_contact(w, late.loan_id, channel="incoming", outcome="hardship", note="Lost the job.")
                    self._hold(w, late, HoldKind.HARDSHIP, day)
                else:
                    record_contact(w, late.loan_id, channel="call", outcome=outcome)
        except LendingError:  # the contact cap, the borrower's night, or a hold that stands: the collector lets it be
            return

    def _hold(self, w: Work, late: Late, kind: HoldKind, day: date) -> None:
        place_hold(w, late.loan_id, kind=kind, reason="The borrower called.", until_on=day + timedelta(days=30))

    def _settle_early(self, day: date) -> None:
        """Now and then somebody pays all of it off."""
        good = [loan_id for loan_id, payer in self.stage.payers.items() if payer.habit is Habit.PUNCTUAL]
        if not good or self.stage.rng.random() > len(good) / 400:
            return
        loan_id = self.stage.rng.choice(good)
        with self.stage.work() as w:
            row = w.get(LoanRow, loan_id)
            if row.status != LoanStatus.ACTIVE or row.disbursed_on is None or (day - row.disbursed_on).days < 60:
                return
            figure = settlement(w, loan_id, day).total
            if figure.minor > 0:
                settle(
                    w, key=f"demo:settle:{loan_id}", loan_id=loan_id, amount=figure, value_on=day,
                    channel="bank_transfer", payer="borrower",
                )  # fmt: skip

    def _bounce(self, day: date) -> None:
        """A bank takes back a payment of the last days: the collector reverses it, the borrower pays again."""
        if self.stage.rng.random() > 0.25:
            return
        query = (
            select(LoanEventRow.id)
            .join(LoanRow, LoanRow.id == LoanEventRow.loan_id)
            .where(
                LoanEventRow.kind == EventKind.PAYMENT.value, LoanEventRow.voided_on.is_(None),
                LoanEventRow.value_on >= day - timedelta(days=4), LoanRow.status == LoanStatus.ACTIVE.value,
            )
            .order_by(LoanRow.reference, LoanEventRow.seq)
        )  # fmt: skip
        with self.stage.work(self.stage.staff["collector"]) as w:
            found = list(w.session.scalars(query))
            if found:
                reverse_payment(w, self.stage.rng.choice(found), reason="The bank returned the transfer.")

"""The life of one loan as pure bookkeeping: events and closed days in, postings and a new state out.

The same code runs when a day is closed, when a payment arrives and when the past is replayed, so a loan that was
corrected backwards ends exactly where it would have been had everything been known in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from core.domain.dates import ONE_DAY
from core.domain.errors import Conflict
from core.domain.texts import Text
from repayment.domain.accounts import Account
from repayment.domain.allocation import Component, Due, allocate
from repayment.domain.arrears import days_past_due
from repayment.domain.classification import ClassRules
from repayment.domain.ledger import EntryCode, Posting
from repayment.domain.schedule_request import ScheduleRequest
from repayment.domain.state import Line, LoanState, LoanStatus, status_text
from repayment.domain.terms import LoanTerms


class LoanClosed(Conflict):
    """The loan takes no such event any more (or not yet)."""

    code = "loan_closed"


@dataclass(frozen=True, slots=True)
class BookRules:
    """The lender's accounting rules: when interest leaves the income statement, classes and provisions by date."""

    classes: tuple[ClassRules, ...]
    non_accrual_dpd: int = 90


class Version(NamedTuple):
    """A schedule that replaced the one before: as of when, why, by which event, asked for by which request."""

    on: date
    reason: str
    event_id: UUID | None
    request: ScheduleRequest
    lines: tuple[tuple[int, date, date, int, int, int], ...]


@dataclass(slots=True)
class Life:
    """One loan at work: its terms, the schedule in force, its state, and what was posted so far.

    `contract` is what the schedule in force was asked for, `after` how many instalments lie before its first row (a
    restructured loan starts a new request), `event_id` the event being booked.
    `moratoria` are stretches of days (first, last) in which no late fee and no penalty interest is charged.
    """

    terms: LoanTerms
    currency: str
    contract: ScheduleRequest | None
    rules: BookRules
    state: LoanState
    after: int = 0
    event_id: UUID | None = None
    moratoria: Sequence[tuple[date, date]] = ()
    postings: list[Posting] = field(default_factory=list)
    allocations: list[tuple[UUID, Due]] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)

    @property
    def request(self) -> ScheduleRequest:
        """The schedule in force; the daily close works without one. ValueError then."""
        if self.contract is None:
            raise ValueError("this life was loaded without its schedule request")
        return self.contract

    def post(self, on: date, code: EntryCode, debit: Account, credit: Account, minor: int, line: int = 0) -> None:
        """Adds an entry; nothing for a sum of zero."""
        if minor > 0:
            self.postings.append(Posting(on, code, debit, credit, minor, line, self.event_id))
        elif minor < 0:
            self.postings.append(Posting(on, code, credit, debit, -minor, line, self.event_id))

    def require(self, *statuses: LoanStatus) -> None:
        """Raises LoanClosed unless the loan has one of the statuses."""
        if self.state.status not in statuses:
            raise LoanClosed(
                Text("This cannot be booked: the loan is {status}", status=status_text(self.state.status)),
                loan_status=self.state.status.value,
            )

    def keep_version(self, on: date, reason: str, event_id: UUID | None) -> None:
        """Remembers the present lines as a new schedule version."""
        lines = tuple(plan_of(line) for line in self.state.lines)
        self.versions.append(Version(on, reason, event_id, self.request, lines))

    # ------------------------------------------------------------ paying

    def settle(self, on: date, code: EntryCode, source: Account, part: Due) -> None:
        """Counts one open sum as settled from `source` (cash, the borrower's credit, a waiver) and posts it."""
        self.state.line(part.line).pay(part.component, part.minor)
        self.post_settled(on, code, source, part)

    def post_settled(self, on: date, code: EntryCode, source: Account, part: Due) -> None:
        """The entries of an open sum settled from `source`, wherever the claim stands."""
        state = self.state
        if state.status is LoanStatus.CHARGED_OFF:
            self.post(on, EntryCode.RECOVERY, source, Account.RECOVERY_INCOME, part.minor, part.line)
            self.post(on, EntryCode.RECOVERY, Account.MEMO_CONTRA, Account.MEMO_CHARGED_OFF, part.minor, part.line)
            state.charged_off -= part.minor
            return
        if part.component is Component.PRINCIPAL:
            state.principal_out -= part.minor
            self.post(on, code, source, Account.PRINCIPAL, part.minor, part.line)
            return
        receivable, income, memo = _ACCOUNTS[part.component]
        if state.non_accrual and memo is not None:
            self.post(on, code, source, income, part.minor, part.line)
            self.post(on, code, Account.MEMO_CONTRA, memo, part.minor, part.line)
        else:
            self.post(on, code, source, receivable, part.minor, part.line)

    def pay_dues(self, on: date, code: EntryCode, source: Account, minor: int, event_id: UUID | None = None) -> int:
        """Spreads a sum over what is due by the waterfall; returns what is left."""
        dues = [due for line in self.oldest_first(on) for due in line.dues()]
        parts, rest = allocate(minor, dues, self.terms.waterfall)
        for part in parts:
            self.settle(on, code, source, part)
            if event_id is not None:
                self.allocations.append((event_id, part))
        return rest

    def oldest_first(self, on: date) -> list[Line]:
        """Unpaid instalments due on or before a day."""
        return sorted(self.state.due_lines(on), key=lambda line: (line.due_on, line.number))

    def apply_credit(self, on: date) -> None:
        """Uses money paid too early for what is due by now."""
        state = self.state
        if state.credit > 0 and state.status is LoanStatus.ACTIVE:
            state.credit = self.pay_dues(on, EntryCode.CREDIT_APPLIED, Account.BORROWER_CREDIT, state.credit)

    def after_money(self, on: date, status: LoanStatus = LoanStatus.CLOSED_REPAID) -> None:
        """What every incoming sum may change: the episode of arrears ends, the loan closes.

        Empty instalments ahead wait for a part of the loan that has not left: it stays open for that.
        """
        state = self.state
        self.refresh_arrears(on)
        paid = not state.principal_out and all(line.settled for line in state.lines)
        waits = any(line.due_on > on and line.is_empty for line in state.lines)
        if state.status is LoanStatus.ACTIVE and paid and not waits:
            state.status, state.closed_on = status, on
            self.post(on, EntryCode.PROVISION, Account.ALLOWANCE, Account.PROVISION_EXPENSE, state.allowance)
            state.allowance, state.arrears_since_on, state.non_accrual = 0, None, False

    def refresh_arrears(self, on: date) -> int:
        """Days past due on that day; starts or ends the episode."""
        oldest = self.state.oldest_due_on(on)
        dpd = days_past_due(oldest, on)
        if dpd == 0:
            self.state.arrears_since_on = None
        elif self.state.arrears_since_on is None:
            self.state.arrears_since_on = oldest
        return dpd

    # ------------------------------------------------------------ changing the schedule

    def accrued_ahead(self, on: date) -> int:
        """Interest accrued by the morning of a day on instalments that are not due yet."""
        before = on - ONE_DAY
        return sum(line.accrued(before) for line in self.state.lines if line.due_on > on)

    def principal_ahead(self, on: date) -> int:
        """Principal of instalments that are not due yet."""
        return sum(line.principal - line.principal_paid for line in self.state.lines if line.due_on > on)

    def fold_ahead(self, on: date, fee: int = 0) -> Line | None:
        """Replaces all instalments not due yet by one due on that day: their principal and the interest accrued."""
        ahead = [line for line in self.state.lines if line.due_on > on]
        if not ahead:
            return None
        interest = self.accrued_ahead(on)
        line = Line(
            number=ahead[0].number, starts_on=min(ahead[0].starts_on, on), due_on=on,
            principal=self.principal_ahead(on), interest=interest, fee=fee, accrue_from=on, accrue_base=interest,
        )  # fmt: skip
        self.state.lines = [old for old in self.state.lines if old.due_on <= on] + [line]
        return line


_ACCOUNTS: dict[Component, tuple[Account, Account, Account | None]] = {
    Component.FEES: (Account.FEE_RECEIVABLE, Account.FEE_INCOME, None),
    Component.INTEREST: (Account.INTEREST_RECEIVABLE, Account.INTEREST_INCOME, Account.MEMO_INTEREST),
    Component.PENALTY: (Account.PENALTY_RECEIVABLE, Account.PENALTY_INCOME, Account.MEMO_PENALTY),
}


def plan_of(line: Line) -> tuple[int, date, date, int, int, int]:
    """What an instalment asks for, without what was paid: number, start, due date, principal, interest, fee."""
    return (line.number, line.starts_on, line.due_on, line.principal, line.interest, line.fee)

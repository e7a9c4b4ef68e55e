"""A small lender for the tests of the loan book: borrowers, loans, days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from core.clock import FixedClock
from core.db import Database, Work
from core.domain.actor import SYSTEM, Actor
from core.domain.ids import uuid7
from core.domain.money import Money
from core.tables import BusinessDayRow, PartyRow
from repayment.domain.opening import LoanOpening
from repayment.domain.schedule_request import Amortization, ScheduleRequest
from repayment.domain.state import Line
from repayment.domain.terms import LoanTerms
from repayment.queries.load_life import load_lines
from repayment.steps.close_day import DayClosed, close_day, start_business_day
from repayment.steps.disburse import disburse
from repayment.steps.open_loan import open_loan
from repayment.steps.receive_payment import Allocation, receive_payment
from repayment.tables import LedgerEntryRow, LoanRow

START = date(2025, 1, 31)


def cny(text: str) -> Money:
    """Yuan."""
    return Money.of(text, "CNY")


def request_of(principal: str = "10000.00", rows: int = 12, **more: object) -> ScheduleRequest:
    """An annuity of 12 % in yuan from 31 January 2025."""
    values = {
        "principal": cny(principal),
        "amortization": Amortization.ANNUITY,
        "disbursed_on": START,
        "rate_annual": Decimal("0.12"),
        "instalments": rows,
        **more,
    }
    return ScheduleRequest(**values)


def terms_of(**more: object) -> LoanTerms:
    """A late fee of 20 yuan and 18 % penalty interest over 360 days."""
    values = {
        "late_fee": cny("20.00"),
        "penalty_rate_annual": Decimal("0.18"),
        "penalty_days_per_year": 360,
        **more,
    }
    return LoanTerms(**values)


@dataclass
class House:
    """What a test does with the loan book."""

    app: Flask
    database: Database
    clock: FixedClock

    @contextmanager
    def work(self, actor: Actor = SYSTEM) -> Iterator[Work]:
        """A transaction in the app's context."""
        with self.app.app_context(), self.database.work(actor) as w:
            yield w

    def start(self, on: date = START) -> None:
        """Opens the first business date and sets the clock to its noon."""
        self.set_clock(on)
        with self.work() as w:
            start_business_day(w, on)

    def set_clock(self, on: date, hour: int = 12) -> None:
        """Noon in Shanghai unless told otherwise."""
        self.clock.set(datetime.combine(on, time(hour), tzinfo=self.clock.zone).astimezone(UTC))

    def borrower(self, *, locale: str = "en", demo: bool = True) -> UUID:
        """A person without contacts."""
        with self.work() as w:
            party = PartyRow(
                id=uuid7(), kind="person", name="Li Test", country="CN", locale=locale, time_zone="Asia/Shanghai",
                is_demo=demo, created_at=w.now,
            )  # fmt: skip
            return w.add(party).id

    def loan(self, request: ScheduleRequest | None = None, terms: LoanTerms | None = None) -> UUID:
        """A loan disbursed on the first day of its request."""
        request = request or request_of()
        borrower = self.borrower()
        with self.work() as w:
            opened = open_loan(
                w,
                LoanOpening(
                    borrower_id=borrower, segment="consumer", product={"en": "Instalment loan", "zh": "分期贷款"},
                    product_version="test-1", request=request, terms=terms or terms_of(),
                ),
            )  # fmt: skip
            disburse(w, opened.loan_id, on=request.disbursed_on, key=str(opened.loan_id))
            return opened.loan_id

    def pay(self, loan_id: UUID, amount: str, on: date, key: str | None = None, actor: Actor = SYSTEM) -> Allocation:
        """A bank transfer."""
        with self.work(actor) as w:
            return receive_payment(
                w, key=key or f"{loan_id}-{on}-{amount}", loan_id=loan_id, amount=cny(amount), value_on=on,
                channel="bank", payer="borrower",
            )  # fmt: skip

    def close_through(self, day: date, *, daily: bool = True) -> list[DayClosed]:
        """Closes day by day, the clock moving along; or all at once, the clock a day after."""
        done: list[DayClosed] = []
        with self.app.app_context():
            while daily and self.today <= day:
                self.set_clock(self.today + timedelta(days=1), 1)
                done += close_day(self.database, through=self.today)
            if not daily:
                self.set_clock(day + timedelta(days=1), 1)
                done += close_day(self.database, through=day)
        return done

    @property
    def today(self) -> date:
        """The open business date."""
        with self.database.read() as r:
            return r.session.get(BusinessDayRow, 1).open_on

    def lines(self, loan_id: UUID) -> list[Line]:
        """The active schedule."""
        with self.database.read() as r:
            return load_lines(r, r.get(LoanRow, loan_id).schedule_id)

    def row(self, loan_id: UUID) -> LoanRow:
        """The loan's row."""
        with self.database.read() as r:
            return r.get(LoanRow, loan_id)

    def balances(self, loan_id: UUID | None = None) -> dict[str, int]:
        """Debit minus credit per account, without zeros."""
        with self.database.read() as r:
            query = select(LedgerEntryRow)
            if loan_id is not None:
                query = query.where(LedgerEntryRow.loan_id == loan_id)
            found: dict[str, int] = {}
            for entry in r.session.scalars(query):
                found[entry.debit] = found.get(entry.debit, 0) + entry.minor
                found[entry.credit] = found.get(entry.credit, 0) - entry.minor
            return {account: minor for account, minor in found.items() if minor}

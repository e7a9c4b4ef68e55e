"""Processes that die while they book: what was asked for again with the same key is there once, whole or not at all."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select

from core.db import Database
from core.domain.actor import SYSTEM
from core.domain.money import Money
from repayment.domain.schedule_request import PrepaymentEffect
from repayment.queries.books import failed_checks
from repayment.queries.play_again import play_again
from repayment.steps.prepay import prepay
from repayment.steps.receive_payment import receive_payment
from repayment.tables import LedgerEntryRow, LoanEventRow, LoanRow
from tests.forked import run_and_kill
from tests.repayment.house import House

COUNT = 20


def book_all(database: Database, loan: UUID) -> None:
    """Payments of today, dated back (a replay each) and early ones, each in its own transaction, key by key."""
    for k in range(COUNT):
        said = {"key": f"{loan}-{k:04}", "loan_id": loan, "channel": "bank", "payer": "p"}
        with database.work(SYSTEM) as w:
            if k % 5 == 4:
                effect = PrepaymentEffect.REDUCE_TERM
                prepay(w, amount=Money(30000 + k, "CNY"), value_on=w.today, effect=effect, **said)
            else:
                on = w.today - timedelta(days=(k % 4) * 5)
                receive_payment(w, amount=Money(10000 + k, "CNY"), value_on=on, **said)


def picture(house: House, loan: UUID) -> tuple[object, ...]:
    """What stands: live entries by content, instalments, the loan's sums."""
    with house.database.read() as r:
        entries = r.session.scalars(select(LedgerEntryRow).where(LedgerEntryRow.loan_id == loan)).all()
        undone = {entry.reverses_id for entry in entries}
        live = sorted(
            (entry.effective_on, entry.code, entry.debit, entry.credit, entry.minor, entry.line)
            for entry in entries
            if entry.id not in undone and entry.reverses_id is None
        )
    row = house.row(loan)
    return live, house.lines(loan), (row.status, row.principal_out_minor, row.credit_minor, row.charged_minor)


def events(house: House, loan: UUID) -> int:
    """How many events the loan has so far: one for each payment."""
    with house.database.read() as r:
        return r.session.scalar(select(func.count()).where(LoanEventRow.loan_id == loan)) or 0


def test_payments_killed_on_their_way_are_there_once(house: House, database_url: str) -> None:
    killed, clean = house.loan(), house.loan()
    house.close_through(date(2025, 2, 25), daily=False)
    house.set_clock(date(2025, 2, 26))
    elsewhere = Database(database_url, house.clock, house.database.policies)

    def book() -> None:
        with house.app.app_context():
            book_all(elsewhere, killed)

    before = events(house, killed)
    run_and_kill(book, lambda: events(house, killed) >= before + COUNT // 4)
    assert events(house, killed) < before + COUNT, "killed too late to prove anything"
    with house.database.read() as r:
        assert failed_checks(r) == ()
        assert not play_again(r, r.get(LoanRow, killed)).correction
    with house.app.app_context():
        book_all(house.database, killed)
        book_all(house.database, clean)
    assert picture(house, killed) == picture(house, clean)

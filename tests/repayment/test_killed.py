"""Processes that die while they book: what was asked for again with the same key is there once, whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.db import Database
from core.domain.actor import SYSTEM
from core.domain.money import Money
from repayment.domain.schedule_request import PrepaymentEffect
from repayment.queries.books import failed_checks
from repayment.queries.play_again import play_again
from repayment.steps.prepay import prepay
from repayment.steps.receive_payment import receive_payment
from repayment.tables import LedgerEntryRow, LoanRow
from tests.repayment.house import House

BOOKER = """
import sys
from datetime import datetime, UTC
from uuid import UUID
sys.path.insert(0, {root!r})
from wsgi import create_app
from core.clock import FixedClock
from core.db import Database
from core.settings import Settings
from tests.repayment.test_killed import book_all
settings = Settings.from_env()
database = Database({url!r}, FixedClock(datetime(2025, 2, 26, 4, tzinfo=UTC), settings.time_zone))
app = create_app(settings, database)
with app.app_context():
    print("booking", flush=True)
    book_all(database, UUID("{loan}"))
"""
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


def test_payments_killed_on_their_way_are_there_once(house: House, database_url: str) -> None:
    killed, clean = house.loan(), house.loan()
    house.close_through(date(2025, 2, 25), daily=False)
    house.set_clock(date(2025, 2, 26))
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    script = BOOKER.format(root=root, url=database_url, loan=killed)
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", script], stdout=subprocess.PIPE)
    process.stdout.readline()
    time.sleep(0.15)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with house.database.read() as r:
        assert failed_checks(r) == ()
        assert not play_again(r, r.get(LoanRow, killed)).correction
    with house.app.app_context():
        book_all(house.database, killed)
        book_all(house.database, clean)
    assert picture(house, killed) == picture(house, clean)

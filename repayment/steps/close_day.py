"""The daily close: the business date moves by closing, day by day, never by itself from the wall clock.

Chunks of loans, one transaction each, the cursor `loan.last_closed_on` moved in it: killed at any moment, the next
run goes on where the last commit was. A chunk that fails is halved until the bad loan stands alone among the
exceptions; it is tried again at every close.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from core import audit
from core.clock import Clock
from core.db import Database, Work
from core.domain.actor import SYSTEM
from core.domain.dates import ONE_DAY
from core.domain.errors import Conflict
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import BusinessDayRow
from repayment.domain.state import LoanStatus
from repayment.queries.play_again import play_again
from repayment.steps.close_chunk import close_chunk
from repayment.steps.correct_past import post_correction, rewrite_days
from repayment.steps.dun import dun
from repayment.tables import CloseExceptionRow, DayCloseRow, LoanRow

log = logging.getLogger("promissory.close")
CHUNK = 500
CLOSE_LOCK = 7_261_002  # any fixed number; who closes holds it
Progress = Callable[[date, int], None]


@dataclass(frozen=True, slots=True)
class DayClosed:
    """Control totals of one closed day."""

    day_on: date
    loans: int
    entries: int
    notices: int
    exceptions: int


def start_business_day(w: Work, on: date) -> date:
    """Opens the first business date, if none is open. Returns the open one."""
    row = w.session.get(BusinessDayRow, 1)
    if row is None:
        row = w.add(BusinessDayRow(id=1, open_on=on, moved_at=w.now))
        w.session.flush()
    return row.open_on


def close_day(
    database: Database,
    *,
    through: date | None = None,
    clock: Clock | None = None,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> tuple[DayClosed, ...]:
    """Closes every open business date up to `through` (yesterday by the clock when None), in order.

    Running it again for closed days does nothing. Days missed are made up, but reminders go out only for the last of
    them, so that nobody gets five at once; days closed ahead of the clock (a demonstration) send their own.
    Raises Conflict when another close runs. Needs the app's context (messages are rendered).
    """
    clock = clock or database.clock
    through = through if through is not None else clock.today() - ONE_DAY
    closed = []
    with _alone(database):
        with database.work(SYSTEM, clock=clock) as w:
            day = start_business_day(w, clock.today())
        while day <= through:
            sends = day == through or day >= clock.today() - ONE_DAY
            closed.append(_close_one(database, clock, day, sends=sends, chunk=chunk))
            if progress is not None:
                progress(day, closed[-1].loans)
            day += ONE_DAY
    return tuple(closed)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    with database.guard() as guard:
        if not guard.execute(text("SELECT pg_try_advisory_lock(:k)"), {"k": CLOSE_LOCK}).scalar():
            raise Conflict(Text("A daily close is running already"))
        try:
            yield
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": CLOSE_LOCK})


def _close_one(database: Database, clock: Clock, day: date, *, sends: bool, chunk: int) -> DayClosed:
    with database.work(SYSTEM, clock=clock) as w:
        if w.session.get(DayCloseRow, day) is None:
            w.add(DayCloseRow(day_on=day, started_at=w.now, loans=0, entries=0, notices=0, exceptions=0))
        ids, behind = _waiting(w, day)
    for start in range(0, len(ids), chunk):
        _close_ids(database, clock, ids[start : start + chunk], day, sends=sends)
    _retry_lagging(database, clock, behind, day)
    with database.work(SYSTEM, clock=clock) as w:
        row = w.get(DayCloseRow, day)
        row.finished_at = w.now
        business_day = w.lock(BusinessDayRow, 1)
        business_day.open_on, business_day.moved_at = day + ONE_DAY, w.now
        totals = DayClosed(day, row.loans, row.entries, row.notices, row.exceptions)
        audit.record(
            w, "day.closed", "business_day", day.isoformat(), loans=row.loans, entries=row.entries,
            notices=row.notices, exceptions=row.exceptions,
        )  # fmt: skip
    return totals


def _waiting(w: Work, day: date) -> tuple[list[UUID], list[UUID]]:
    """Loans that stand at the day before, and loans that an earlier close left further behind."""
    query = select(LoanRow.id, LoanRow.last_closed_on).where(
        LoanRow.status == LoanStatus.ACTIVE.value, LoanRow.last_closed_on < day
    )
    rows = w.session.execute(query.order_by(LoanRow.id)).all()
    before = day - ONE_DAY
    return [row[0] for row in rows if row[1] == before], [
        row[0] for row in rows if row[1] is not None and row[1] < before
    ]


def _close_ids(database: Database, clock: Clock, ids: Sequence[UUID], day: date, *, sends: bool) -> None:
    try:
        with database.work(SYSTEM, clock=clock) as w:
            done, loans = close_chunk(w, ids, day)
            notices = dun(w, loans, day) if sends else 0
            _count(w, day, loans=done.loans, entries=done.entries, notices=notices)
    except Exception as error:
        if len(ids) > 1:
            middle = len(ids) // 2
            _close_ids(database, clock, ids[:middle], day, sends=sends)
            _close_ids(database, clock, ids[middle:], day, sends=sends)
        else:
            log.exception("loan %s could not be closed for %s", ids[0], day)
            _set_apart(database, clock, ids[0], day, error)


def _count(w: Work, day: date, **more: int) -> None:
    sums = ", ".join(f"{name} = {name} + :{name}" for name in more)
    w.session.execute(text(f"UPDATE day_close SET {sums} WHERE day_on = :day"), {**more, "day": day})  # noqa: S608


def _set_apart(database: Database, clock: Clock, loan_id: UUID, day: date, error: Exception) -> None:
    with database.work(SYSTEM, clock=clock) as w:
        w.add(
            CloseExceptionRow(
                id=uuid7(), loan_id=loan_id, day_on=day, error=f"{type(error).__name__}: {error}",
                trace="".join(traceback.format_exception(error)), recorded_at=w.now,
            )
        )  # fmt: skip
        _count(w, day, exceptions=1)


def _retry_lagging(database: Database, clock: Clock, ids: Sequence[UUID], day: date) -> None:
    """Loans left behind by an earlier close: played again up to this day, each in a transaction of its own."""
    for loan_id in ids:
        try:
            with database.work(SYSTEM, clock=clock) as w:
                _catch_up(w, loan_id, day)
        except Exception as error:
            log.exception("loan %s could not be caught up to %s", loan_id, day)
            _set_apart(database, clock, loan_id, day, error)


def _catch_up(w: Work, loan_id: UUID, day: date) -> None:
    loan = w.lock(LoanRow, loan_id)
    behind = loan.last_closed_on or day
    loan.last_closed_on = day
    found = play_again(w, loan)
    post_correction(w, loan, found)
    rewrite_days(w, loan, found.replay.days, behind)
    open_ = select(CloseExceptionRow).where(
        CloseExceptionRow.loan_id == loan_id, CloseExceptionRow.resolved_at.is_(None)
    )
    for row in w.session.scalars(open_):
        row.resolved_at = w.now
    _count(w, day, loans=1, entries=len(found.correction.post) + len(found.correction.reverse))

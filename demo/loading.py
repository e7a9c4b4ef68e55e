"""Whether the demonstration may be loaded, and what becomes of a load that was interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, text

from core.db import Database, Row, Work
from core.domain.errors import Conflict
from core.domain.texts import Text
from core.tables import BusinessDayRow, JobRunRow, PartyRow, UserRow
from origination.tables.application import ApplicationRow

LOAD_LOCK = 7_261_011  # any fixed number; who loads the demonstration holds it
LOAD_JOB = "demo_load"


def is_empty(w: Work) -> bool:
    """True where nothing has been entered yet."""
    applications = w.session.scalar(select(func.count()).select_from(ApplicationRow))
    return applications == 0 and w.session.get(BusinessDayRow, 1) is None


@contextmanager
def loading(database: Database) -> Iterator[None]:
    """Only one loads at a time. Raises Conflict while another does."""
    with database.guard() as guard:
        if not guard.execute(text("SELECT pg_try_advisory_lock(:k)"), {"k": LOAD_LOCK}).scalar():
            raise Conflict(Text("The demonstration is being loaded already"))
        try:
            yield
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": LOAD_LOCK})


def clear_interrupted(database: Database) -> bool:
    """Empties the database of a demonstration whose load was interrupted; False when there is none.

    Whatever is not marked as demo keeps it from doing so. Raises Conflict while the load still runs.
    """
    with database.read() as r:
        if not _was_interrupted(r):
            return False
    with loading(database), database.work() as w:
        if not _was_interrupted(w) or _has_real(w):
            return False
        names = ", ".join(f'"{table.name}"' for table in Row.metadata.sorted_tables)
        w.session.execute(text(f"TRUNCATE {names}, procrastinate_jobs CASCADE"))
        return True


def _was_interrupted(w: Work) -> bool:
    query = select(JobRunRow.id).where(JobRunRow.name == LOAD_JOB, JobRunRow.status == "running")
    return w.session.scalar(query) is not None


def _has_real(w: Work) -> bool:
    return any(
        w.session.scalar(select(row.id).where(row.is_demo.is_(False)).limit(1)) is not None
        for row in (ApplicationRow, PartyRow, UserRow)
    )

"""Closed days and the loans that could not be closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from repayment.tables import CloseExceptionRow, DayCloseRow, LoanRow


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """One closed (or half closed) business date with its control totals."""

    day_on: date
    started_at: datetime
    finished_at: datetime | None
    loans: int
    entries: int
    notices: int
    exceptions: int


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """A loan that stood alone."""

    loan_id: UUID
    reference: str
    day_on: date
    error: str
    trace: str
    recorded_at: datetime
    resolved_at: datetime | None


def closed_days(w: Work, *, limit: int = 30) -> tuple[ClosedDay, ...]:
    """The latest days first."""
    rows = w.session.scalars(select(DayCloseRow).order_by(DayCloseRow.day_on.desc()).limit(limit))
    return tuple(
        ClosedDay(row.day_on, row.started_at, row.finished_at, row.loans, row.entries, row.notices, row.exceptions)
        for row in rows
    )


def close_exceptions(w: Work, *, limit: int = 100) -> tuple[ExceptionView, ...]:
    """Unresolved ones first, then the latest."""
    query = select(CloseExceptionRow, LoanRow.reference).join(LoanRow, LoanRow.id == CloseExceptionRow.loan_id)
    order = query.order_by(CloseExceptionRow.resolved_at.is_not(None), CloseExceptionRow.recorded_at.desc())
    return tuple(
        ExceptionView(row.loan_id, ref, row.day_on, row.error, row.trace, row.recorded_at, row.resolved_at)
        for row, ref in w.session.execute(order.limit(limit))
    )

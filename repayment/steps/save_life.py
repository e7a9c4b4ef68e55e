"""The pure life of a loan -> rows: ledger entries, instalments, schedule versions, the loan's own sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from core.db import Work
from core.domain.ids import uuid7
from repayment.domain.ledger import PostedEntry, Posting
from repayment.domain.life import Life, Version, plan_of
from repayment.domain.plain import to_plain
from repayment.domain.state import EventKind, Line, LoanEvent, LoanStatus
from repayment.queries.load_life import LINE_COLUMNS, line_values
from repayment.tables import InstalmentRow, LedgerEntryRow, LoanEventRow, LoanRow, LoanScheduleRow

_NAMES = tuple(column.name for column in LINE_COLUMNS)
_UPDATED = _NAMES[9:]  # what paying and being late changes; the rest is the plan
MONEY_IN = frozenset({EventKind.PAYMENT, EventKind.PREPAYMENT, EventKind.SETTLEMENT, EventKind.WITHDRAWAL})


def write_event(
    w: Work, loan: LoanRow, event: LoanEvent, *, channel: str | None = None, payer: str | None = None
) -> LoanEventRow:
    """The event's row; its `seq` is the loan's next row version."""
    return w.add(
        LoanEventRow(
            id=event.id, loan_id=loan.id, seq=event.seq, kind=event.kind.value, value_on=event.value_on,
            booked_on=event.booked_on, recorded_at=w.now, minor=event.minor, data=dict(event.data),
            actor_name=w.actor.name, channel=channel, payer=payer,
        )
    )  # fmt: skip


def save_life(w: Work, loan: LoanRow, life: Life, before: Sequence[tuple[Any, ...]]) -> None:
    """Writes what one event changed. `before` are the lines' values as they were loaded."""
    write_postings(w, loan, life.postings)
    if life.versions:
        w.session.flush()
        for version in life.versions:
            _write_version(w, loan, version, life.state.lines if version is life.versions[-1] else None)
    else:
        _update_lines(w, loan, life.state.lines, before)
    copy_state(loan, life)


def copy_state(loan: LoanRow, life: Life) -> None:
    """The loan's own columns from its state; counts the row version up."""
    state = life.state
    loan.status = state.status.value
    loan.principal_lent_minor, loan.principal_out_minor = state.principal_lent, state.principal_out
    loan.credit_minor, loan.charged_minor, loan.allowance_minor = state.credit, state.charged, state.allowance
    loan.charged_off_minor, loan.arrears_since_on, loan.non_accrual = (
        state.charged_off, state.arrears_since_on, state.non_accrual,
    )  # fmt: skip
    loan.restructured_on, loan.last_closed_on, loan.closed_on = (
        state.restructured_on, state.last_closed_on, None if state.status is LoanStatus.ACTIVE else state.closed_on,
    )  # fmt: skip
    if state.arrears_since_on is None:
        loan.handed_over_on = None
    if life.contract is not None:
        request = to_plain(life.contract)
        if loan.request != request:
            loan.request, loan.rows_before = request, life.after
    loan.row_version += 1


def write_postings(w: Work, loan: LoanRow, postings: Iterable[Posting]) -> None:
    """New ledger entries, booked on the business date."""
    w.session.add_all(LedgerEntryRow(**_entry(w, loan, posting)) for posting in postings)


def write_reversals(w: Work, loan: LoanRow, entries: Iterable[PostedEntry]) -> None:
    """Entries with debit and credit exchanged, pointing at what they undo and counting from the same day."""
    for entry in entries:
        posting = Posting(
            entry.effective_on, entry.code, entry.credit, entry.debit, entry.minor, entry.line, entry.event_id
        )
        w.session.add(LedgerEntryRow(**_entry(w, loan, posting) | {"reverses_id": entry.id}))


def _entry(w: Work, loan: LoanRow, posting: Posting) -> dict[str, Any]:
    return {
        "loan_id": loan.id, "effective_on": posting.effective_on, "booked_on": w.today, "recorded_at": w.now,
        "code": posting.code.value, "debit": posting.debit.value, "credit": posting.credit.value,
        "minor": posting.minor, "currency": loan.currency, "line": posting.line, "event_id": posting.event_id,
        "reverses_id": None,
    }  # fmt: skip


def _update_lines(w: Work, loan: LoanRow, lines: Sequence[Line], before: Sequence[tuple[Any, ...]]) -> None:
    table = InstalmentRow.__table__
    old = {values[0]: values for values in before}
    changed = []
    for line in lines:
        values = line_values(line)
        if values != old.get(line.number):
            row = {f"v_{name}": value for name, value in zip(_UPDATED, values[9:], strict=True)}
            changed.append({"v_number": line.number, "v_settled": line.settled, **row})
    if not changed:
        return
    statement = (
        update(table)  # type: ignore[arg-type]
        .where(table.c.schedule_id == loan.schedule_id, table.c.number == bindparam("v_number"))
        .values({name: bindparam(f"v_{name}") for name in (*_UPDATED, "settled")})
    )
    w.session.connection().execute(statement, changed)


def _write_version(w: Work, loan: LoanRow, version: Version, lines: Sequence[Line] | None) -> None:
    """A new active version over an event that is written. Of versions passed on the way only the plan is kept."""
    table, connection = LoanScheduleRow.__table__, w.session.connection()
    if loan.schedule_id is not None:
        connection.execute(
            update(table).where(table.c.loan_id == loan.id, table.c.is_active).values(is_active=False)  # type: ignore[arg-type]
        )
    schedule_id, number = uuid7(), 1 if loan.schedule_id is None else _next_version(w, loan.id)
    connection.execute(
        insert(table).values(  # type: ignore[arg-type]
            id=schedule_id, loan_id=loan.id, version=number, reason=version.reason, effective_on=version.on,
            booked_on=w.today, made_at=w.now, event_id=version.event_id, is_active=lines is not None,
            request=to_plain(version.request),
        )
    )  # fmt: skip
    kept = lines if lines is not None else [planned_line(plan) for plan in version.lines]
    connection.execute(
        insert(InstalmentRow.__table__),  # type: ignore[arg-type]
        [
            {
                "schedule_id": schedule_id,
                "loan_id": loan.id,
                "settled": line.settled,
                **dict(zip(_NAMES, line_values(line), strict=True)),
            }
            for line in kept
        ],
    )
    if lines is not None:
        loan.schedule_id = schedule_id


def planned_line(plan: tuple[int, date, date, int, int, int]) -> Line:
    """A line with nothing paid, from its plan."""
    number, starts_on, due_on, principal, interest, fee = plan
    return Line(number, starts_on, due_on, principal, interest, fee, starts_on)


def _next_version(w: Work, loan_id: UUID) -> int:
    from sqlalchemy import func, select

    found = w.session.scalar(select(func.max(LoanScheduleRow.version)).where(LoanScheduleRow.loan_id == loan_id))
    return int(found or 0) + 1


def save_replayed(w: Work, loan: LoanRow, life: Life, before: Sequence[Line]) -> bool:
    """Lines and versions after a replay. A new version is written only when the plan itself changed. True then."""
    planned_before = [plan_of(line) for line in before]
    planned_now = [plan_of(line) for line in life.state.lines]
    changed = planned_before != planned_now
    if changed:
        last = life.versions[-1]
        reason = last.reason if not before else "corrected"
        _write_version(w, loan, last._replace(reason=reason), life.state.lines)
    else:
        _update_lines(w, loan, life.state.lines, [line_values(line) for line in before])
    copy_state(loan, life)
    return changed

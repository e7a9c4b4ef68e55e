"""One chunk of loans through one day: read in sets, computed on plain records, written in sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core import audit
from core.db import Work
from repayment.domain.day_end import DaySnapshot, close_day
from repayment.domain.ledger import Posting
from repayment.domain.life import BookRules, Life
from repayment.domain.policies import AccountingPolicy
from repayment.domain.state import Line, LoanState, LoanStatus
from repayment.queries.load_life import FAR_AHEAD, LINE_COLUMNS, line_values, terms_from_text

_LINES = ", ".join(column.name for column in LINE_COLUMNS)
_CHANGED = tuple(column.name for column in LINE_COLUMNS)[9:]
_TYPES = dict.fromkeys(_CHANGED, "bigint") | {"late_charged": "boolean"}
_SCALARS = (
    "status", "closed_on", "principal_out_minor", "credit_minor", "charged_minor", "allowance_minor",
    "arrears_since_on", "non_accrual",
)  # fmt: skip
_CREDIT = 14 + _SCALARS.index("credit_minor")  # its place in a row of _LOANS
_SCALAR_TYPES = ("text", "date", "bigint", "bigint", "bigint", "bigint", "date", "boolean")

_LOANS = f"""
SELECT id, schedule_id, currency, terms::text, borrower_id, reference, product, paid_on, disbursed_on, handed_over_on,
       principal_lent_minor, restructured_on, last_closed_on, row_version, {", ".join(_SCALARS)}
FROM loan WHERE id = ANY(%s) AND status = 'ACTIVE' AND last_closed_on = %s ORDER BY id FOR UPDATE
"""  # noqa: S608  (names of our own columns)
_OPEN_LINES = f"""
SELECT schedule_id, {_LINES} FROM instalment
WHERE schedule_id = ANY(%s) AND NOT settled AND starts_on <= %s ORDER BY schedule_id, number
"""  # noqa: S608
_EMPTY_LINES = f"""
SELECT schedule_id, {_LINES} FROM instalment
WHERE schedule_id = ANY(%s) AND settled AND due_on > %s AND principal_minor = 0 AND interest_minor = 0
      AND fee_minor = 0 AND capitalised_minor = 0 ORDER BY schedule_id, number
"""  # noqa: S608
_UPDATE_LINES = (
    "UPDATE instalment i SET "  # noqa: S608
    + ", ".join(f"{name} = v.{name}" for name in (*_CHANGED, "settled"))
    + " FROM (SELECT * FROM unnest(%s::uuid[], %s::bigint[], "
    + ", ".join(f"%s::{_TYPES[name]}[]" for name in _CHANGED)
    + ", %s::boolean[]) AS t(schedule_id, number, "
    + ", ".join((*_CHANGED, "settled"))
    + ")) v WHERE i.schedule_id = v.schedule_id AND i.number = v.number"
)
_UPDATE_LOANS = (
    "WITH broken AS (UPDATE promise SET status = 'BROKEN' WHERE status = 'OPEN' AND loan_id = ANY(%s) "  # noqa: S608
    "AND due_on <= %s) UPDATE loan l SET last_closed_on = %s, "
    + ", ".join(f"{name} = v.{name}" for name in _SCALARS)
    + ", handed_over_on = CASE WHEN v.arrears_since_on IS NULL THEN NULL ELSE l.handed_over_on END"
    + ", row_version = l.row_version + v.changed FROM (SELECT * FROM unnest(%s::uuid[], %s::int[], "
    + ", ".join(f"%s::{kind}[]" for kind in _SCALAR_TYPES)
    + ") AS t(id, changed, "
    + ", ".join(_SCALARS)
    + ")) v WHERE l.id = v.id"
)
_COPY_ENTRIES = """
COPY ledger_entry (loan_id, effective_on, booked_on, recorded_at, code, debit, credit, minor, currency, line) FROM STDIN
"""
_COPY_DAYS = """
COPY loan_day (day_on, loan_id, dpd, bucket, principal_minor, interest_minor, overdue_minor, risk_class, stage)
FROM STDIN
"""


@dataclass(slots=True)
class LoanAtWork:
    """A loan of the chunk: what its row says, its life, its snapshot."""

    id: UUID
    schedule_id: UUID
    currency: str
    borrower_id: UUID
    reference: str
    product: dict[str, str]
    paid_on: date | None
    life: Life
    before: list[tuple[Any, ...]]
    scalars: tuple[Any, ...]
    snapshot: DaySnapshot | None = None


@dataclass(frozen=True, slots=True)
class ChunkClosed:
    """What one chunk brought about."""

    loans: int
    entries: int


def close_chunk(w: Work, ids: Sequence[UUID], day: date) -> tuple[ChunkClosed, list[LoanAtWork]]:
    """Closes a day for those of the loans that stand at the day before; the cursor moves in this transaction."""
    cursor = driver_cursor(w)
    loans = _load(w, cursor, ids, day)
    for loan in loans:
        loan.snapshot = close_day(loan.life, day)
    entries = _write_entries(w, cursor, loans, day)
    _write_lines(cursor, loans)
    _write_loans(cursor, loans, day)
    _note_ends(w, loans)
    return ChunkClosed(len(loans), entries), loans


def driver_cursor(w: Work) -> Any:
    """The driver's own cursor on the work's transaction, for COPY and arrays."""
    connection = w.session.connection().connection.driver_connection
    assert connection is not None
    return connection.cursor()


def _load(w: Work, cursor: Any, ids: Sequence[UUID], day: date) -> list[LoanAtWork]:
    rules = w.policy(AccountingPolicy).rules
    rows = cursor.execute(_LOANS, (list(ids), date.fromordinal(day.toordinal() - 1))).fetchall()
    by_schedule: dict[UUID, list[Line]] = {row[1]: [] for row in rows}
    for schedule_id, *values in cursor.execute(_OPEN_LINES, (list(by_schedule), day)):
        by_schedule[schedule_id].append(Line(*values))
    # Money of the borrower that is left may repay all that was drawn: rows that wait for the rest keep the loan open.
    if paying := [row[1] for row in rows if row[_CREDIT]]:
        for schedule_id, *values in cursor.execute(_EMPTY_LINES, (paying, day)):
            by_schedule[schedule_id].append(Line(*values))
    holds = _moratoria(cursor, [row[0] for row in rows])
    return [_at_work(row, by_schedule[row[1]], rules, holds.get(row[0], ())) for row in rows]


def _moratoria(cursor: Any, ids: Sequence[UUID]) -> dict[UUID, tuple[tuple[date, date], ...]]:
    found: dict[UUID, tuple[tuple[date, date], ...]] = {}
    cursor.execute(
        "SELECT loan_id, from_on, coalesce(released_on, until_on) FROM loan_hold "
        "WHERE kind = 'MORATORIUM' AND loan_id = ANY(%s)",
        (list(ids),),
    )
    for loan_id, first, last in cursor:
        found[loan_id] = (*found.get(loan_id, ()), (first, last or FAR_AHEAD))
    return found


def _at_work(row: Any, lines: list[Line], rules: BookRules, moratoria: tuple[tuple[date, date], ...]) -> LoanAtWork:
    (
        loan_id, schedule_id, currency, terms, borrower_id, reference, product, paid_on, _disbursed_on, _handed_over_on,
        lent, restructured_on, last_closed_on, _version, *scalars,
    ) = row  # fmt: skip
    status, closed_on, principal_out, credit, charged, allowance, arrears_since_on, non_accrual = scalars
    state = LoanState(
        status=LoanStatus(status), lines=lines, principal_lent=lent, principal_out=principal_out, credit=credit,
        charged=charged, allowance=allowance, arrears_since_on=arrears_since_on, non_accrual=non_accrual,
        restructured_on=restructured_on, last_closed_on=last_closed_on, closed_on=closed_on,
    )  # fmt: skip
    life = Life(
        terms=terms_from_text(terms), currency=currency, contract=None, rules=rules, state=state, moratoria=moratoria
    )
    return LoanAtWork(
        loan_id, schedule_id, currency, borrower_id, reference, product, paid_on, life,
        [line_values(line) for line in lines], tuple(scalars),
    )  # fmt: skip


def _write_entries(w: Work, cursor: Any, loans: Sequence[LoanAtWork], day: date) -> int:
    count, now = 0, w.now
    with cursor.copy(_COPY_ENTRIES) as copy:
        for loan in loans:
            for posting in loan.life.postings:
                copy.write_row(_entry(loan, posting, day, now))
                count += 1
    with cursor.copy(_COPY_DAYS) as copy:
        for loan in loans:
            snapshot = loan.snapshot
            assert snapshot is not None
            copy.write_row((
                snapshot.day_on, loan.id, snapshot.dpd, snapshot.bucket.value, snapshot.principal_minor,
                snapshot.interest_minor, snapshot.overdue_minor, snapshot.risk_class.value, snapshot.stage,
            ))  # fmt: skip
    return count


def _entry(loan: LoanAtWork, posting: Posting, day: date, now: datetime) -> tuple[Any, ...]:
    return (
        loan.id, posting.effective_on, day, now, posting.code.value, posting.debit.value, posting.credit.value,
        posting.minor, loan.currency, posting.line,
    )  # fmt: skip


def _write_lines(cursor: Any, loans: Sequence[LoanAtWork]) -> None:
    rows = []
    for loan in loans:
        for line, old in zip(loan.life.state.lines, loan.before, strict=True):
            values = line_values(line)
            if values != old:
                rows.append((loan.schedule_id, line.number, *values[9:], line.settled))
    if rows:
        cursor.execute(_UPDATE_LINES, [list(column) for column in zip(*rows, strict=True)])


def _write_loans(cursor: Any, loans: Sequence[LoanAtWork], day: date) -> None:
    """Moves the cursor of every loan, and whatever else changed; promises whose day has passed are broken."""
    if not loans:
        return
    rows = []
    for loan in loans:
        state = loan.life.state
        now = (
            state.status.value, state.closed_on, state.principal_out, state.credit, state.charged, state.allowance,
            state.arrears_since_on, state.non_accrual,
        )  # fmt: skip
        rows.append((loan.id, int(now != loan.scalars), *now))
    columns = [list(column) for column in zip(*rows, strict=True)]
    cursor.execute(_UPDATE_LOANS, [columns[0], day, day, *columns])


def _note_ends(w: Work, loans: Sequence[LoanAtWork]) -> None:
    """A loan that the borrower's credit has repaid on its due day is closed by nobody's hand: the trail says so."""
    ended = [
        loan for loan in loans
        if loan.scalars[0] == LoanStatus.ACTIVE.value and loan.life.state.status is not LoanStatus.ACTIVE
    ]  # fmt: skip
    if not ended:
        return
    audit.look_up(w, "loan", [loan.id for loan in ended])
    for loan in ended:
        state = loan.life.state
        audit.record(w, "loan.closed", "loan", loan.id, status=state.status.value, closed_on=state.closed_on)

"""Rows -> the pure life of a loan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal, select
from sqlalchemy import Row as ResultRow

from core.db import Work
from repayment.domain.accounts import Account
from repayment.domain.ledger import EntryCode, PostedEntry
from repayment.domain.life import Life
from repayment.domain.plain import from_plain
from repayment.domain.policies import AccountingPolicy
from repayment.domain.schedule_request import ScheduleRequest
from repayment.domain.state import EventKind, Line, LoanEvent, LoanState, LoanStatus
from repayment.domain.terms import LoanTerms
from repayment.tables import InstalmentRow, LedgerEntryRow, LoanEventRow, LoanHoldRow, LoanRow

FAR_AHEAD = date(9999, 12, 31)
_I = InstalmentRow.__table__.c
LINE_COLUMNS = (
    _I.number, _I.starts_on, _I.due_on, _I.principal_minor, _I.interest_minor, _I.fee_minor, _I.accrue_from,
    _I.accrue_base_minor, _I.capitalised_minor, _I.principal_paid_minor, _I.interest_paid_minor, _I.fee_paid_minor,
    _I.late_fee_minor, _I.late_fee_paid_minor, _I.late_charged, _I.penalty_minor, _I.penalty_paid_minor,
    _I.penalty_rest,
)  # fmt: skip
LINE_FIELDS = tuple(Line.__dataclass_fields__)


def line_values(line: Line) -> tuple[Any, ...]:
    """The line as a tuple in the order of `LINE_COLUMNS`."""
    return tuple([getattr(line, name) for name in LINE_FIELDS])


def load_lines(w: Work, schedule_id: UUID | None) -> list[Line]:
    """Every instalment of a schedule version."""
    if schedule_id is None:
        return []
    if (ahead := _ahead(w).pop(schedule_id, None)) is not None:
        return ahead
    query = select(*LINE_COLUMNS).where(_I.schedule_id == schedule_id).order_by(_I.number)
    return [Line(*row) for row in w.session.execute(query)]


@contextmanager
def read_ahead(w: Work, schedule_ids: Sequence[UUID]) -> Iterator[None]:
    """Reads the instalments of many locked loans by one statement; within, `load_lines` hands out each of them once."""
    wanted = any_(literal(list(schedule_ids), ARRAY(Uuid)))
    query = select(_I.schedule_id, *LINE_COLUMNS).where(_I.schedule_id == wanted).order_by(_I.schedule_id, _I.number)
    for schedule_id, *values in w.session.execute(query):
        _ahead(w).setdefault(schedule_id, []).append(Line(*values))
    try:
        yield
    finally:
        _ahead(w).clear()  # what nobody took would be out of date for who comes later


def _ahead(w: Work) -> dict[UUID, list[Line]]:
    ahead: dict[UUID, list[Line]] = w.session.info.setdefault("lines_ahead", {})
    return ahead


def load_life(w: Work, loan: LoanRow) -> Life:
    """The loan as it stands, with all its instalments: two statements, the first already made by who locked it."""
    return Life(
        terms=terms_of(loan),
        currency=loan.currency,
        contract=from_plain(ScheduleRequest, loan.request),
        rules=w.policy(AccountingPolicy).rules,
        state=state_of(loan, load_lines(w, loan.schedule_id)),
        after=loan.rows_before,
    )


def terms_of(loan: LoanRow) -> LoanTerms:
    """The servicing terms frozen on the loan."""
    return from_plain(LoanTerms, loan.terms)


@lru_cache(maxsize=512)
def terms_from_text(text: str) -> LoanTerms:
    """Terms from the JSON text of the column; loans of one product share them."""
    import json

    return from_plain(LoanTerms, json.loads(text))


def state_of(loan: LoanRow | ResultRow[Any], lines: list[Line]) -> LoanState:
    """The loan's own columns and its lines as one state."""
    return LoanState(
        status=LoanStatus(loan.status),
        lines=lines,
        principal_lent=loan.principal_lent_minor,
        principal_out=loan.principal_out_minor,
        credit=loan.credit_minor,
        charged=loan.charged_minor,
        allowance=loan.allowance_minor,
        arrears_since_on=loan.arrears_since_on,
        non_accrual=loan.non_accrual,
        restructured_on=loan.restructured_on,
        last_closed_on=loan.last_closed_on,
        closed_on=loan.closed_on,
        charged_off=loan.charged_off_minor,
    )


def load_events(w: Work, loan_id: UUID, *, known_on: date | None = None) -> list[LoanEvent]:
    """The loan's events that stand, or those that stood as far as was known at the end of `known_on`."""
    rows = w.children(LoanEventRow, loan_id=loan_id)
    return [event_of(row) for row in sorted(rows, key=lambda row: (row.value_on, row.seq)) if _stands(row, known_on)]


def _stands(row: LoanEventRow, known_on: date | None) -> bool:
    if known_on is None:
        return row.voided_on is None
    return row.booked_on <= known_on and (row.voided_on is None or row.voided_on > known_on)


def event_of(row: LoanEventRow) -> LoanEvent:
    """Row -> event."""
    return LoanEvent(row.id, row.seq, EventKind(row.kind), row.value_on, row.booked_on, row.minor, row.data)


def load_entries(w: Work, loan_id: UUID) -> list[PostedEntry]:
    """Every ledger entry of the loan, in the order they were written."""
    e = LedgerEntryRow.__table__.c
    query = (
        select(e.id, e.effective_on, e.booked_on, e.code, e.debit, e.credit, e.minor, e.line, e.reverses_id, e.event_id)
        .where(e.loan_id == loan_id)
        .order_by(e.id)
    )
    return [
        PostedEntry(id_, on, booked, _CODES[code], _ACCOUNTS[debit], _ACCOUNTS[credit], minor, line, reverses, event)
        for id_, on, booked, code, debit, credit, minor, line, reverses, event in w.session.execute(query)
    ]


_CODES = {code.value: code for code in EntryCode}
_ACCOUNTS = {account.value: account for account in Account}


def load_moratoria(w: Work, loan_id: UUID) -> tuple[tuple[date, date], ...]:
    """Stretches of days in which lateness costs nothing."""
    holds = [hold for hold in w.children(LoanHoldRow, loan_id=loan_id) if hold.kind == "MORATORIUM"]
    return tuple((hold.from_on, hold.released_on or hold.until_on or FAR_AHEAD) for hold in holds)

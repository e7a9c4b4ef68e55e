"""Rows -> the pure life of a loan."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row as ResultRow
from sqlalchemy import select

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
    query = select(*LINE_COLUMNS).where(_I.schedule_id == schedule_id).order_by(_I.number)
    return [Line(*row) for row in w.session.execute(query)]


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
    rows = LoanEventRow
    query = select(rows).where(rows.loan_id == loan_id)
    if known_on is None:
        query = query.where(rows.voided_on.is_(None))
    else:
        query = query.where(rows.booked_on <= known_on, (rows.voided_on.is_(None)) | (rows.voided_on > known_on))
    found = w.session.scalars(query.order_by(rows.value_on, rows.seq))
    return [event_of(row) for row in found]


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
    query = select(LoanHoldRow.from_on, LoanHoldRow.until_on, LoanHoldRow.released_on).where(
        LoanHoldRow.loan_id == loan_id, LoanHoldRow.kind == "MORATORIUM"
    )
    return tuple((first, released or until or FAR_AHEAD) for first, until, released in w.session.execute(query))

"""The borrower's statement, from the ledger: what was charged, what was paid, what is owed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from core.db import Work
from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.ledger import EntryCode
from repayment.tables import LoanRow


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One movement: `charged` adds to what is owed, `paid` lessens it; `balance` is owed after it."""

    value_on: date
    booked_on: date
    code: EntryCode
    line: int
    charged: Money
    paid: Money
    balance: Money
    is_correction: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """Movements of a span of value dates. `known_on` says as of which booking day; None is now."""

    loan_id: UUID
    reference: str
    first_on: date
    last_on: date
    known_on: date | None
    opening: Money
    closing: Money
    rows: tuple[StatementRow, ...]


_DAILY = frozenset({EntryCode.INTEREST_ACCRUED, EntryCode.PENALTY_ACCRUED})
# What the borrower owes is on these accounts; suspended interest is owed like any other.
_CLAIMS = (
    "principal", "interest_receivable", "penalty_receivable", "fee_receivable", "memo_interest", "memo_penalty",
    "memo_charged_off", "borrower_credit",
)  # fmt: skip
_ROWS = text(
    """
    SELECT effective_on, booked_on, code, line, event_id, reverses_id IS NOT NULL AS reversal, min(id) AS first,
           sum((CASE WHEN debit = ANY(:claims) THEN minor ELSE 0 END)
             - (CASE WHEN credit = ANY(:claims) THEN minor ELSE 0 END)) AS delta
    FROM ledger_entry
    WHERE loan_id = :loan AND effective_on <= :last AND booked_on <= :known
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 7
    """
)


def statement(
    w: Work, loan_id: UUID, *, first: date | None = None, last: date | None = None, known_on: date | None = None
) -> Statement:
    """The statement of a span (from disbursement to today when left out). What grew by the
    day on one instalment, interest or penalty, is one row between two other movements.

    Raises NotFound, InvalidInput when the span is turned round.
    """
    loan = w.get(LoanRow, loan_id)
    first, last = first or loan.disbursed_on or loan.opened_on, last or w.today
    if first > last:
        raise InvalidInput({"first": Text("The first day is after the last")})
    found = w.session.execute(
        _ROWS, {"loan": loan_id, "claims": list(_CLAIMS), "last": last, "known": known_on or date.max}
    )
    opening = balance = 0
    rows: list[StatementRow] = []
    for row in found:
        delta = int(row.delta)
        if not delta:
            continue
        balance += delta
        if row.effective_on < first:
            opening = balance
            continue
        _add(rows, row, delta, Money(balance, loan.currency))
    return Statement(
        loan_id, loan.reference, first, last, known_on, Money(opening, loan.currency),
        Money(balance, loan.currency), tuple(rows),
    )  # fmt: skip


def _add(rows: list[StatementRow], row: Row[Any], delta: int, balance: Money) -> None:
    """Adds a movement. What grows by the day joins the row of the same instalment since the last other movement."""
    code, currency = EntryCode(row.code), balance.currency
    charged, paid = Money(max(0, delta), currency), Money(max(0, -delta), currency)
    new = StatementRow(row.effective_on, row.booked_on, code, row.line, charged, paid, balance, bool(row.reversal))
    at = len(rows) - 1
    while code in _DAILY and at >= 0 and rows[at].code in _DAILY:
        old = rows[at]
        if (old.code, old.line, old.is_correction) == (code, new.line, new.is_correction):
            del rows[at]
            rows[at:] = [replace(one, balance=one.balance - old.charged + old.paid) for one in rows[at:]]
            new = replace(new, charged=old.charged + charged, paid=old.paid + paid)
            break
        at -= 1
    rows.append(new)

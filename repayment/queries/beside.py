"""What the ledger knows of a loan that its instalments do not say: waivers, and principal moved between due dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from core.db import Work
from repayment.domain.accounts import Account
from repayment.domain.ledger import EntryCode, Posting
from repayment.tables import LedgerEntryRow, LoanRow

_MOVES = frozenset({EntryCode.DISBURSEMENT, EntryCode.PREPAYMENT, EntryCode.ARREARS_CAPITALISED})


@dataclass(frozen=True, slots=True)
class Beside:
    """Minor units: `waived` by number of the instalment; `moves` of principal that no instalment asked for."""

    waived: Mapping[int, int]
    moves: tuple[tuple[date, int], ...]

    def moved_from(self, on: date) -> int:
        """By how much principal grew (or shrank, below zero) from a day on without an instalment."""
        return sum(minor for day, minor in self.moves if day >= on)


NOTHING_BESIDE = Beside({}, ())


def beside(entries: Iterable[Posting], paid_out_on: date | None) -> Beside:
    """Reads it from entries; the disbursement of the first day is no move. Reversed entries cancel out."""
    waived: dict[int, int] = {}
    moves: list[tuple[date, int]] = []
    for entry in entries:
        if entry.code == EntryCode.WAIVER:
            sign = (entry.debit == Account.WAIVED) - (entry.credit == Account.WAIVED)
            waived[entry.line] = waived.get(entry.line, 0) + sign * entry.minor
        elif entry.code in _MOVES and entry.effective_on != paid_out_on:
            sign = (entry.debit == Account.PRINCIPAL) - (entry.credit == Account.PRINCIPAL)
            moves.append((entry.effective_on, sign * entry.minor))
    return Beside(waived, tuple(moves))


def beside_of(w: Work, loan: LoanRow, through: date = date.max) -> Beside:
    """The same of a loan's entries that count up to a day."""
    e = LedgerEntryRow
    codes = [code.value for code in (EntryCode.WAIVER, *_MOVES)]
    query = select(e.effective_on, e.code, e.debit, e.credit, e.minor, e.line)
    found = w.session.execute(query.where(e.loan_id == loan.id, e.code.in_(codes), e.effective_on <= through))
    postings = (
        Posting(on, EntryCode(code), Account(debit), Account(credit), minor, line)
        for on, code, debit, credit, minor, line in found
    )
    return beside(postings, loan.disbursed_on)

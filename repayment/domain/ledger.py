"""Double entry: each posting debits one account and credits another, so the sum over all accounts is always zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from repayment.domain.accounts import Account


class EntryCode(StrEnum):
    """Why an entry was made."""

    DISBURSEMENT = "DISBURSEMENT"
    FEE_FINANCED = "FEE_FINANCED"
    FEE_WITHHELD = "FEE_WITHHELD"
    FEE_DUE = "FEE_DUE"
    INTEREST_ACCRUED = "INTEREST_ACCRUED"
    INTEREST_CAPITALISED = "INTEREST_CAPITALISED"
    PENALTY_ACCRUED = "PENALTY_ACCRUED"
    LATE_FEE = "LATE_FEE"
    PAYMENT = "PAYMENT"
    OVERPAYMENT = "OVERPAYMENT"
    CREDIT_APPLIED = "CREDIT_APPLIED"
    CREDIT_REFUNDED = "CREDIT_REFUNDED"
    PREPAYMENT = "PREPAYMENT"
    PREPAYMENT_FEE = "PREPAYMENT_FEE"
    SETTLEMENT = "SETTLEMENT"
    FEE_REBATE = "FEE_REBATE"
    WAIVER = "WAIVER"
    ARREARS_CAPITALISED = "ARREARS_CAPITALISED"
    NON_ACCRUAL = "NON_ACCRUAL"
    ACCRUAL_RESUMED = "ACCRUAL_RESUMED"
    PROVISION = "PROVISION"
    CHARGE_OFF = "CHARGE_OFF"
    RECOVERY = "RECOVERY"
    SALE = "SALE"


class Posting(NamedTuple):
    """One entry of one loan, before it is written. `minor` is positive; `line` is the instalment's number or 0.

    `event_id` is None for what a closed day brings about.
    """

    effective_on: date
    code: EntryCode
    debit: Account
    credit: Account
    minor: int
    line: int
    event_id: UUID | None = None


class PostedEntry(NamedTuple):
    """An entry as it stands in the ledger."""

    id: int
    effective_on: date
    booked_on: date
    code: EntryCode
    debit: Account
    credit: Account
    minor: int
    line: int
    reverses_id: int | None
    event_id: UUID | None = None


def balances(entries: Iterable[tuple[Account, Account, int]]) -> dict[Account, int]:
    """Debit minus credit per account, from (debit, credit, minor). The values sum to zero."""
    found: Counter[Account] = Counter()
    for debit, credit, minor in entries:
        found[debit] += minor
        found[credit] -= minor
    return {account: minor for account, minor in found.items() if minor}


@dataclass(frozen=True, slots=True)
class Correction:
    """What turns the ledger as it stands into the ledger as it should be."""

    reverse: tuple[PostedEntry, ...]
    post: tuple[Posting, ...]

    def __bool__(self) -> bool:
        return bool(self.reverse or self.post)


def correct(standing: Iterable[PostedEntry], wanted: Iterable[Posting]) -> Correction:
    """The reversals and new entries needed; entries that are right already stay untouched.

    `standing` is everything in the ledger (reversed entries and their reversals cancel out and are ignored).
    """
    entries = list(standing)
    reversed_ids = {entry.reverses_id for entry in entries if entry.reverses_id is not None}
    live: dict[Posting, list[PostedEntry]] = {}
    for entry in entries:
        if entry.reverses_id is None and entry.id not in reversed_ids:
            key = Posting(
                entry.effective_on, entry.code, entry.debit, entry.credit, entry.minor, entry.line, entry.event_id
            )
            live.setdefault(key, []).append(entry)
    post = []
    for posting in wanted:
        same = live.get(posting)
        if same:
            same.pop()
        else:
            post.append(posting)
    left = [entry for same in live.values() for entry in same]
    return Correction(tuple(sorted(left, key=lambda entry: entry.id)), tuple(post))


def trial_balance(sums: Mapping[Account, tuple[int, int]]) -> tuple[int, int]:
    """Total debits and credits over all accounts. Raises ValueError when they differ."""
    debits = sum(debit for debit, _ in sums.values())
    credits_ = sum(credit for _, credit in sums.values())
    if debits != credits_:
        raise ValueError(f"the ledger does not balance: debits {debits}, credits {credits_}")
    return debits, credits_

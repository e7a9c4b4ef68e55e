"""A bank statement whatever the file it came from: an account, a period, balances and entries that add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from core.domain.errors import InvalidInput
from core.domain.money import Money, total
from core.domain.texts import Text

FIELD = "file"
ENTRIES_MAX = 50_000


class StatementFormat(StrEnum):
    """The forms that are read."""

    CAMT053 = "camt.053"
    MT940 = "mt940"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One booked line. `amount` is positive for money that came in. `code` is the bank's own (ISO 20022 domain code,
    SWIFT transaction type), `is_return` marks a payment that came back."""

    booked_on: date
    amount: Money
    value_on: date | None = None
    counterparty: str = ""
    counterparty_account: str = ""
    text: str = ""
    reference: str = ""
    code: str = ""
    is_return: bool = False


@dataclass(frozen=True, slots=True)
class BankStatement:
    """Entries of one account between two balances; checked when built.

    Raises InvalidInput (`file`) when the balances and the entries do not add up, an entry is in another currency, or
    lies outside the period. A file without balances (some CSV exports) has None for both: nothing proves it complete.
    """

    format: StatementFormat
    account: str
    currency: str
    opened_on: date
    closed_on: date
    entries: tuple[StatementEntry, ...]
    opening: Money | None = None
    closing: Money | None = None
    holder: str = ""

    def __post_init__(self) -> None:
        if self.opened_on > self.closed_on:
            raise wrong(Text("The statement ends on {to_on}, before it begins on {from_on}", to_on=self.closed_on,
                             from_on=self.opened_on))  # fmt: skip
        if len(self.entries) > ENTRIES_MAX:
            raise wrong(Text("The statement has more than {n} entries. Send a shorter period.", n=ENTRIES_MAX))
        for entry in self.entries:
            if entry.amount.currency != self.currency:
                raise wrong(Text("An entry is in {other}, but the account is kept in {currency}",
                                 other=entry.amount.currency, currency=self.currency))  # fmt: skip
        if self.opening is None or self.closing is None:
            return
        moved = total((entry.amount for entry in self.entries), self.currency)
        if self.opening + moved != self.closing:
            raise wrong(
                Text(
                    "The balances do not add up: {opening} at the beginning and entries of {moved} give {found}, but "
                    "the statement ends with {closing}. Entries may be missing: export the whole period again.",
                    opening=plain(self.opening), moved=plain(moved), found=plain(self.opening + moved),
                    closing=plain(self.closing),
                )
            )  # fmt: skip

    @property
    def is_balanced(self) -> bool:
        """True when both balances are known, so that the entries are proved complete."""
        return self.opening is not None and self.closing is not None


def wrong(text: Text) -> InvalidInput:
    """The refusal of a statement file."""
    return InvalidInput({FIELD: text})


def plain(amount: Money) -> str:
    """`EUR 1234.50`: an amount inside a message."""
    return f"{amount.currency} {amount.amount:f}"


def join_statements(statements: Iterable[BankStatement]) -> tuple[BankStatement, ...]:
    """One statement an account, in order of account; the parts follow each other without a gap.

    Raises InvalidInput (`file`) when one part does not begin with the balance the part before ended with. A part that
    is there twice is used once.
    """
    by_account: dict[tuple[str, str], list[BankStatement]] = {}
    for one in statements:
        parts = by_account.setdefault((one.account, one.currency), [])
        if one not in parts:
            parts.append(one)
    return tuple(_joined(sorted(parts, key=_order)) for _, parts in sorted(by_account.items()))


def _order(part: BankStatement) -> tuple[date, date]:
    return part.opened_on, part.closed_on


def _joined(parts: list[BankStatement]) -> BankStatement:
    whole = parts[0]
    for part in parts[1:]:
        if whole.closing is not None and part.opening is not None and whole.closing != part.opening:
            raise wrong(
                Text(
                    "A part is missing: the statement until {to_on} ends with {closing}, the next begins with "
                    "{opening} on {from_on}. Send the statements of the whole period.",
                    to_on=whole.closed_on, closing=plain(whole.closing), opening=plain(part.opening),
                    from_on=part.opened_on,
                )
            )  # fmt: skip
        whole = replace(
            whole, closed_on=max(whole.closed_on, part.closed_on), entries=whole.entries + part.entries,
            closing=part.closing,
        )  # fmt: skip
    return whole

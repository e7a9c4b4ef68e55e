"""A finished schedule: its rows in columns of minor units, checked when built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate, repeat
from operator import add, neg, sub
from typing import TYPE_CHECKING, NamedTuple

from core.domain.money import Money
from repayment.domain.schedule_fees import fee_lines
from repayment.domain.schedule_request import ScheduleRequest

if TYPE_CHECKING:
    from repayment.domain.schedule_explain import RowExplanation


class Instalment(NamedTuple):
    """One due payment. Sums are minor units of `currency`; `balance` is the principal left after the row.

    `capitalised` is interest added to the balance on the due date instead of being due.
    """

    number: int
    due_on: date
    principal_minor: int
    interest_minor: int
    fees_minor: int
    balance_minor: int
    currency: str
    capitalised_minor: int = 0

    @property
    def principal(self) -> Money:
        """Principal due."""
        return Money(self.principal_minor, self.currency)

    @property
    def interest(self) -> Money:
        """Interest due."""
        return Money(self.interest_minor, self.currency)

    @property
    def fees(self) -> Money:
        """Fees due."""
        return Money(self.fees_minor, self.currency)

    @property
    def payment_minor(self) -> int:
        """Principal, interest and fees together, in minor units."""
        return self.principal_minor + self.interest_minor + self.fees_minor

    @property
    def payment(self) -> Money:
        """Principal, interest and fees together."""
        return Money(self.payment_minor, self.currency)

    @property
    def balance(self) -> Money:
        """Principal still owed after this row."""
        return Money(self.balance_minor, self.currency)

    @property
    def capitalised(self) -> Money:
        """Interest added to the balance on the due date."""
        return Money(self.capitalised_minor, self.currency)


class Movement(NamedTuple):
    """A change of the balance between rows: a disbursement (positive) or a prepayment (negative)."""

    on: date
    minor: int
    before_row: int  # number of the row whose period it falls into
    interest_minor: int = 0  # interest settled together with a prepayment that closes the loan


@dataclass(frozen=True, kw_only=True, eq=False)
class Schedule:
    """The rows of one loan, as equally long columns in minor units.

    `opening_minor` is owed at the start (first disbursement and financed fees). Balances follow from the columns, fees
    from the request. Raises ValueError when the columns break a promise: principal adds up to what was lent, the
    balance ends at zero and is never negative, dates rise.
    """

    request: ScheduleRequest
    opening_minor: int
    due_on: tuple[date, ...]
    principal_minor: tuple[int, ...]
    interest_minor: tuple[int, ...]
    fees_minor: tuple[int, ...] = ()
    balance_minor: tuple[int, ...] = ()
    capitalised_minor: tuple[int, ...] = ()
    movements: tuple[Movement, ...] = ()
    level_minor: int | None = None  # the first level instalment, where the kind has one

    def __post_init__(self) -> None:
        n = len(self.due_on)
        if not n:
            raise ValueError("a schedule has rows")
        keep, nothing = object.__setattr__, (0,) * n
        if not self.capitalised_minor:
            keep(self, "capitalised_minor", nothing)
        if not self.balance_minor:
            keep(self, "balance_minor", self._balances())
        if not self.fees_minor:
            lines = fee_lines(self.request, self.due_on, self.opening_balances) if self.request.fees else ()
            fees = tuple(map(sum, zip(*(line.per_row_minor for line in lines), strict=True))) if lines else nothing
            keep(self, "fees_minor", fees)
        self._check()

    def _balances(self) -> tuple[int, ...]:
        changes = list(map(neg, self.principal_minor))
        if any(self.capitalised_minor):
            changes = list(map(add, changes, self.capitalised_minor))
        for move in self.movements:
            changes[move.before_row - 1] += move.minor
        return tuple(accumulate(changes, initial=self.opening_minor))[1:]

    def _check(self) -> None:
        n, lent = len(self.due_on), self.opening_minor
        columns = self.principal_minor, self.interest_minor, self.balance_minor, self.capitalised_minor, self.fees_minor
        for column in columns:
            if len(column) != n:
                raise ValueError("the columns of a schedule are equally long")
            if min(column) < 0:
                raise ValueError("a schedule has no negative sums")
        lent += sum(self.capitalised_minor) + sum(move.minor for move in self.movements)
        if sum(self.principal_minor) != lent:
            raise ValueError(f"schedule repays {sum(self.principal_minor)}, lent was {lent}")
        if self.balance_minor[-1] != 0:
            raise ValueError(f"schedule ends with {self.balance_minor[-1]} still owed")
        if sorted(self.due_on) != list(self.due_on) or self.due_on[0] < self.request.disbursed_on:
            raise ValueError("due dates of a schedule rise")

    @property
    def currency(self) -> str:
        """ISO 4217 code of every sum."""
        return self.request.principal.currency

    @property
    def opening_balances(self) -> tuple[int, ...]:
        """What is owed before each row is due: the balance after it with the row's own changes undone."""
        return tuple(map(add, self.balance_minor, map(sub, self.principal_minor, self.capitalised_minor)))

    @property
    def payment_minor(self) -> tuple[int, ...]:
        """What is due in each row."""
        return tuple(map(add, map(add, self.principal_minor, self.interest_minor), self.fees_minor))

    @cached_property
    def instalments(self) -> tuple[Instalment, ...]:
        """The rows, numbered from 1."""
        n = len(self.due_on)
        columns = zip(
            range(1, n + 1),
            self.due_on,
            self.principal_minor,
            self.interest_minor,
            self.fees_minor,
            self.balance_minor,
            (self.currency,) * n,
            self.capitalised_minor,
            strict=True,
        )
        # Instalment(*row) runs Python code per row; making the tuples directly takes a third of the time.
        return tuple(map(tuple.__new__, repeat(Instalment), columns))

    def explain(self) -> tuple[RowExplanation, ...]:
        """How each row came about: balance x rate x share of a year with its dates, rounding, adjustment, fees."""
        from repayment.domain.schedule_explain import explain_rows

        return explain_rows(self)

    def explain_row(self, number: int) -> RowExplanation:
        """One row explained. Raises InvalidInput for a number the schedule does not have."""
        from repayment.domain.schedule_explain import explain_row

        return explain_row(self, number)

    @property
    def principal_total(self) -> Money:
        """Principal of all rows, without prepayments."""
        return Money(sum(self.principal_minor), self.currency)

    @property
    def interest_total(self) -> Money:
        """Interest of all rows, with the part a closing prepayment settled."""
        settled = sum(move.interest_minor for move in self.movements)
        return Money(sum(self.interest_minor) + settled, self.currency)

    @property
    def fees_total(self) -> Money:
        """Fees of all rows, without fees up front."""
        return Money(sum(self.fees_minor), self.currency)

    @property
    def payment_total(self) -> Money:
        """All rows and all prepayments."""
        prepaid = sum(-move.minor + move.interest_minor for move in self.movements if move.minor < 0)
        return Money(sum(self.payment_minor) + prepaid, self.currency)

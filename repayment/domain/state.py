"""A loan as it stands: its instalments with what is paid on them, and the few sums that are not an instalment's.

Plain mutable records on purpose: the daily close works through hundreds of thousands of them. They never leave the
package; pages get frozen views.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.domain.dates import ONE_DAY
from core.domain.texts import Text
from repayment.domain.accrual import accrued_through
from repayment.domain.allocation import Component, Due
from repayment.domain.schedule_rows import Instalment


class LoanStatus(StrEnum):
    """What somebody decided about a loan. How late it is follows from dates and entries and is not a status."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    CLOSED_REPAID = "CLOSED_REPAID"
    WITHDRAWN = "WITHDRAWN"
    CHARGED_OFF = "CHARGED_OFF"
    SOLD = "SOLD"
    CANCELLED = "CANCELLED"


_STATUS_TEXTS: Mapping[str, str] = {
    "PENDING": Text("waiting for its disbursement"),
    "ACTIVE": Text("running"),
    "CLOSED_REPAID": Text("repaid"),
    "WITHDRAWN": Text("withdrawn from"),
    "CHARGED_OFF": Text("charged off"),
    "SOLD": Text("sold"),
    "CANCELLED": Text("cancelled"),
}


def status_text(status: LoanStatus | str) -> str:
    """The status in plain words, translatable."""
    return _STATUS_TEXTS[str(status)]


LOAN_MOVES: Mapping[LoanStatus, frozenset[LoanStatus]] = {
    LoanStatus.PENDING: frozenset({LoanStatus.ACTIVE, LoanStatus.CANCELLED}),
    LoanStatus.ACTIVE: frozenset({
        LoanStatus.CLOSED_REPAID, LoanStatus.WITHDRAWN, LoanStatus.CHARGED_OFF, LoanStatus.SOLD,
    }),
    LoanStatus.CLOSED_REPAID: frozenset({LoanStatus.ACTIVE}),  # a payment is reversed
    LoanStatus.WITHDRAWN: frozenset({LoanStatus.ACTIVE}),
    LoanStatus.CHARGED_OFF: frozenset({LoanStatus.SOLD}),
    LoanStatus.SOLD: frozenset(),
    LoanStatus.CANCELLED: frozenset(),
}  # fmt: skip


class EventKind(StrEnum):
    """What people and the outside do to a loan; the daily close is no event, it follows from them."""

    DISBURSEMENT = "DISBURSEMENT"
    PAYMENT = "PAYMENT"
    PREPAYMENT = "PREPAYMENT"
    SETTLEMENT = "SETTLEMENT"
    WITHDRAWAL = "WITHDRAWAL"
    WAIVER = "WAIVER"
    RESTRUCTURE = "RESTRUCTURE"
    CHARGE_OFF = "CHARGE_OFF"
    SALE = "SALE"
    CREDIT_REFUND = "CREDIT_REFUND"


@dataclass(frozen=True, slots=True)
class LoanEvent:
    """One event: it counts from `value_on`; events of one day count in the order of `seq`."""

    id: UUID
    seq: int
    kind: EventKind
    value_on: date
    booked_on: date
    minor: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """One instalment: what it asks for, what is paid or waived, and what being late has added. Minor units.

    Interest accrues evenly from `accrue_from` to `due_on`; `accrue_base` of it had accrued before (a change within the
    period). `capitalised` accrues too, but becomes principal on the due date. `penalty_rest` is the fraction of a
    minor unit carried to the next night.
    """

    number: int
    starts_on: date
    due_on: date
    principal: int
    interest: int
    fee: int
    accrue_from: date
    accrue_base: int = 0
    capitalised: int = 0
    principal_paid: int = 0
    interest_paid: int = 0
    fee_paid: int = 0
    late_fee: int = 0
    late_fee_paid: int = 0
    late_charged: bool = False
    penalty: int = 0
    penalty_paid: int = 0
    penalty_rest: int = 0

    def accrued(self, through: date | None) -> int:
        """Interest accrued when the night after `through` is over."""
        whole = self.interest + self.capitalised
        return accrued_through(whole, self.accrue_base, self.accrue_from, self.due_on, through)

    def receivable(self, day: date) -> int:
        """Interest accrued at the end of a day, neither paid nor turned into principal."""
        if self.starts_on > day:
            return 0
        capitalised = self.capitalised if self.due_on <= day + ONE_DAY else 0
        return self.accrued(day) - capitalised - self.interest_paid

    @property
    def open_minor(self) -> int:
        """All that is still to pay on it, due or not."""
        return (
            self.principal - self.principal_paid + self.interest - self.interest_paid
            + self.fee - self.fee_paid + self.late_fee - self.late_fee_paid + self.penalty - self.penalty_paid
        )  # fmt: skip

    @property
    def settled(self) -> bool:
        """Nothing is left to pay."""
        return self.open_minor == 0

    @property
    def is_empty(self) -> bool:
        """It asks for nothing: only rows that wait for a part of the loan yet to be paid out do so."""
        return not (self.principal or self.interest or self.fee or self.capitalised)

    def dues(self) -> Iterable[Due]:
        """Its open sums by component."""
        number = self.number
        fees = self.fee - self.fee_paid + self.late_fee - self.late_fee_paid
        if fees:
            yield Due(number, Component.FEES, fees)
        if self.penalty != self.penalty_paid:
            yield Due(number, Component.PENALTY, self.penalty - self.penalty_paid)
        if self.interest != self.interest_paid:
            yield Due(number, Component.INTEREST, self.interest - self.interest_paid)
        if self.principal != self.principal_paid:
            yield Due(number, Component.PRINCIPAL, self.principal - self.principal_paid)

    def pay(self, component: Component, minor: int) -> None:
        """Counts a sum as paid. Fees cover the instalment's own fee first, then the late fee."""
        if component is Component.PRINCIPAL:
            self.principal_paid += minor
        elif component is Component.INTEREST:
            self.interest_paid += minor
        elif component is Component.PENALTY:
            self.penalty_paid += minor
        else:
            own = min(minor, self.fee - self.fee_paid)
            self.fee_paid += own
            self.late_fee_paid += minor - own

    def release(self, component: Component, minor: int) -> None:
        """Takes an open sum off what the instalment asks for: it is owed in another place from now on."""
        if component is Component.PRINCIPAL:
            self.principal -= minor
        elif component is Component.INTEREST:
            self.interest -= minor
        elif component is Component.PENALTY:
            self.penalty -= minor
        else:
            own = min(minor, self.fee - self.fee_paid)
            self.fee -= own
            self.late_fee -= minor - own


@dataclass(slots=True)
class LoanState:
    """A loan between two events. `lines` may be all instalments or, in the close, those that can still matter.

    `principal_out` is the principal owed; `credit` what the borrower has paid too much; `charged` late fees and
    penalty interest ever charged (for the cap); `arrears_since_on` names the running episode of arrears.
    """

    status: LoanStatus
    lines: list[Line]
    principal_lent: int = 0
    principal_out: int = 0
    credit: int = 0
    charged: int = 0
    allowance: int = 0
    arrears_since_on: date | None = None
    non_accrual: bool = False
    restructured_on: date | None = None
    last_closed_on: date | None = None
    closed_on: date | None = None
    charged_off: int = 0  # what the borrower still owes below the line

    def due_lines(self, on: date) -> list[Line]:
        """Unpaid instalments due on or before a day, oldest first."""
        return [line for line in self.lines if line.due_on <= on and line.open_minor]

    def oldest_due_on(self, on: date) -> date | None:
        """The due date days past due are counted from."""
        found = [line.due_on for line in self.lines if line.due_on <= on and line.open_minor]
        return min(found) if found else None

    def overdue_minor(self, on: date) -> int:
        """Everything due on or before a day and unpaid."""
        return sum(line.open_minor for line in self.lines if line.due_on <= on)

    def line(self, number: int) -> Line:
        """The instalment with that number."""
        return next(line for line in self.lines if line.number == number)


def lines_from(instalments: Iterable[Instalment], start_on: date, after: int = 0) -> list[Line]:
    """Instalments of a schedule as lines with nothing paid, numbered from `after` + 1."""
    lines, starts_on = [], start_on
    for row in instalments:
        lines.append(
            Line(
                number=after + row.number,
                starts_on=starts_on,
                due_on=row.due_on,
                principal=row.principal_minor,
                interest=row.interest_minor,
                fee=row.fees_minor,
                accrue_from=starts_on,
                capitalised=row.capitalised_minor,
            )
        )
        starts_on = row.due_on
    return lines

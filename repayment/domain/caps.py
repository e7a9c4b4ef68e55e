"""Legal ceilings on the price of credit: a dated table, and the engine that says what it compared with what.

The table is policy (`[[caps]]` in repayment/policy.toml); a new law is a new row with its first day, never an edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Self

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from repayment.domain.cost import both_annual_rates, cash_flows
from repayment.domain.rates import IndexTable
from repayment.domain.schedule import FeeKind, Schedule
from repayment.domain.schedule_fees import fee_at_start


class CapBasis(StrEnum):
    """What a ceiling is compared with."""

    NOMINAL = "nominal"  # all-in yearly cost, period rate x periods
    EFFECTIVE = "effective"  # all-in yearly cost, compounded
    NOTE_RATE = "note_rate"  # the contract's interest rate alone
    TOTAL_COST = "total_cost"  # all cost over the amount lent
    DAILY = "daily"  # all cost over the sum of what is owed of the credit on each day


@dataclass(frozen=True, slots=True)
class Cap:
    """One ceiling: a fixed `limit` (fraction of one), or `multiple` times an `index` on the day of the contract."""

    name: str
    jurisdiction: str
    lender_type: str
    basis: CapBasis
    valid_from: date
    source: str
    limit: Decimal | None = None
    multiple: Decimal | None = None
    index: str | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if (self.limit is None) == (self.multiple is None) or (self.multiple is None) != (self.index is None):
            raise ValueError(f"cap {self.name}: give a limit, or a multiple and its index")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"cap {self.name}: ends before it begins")

    def in_force(self, jurisdiction: str, lender_type: str, on: date) -> bool:
        """True when the ceiling binds that lender on that day."""
        return (
            (self.jurisdiction, self.lender_type) == (jurisdiction, lender_type)
            and self.valid_from <= on
            and (self.valid_to is None or on <= self.valid_to)
        )

    def limit_on(self, day: date, indexes: Mapping[str, IndexTable]) -> Decimal:
        """The ceiling that day. Raises InvalidInput when the index is not loaded or has no value then."""
        if self.limit is not None:
            return self.limit
        table = indexes.get(self.index or "")
        if table is None:
            raise InvalidInput({"index": Text("The index {name} is not loaded", name=self.index)})
        return table.on(day) * (self.multiple or Decimal(0))


def _ratio(num: int, den: int) -> Decimal:
    return Decimal(-(-num * 10**8 // den)).scaleb(-8)


@dataclass(frozen=True, slots=True)
class PricedLoan:
    """The cost of a loan on every basis a ceiling may look at, as fractions of one."""

    nominal: Decimal
    effective: Decimal
    note_rate: Decimal
    total_cost: Decimal
    daily: Decimal

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        """The figures of a schedule, to eight places, a figure that is not whole rounded up.

        All cost is what the borrower pays beyond what was paid out; fees that are financed are cost, not credit.
        Raises NoRate or SeveralRates.
        """
        effective, nominal = both_annual_rates(schedule)
        request = schedule.request
        moved = [(move.on, move.minor) for move in schedule.movements]
        credit = schedule.opening_minor + sum(minor for _, minor in moved if minor > 0)
        financed = fee_at_start(request, FeeKind.FINANCED)
        cost = sum(minor for _, minor in cash_flows(schedule))
        rows = zip(schedule.due_on, schedule.capitalised_minor, schedule.principal_minor, strict=True)
        owed, since, weight = schedule.opening_minor, request.disbursed_on, 0
        for day, change in sorted([*moved, *((on, added - paid) for on, added, paid in rows)]):
            weight += owed * (day - since).days
            owed, since = owed + change, day
        note = request.rate_annual
        if note is None:
            per_year = request.frequency.periods_per_year
            note = (request.rate_period or Decimal(0)) * per_year.numerator / per_year.denominator
        lent = credit - financed
        return cls(
            nominal, effective, note,
            total_cost=_ratio(cost, lent), daily=_ratio(cost * credit, max(weight, 1) * lent),
        )  # fmt: skip

    def on(self, basis: CapBasis) -> Decimal:
        """The figure of that basis."""
        return {
            CapBasis.NOMINAL: self.nominal,
            CapBasis.EFFECTIVE: self.effective,
            CapBasis.NOTE_RATE: self.note_rate,
            CapBasis.TOTAL_COST: self.total_cost,
            CapBasis.DAILY: self.daily,
        }[basis]


@dataclass(frozen=True, slots=True)
class CapOutcome:
    """One ceiling held against one loan: which basis was compared, both figures, and the verdict."""

    cap: Cap
    basis: CapBasis
    value: Decimal
    limit: Decimal

    @property
    def passes(self) -> bool:
        """True when the value does not exceed the limit."""
        return self.value <= self.limit

    @property
    def sentence(self) -> Text:
        """The comparison in one sentence."""
        value, limit = (f"{(figure * 100).normalize():f}" for figure in (self.value, self.limit))
        if self.passes:
            return Text(
                "{name}: {basis} cost {value}% is within {limit}%",
                name=self.cap.name, basis=self.basis.value, value=value, limit=limit,
            )  # fmt: skip
        return Text(
            "{name}: {basis} cost {value}% is above {limit}%",
            name=self.cap.name, basis=self.basis.value, value=value, limit=limit,
        )  # fmt: skip


def check_caps(
    caps: Sequence[Cap],
    loan: PricedLoan,
    *,
    jurisdiction: str,
    lender_type: str,
    on: date,
    indexes: Mapping[str, IndexTable] | None = None,
) -> tuple[CapOutcome, ...]:
    """Every ceiling in force for that lender and day held against the loan; empty when none is.

    Raises InvalidInput when a ceiling's index is missing: a loan is never waved through for want of a figure.
    """
    return tuple(
        CapOutcome(cap, cap.basis, loan.on(cap.basis), cap.limit_on(on, indexes or {}))
        for cap in caps
        if cap.in_force(jurisdiction, lender_type, on)
    )


def _optional(row: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(row[name]) if name in row else None


@dataclass(frozen=True, slots=True)
class CapPolicy:
    """The lender's table of ceilings and the index values it needs, from `[[caps]]` and `[indexes]` of the policy."""

    STAGE: ClassVar[str] = "repayment"
    caps: tuple[Cap, ...]
    indexes: Mapping[str, IndexTable]

    @classmethod
    def from_toml(cls, data: Mapping[str, Any]) -> Self:
        """Reads the table. Raises KeyError or ValueError for a row that lacks or contradicts something."""
        caps = tuple(
            Cap(
                name=row["name"],
                jurisdiction=row["jurisdiction"],
                lender_type=row["lender_type"],
                basis=CapBasis(row["basis"]),
                valid_from=row["valid_from"],
                source=row["source"],
                limit=_optional(row, "limit"),
                multiple=_optional(row, "multiple"),
                index=row.get("index"),
                valid_to=row.get("valid_to"),
            )
            for row in data.get("caps", ())
        )
        indexes = {
            name: IndexTable(name, tuple((value["on"], Decimal(value["rate"])) for value in values))
            for name, values in data.get("indexes", {}).items()
        }
        return cls(caps, indexes)

    def check(self, loan: PricedLoan, *, jurisdiction: str, lender_type: str, on: date) -> tuple[CapOutcome, ...]:
        """See `check_caps`."""
        return check_caps(
            self.caps, loan, jurisdiction=jurisdiction, lender_type=lender_type, on=on, indexes=self.indexes
        )


POLICIES = [CapPolicy]

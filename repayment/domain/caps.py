"""Legal ceilings on the price of credit: a dated table, and the engine that says what it compared with what.

The table is policy (`[[caps]]` in repayment/policy.toml); a new law is a new row with its first day, never an edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, ClassVar, Self

from core.domain.errors import InvalidInput, PolicyInvalid
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

    @property
    def words(self) -> Text:
        """What is compared, in words."""
        return _WORDS[self]


_WORDS = {
    CapBasis.NOMINAL: Text("All-in yearly cost, without compounding"),
    CapBasis.EFFECTIVE: Text("All-in yearly cost, compounded"),
    CapBasis.NOTE_RATE: Text("Yearly interest rate of the contract"),
    CapBasis.TOTAL_COST: Text("All cost, as a share of the sum lent"),
    CapBasis.DAILY: Text("All cost a day, as a share of what is owed"),
}
_SOLVED = frozenset({CapBasis.NOMINAL, CapBasis.EFFECTIVE})
_TOLD = Decimal("0.0001")
_SHORT = {
    CapBasis.NOMINAL: Text("nominal"),
    CapBasis.EFFECTIVE: Text("effective"),
    CapBasis.NOTE_RATE: Text("interest"),
    CapBasis.TOTAL_COST: Text("total"),
    CapBasis.DAILY: Text("daily"),
}


@dataclass(frozen=True, slots=True)
class Cap:
    """One ceiling: a fixed `limit` (fraction of one), or `multiple` times an `index` on the day of the contract.

    `name` is English, `name_zh` Chinese (empty: the English one), `source` the law as it is cited.
    """

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
    name_zh: str = ""

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
    def of(cls, schedule: Schedule, rates: tuple[Decimal, Decimal] | None = None) -> Self:
        """The figures of a schedule, to eight places, a figure that is not whole rounded up.

        All cost is what the borrower pays beyond what was paid out; fees that are financed are cost, not credit.
        `rates` are its `both_annual_rates` where they are known already. Raises NoRate or SeveralRates.
        """
        effective, nominal = rates or both_annual_rates(schedule)
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

    name: str
    source: str
    basis: CapBasis
    value: Decimal
    limit: Decimal
    name_zh: str = ""

    @property
    def passes(self) -> bool:
        """True when the value does not exceed the limit.

        Solved yearly rates are compared as they are told, to 1/100 of a percent, half up: instalments in whole cents
        put a loan at exactly 24 % a millionth above or below it.
        """
        return self.told <= self.limit

    @property
    def told(self) -> Decimal:
        """The value as it is compared and told."""
        return self.value.quantize(_TOLD, rounding=ROUND_HALF_UP) if self.basis in _SOLVED else self.value

    @property
    def room(self) -> Decimal:
        """The share of the limit that is not used up; negative above it."""
        return (self.limit - self.value) / self.limit if self.limit else -self.value

    @property
    def sentence(self) -> Text:
        """The comparison in one sentence."""
        value, limit = (f"{(figure * 100).normalize():f}" for figure in (self.told, self.limit))
        if self.passes:
            return Text(
                "{name}: {basis} cost {value}% is within {limit}%",
                name=self.name, basis=_SHORT[self.basis], value=value, limit=limit,
            )  # fmt: skip
        return Text(
            "{name}: {basis} cost {value}% is above {limit}%",
            name=self.name, basis=_SHORT[self.basis], value=value, limit=limit,
        )  # fmt: skip

    def name_in(self, locale: str) -> str:
        """The ceiling's name in the reader's language."""
        return self.name_zh if self.name_zh and locale.lower().startswith("zh") else self.name

    def to_dict(self) -> dict[str, str]:
        """JSON-ready, as it is kept with an offer or a decision."""
        return {
            "name": self.name,
            "name_zh": self.name_zh,
            "source": self.source,
            "basis": self.basis.value,
            "value": format(self.value, "f"),
            "limit": format(self.limit, "f"),
        }

    @classmethod
    def read_all(cls, raw: Iterable[Mapping[str, str]]) -> tuple[Self, ...]:
        """Several, the tightest first."""
        return tuple(sorted(map(cls.from_dict, raw), key=lambda one: one.room))

    @classmethod
    def from_dict(cls, raw: Mapping[str, str]) -> Self:
        """The inverse of `to_dict`."""
        return cls(
            raw["name"], raw["source"], CapBasis(raw["basis"]), Decimal(raw["value"]), Decimal(raw["limit"]),
            raw.get("name_zh", ""),
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
        CapOutcome(cap.name, cap.source, cap.basis, loan.on(cap.basis), cap.limit_on(on, indexes or {}), cap.name_zh)
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
        """Reads the table. Raises KeyError or ValueError for a row that lacks or contradicts something, PolicyInvalid
        for one whose index has no value on its first day: no loan is to find that out."""
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
                name_zh=row.get("name_zh", ""),
            )
            for row in data.get("caps", ())
        )
        indexes = {
            name: IndexTable(name, tuple((value["on"], Decimal(value["rate"])) for value in values))
            for name, values in data.get("indexes", {}).items()
        }
        for cap in caps:
            try:
                cap.limit_on(cap.valid_from, indexes)
            except InvalidInput as error:
                raise PolicyInvalid(f"cap {cap.name}: {'; '.join(map(str, error.fields.values()))}") from None
        return cls(caps, indexes)

    def ceilings(self, jurisdiction: str, lender_type: str, on: date) -> Ceilings:
        """What binds such a lender on that day."""
        return Ceilings(self, jurisdiction, lender_type, on)

    def check(self, loan: PricedLoan, *, jurisdiction: str, lender_type: str, on: date) -> tuple[CapOutcome, ...]:
        """See `check_caps`."""
        return check_caps(
            self.caps, loan, jurisdiction=jurisdiction, lender_type=lender_type, on=on, indexes=self.indexes
        )


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The ceilings of one lender in one jurisdiction on one day."""

    policy: CapPolicy
    jurisdiction: str
    lender_type: str
    on: date

    def check(self, schedule: Schedule, rates: tuple[Decimal, Decimal] | None = None) -> tuple[CapOutcome, ...]:
        """Every ceiling held against a schedule; empty when none is in force. `rates` as `PricedLoan.of` takes them.

        Raises NoRate or SeveralRates when something is to be compared and the flows have no single rate.
        """
        who = self.jurisdiction, self.lender_type
        if not any(cap.in_force(*who, self.on) for cap in self.policy.caps):
            return ()
        loan = PricedLoan.of(schedule, rates)
        return self.policy.check(loan, jurisdiction=who[0], lender_type=who[1], on=self.on)

    def require(self, schedule: Schedule, field: str) -> None:
        """Raises InvalidInput on that field for the ceilings a schedule is above."""
        above: list[str] = [one.sentence for one in self.check(schedule) if not one.passes]
        if above:
            raise InvalidInput({field: above})


POLICIES = [CapPolicy]

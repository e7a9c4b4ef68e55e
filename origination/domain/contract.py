"""What a loan contract says: parties, figures, schedule, charges and terms, frozen and checked against each other.

The words around it live in templates/contract/ by language. The hash of the rendered page is what the borrower signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.domain.money import Money, total

TEMPLATE_VERSION = "1.0"


class PartyRole(StrEnum):
    """What a party is in the contract."""

    LENDER = "lender"
    BORROWER = "borrower"
    GUARANTOR = "guarantor"


@dataclass(frozen=True, slots=True)
class ContractParty:
    """One party as printed. Numbers of documents, accounts and phones are masked before they come here."""

    role: PartyRole
    is_company: bool
    name: str
    identity_label: str = ""
    identity_masked: str = ""
    address: str = ""
    email: str = ""
    phone_masked: str = ""
    account_masked: str = ""
    representative: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a party has a name")


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One line of the schedule."""

    number: int
    due_on: date
    payment: Money
    principal: Money
    interest: Money
    fees: Money
    balance: Money


class ChargeKind(StrEnum):
    """What a charge is for. The last three are owed only in the event they name."""

    INTEREST = "interest"
    FEE = "fee"
    LATE_FEE = "late_fee"
    PENALTY_INTEREST = "penalty_interest"
    PREPAYMENT_FEE = "prepayment_fee"

    @property
    def contingent(self) -> bool:
        """Whether it is owed only when something goes otherwise than planned."""
        return self not in {ChargeKind.INTEREST, ChargeKind.FEE}


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the cost table: who takes it, how it is worked out, what it comes to, what it is a year.

    `when` is a value of repayment's FeeKind for fees. `rate` is a fraction of its basis, `amount` the sum over the
    whole loan (of one event for a contingent charge), `annualised` its share of the all-in yearly cost.
    """

    kind: ChargeKind
    name: str = ""
    payee: str = "lender"
    when: str = ""
    rate: Decimal | None = None
    amount: Money | None = None
    annualised: Decimal | None = None

    def __post_init__(self) -> None:
        if self.kind is ChargeKind.FEE and not self.name:
            raise ValueError("a fee has a name")
        if self.kind.contingent and self.annualised is not None:
            raise ValueError("a contingent charge has no place in the yearly cost")


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """The rules the loan is served by, as printed. Rates are fractions of one, `penalty_rate_annual` yearly.

    `waterfall` is the order in which a payment is applied, oldest instalment first unless `by_component`.
    `prepayment_fee_rate_short` holds in the last year. `charges_cap_rate` bounds late fees and default interest
    together by a share of the sum lent.
    """

    grace_days: int
    late_fee: Money | None
    penalty_rate_annual: Decimal
    penalty_days_per_year: int
    charges_cap_rate: Decimal | None
    waterfall: tuple[str, ...]
    by_component: bool
    rounding: str
    residual: str
    prepayment_fee_rate: Decimal
    prepayment_fee_rate_short: Decimal
    fee_rebate: bool
    withdrawal_days: int
    jurisdiction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractData:
    """A contract without its words.

    `locale` is "en" or "zh_Hans_CN". `rate_effective` compounds and holds every compulsory charge; `rate_nominal` is
    the same cost as twelve times the rate of a month. Raises ValueError when the figures contradict each other.
    """

    reference: str
    application_reference: str
    locale: str
    segment: str
    product_name: str
    product_version: int
    made_on: date
    lender: ContractParty
    borrower: ContractParty
    guarantors: tuple[ContractParty, ...] = ()
    principal: Money
    withheld: Money
    purpose: str
    amortization: str
    tenor_months: int
    rate_annual: Decimal
    day_count: str
    rate_effective: Decimal
    rate_nominal: Decimal
    disbursed_on: date
    rows: tuple[ContractRow, ...]
    charges: tuple[Charge, ...]
    terms: ContractTerms
    complaints: str = ""
    template_version: str = TEMPLATE_VERSION

    def __post_init__(self) -> None:
        if self.locale not in {"en", "zh_Hans_CN"}:
            raise ValueError(f"there is no contract in {self.locale!r}")
        if self.segment not in {"consumer", "sme"}:
            raise ValueError(f"there is no contract for {self.segment!r}")
        if not self.rows:
            raise ValueError("a contract has a schedule")
        if self.principal_total < self.principal:
            raise ValueError("the schedule repays less than was lent")
        if self.rows[-1].balance:
            raise ValueError("the schedule leaves something owed")
        for row in self.rows:
            if row.payment != row.principal + row.interest + row.fees:
                raise ValueError(f"instalment {row.number} is not the sum of its parts")
        if self.cost_total != total((c.amount for c in self.regular_charges if c.amount), self.currency):
            raise ValueError("the charges do not add up to the cost of the loan")

    @property
    def currency(self) -> str:
        """ISO 4217 code of every sum."""
        return self.principal.currency

    @property
    def chinese(self) -> bool:
        """Whether it is written in Chinese."""
        return self.locale.startswith("zh")

    @property
    def all_in_table(self) -> bool:
        """Whether the all-in financing cost table is owed: personal loans under Chinese rules, from 1 August 2026."""
        return self.segment == "consumer" and self.terms.jurisdiction == "CN"

    @property
    def payout(self) -> Money:
        """What reaches the borrower's account."""
        return self.principal - self.withheld

    @property
    def regular_charges(self) -> tuple[Charge, ...]:
        """Owed when everything goes as planned."""
        return tuple(charge for charge in self.charges if not charge.kind.contingent)

    @property
    def contingent_charges(self) -> tuple[Charge, ...]:
        """Owed only in the event they name."""
        return tuple(charge for charge in self.charges if charge.kind.contingent)

    def _sum(self, amounts: Sequence[Money]) -> Money:
        return total(amounts, self.currency)

    @property
    def principal_total(self) -> Money:
        """Principal of all rows; more than was lent when a fee is financed."""
        return self._sum([row.principal for row in self.rows])

    @property
    def interest_total(self) -> Money:
        """Interest of all rows."""
        return self._sum([row.interest for row in self.rows])

    @property
    def fees_total(self) -> Money:
        """Fees of all rows, without those at the start."""
        return self._sum([row.fees for row in self.rows])

    @property
    def payment_total(self) -> Money:
        """All instalments."""
        return self._sum([row.payment for row in self.rows])

    @property
    def paid_up_front(self) -> Money:
        """Fees at disbursement that are not part of the instalments."""
        return self._sum([charge.amount for charge in self.charges if charge.when == "up_front" and charge.amount])

    @property
    def cost_total(self) -> Money:
        """Interest and every compulsory fee."""
        return self.payment_total + self.paid_up_front - self.principal

    @property
    def payable_total(self) -> Money:
        """Everything the borrower pays over the life of the loan."""
        return self.payment_total + self.paid_up_front

    @property
    def first_due_on(self) -> date:
        """Day of the first instalment."""
        return self.rows[0].due_on

    @property
    def last_due_on(self) -> date:
        """Day of the last instalment."""
        return self.rows[-1].due_on

    @property
    def level(self) -> bool:
        """Whether all instalments but the last are the same."""
        return len({row.payment for row in self.rows[:-1]}) <= 1


def masked(number: str, shown: int = 4) -> str:
    """All but the last characters hidden: `••••••••••••3412`. Short numbers show half."""
    shown = min(shown, len(number) // 2)
    return "•" * (len(number) - shown) + number[len(number) - shown :]

"""The lender's servicing policies, read from policy.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from core.domain.money import Money
from repayment.domain.accounts import ChartOfAccounts
from repayment.domain.allocation import Component, Direction, Waterfall
from repayment.domain.classification import ClassRules
from repayment.domain.dunning import DunningPolicies
from repayment.domain.life import BookRules
from repayment.domain.state import EventKind
from repayment.domain.terms import LoanTerms


@dataclass(frozen=True, slots=True)
class AccountingPolicy:
    """Chart of accounts, classification, provisions and the stop of accrual."""

    STAGE: ClassVar[str] = "repayment"
    chart: ChartOfAccounts
    rules: BookRules

    @classmethod
    def from_toml(cls, data: dict[str, Any]) -> AccountingPolicy:
        """Reads `[accounts]`, `[[classification]]` and `[accrual]`."""
        classes = tuple(ClassRules.from_data(raw) for raw in data["classification"])
        rules = BookRules(classes, int(data["accrual"]["non_accrual_dpd"]))
        return cls(ChartOfAccounts.from_data(data["accounts"]), rules)


@dataclass(frozen=True, slots=True)
class Authority:
    """What may be waived, agreed to, paid back or dated back by whom: limits in major units of the loan's currency.

    `second_person` are kinds of events that always take two people.
    """

    waive_collector: Decimal
    plan_collector: Decimal
    refund_collector: Decimal
    second_person: frozenset[EventKind]
    backdate_days_collector: int
    backdate_days_officer: int


@dataclass(frozen=True, slots=True)
class ServicingPolicy:
    """Waterfalls by name, terms by jurisdiction, authority."""

    STAGE: ClassVar[str] = "repayment"
    waterfalls: Mapping[str, Waterfall]
    terms: Mapping[str, Mapping[str, Any]]
    authority: Authority

    @classmethod
    def from_toml(cls, data: dict[str, Any]) -> ServicingPolicy:
        """Reads `[waterfall]`, `[terms]` and `[authority]`."""
        waterfalls = {
            name: Waterfall(tuple(Component(part) for part in raw["order"]), Direction(raw["direction"]))
            for name, raw in data["waterfall"].items()
        }
        raw = data["authority"]
        authority = Authority(
            Decimal(raw["waive_collector"]), Decimal(raw["plan_collector"]), Decimal(raw["refund_collector"]),
            frozenset(EventKind(kind) for kind in raw["second_person"]), int(raw["backdate_days_collector"]),
            int(raw["backdate_days_officer"]),
        )  # fmt: skip
        policy = cls(waterfalls, data["terms"], authority)
        for jurisdiction in policy.terms:
            policy.terms_for(jurisdiction)
        return policy

    def terms_for(
        self,
        jurisdiction: str,
        *,
        grace_days: int = 0,
        late_fee: Money | None = None,
        penalty_rate_annual: Decimal = Decimal(0),
        dunning_policy: str = "standard",
        prepayment_fee_rate: Decimal | None = None,
        withdrawal_days: int | None = None,
    ) -> LoanTerms:
        """A product's late and early terms, completed by what the jurisdiction asks for (`[terms.<jurisdiction>]`).

        `[terms.other]` stands for jurisdictions without a table of their own.
        """
        raw = self.terms.get(jurisdiction) or self.terms["other"]
        cap = raw.get("charges_cap_rate")
        fee = Decimal(raw["prepayment_fee_rate"]) if prepayment_fee_rate is None else prepayment_fee_rate
        short = raw.get("prepayment_fee_rate_short")
        return LoanTerms(
            grace_days=grace_days,
            late_fee=late_fee,
            penalty_rate_annual=penalty_rate_annual,
            penalty_days_per_year=int(raw["penalty_days_per_year"]),
            charges_cap_rate=None if cap is None else Decimal(cap),
            waterfall=self.waterfalls[raw["waterfall"]],
            dunning_policy=dunning_policy,
            prepayment_fee_rate=fee,
            prepayment_fee_rate_short=fee if short is None else min(fee, Decimal(short)),
            fee_rebate=bool(raw["fee_rebate"]),
            withdrawal_days=int(raw["withdrawal_days"]) if withdrawal_days is None else withdrawal_days,
            jurisdiction=jurisdiction,
        )


POLICIES = [DunningPolicies, AccountingPolicy, ServicingPolicy]

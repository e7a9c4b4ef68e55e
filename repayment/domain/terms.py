"""The terms a loan is serviced by, frozen when it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from core.domain.errors import InvalidInput
from core.domain.money import Money, Rounding
from core.domain.texts import Text
from repayment.domain.allocation import Waterfall

_MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """Servicing terms. Rates are yearly fractions of one; amounts are in the loan's currency.

    `grace_days` after a due date pass without late fee and penalty interest. `penalty_rate_annual` runs on overdue
    principal, by the day over `penalty_days_per_year`. `charges_cap_rate` limits late fees and penalty interest
    together to that share of the principal lent. Prepayment compensation: `prepayment_fee_rate` of the principal paid
    early, `prepayment_fee_rate_short` when a year or less is left, never more than the interest saved (the EU rule,
    Directive 2023/2225 art. 29). `withdrawal_days` is the cooling-off window from disbursement. `jurisdiction` and
    `lender_type` say whose ceilings of cost bind a new agreement on the loan.
    """

    grace_days: int = 0
    late_fee: Money | None = None
    penalty_rate_annual: Decimal = Decimal(0)
    penalty_days_per_year: int = 365
    charges_cap_rate: Decimal | None = None
    waterfall: Waterfall = field(default_factory=Waterfall)
    dunning_policy: str = "standard"
    rounding: Rounding = Rounding.HALF_EVEN
    prepayment_fee_rate: Decimal = Decimal(0)
    prepayment_fee_rate_short: Decimal = Decimal(0)
    fee_rebate: bool = False
    withdrawal_days: int = 0
    jurisdiction: str = "CN"
    lender_type: str = ""

    def __post_init__(self) -> None:
        # A rate times one and a half may be finer than the millionths the books count in; the cut favours the borrower.
        cut = self.penalty_rate_annual.quantize(_MILLIONTH, rounding=ROUND_DOWN)
        object.__setattr__(self, "penalty_rate_annual", cut)
        wrong: dict[str, str | list[str]] = {}
        if not 0 <= self.grace_days <= 60:
            wrong["grace_days"] = Text("Enter a number of days from 0 to 60")
        if not 0 <= self.penalty_rate_annual <= 10:
            wrong["penalty_rate_annual"] = Text("The rate must be from 0 to 10 (1000 %)")
        if self.penalty_days_per_year not in {360, 365}:
            wrong["penalty_days_per_year"] = Text("A year of penalty interest has 360 or 365 days")
        if self.late_fee is not None and self.late_fee.minor < 0:
            wrong["late_fee"] = Text("A fee is not negative, and its rate is from 0 to 1")
        if not 0 <= self.prepayment_fee_rate <= 1 or not 0 <= self.prepayment_fee_rate_short <= 1:
            wrong["prepayment_fee_rate"] = Text("A fee is not negative, and its rate is from 0 to 1")
        if wrong:
            raise InvalidInput(wrong)

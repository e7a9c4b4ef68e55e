"""Can the loan be carried? Debt against income, what is left to live on, debt service cover, under stress as well.

Definitions: DTI = (payments on other loans + the new instalment) / income of a person, housing not included; residual
income = income less loans, housing and the instalment; DSCR = EBITDA / all debt service of a year; LTV = loan / value
of the security; leverage = liabilities / equity. A ratio whose denominator is zero or negative does not exist: None,
never zero or infinity, so that a rule on it is undetermined and a person looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from core.domain.fact import FactValue
from core.domain.money import Money, Rounding

_MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Stress:
    """What the lender supposes might happen: the yearly rate rises by `rate`, income falls by the share `income`."""

    rate: Decimal
    income: Decimal

    def __post_init__(self) -> None:
        if not (0 <= self.rate <= 1 and 0 <= self.income < 1):
            raise ValueError("stress is a share: rate from 0 to 1, income from 0 to below 1")

    def income_left(self, income: Money) -> Money:
        """Income after the fall, rounded down; a loss grows by the same share."""
        if income.minor < 0:
            return Money.rounded(income.minor * (1 + self.income), income.currency, rounding=Rounding.DOWN)
        return Money.rounded(income.minor * (1 - self.income), income.currency, rounding=Rounding.DOWN)


def ratio(part: Money, whole: Money) -> Decimal | None:
    """part / whole to the millionth, half even; None when the whole is not more than zero."""
    if part.currency != whole.currency:
        raise ValueError(f"{part.currency} and {whole.currency} have no ratio")
    if whole.minor <= 0:
        return None
    return (Decimal(part.minor) / whole.minor).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Burden:
    """What the loan asked for costs: the highest instalment and the first year's sum, at the price and under stress."""

    instalment: Money
    first_year: Money
    instalment_stressed: Money
    first_year_stressed: Money


def person_affordability(
    income: Money, obligations: Money, housing: Money, burden: Burden, stress: Stress
) -> dict[str, FactValue]:
    """dti, dti_stressed, residual_income, residual_income_stressed of a person, all per month.

    Ratios that do not exist are left out.
    """
    facts: dict[str, FactValue] = {}
    for suffix, earned, instalment in (
        ("", income, burden.instalment),
        ("_stressed", stress.income_left(income), burden.instalment_stressed),
    ):
        debt = obligations + instalment
        dti = ratio(debt, earned)
        if dti is not None:
            facts[f"dti{suffix}"] = dti
        facts[f"residual_income{suffix}"] = earned - debt - housing
    return facts


def company_affordability(
    figures: Mapping[str, FactValue], amount: Money, burden: Burden, stress: Stress
) -> dict[str, FactValue]:
    """dscr, dscr_stressed, leverage, ltv, revenue_growth of a company, from the facts of the same names.

    Figures that are unknown leave out the ratios that need them.
    """
    facts: dict[str, FactValue | None] = {}
    ebitda, service = _money(figures, "ebitda_annual"), _money(figures, "debt_service_annual")
    if ebitda is not None and service is not None:
        facts["dscr"] = ratio(ebitda, service + burden.first_year)
        facts["dscr_stressed"] = ratio(stress.income_left(ebitda), service + burden.first_year_stressed)
    liabilities, equity = _money(figures, "total_liabilities"), _money(figures, "equity")
    if liabilities is not None and equity is not None:
        facts["leverage"] = ratio(liabilities + amount, equity)
    collateral = _money(figures, "collateral_value")
    if collateral is not None:
        facts["ltv"] = ratio(amount, collateral)
    revenue, prior = _money(figures, "revenue_annual"), _money(figures, "revenue_prior")
    if revenue is not None and prior is not None:
        facts["revenue_growth"] = ratio(revenue - prior, prior)
    return {name: value for name, value in facts.items() if value is not None}


def _money(figures: Mapping[str, FactValue], name: str) -> Money | None:
    value = figures.get(name)
    return value if isinstance(value, Money) else None

"""A case supposed otherwise: another income, and what follows from it. For simulations only; nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.domain.fact import FactValue
from core.domain.money import Money
from origination.domain.assessment import Case
from origination.domain.facts import savings_band

# What counts as income: a person's month, a company's year before interest, tax and depreciation.
INCOME_FACT: Mapping[str, str] = {"consumer": "income_monthly", "sme": "ebitda_annual"}


def with_income(case: Case, income: Money) -> Case:
    """The case with another income. Instalment band, debt ratios and coverage follow when it is assessed."""
    base: dict[str, FactValue] = dict(case.base) | {INCOME_FACT[case.product.segment]: income}
    savings = base.get("savings")
    if case.product.segment == "consumer" and isinstance(savings, Money):
        base["savings_band"] = savings_band(savings, income)
    return replace(case, base=base)

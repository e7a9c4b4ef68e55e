"""Cases that tests of rules, decisions and steps start from."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from core.domain.fact import FactValue
from core.domain.money import Money
from origination.domain.assessment import Case, Score
from origination.domain.facts import OwnBook, base_facts
from origination.domain.policy import OriginationPolicy
from origination.domain.product import Product, read_products

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 22)


@cache
def seed_policy() -> OriginationPolicy:
    return OriginationPolicy.from_toml(tomllib.loads((ROOT / "origination/policy.toml").read_text("utf-8")))


@cache
def seed_products() -> dict[str, Product]:
    text = (ROOT / "origination/reference/products.toml").read_text("utf-8")
    return {product.code: product for product in read_products(tomllib.loads(text))}


def consumer_answers(currency: str = "CNY", **changes: FactValue) -> dict[str, FactValue]:
    def money(amount: str) -> Money:
        return Money.of(amount, currency)

    return {
        "amount": money("20000"),
        "tenor_months": 24,
        "purpose": "furniture",
        "amortisation": "annuity",
        "birth_on": date(1990, 5, 17),
        "income_monthly": money("15000"),
        "obligations_monthly": money("1000"),
        "housing_cost_monthly": money("3000"),
        "employment_status": "employed",
        "employed_since_on": date(2019, 3, 1),
        "occupation": 3,
        "current_account": 4,
        "savings": money("30000"),
        "housing": "rent",
        "property": 2,
        "other_debtors": "none",
    } | changes


def sme_answers(currency: str = "EUR", **changes: FactValue) -> dict[str, FactValue]:
    def money(amount: str) -> Money:
        return Money.of(amount, currency)

    return {
        "amount": money("80000"),
        "tenor_months": 36,
        "purpose": "equipment",
        "amortisation": "annuity",
        "founded_on": date(2012, 6, 1),
        "sector": "33",
        "location": "urban",
        "employees": 24,
        "franchise": "no",
        "country": "DE",
        "jobs_created": 2,
        "jobs_retained": 20,
        "revenue_annual": money("2400000"),
        "revenue_prior": money("2200000"),
        "profit_annual": money("150000"),
        "ebitda_annual": money("260000"),
        "total_assets": money("1300000"),
        "total_liabilities": money("700000"),
        "equity": money("600000"),
        "debt_service_annual": money("60000"),
        "collateral_value": money("120000"),
    } | changes


CLEAN_BUREAU: dict[str, FactValue] = {
    "bureau_delinquencies_24m": 0,
    "bureau_inquiries_6m": 1,
    "bureau_worst_dpd_24m": 0,
}


def consumer_case(grade: str | None = "B", product: str = "consumer-cny", **changes: FactValue) -> Case:
    sold = seed_products()[product]
    bureau = CLEAN_BUREAU | {"credit_history": 3, "other_plans": "none"}
    own = OwnBook(Money.zero(sold.currency))
    base = base_facts(consumer_answers(sold.currency) | bureau | changes, sold, {}, own, day=DAY)
    return Case(base, sold, own, DAY, "PASS", None if grade is None else Score(Decimal("0.03"), Decimal(640), grade))


def sme_case(grade: str | None = "B", product: str = "sme-equipment-eur", **changes: FactValue) -> Case:
    sold = seed_products()[product]
    own = OwnBook(Money.zero(sold.currency))
    base = base_facts(sme_answers(sold.currency) | CLEAN_BUREAU | changes, sold, {}, own, day=DAY)
    return Case(base, sold, own, DAY, "PASS", None if grade is None else Score(Decimal("0.02"), Decimal(660), grade))

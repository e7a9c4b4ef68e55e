"""From answers, bureau report and own book to the facts that scorecard and rules see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from core.domain.errors import InvalidInput, PolicyInvalid
from core.domain.fact import Facts, FactValue
from core.domain.fact_parts.evidence import COUNTS
from core.domain.facts import CATALOGUE
from core.domain.money import Money
from core.domain.party import full_years
from origination.domain.affordability import ratio
from origination.domain.product import Product
from origination.domain.size_class import SIZE_CURRENCIES, SizeFigures, china_industry, size_class

_MILLIONTH = Decimal("0.000001")
_DAYS_OF_YEAR = Decimal("365.25")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Reference rates: US dollars per unit of each currency, as of a day. Only for comparison, never for booking."""

    as_of: date
    usd_per_unit: Mapping[str, Decimal]
    source: str = ""

    def __post_init__(self) -> None:
        if any(rate <= 0 for rate in self.usd_per_unit.values()):
            raise PolicyInvalid("[exchange]: a reference rate must be more than zero")

    def in_usd(self, amount: Money) -> Decimal | None:
        """The amount in US dollars to the cent; None for a currency without a rate."""
        rate = self.usd_per_unit.get(amount.currency)
        return None if rate is None else (amount.amount * rate).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)

    def convert(self, amount: Money, currency: str) -> Money | None:
        """The amount in another currency at the reference rates, half even; None when a rate is missing."""
        if amount.currency == currency:
            return amount
        usd, per_unit = self.in_usd(amount), self.usd_per_unit.get(currency)
        if usd is None or per_unit is None:
            return None
        cents = (usd / per_unit).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
        return Money.of(cents, currency)


@dataclass(frozen=True, slots=True)
class OwnBook:
    """What our own records say about the applicant's group on the day."""

    exposure: Money
    loans: int = 0
    other_applications_30d: int = 0
    fact_conflicts: int = 0


def base_facts(
    answers: Facts, product: Product, bureau: Facts, own: OwnBook, *, day: date, evidence: Facts | None = None
) -> dict[str, FactValue]:
    """Everything known before a price: answers, bureau report, own book, what documents and other applications say
    (`evidence`), and what follows from them and the day. Counts of which nothing was found are 0."""
    facts: dict[str, FactValue] = {
        name: value for name, value in {**answers, **bureau}.items() if product.segment in CATALOGUE[name].segments
    }
    facts |= dict.fromkeys(COUNTS, 0) | dict(evidence or {})
    facts |= {
        "product": product.code,
        "segment": product.segment,
        "jurisdiction": product.jurisdiction,
        "currency": product.currency,
        "other_applications_30d": own.other_applications_30d,
        "fact_conflicts": own.fact_conflicts,
    }
    if product.segment == "consumer":
        return facts | _person_facts(facts, own, day)
    return facts | _company_facts(facts, day) | size_facts(facts, product.jurisdiction, day)


def loan_facts(
    facts: Facts, amount: Money, instalment: Money, own: OwnBook, exchange: Exchange
) -> dict[str, FactValue]:
    """What follows from the size of the loan: amount_usd, instalment, instalment_band, group_exposure."""
    derived: dict[str, FactValue] = {
        "amount": amount,
        "instalment": instalment,
        "group_exposure": own.exposure + amount,
    }
    usd = exchange.in_usd(amount)
    if usd is not None:
        derived["amount_usd"] = usd
    income = facts.get("income_monthly")
    if isinstance(income, Money):
        derived["instalment_band"] = instalment_band(instalment, income)
    return derived


def _person_facts(facts: Facts, own: OwnBook, day: date) -> dict[str, FactValue]:
    derived: dict[str, FactValue] = {"credits_here": credits_band(own.loans + 1)}
    born = facts.get("birth_on")
    if isinstance(born, date):
        derived["age_years"] = full_years(born, day)
    status, since = facts.get("employment_status"), facts.get("employed_since_on")
    band = employment_band(str(status) if status else None, since if isinstance(since, date) else None, day)
    if band is not None:
        derived["employment_band"] = band
    savings, income = facts.get("savings"), facts.get("income_monthly")
    if isinstance(savings, Money) and isinstance(income, Money):
        derived["savings_band"] = savings_band(savings, income)
    return derived


def _company_facts(facts: Facts, day: date) -> dict[str, FactValue]:
    founded = facts.get("founded_on")
    if not isinstance(founded, date):
        return {}
    years = Decimal(max(0, (day - founded).days)) / _DAYS_OF_YEAR
    return {
        "years_trading": years.quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN),
        "new_business": "yes" if full_years(founded, day) < 2 else "no",
    }


def size_facts(facts: Facts, jurisdiction: str, day: date) -> dict[str, FactValue]:
    """The size class where a table is in force and its figures are known in its currency."""
    staff, revenue, assets = (facts.get(name) for name in ("employees", "revenue_annual", "total_assets"))
    currency = SIZE_CURRENCIES.get(jurisdiction)
    if not isinstance(staff, int) or not isinstance(revenue, Money) or not isinstance(assets, Money):
        return {}
    if currency is None or {revenue.currency, assets.currency} != {currency}:
        return {}
    figures = SizeFigures(staff, revenue.amount, assets.amount)
    try:
        found = size_class(jurisdiction, figures, day, industry=china_industry(str(facts.get("sector", ""))))
    except InvalidInput:  # negative figures, or a day before the tables: not known, which asks a person
        return {}
    return {"size_class": found.value}


def employment_band(status: str | None, since: date | None, day: date) -> int | None:
    """1 not working, 2 under a year, 3 from 1, 4 from 4, 5 from 7 full years in this work; None when unknown.

    A pension is as lasting as long employment, so retired people are in band 5. Students have no work income of their
    own in the reference data: band 1.
    """
    if status is None:
        return None
    if status in {"unemployed", "student"}:
        return 1
    if status == "retired":
        return 5
    if since is None:
        return None
    years = full_years(since, day)
    return 2 if years < 1 else 3 if years < 4 else 4 if years < 7 else 5


def savings_band(savings: Money, income: Money) -> int:
    """1 none; 2 under a tenth of a month's income, 3 under half, 4 under one, 5 one month's income or more.

    The reference data give DM 100, 500 and 1,000 in 1973-75, when a month's net pay was about DM 1,000 to 1,200.
    """
    if savings.minor <= 0:
        return 1
    share = ratio(savings, income)
    if share is None:
        return 5
    return 2 if share < Decimal("0.1") else 3 if share < Decimal("0.5") else 4 if share < 1 else 5


def instalment_band(instalment: Money, income: Money) -> int:
    """1 from 35 % of income, 2 from 25 %, 3 from 20 %, 4 below; without income 1."""
    share = ratio(instalment, income)
    if share is None or share >= Decimal("0.35"):
        return 1
    return 2 if share >= Decimal("0.25") else 3 if share >= Decimal("0.20") else 4


def credits_band(count: int) -> int:
    """Credits with us, this one included: 1 one, 2 two or three, 3 four or five, 4 six or more."""
    return 1 if count <= 1 else 2 if count <= 3 else 3 if count <= 5 else 4

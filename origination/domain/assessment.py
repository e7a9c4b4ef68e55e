"""One case put together: base facts, score, price, affordability, decision; for the wish or any other loan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.domain.fact import Facts, FactValue
from core.domain.money import Money
from origination.domain.affordability import Burden, company_affordability, person_affordability
from origination.domain.decision import Decision, decide, refer_above_caps
from origination.domain.facts import OwnBook, loan_facts
from origination.domain.offer import Quote, Terms, Wish, heaviest, instalment_of, quote
from origination.domain.policy import OriginationPolicy
from origination.domain.pricing import Price, price
from origination.domain.product import Product
from origination.domain.rules import Outcome
from repayment.domain.caps import CapOutcome, Ceilings
from repayment.domain.schedule import Amortization

_RATE_MAX = Decimal(10)


@dataclass(frozen=True, slots=True)
class Score:
    """The part of a score that decides: made from `scoring`'s result, so that the domain needs no scorer."""

    pd: Decimal
    points: Decimal
    grade: str


@dataclass(frozen=True, slots=True)
class Case:
    """What does not depend on the size of the loan. `base` as `base_facts` gives it; `score` None: none could be had.

    The score belongs to the wish; another loan (`assess` with another wish) is judged with the same score. `ceilings`
    None: the cost is held against no law.
    """

    base: Facts
    product: Product
    own: OwnBook
    day: date
    kyc_outcome: str | None
    score: Score | None
    ceilings: Ceilings | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The decision on one loan, with all facts it was made on, its price and quote (None without a price)."""

    wish: Wish
    facts: Mapping[str, FactValue]
    decision: Decision
    price: Price | None
    quote: Quote | None
    caps: tuple[CapOutcome, ...] = ()

    @property
    def is_approved(self) -> bool:
        """True for APPROVE."""
        return self.decision.outcome is Outcome.APPROVE


def scoring_facts(case: Case, wish: Wish, policy: OriginationPolicy) -> dict[str, FactValue]:
    """The facts a scorecard sees: the instalment is that of the product's reference rate, since no grade is known."""
    terms = Terms(wish.amount, wish.tenor_months, wish.kind, case.product.rate_reference)
    most, _ = instalment_of(case.product, terms, case.day)
    facts = dict(case.base)
    facts |= {"tenor_months": wish.tenor_months, "amortisation": wish.kind.value}
    return facts | loan_facts(facts, wish.amount, most, case.own, policy.exchange_on(case.day))


def assess(case: Case, wish: Wish, policy: OriginationPolicy) -> Assessment:
    """Prices the loan, works out what it costs and whether it can be carried, and asks every table.

    Without score or price the affordability is that of the product's highest rate, and the decision refers. It refers
    too, and nobody may approve, where the cost is above a legal ceiling.
    """
    score = case.score
    found = None if score is None else price(case.product, score.grade, score.pd, policy.pricing)
    rate = found.rate_annual if found is not None else case.product.rate_range[1]
    terms = Terms(wish.amount, wish.tenor_months, wish.kind, rate)
    facts = dict(case.base) | {"tenor_months": wish.tenor_months, "amortisation": wish.kind.value}
    if case.kyc_outcome is not None:
        facts["kyc_outcome"] = case.kyc_outcome
    if score is not None:
        facts |= {"pd": score.pd, "points": score.points, "grade": score.grade}
    costed = found is not None or case.ceilings is not None
    priced = quote(case.product, terms, case.day, case.ceilings) if costed else None
    offered = priced if found is not None else None
    caps = () if priced is None else priced.caps
    if offered is not None:
        facts |= {
            "rate_annual": rate,
            "cost_effective": offered.cost_effective,
            "cost_nominal": offered.cost_nominal,
        }
    burden = instalment_of(case.product, terms, case.day) if priced is None else heaviest(priced.schedule)
    facts |= _burden_facts(case, facts, terms, policy, *burden)
    decision = refer_above_caps(decide(facts, policy.compiled, case.day), caps)
    return Assessment(wish, facts, decision, found, offered, caps)


def _burden_facts(
    case: Case, facts: Facts, terms: Terms, policy: OriginationPolicy, most: Money, first_year: Money
) -> dict[str, FactValue]:
    stressed = Terms(
        terms.amount, terms.tenor_months, terms.kind, min(_RATE_MAX, terms.rate_annual + policy.stress.rate)
    )
    most_stressed, year_stressed = instalment_of(case.product, stressed, case.day)
    burden = Burden(most, first_year, most_stressed, year_stressed)
    derived = loan_facts(facts, terms.amount, most, case.own, policy.exchange_on(case.day))
    if case.product.segment == "sme":
        return derived | company_affordability(facts, terms.amount, burden, policy.stress)
    sums = tuple(facts.get(name) for name in ("income_monthly", "obligations_monthly", "housing_cost_monthly"))
    income, obligations, housing = sums
    if isinstance(income, Money) and isinstance(obligations, Money) and isinstance(housing, Money):
        derived |= person_affordability(income, obligations, housing, burden, policy.stress)
    return derived


def wish_of(answers: Facts, product: Product) -> Wish:
    """The loan asked for, from the answers; the product's first way of repaying when none was chosen.

    KeyError or TypeError when amount or tenor is not answered: submission lets no such application through.
    """
    amount, tenor = answers["amount"], answers["tenor_months"]
    if not isinstance(amount, Money) or not isinstance(tenor, int):
        raise TypeError("amount or tenor_months has a wrong type")
    return Wish(amount, tenor, Amortization(str(answers.get("amortisation", product.kinds[0].value))))

"""What if: another amount, tenor, kind or income on a copy of the case. Nothing of it is kept but that it was asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition
from core.domain.money import Money
from origination.domain.assessment import Score, assess, scoring_facts
from origination.domain.offer import Wish
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import Outcome
from origination.domain.supposed import with_income
from origination.queries.rows import case_of, fact_set_of, product_of
from origination.steps.case import SUBJECT, open_case

_MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How the case would come out."""

    wish: Wish
    income: Money | None
    outcome: Outcome
    reason_ids: tuple[str, ...]
    points: Decimal
    grade: str
    pd: Decimal
    rate_annual: Decimal | None
    instalment: Money | None
    total: Money | None
    cost_effective: Decimal | None


def what_if(w: Work, application_id: UUID, wish: Wish, *, income: Money | None = None) -> WhatIf:
    """Scores and decides a copy of the frozen facts with another wish, and another income if given.

    Raises InvalidInput for a wish the product does not offer, IllegalTransition before the case was scored,
    ModelUnavailable without a usable card.
    """
    from scoring.steps.preview import preview

    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id)
    kept = fact_set_of(w, row)
    if kept is None:
        raise IllegalTransition(SUBJECT, row.status, "simulated")
    product, policy = product_of(w, row), w.policy(OriginationPolicy)
    product.check_wish(wish.amount, wish.tenor_months, wish.kind)
    case = case_of(w, row, kept, product)
    if income is not None:
        case = with_income(case, income)
    scored = preview(w, segment=row.segment, facts=scoring_facts(case, wish, policy), product=row.product_code)
    pd = Decimal(str(scored.pd)).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN)
    again = replace(case, score=Score(pd=pd, points=scored.points, grade=scored.grade))
    found = assess(again, wish, policy)
    audit.record(
        w, "application.simulated", SUBJECT, row.id, amount=wish.amount.minor, tenor=wish.tenor_months,
        kind=wish.kind.value, income=None if income is None else income.minor, outcome=found.decision.outcome.value,
    )  # fmt: skip
    quote = found.quote
    return WhatIf(
        wish=wish,
        income=income,
        outcome=found.decision.outcome,
        reason_ids=found.decision.reason_ids,
        points=scored.points,
        grade=scored.grade,
        pd=pd,
        rate_annual=found.price.rate_annual if found.price else None,
        instalment=quote.instalment if quote else None,
        total=quote.total if quote else None,
        cost_effective=quote.cost_effective if quote else None,
    )

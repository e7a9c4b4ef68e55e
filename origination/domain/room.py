"""How much could be lent: the wish beside what product, grade and affordability leave room for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.domain.money import Money
from origination.domain.assessment import Case, assess
from origination.domain.decision import decide
from origination.domain.offer import Wish, largest_wish
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import Outcome, Stage

_AFFORDABILITY = frozenset({Stage.AFFORDABILITY})


class Bound(StrEnum):
    """What holds the amount down."""

    PRODUCT = "product"
    GRADE = "grade"
    AFFORDABILITY = "affordability"


@dataclass(frozen=True, slots=True)
class Room:
    """The wish and the bounds at its tenor and kind. `by_grade` None: no table limits it. `by_affordability` None: not
    even the product's least amount can be carried, or too little is known to tell."""

    wish: Money
    by_product: Money
    by_grade: Money | None
    by_affordability: Money | None

    @property
    def at_most(self) -> Money | None:
        """The lowest bound; None when nothing can be carried."""
        if self.by_affordability is None:
            return None
        return min(one for one in (self.by_product, self.by_grade, self.by_affordability) if one is not None)

    @property
    def bound(self) -> Bound:
        """What holds it down; of equal ones the lender's own limits first."""
        if self.by_affordability is None:
            return Bound.AFFORDABILITY
        if self.by_grade is not None and self.by_grade == self.at_most:
            return Bound.GRADE
        return Bound.PRODUCT if self.by_product == self.at_most else Bound.AFFORDABILITY


def room_for(case: Case, wish: Wish, policy: OriginationPolicy) -> Room:
    """The bounds of a scored case: by grade from the limit tables, by affordability the largest amount in the product's
    steps whose instalment no affordability rule stops, with the price and stress of the policy.

    Rules need not be monotone in the amount: as with every search by bisection the amount found passes, and the next
    one tried did not.
    """

    def carried(one: Wish) -> bool:
        """Whether affordability alone approves the wish."""
        facts = assess(case, one, policy).facts
        return decide(facts, policy.compiled, case.day, stages=_AFFORDABILITY).outcome is Outcome.APPROVE

    product = case.product
    most = largest_wish(product, Wish(product.amount_max, wish.tenor_months, wish.kind), carried)
    return Room(
        wish=wish.amount,
        by_product=product.amount_max,
        by_grade=assess(case, wish, policy).decision.amount_max,
        by_affordability=None if most is None else most.amount,
    )

"""Which row pays what: grace, payment holidays and steps, laid out row by row before the walk."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from core.domain.money import exponent
from repayment.domain.schedule_request import Amortization, InterestTreatment, ScheduleRequest


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Per row: `weights` (in 1/unit of the base instalment; 0 pays no principal) and `pays_interest`.

    `fixed` is an instalment given by the borrower; `ends_when_paid` says that it alone decides the number of rows.
    """

    weights: tuple[int, ...]
    unit: int
    pays_interest: tuple[bool, ...]
    treatment: InterestTreatment
    balloon: int
    fixed: int | None
    ends_when_paid: bool
    first_paying: int
    exponent: int

    def paying_from(self, row: int) -> int:
        """How many rows from this one on repay principal."""
        return sum(1 for weight in self.weights[row:] if weight)

    def grows(self, row: int) -> bool:
        """True where the row's interest bears on the balance: it is paid from the instalment, or capitalised."""
        if self.weights[row]:
            return True
        return not self.pays_interest[row] and self.treatment is InterestTreatment.CAPITALISED

    def is_simple_from(self, row: int) -> bool:
        """True when all rows from this one on pay principal and interest alike."""
        return all(weight == self.unit for weight in self.weights[row:]) and all(self.pays_interest[row:])


def make_row_plan(request: ScheduleRequest, rows: int) -> RowPlan:
    """The row plan of a checked request."""
    grace = request.grace
    factors = [Fraction(1)] * rows
    for step in request.steps:
        factors[step.first - 1 :] = [Fraction(step.factor)] * (rows - step.first + 1)
    interest = [k >= grace.interest for k in range(rows)]
    for k in range(min(grace.principal, rows)):
        factors[k] = Fraction(0)
    for pause in request.payment_holidays:
        for k in range(pause.first - 1, pause.first - 1 + pause.rows):
            factors[k], interest[k] = Fraction(0), False
    if request.amortization is Amortization.INTEREST_ONLY:
        factors = [Fraction(0)] * (rows - 1) + [Fraction(1)]
    unit = lcm(*(factor.denominator for factor in factors))
    weights = tuple(int(factor * unit) for factor in factors)
    return RowPlan(
        weights=weights,
        unit=unit,
        pays_interest=tuple(interest),
        treatment=grace.treatment,
        balloon=request.balloon.minor if request.balloon else 0,
        fixed=request.instalment.minor if request.instalment else None,
        ends_when_paid=request.instalment is not None and request.instalments is None,
        first_paying=next((k for k, weight in enumerate(weights) if weight), rows - 1),
        exponent=exponent(request.principal.currency),
    )

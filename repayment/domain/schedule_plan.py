"""Which row pays what: grace, payment holidays and steps, laid out row by row before the walk."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from repayment.domain.schedule_request import Amortization, InterestTreatment, ScheduleRequest


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Per row: `weights` (in 1/unit of the base instalment; 0 pays no principal), `pays_interest`, and `grows`: the
    row's interest bears on the balance, being paid from the instalment or capitalised.

    `fixed` is an instalment given by the borrower; `ends_when_paid` says that it alone decides the number of rows.
    """

    weights: tuple[int, ...]
    unit: int
    pays_interest: tuple[bool, ...]
    grows: tuple[bool, ...]
    treatment: InterestTreatment
    balloon: int
    fixed: int | None
    ends_when_paid: bool
    first_paying: int
    simple_row: int

    def paying_from(self, row: int) -> int:
        """How many rows from this one on repay principal."""
        return sum(1 for weight in self.weights[row:] if weight)

    def is_simple_from(self, row: int) -> bool:
        """True when all rows from this one on pay principal and interest alike."""
        return row >= self.simple_row


def make_row_plan(request: ScheduleRequest, rows: int) -> RowPlan:
    """The row plan of a checked request."""
    grace = request.grace
    weights, unit = _step_weights(request, rows)
    interest = [k >= grace.interest for k in range(rows)]
    for k in range(min(grace.principal, rows)):
        weights[k] = 0
    for pause in request.payment_holidays:
        for k in range(pause.first - 1, pause.first - 1 + pause.rows):
            weights[k], interest[k] = 0, False
    if request.amortization is Amortization.INTEREST_ONLY:
        weights = [0] * (rows - 1) + [1]
    capitalises = grace.treatment is InterestTreatment.CAPITALISED
    return RowPlan(
        weights=tuple(weights),
        unit=unit,
        pays_interest=tuple(interest),
        grows=tuple(bool(w) or (capitalises and not paid) for w, paid in zip(weights, interest, strict=True)),
        treatment=grace.treatment,
        balloon=request.balloon.minor if request.balloon else 0,
        fixed=request.instalment.minor if request.instalment else None,
        ends_when_paid=request.instalment is not None and request.instalments is None,
        first_paying=next((k for k, weight in enumerate(weights) if weight), rows - 1),
        simple_row=_simple_row(weights, unit, interest),
    )


def _simple_row(weights: list[int], unit: int, interest: list[bool]) -> int:
    """The first row after which all rows, itself included, pay principal and interest alike."""
    row = len(weights)
    while row and weights[row - 1] == unit and interest[row - 1]:
        row -= 1
    return row


def _step_weights(request: ScheduleRequest, rows: int) -> tuple[list[int], int]:
    """The factors of a step loan as whole numbers over a common unit; ones for every other kind."""
    if not request.steps:
        return [1] * rows, 1
    factors = [Fraction(1)] * rows
    for step in request.steps:
        factors[step.first - 1 :] = [Fraction(step.factor)] * (rows - step.first + 1)
    unit = lcm(*(factor.denominator for factor in factors))
    return [int(factor * unit) for factor in factors], unit

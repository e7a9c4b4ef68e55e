"""Which row pays what: grace, payment holidays and steps, laid out row by row before the walk."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import lcm

from repayment.domain.schedule_request import (
    INTEREST_ONLY,
    Grace,
    InterestTreatment,
    PaymentHoliday,
    ScheduleRequest,
    Step,
)


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Per row: `weights` (in 1/unit of the base instalment; 0 pays no principal), `pays_interest`, and `grows`: the
    row's interest bears on the balance, being paid from the instalment or capitalised.

    `paying_from` is how many rows from each one on repay principal. From `simple_row` on all rows pay principal and
    interest alike.
    """

    weights: tuple[int, ...]
    unit: int
    pays_interest: tuple[bool, ...]
    grows: tuple[bool, ...]
    paying_from: tuple[int, ...]
    treatment: InterestTreatment
    first_paying: int
    simple_row: int


def make_row_plan(request: ScheduleRequest, rows: int) -> RowPlan:
    """The row plan of a checked request."""
    bullet = request.amortization is INTEREST_ONLY
    return _row_plan(rows, request.grace, request.payment_holidays, request.steps, bullet)


@lru_cache(maxsize=512)
def _row_plan(
    rows: int, grace: Grace, holidays: tuple[PaymentHoliday, ...], steps: tuple[Step, ...], bullet: bool
) -> RowPlan:
    """Loans of one product share their plan, so it is kept."""
    weights, unit = _step_weights(steps, rows)
    interest = [k >= grace.interest for k in range(rows)]
    for k in range(min(grace.principal, rows)):
        weights[k] = 0
    for pause in holidays:
        for k in range(pause.first - 1, pause.first - 1 + pause.rows):
            weights[k], interest[k] = 0, False
    if bullet:
        weights = [0] * (rows - 1) + [1]
    capitalises = grace.treatment is InterestTreatment.CAPITALISED
    paying = list(accumulate((1 if weight else 0 for weight in reversed(weights)), initial=0))
    return RowPlan(
        weights=tuple(weights),
        unit=unit,
        pays_interest=tuple(interest),
        grows=tuple(bool(w) or (capitalises and not paid) for w, paid in zip(weights, interest, strict=True)),
        paying_from=tuple(reversed(paying)),
        treatment=grace.treatment,
        first_paying=next((k for k, weight in enumerate(weights) if weight), rows - 1),
        simple_row=_simple_row(weights, unit, interest),
    )


def _simple_row(weights: list[int], unit: int, interest: list[bool]) -> int:
    """The first row after which all rows, itself included, pay principal and interest alike."""
    row = len(weights)
    while row and weights[row - 1] == unit and interest[row - 1]:
        row -= 1
    return row


def _step_weights(steps: tuple[Step, ...], rows: int) -> tuple[list[int], int]:
    """The factors of a step loan as whole numbers over a common unit; ones for every other kind."""
    if not steps:
        return [1] * rows, 1
    factors = [Fraction(1)] * rows
    for step in steps:
        factors[step.first - 1 :] = [Fraction(step.factor)] * (rows - step.first + 1)
    unit = lcm(*(factor.denominator for factor in factors))
    return [int(factor * unit) for factor in factors], unit

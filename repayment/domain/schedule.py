"""Repayment schedules, exact to the minor unit: `build_schedule(ScheduleRequest(...)) -> Schedule`.

This is the public face; the parts lie beside it, one idea to a file.
"""

from __future__ import annotations

from datetime import date

from repayment.domain.amortization import Rows, level_ratio, walk_equal_principal, walk_level
from repayment.domain.rounding import InterestRounding, Residual, RoundingRule
from repayment.domain.schedule_dates import Periods, make_periods
from repayment.domain.schedule_fees import FeeLine, fee_at_start, fee_lines
from repayment.domain.schedule_request import (
    Amortization,
    BusinessDays,
    Disbursement,
    Fee,
    FeeKind,
    Grace,
    InterestTreatment,
    PaymentHoliday,
    Prepayment,
    PrepaymentEffect,
    RateChange,
    ScheduleRequest,
    Step,
)
from repayment.domain.schedule_rows import Instalment, Movement, Schedule

__all__ = [
    "Amortization", "BusinessDays", "Disbursement", "Fee", "FeeKind", "FeeLine", "Grace", "Instalment",
    "InterestRounding", "InterestTreatment", "Movement", "PaymentHoliday", "Prepayment", "PrepaymentEffect",
    "RateChange", "Residual", "RoundingRule", "Schedule", "ScheduleRequest", "Step", "build_schedule",
]  # fmt: skip


def build_schedule(request: ScheduleRequest) -> Schedule:
    """The schedule of a loan.

    Raises InvalidInput naming the field when the request cannot be met (a prepayment above the settlement figure, a
    fixed instalment below the interest, dates past the year 9999).
    """
    rows = request.instalments or 0
    periods = make_periods(request, rows)
    opening = request.principal.minor + (fee_at_start(request, FeeKind.FINANCED) if request.fees else 0)
    found, level = _plain_rows(request, periods, opening, rows)
    return _finish(request, periods.due, opening, found, level)


def _plain_rows(request: ScheduleRequest, periods: Periods, opening: int, rows: int) -> tuple[Rows, int | None]:
    rule = request.rounding
    if request.amortization is Amortization.EQUAL_PRINCIPAL:
        part = rule.level(opening, rows)
        return walk_equal_principal(opening, part, periods.numerators, periods.denominator, rule), None
    level = rule.level(*level_ratio(opening, periods.numerators, periods.denominator))
    found = walk_level(opening, level, periods.numerators, periods.denominator, rule)
    assert found is not None
    return found, level


def _finish(request: ScheduleRequest, due: list[date], opening: int, found: Rows, level: int | None) -> Schedule:
    principals, interests = found
    fees: tuple[int, ...] = ()
    if request.fees:
        openings = [opening - sum(principals[:k]) for k in range(len(principals))]
        lines = fee_lines(request, due, openings)
        fees = tuple(map(sum, zip(*(line.per_row_minor for line in lines), strict=True)))
    return Schedule(
        request=request,
        opening_minor=opening,
        due_on=tuple(due),
        principal_minor=tuple(principals),
        interest_minor=tuple(interests),
        fees_minor=fees,
        level_minor=level,
    )

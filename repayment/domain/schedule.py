"""Repayment schedules, exact to the minor unit: `build_schedule(ScheduleRequest(...)) -> Schedule`.

This is the public face; the parts lie beside it, one idea to a file.
"""

from __future__ import annotations

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from repayment.domain.amortization import Rows, Run, closes_early, level_rows, planned_rows
from repayment.domain.rounding import EQUALISED, FIRST, ROUNDERS, InterestRounding, Residual, RoundingRule, division
from repayment.domain.schedule_dates import Periods, make_periods, rate_ratio
from repayment.domain.schedule_fees import FeeLine, fee_at_start
from repayment.domain.schedule_level import LevelRun, LevelTable, balance_level
from repayment.domain.schedule_request import (
    ANNUITY,
    EQUAL_PRINCIPAL,
    ROWS_MAX,
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
from repayment.domain.schedule_walk import Walk, Walked

__all__ = [
    "Amortization", "BusinessDays", "Disbursement", "Fee", "FeeKind", "FeeLine", "Grace", "Instalment",
    "InterestRounding", "InterestTreatment", "Movement", "PaymentHoliday", "Prepayment", "PrepaymentEffect",
    "RateChange", "Residual", "RoundingRule", "Schedule", "ScheduleRequest", "Step", "build_schedule",
]  # fmt: skip


_LEVEL_OR_EQUAL = frozenset({ANNUITY, EQUAL_PRINCIPAL})
_TERMS_TRIED = (72, 420, ROWS_MAX)


def build_schedule(request: ScheduleRequest) -> Schedule:
    """The schedule of a loan.

    Raises InvalidInput naming the field when the request cannot be met (a prepayment above the settlement figure, a
    fixed instalment below the interest, dates past the year 9999).
    """
    opening = request.principal.minor - (request.undrawn.minor if request.undrawn else 0)
    if request.fees:
        opening += fee_at_start(request, FeeKind.FINANCED)
    if request.instalments is None and not request.principal_plan:
        return _solve_term(request, opening)
    rows = request.instalments or len(request.principal_plan)
    periods = make_periods(request, rows)
    if _is_plain(request):
        found, level = _plain_rows(request, periods, opening, rows)
        if found is not None:
            return _finish(request, periods, opening, found, level)
    return _walked(request, periods, opening)


def _is_plain(request: ScheduleRequest) -> bool:
    """True when nothing happens between the rows and the kind has a closed formula."""
    if request.rounding.residual is FIRST and request.amortization is ANNUITY:
        return False
    return request.amortization in _LEVEL_OR_EQUAL and not (
        request.disbursements or request.undrawn or request.prepayments or request.rate_changes
        or request.payment_holidays or request.balloon or request.instalment
        or request.grace.principal or request.grace.interest
    )  # fmt: skip


def _plain_rows(request: ScheduleRequest, periods: Periods, opening: int, rows: int) -> tuple[Rows | None, int | None]:
    rule, level = request.rounding, None
    numerators, den = periods.factors(rate_ratio(request))
    how = division(rule.mode, den)
    if request.amortization is EQUAL_PRINCIPAL:
        parts = [rule.level(opening, rows)] * rows
        if rule.residual is FIRST and sum(parts[1:]) <= opening:
            parts[0] = opening - sum(parts[1:])
        found: Run | None = planned_rows(opening, parts, numerators, how)
    else:
        grown = opening * (den + numerators[0]), den
        level = LevelTable((1,) * rows, numerators, den).level(0, grown, rule)
        if rule.residual is EQUALISED:
            interest = ROUNDERS[rule.mode](opening * numerators[0], den)
            level, _ = balance_level(LevelRun(opening, interest, numerators[1:], how, 0, rule), level)
        found = level_rows(opening, level, numerators, how)
    if found is None:
        return None, None
    principals, interests, left = found
    principals[-1] += left
    closes_early(principals, interests)
    return (principals, interests), level


def _walked(request: ScheduleRequest, periods: Periods, opening: int) -> Schedule:
    later = sum(part.amount.minor for part in request.disbursements if part.on > request.disbursed_on)
    found = Walk(request, periods, opening - later).run()
    return _finish(request, periods, opening - later, (found.principal, found.interest), found.level, found)


def _solve_term(request: ScheduleRequest, opening: int) -> Schedule:
    """The rows a fixed instalment needs. Raises InvalidInput when 1200 are not enough."""
    assert request.instalment is not None
    later = sum(part.amount.minor for part in request.disbursements if part.on > request.disbursed_on)
    for rows in _TERMS_TRIED:
        walk = Walk(request, make_periods(request, rows), opening - later)
        found = walk.run()
        if found.closed and walk.last_event_row < len(found.principal):
            # Once more with the true end, which the day count 30E/360 ISDA and late events look at.
            return _walked(request, make_periods(request, len(found.principal)), opening)
    raise InvalidInput(
        {"instalment": Text("The instalment is too small: the loan takes more than {most} rows", most=ROWS_MAX)}
    )


def _finish(
    request: ScheduleRequest,
    periods: Periods,
    opening: int,
    found: Rows,
    level: int | None,
    walked: Walked | None = None,
) -> Schedule:
    principals, interests = found
    return Schedule(
        request=request,
        opening_minor=opening,
        due_on=periods.due[: len(principals)],
        principal_minor=tuple(principals),
        interest_minor=tuple(interests),
        level_minor=level,
        capitalised_minor=tuple(walked.capitalised) if walked else (),
        movements=tuple(walked.movements) if walked else (),
    )

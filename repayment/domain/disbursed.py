"""The contract's schedule on the days the money really leaves, part by part."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core.domain.money import Money
from repayment.domain.schedule_request import Disbursement, ScheduleRequest


def request_on(request: ScheduleRequest, on: date) -> ScheduleRequest:
    """The request with `on` as the day of disbursement.

    An agreed first due date stays as long as it lies after that day; otherwise it moves by as many days as the
    disbursement did, and so do planned tranches.
    """
    moved = on - request.disbursed_on
    if not moved:
        return request
    first = request.first_due_on
    if first is not None and first <= on:
        first += moved
    parts = tuple(replace(part, on=part.on + moved) for part in request.disbursements)
    return replace(request, disbursed_on=on, first_due_on=first, disbursements=parts)


def lent_so_far(request: ScheduleRequest, first: Money) -> ScheduleRequest:
    """The request of a loan of which only the first tranche has left: later ones are no debt before they leave."""
    if first >= request.principal:
        return request
    part = Disbursement(request.disbursed_on, first)
    return replace(request, disbursements=(part,), undrawn=request.principal - first)


def with_tranche(request: ScheduleRequest, part: Disbursement) -> ScheduleRequest:
    """The request with a further part lent on its day: out of what is undrawn, or beyond it."""
    waiting = request.undrawn or Money.zero(part.amount.currency)
    first = Disbursement(request.disbursed_on, request.principal - waiting)
    beyond = part.amount - min(part.amount, waiting)
    return replace(
        request,
        principal=request.principal + beyond,
        undrawn=waiting - (part.amount - beyond) or None,
        disbursements=(*(request.disbursements or (first,)), part),
    )

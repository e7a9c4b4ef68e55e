"""The contract's schedule on the days the money really leaves, part by part."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core.domain.money import Money
from repayment.domain.schedule_fees import fee_of
from repayment.domain.schedule_request import Disbursement, FeeKind, ScheduleRequest


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
    """The request of a loan of which only the first tranche has left: later ones are no debt before they leave.

    Fees by rate keep the whole principal as their basis. A plan of principal, or a balloon above the first part, needs
    the whole sum and stays as it is.
    """
    if (
        first >= request.principal
        or request.principal_plan
        or (request.balloon is not None and request.balloon > first)
    ):
        return request
    fees = tuple(
        replace(fee, amount=Money(fee_of(request, fee, request.principal.minor), first.currency), rate=None)
        if fee.rate is not None and fee.kind is not FeeKind.INSURANCE
        else fee
        for fee in request.fees
    )
    return replace(request, principal=first, disbursements=(), fees=fees)


def with_tranche(request: ScheduleRequest, part: Disbursement) -> ScheduleRequest:
    """The request with a further part lent on its day."""
    before = request.disbursements or (Disbursement(request.disbursed_on, request.principal),)
    return replace(request, principal=request.principal + part.amount, disbursements=(*before, part))

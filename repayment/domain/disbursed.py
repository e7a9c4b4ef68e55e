"""The contract's schedule on the day the money really leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from repayment.domain.schedule_request import ScheduleRequest


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

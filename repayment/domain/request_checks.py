"""Checks of the rarer parts of a schedule request: each refusal names its field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text

if TYPE_CHECKING:
    from repayment.domain.schedule_request import ScheduleRequest

_RATE_MAX = 10


def check_parts(request: ScheduleRequest) -> None:
    """Raises InvalidInput for the first part that contradicts the rest of the request."""
    _check_currency(request)
    if request.disbursements or request.undrawn is not None:
        _check_disbursements(request)
    if request.prepayments or request.rate_changes:
        _check_events(request)
    _check_rows(request)
    _check_plan(request)


def _check_currency(request: ScheduleRequest) -> None:
    currency = request.principal.currency
    for name, money in _sums(request):
        if money.currency != currency:
            raise InvalidInput({name: Text("{one} does not go with {other}", one=money.currency, other=currency)})
    for name, one in (("instalment", request.instalment), ("balloon", request.balloon)):
        if one is not None and one.minor <= 0:
            raise InvalidInput({name: Text("The amount must be more than zero")})
    if request.balloon is not None and request.balloon > request.principal:
        raise InvalidInput({"balloon": Text("The balloon is more than the principal")})


def _sums(request: ScheduleRequest) -> Iterator[tuple[str, Money]]:
    """Every sum but the principal, with the name of its field."""
    for name, one in (("instalment", request.instalment), ("balloon", request.balloon), ("undrawn", request.undrawn)):
        if one is not None:
            yield name, one
    for disbursement in request.disbursements:
        yield "disbursements", disbursement.amount
    for prepayment in request.prepayments:
        yield "prepayments", prepayment.amount
    for fee in request.fees:
        if fee.amount is not None:
            yield "fees", fee.amount
    for part in request.principal_plan:
        yield "principal_plan", part


def _check_disbursements(request: ScheduleRequest) -> None:
    total = 0
    for part in request.disbursements:
        if part.amount.minor <= 0:
            raise InvalidInput({"disbursements": Text("The amount must be more than zero")})
        if part.on < request.disbursed_on:
            raise InvalidInput({"disbursements": Text("A disbursement is before the first one")})
        total += part.amount.minor
    if total > request.principal.minor:
        raise InvalidInput({"disbursements": Text("The disbursements add up to more than the principal")})
    if request.undrawn is not None and request.undrawn.minor < 0:
        raise InvalidInput({"undrawn": Text("The amount must be more than zero")})
    first = (
        request.principal.minor
        - total
        - (request.undrawn.minor if request.undrawn else 0)
        + sum(part.amount.minor for part in request.disbursements if part.on == request.disbursed_on)
    )
    if first <= 0:
        raise InvalidInput({"disbursements": Text("Nothing is paid out on the day of disbursement")})


def _check_events(request: ScheduleRequest) -> None:
    for payment in request.prepayments:
        if payment.amount.minor <= 0:
            raise InvalidInput({"prepayments": Text("The amount must be more than zero")})
        if payment.on < request.disbursed_on:
            raise InvalidInput({"prepayments": Text("A prepayment is before the disbursement")})
    if request.rate_changes and request.rate_annual is None:
        raise InvalidInput({"rate_changes": Text("A changing rate is given as an annual rate")})
    for change in request.rate_changes:
        if not 0 <= change.rate_annual <= _RATE_MAX:
            raise InvalidInput({"rate_changes": Text("The rate must be from 0 to 10 (1000 %)")})
        if change.on < request.disbursed_on:
            raise InvalidInput({"rate_changes": Text("A rate change is before the disbursement")})


def _check_rows(request: ScheduleRequest) -> None:
    rows = request.instalments or len(request.principal_plan) or None
    grace = request.grace
    for name, count in (("grace.principal", grace.principal), ("grace.interest", grace.interest)):
        if type(count) is not int or count < 0 or (rows is not None and count >= rows):
            raise InvalidInput({name: Text("The grace must leave at least one instalment")})
    for pause in request.payment_holidays:
        if pause.first < 1 or pause.rows < 1 or rows is None or pause.first + pause.rows > rows:
            raise InvalidInput({"payment_holidays": Text("A payment holiday must end before the last instalment")})


def _check_plan(request: ScheduleRequest) -> None:
    kind, plan, steps = request.amortization.value, request.principal_plan, request.steps
    if (kind == "custom") != bool(plan):
        raise InvalidInput({"principal_plan": Text("A plan of principal goes with the kind custom, and only with it")})
    if plan:
        if any(part.minor < 0 for part in plan) or sum(part.minor for part in plan) != request.principal.minor:
            raise InvalidInput({"principal_plan": Text("The plan must add up to the principal")})
        if request.instalments is not None and request.instalments != len(plan):
            raise InvalidInput({"principal_plan": Text("The plan must have as many rows as instalments")})
    if (kind == "step") != bool(steps):
        raise InvalidInput({"steps": Text("Steps go with the kind step, and only with it")})
    if steps:
        numbers = [step.first for step in steps]
        if numbers != sorted(set(numbers)) or any(n < 1 or n > (request.instalments or 0) for n in numbers):
            raise InvalidInput({"steps": Text("Steps start at rising row numbers within the schedule")})
        if any(not 0 <= step.factor <= 1000 for step in steps):
            raise InvalidInput({"steps": Text("A step's factor is from 0 to 1000")})
    if request.balloon is not None and kind in {"custom", "interest_only", "flat"}:
        raise InvalidInput({"balloon": Text("A balloon goes with annuity, equal principal or step")})
    if request.instalment is not None and kind != "annuity":
        raise InvalidInput({"instalment": Text("A fixed instalment goes with the kind annuity")})

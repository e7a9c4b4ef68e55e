"""What closes a loan on a day, sum by sum."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.domain.dates import ONE_DAY
from core.domain.errors import InvalidInput
from core.domain.money import Money, round_minor
from core.domain.texts import Text
from repayment.domain.allocation import Component
from repayment.domain.day_end import close_day
from repayment.domain.life import Life
from repayment.domain.schedule_fees import fee_at_start
from repayment.domain.schedule_request import FeeKind

_SHORT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Settlement:
    """The settlement figure of a day. `total` = due sums + interest accrued + principal not due + compensation - rebate
    - credit, and never below zero; what the credit leaves over is refunded."""

    on: date
    due_principal: Money
    due_interest: Money
    due_penalty: Money
    due_fees: Money
    interest_accrued: Money
    principal_ahead: Money
    compensation: Money
    rebate: Money
    credit: Money
    interest_saved: Money
    total: Money


def settlement_figure(life: Life, on: date, *, withdrawn: bool = False) -> Settlement:
    """What closes the loan on `on`, the books standing at the morning of that day.

    Compensation is limited to the interest saved (Directive (EU) 2023/2225 art. 29); up-front fees come back pro rata
    where the terms say so (CJEU C-383/18). A withdrawal within the cooling-off window costs interest by the day only
    (art. 26).
    """
    state, terms = life.state, life.terms
    sums = dict.fromkeys(Component, 0)
    for line in state.due_lines(on):
        for due in line.dues():
            sums[due.component] += due.minor
    ahead = [line for line in state.lines if line.due_on > on]
    accrued, principal = life.accrued_ahead(on), life.principal_ahead(on)
    saved = sum(line.interest + line.capitalised for line in ahead) - accrued
    compensation = rebate = 0
    if ahead and not withdrawn:
        last_on = max(line.due_on for line in ahead)
        rate = terms.prepayment_fee_rate_short if last_on - on <= _SHORT else terms.prepayment_fee_rate
        compensation = min(round_minor(principal * rate, terms.rounding), max(0, saved))
        if terms.fee_rebate:
            rebate = _rebate(life, on, last_on)
    elif withdrawn:
        rebate = _up_front(life)
    total = sum(sums.values()) + accrued + principal + compensation - rebate - state.credit

    def money(minor: int) -> Money:
        return Money(minor, life.currency)

    return Settlement(
        on=on, due_principal=money(sums[Component.PRINCIPAL]), due_interest=money(sums[Component.INTEREST]),
        due_penalty=money(sums[Component.PENALTY]), due_fees=money(sums[Component.FEES]),
        interest_accrued=money(accrued), principal_ahead=money(principal), compensation=money(compensation),
        rebate=money(rebate), credit=money(state.credit), interest_saved=money(max(0, saved)),
        total=money(max(0, total)),
    )  # fmt: skip


def _up_front(life: Life) -> int:
    return fee_at_start(life.request, FeeKind.UP_FRONT) + fee_at_start(life.request, FeeKind.FINANCED)


def _rebate(life: Life, on: date, last_on: date) -> int:
    """Up-front fees for the time that is saved, by days."""
    whole = (last_on - life.request.disbursed_on).days
    return round_minor(Decimal(_up_front(life) * (last_on - on).days) / whole, life.terms.rounding) if whole else 0


def quote(life: Life, on: date, today: date) -> Settlement:
    """The figure for any day from the business date on, penalty and late fees until then included if nothing is paid.

    Raises InvalidInput for a day before `today` or more than a year after it.
    """
    if not today <= on <= today + _SHORT:
        raise InvalidInput({"on": Text("Choose a day from {first} to {last}", first=today, last=today + _SHORT)})
    ahead = deepcopy(life)
    day = today
    while day < on:
        close_day(ahead, day)
        day += ONE_DAY
    return settlement_figure(ahead, on)

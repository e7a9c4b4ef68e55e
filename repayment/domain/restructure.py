"""A new schedule for a running loan: extension, another rate, a payment holiday, arrears turned into principal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.accounts import Account
from repayment.domain.allocation import Component
from repayment.domain.ledger import EntryCode
from repayment.domain.life import Life
from repayment.domain.schedule import build_schedule
from repayment.domain.schedule_request import Amortization, FeeKind, Grace, ScheduleRequest
from repayment.domain.state import LoanEvent, LoanStatus, lines_from

_ROWS_SOUGHT = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class RestructurePlan:
    """What is agreed. None keeps what the loan had. `capitalise_arrears` turns everything overdue into principal;
    otherwise it stays due beside the new schedule."""

    instalments: int
    rate_annual: Decimal | None = None
    amortization: Amortization | None = None
    first_due_on: date | None = None
    grace: Grace = Grace()  # noqa: RUF009  (frozen)
    capitalise_arrears: bool = False
    reason: str = ""


def restructure(life: Life, event: LoanEvent, plan: RestructurePlan) -> None:
    """Replaces all that is not due yet by a new schedule from the event's day on.

    Interest accrued since the last due date is kept and falls due with the first new instalment. Raises InvalidInput
    when the new schedule cannot be built, LoanClosed when the loan is not active.
    """
    life.require(LoanStatus.ACTIVE)
    on, state = event.value_on, life.state
    life.apply_credit(on)
    if plan.capitalise_arrears:
        _capitalise(life, on)
    principal, carried = life.principal_ahead(on) + _capitalised_now(life), life.accrued_ahead(on)
    if principal <= 0:
        raise InvalidInput({"instalments": Text("There is no principal left to be spread over a new schedule")})
    request = _new_request(life.request, plan, Money(principal, life.currency), on)
    kept = [line for line in state.lines if line.due_on <= on]
    after = max((line.number for line in kept), default=0)
    lines = lines_from(build_schedule(request).instalments, on, after)
    lines[0].interest += carried
    lines[0].accrue_base = carried
    state.lines = kept + lines
    state.restructured_on = on
    life.contract, life.after = request, after
    life.refresh_arrears(on)
    life.keep_version(on, "restructured", event.id)


def instalments_within(life: Life, plan: RestructurePlan, on: date, most: Money) -> int | None:
    """The fewest instalments of such a plan none of which exceeds what the borrower can pay; None when no number does.

    A balance that only shrinks by a longer term is searched by halving; up to 360 rows are looked at.
    """
    principal = life.principal_ahead(on) + _capitalised_now(life)
    if plan.capitalise_arrears:
        principal += sum(due.minor for line in life.oldest_first(on) for due in line.dues())
    carried = life.accrued_ahead(on)
    if principal <= 0:
        return None

    def fits(rows: int) -> bool:
        asked = replace(plan, instalments=rows)
        request = _new_request(life.request, asked, Money(principal, life.currency), on)
        first, *rest = build_schedule(request).payment_minor
        return max([first + carried, *rest]) <= most.minor

    low = max(plan.grace.principal, plan.grace.interest)
    high = _ROWS_SOUGHT
    if not fits(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def _capitalise(life: Life, on: date) -> None:
    """What is overdue is asked for by the new schedule: the old instalments keep what was paid on them."""
    for line in life.oldest_first(on):
        for due in tuple(line.dues()):
            line.release(due.component, due.minor)
            if due.component is not Component.PRINCIPAL:
                life.post_settled(on, EntryCode.ARREARS_CAPITALISED, Account.PRINCIPAL, due)
                life.state.principal_out += due.minor


def _capitalised_now(life: Life) -> int:
    """Principal owed that no instalment asks for: what was just capitalised."""
    asked = sum(line.principal - line.principal_paid for line in life.state.lines)
    return life.state.principal_out - asked


def _new_request(old: ScheduleRequest, plan: RestructurePlan, principal: Money, on: date) -> ScheduleRequest:
    recurring = {FeeKind.PER_INSTALMENT, FeeKind.INSURANCE}
    rate = plan.rate_annual if plan.rate_annual is not None else old.rate_annual
    return replace(
        old, principal=principal, disbursed_on=on, instalments=plan.instalments, instalment=None,
        rate_annual=rate, rate_period=old.rate_period if rate is None else None,
        amortization=plan.amortization or _plain_kind(old.amortization), first_due_on=plan.first_due_on,
        anchor_day=None, grace=plan.grace, payment_holidays=(), disbursements=(), prepayments=(), rate_changes=(),
        fees=tuple(fee for fee in old.fees if fee.kind in recurring), balloon=None, steps=(), principal_plan=(),
        undrawn=None,
    )  # fmt: skip


def _plain_kind(kind: Amortization) -> Amortization:
    """Steps and plans do not carry over to another number of rows."""
    return Amortization.ANNUITY if kind in {Amortization.STEP, Amortization.CUSTOM} else kind

"""What each event does to a loan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.accounts import Account
from repayment.domain.allocation import Component, Due
from repayment.domain.disbursed import lent_so_far, with_tranche
from repayment.domain.ledger import EntryCode
from repayment.domain.life import Life
from repayment.domain.plain import from_plain
from repayment.domain.restructure import RestructurePlan, restructure
from repayment.domain.schedule import build_schedule
from repayment.domain.schedule_fees import fee_of
from repayment.domain.schedule_request import (
    Disbursement,
    FeeKind,
    Prepayment,
    PrepaymentEffect,
    ScheduleRequest,
)
from repayment.domain.settlement import settlement_figure
from repayment.domain.state import EventKind, Line, LoanEvent, LoanStatus, lines_from

LENDER = "lender"


def apply_event(life: Life, event: LoanEvent) -> None:
    """Books one event. Raises InvalidInput naming the field, LoanClosed when the loan's status forbids it."""
    life.event_id = event.id
    try:
        _HANDLERS[event.kind](life, event)
    finally:
        life.event_id = None


def _disburse(life: Life, event: LoanEvent) -> None:
    life.require(LoanStatus.PENDING, LoanStatus.ACTIVE)
    on, state = event.value_on, life.state
    life.post(on, EntryCode.DISBURSEMENT, Account.PRINCIPAL, Account.CASH, event.minor)
    state.principal_out += event.minor
    state.principal_lent += event.minor
    if state.status is LoanStatus.ACTIVE:
        _add_tranche(life, event)
        return
    state.status = LoanStatus.ACTIVE
    asked = life.request
    life.contract = lent_so_far(asked, Money(event.minor, life.currency))
    state.lines = lines_from(build_schedule(life.request).instalments, on)
    _charge_at_start(life, event, asked)
    for line in state.lines:
        if line.due_on == on and line.number:
            life.post(on, EntryCode.FEE_DUE, Account.FEE_RECEIVABLE, Account.FEE_INCOME, line.fee, line.number)
    life.keep_version(on, "disbursed", event.id)


def _add_tranche(life: Life, event: LoanEvent) -> None:
    """A further part of the loan leaves, on whatever day it does: instalments not due yet are made anew for it."""
    if not life.request.undrawn and life.request.principal.minor >= life.state.principal_lent:
        return  # a loan from before parts were told apart: its rows were made for the whole sum
    life.contract = with_tranche(life.request, Disbursement(event.value_on, Money(event.minor, life.currency)))
    _rebuild_ahead(life, event, "disbursements")
    life.keep_version(event.value_on, "tranche", event.id)


def _charge_at_start(life: Life, event: LoanEvent, asked: ScheduleRequest) -> None:
    """Financed fees join the principal, withheld ones are kept back, the others are due at once as instalment 0."""
    on, state, due_now = event.value_on, life.state, 0
    for fee in asked.fees:
        if fee.kind not in {FeeKind.UP_FRONT, FeeKind.FINANCED}:
            continue
        minor = fee_of(asked, fee, asked.principal.minor)
        income = Account.FEE_INCOME if fee.payee == LENDER else Account.FEES_PAYABLE
        if fee.kind is FeeKind.FINANCED:
            life.post(on, EntryCode.FEE_FINANCED, Account.PRINCIPAL, income, minor)
            state.principal_out += minor
        elif fee.withheld:
            life.post(on, EntryCode.FEE_WITHHELD, Account.CASH, income, minor)
        else:
            life.post(on, EntryCode.FEE_DUE, Account.FEE_RECEIVABLE, income, minor)
            due_now += minor
    if due_now:
        state.lines.insert(
            0, Line(number=0, starts_on=on, due_on=on, principal=0, interest=0, fee=due_now, accrue_from=on)
        )


def _pay(life: Life, event: LoanEvent) -> None:
    life.require(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)
    on, state = event.value_on, life.state
    life.apply_credit(on)
    rest = life.pay_dues(on, EntryCode.PAYMENT, Account.CASH, event.minor, event.id)
    state.credit += rest
    life.post(on, EntryCode.OVERPAYMENT, Account.CASH, Account.BORROWER_CREDIT, rest)
    life.after_money(on)


def _prepay(life: Life, event: LoanEvent) -> None:
    life.require(LoanStatus.ACTIVE)
    on, state = event.value_on, life.state
    life.apply_credit(on)
    rest = life.pay_dues(on, EntryCode.PAYMENT, Account.CASH, event.minor, event.id)
    if rest <= 0:
        raise InvalidInput({"amount": Text("This does not exceed what is due now: book it as an ordinary payment")})
    ahead = life.principal_ahead(on)
    principal, fee = _split_compensation(life, event, rest)
    if principal >= ahead:
        total = settlement_figure(life, on).total
        raise InvalidInput(
            {"amount": Text("This is not less than the settlement figure {total}: settle the loan", total=total)}
        )
    life.post(on, EntryCode.PREPAYMENT, Account.CASH, Account.PRINCIPAL, principal)
    life.post(on, EntryCode.PREPAYMENT_FEE, Account.CASH, Account.FEE_INCOME, fee)
    state.principal_out -= principal
    life.allocations.append((event.id, Due(0, Component.PRINCIPAL, principal)))
    life.allocations.append((event.id, Due(0, Component.FEES, fee)))
    effect = PrepaymentEffect(event.data["effect"])
    life.contract = replace(
        life.request,
        prepayments=(*life.request.prepayments, Prepayment(on, Money(principal, life.currency), effect)),
    )
    _rebuild_ahead(life, event)
    life.refresh_arrears(on)
    life.keep_version(on, "prepaid", event.id)


def _split_compensation(life: Life, event: LoanEvent, rest: int) -> tuple[int, int]:
    """Principal and compensation that add up to the sum paid beyond what is due; compensation rounded down."""
    last_on = max(line.due_on for line in life.state.lines)
    short = last_on - event.value_on <= timedelta(days=365)
    rate = life.terms.prepayment_fee_rate_short if short else life.terms.prepayment_fee_rate
    num, den = rate.as_integer_ratio()
    principal = -(-rest * den // (den + num))
    return principal, rest - principal


def _rebuild_ahead(life: Life, event: LoanEvent, field: str = "amount") -> None:
    """Instalments not due yet, as the schedule with all that happened has them; what accrued so far is kept."""
    on, state = event.value_on, life.state
    carried = life.accrued_ahead(on)
    kept = [line for line in state.lines if line.due_on <= on]
    rebuilt = lines_from(build_schedule(life.request).instalments, life.request.disbursed_on, life.after)
    ahead = [line for line in rebuilt if line.due_on > on]
    asked = sum(line.principal - line.capitalised for line in ahead)
    if not ahead or asked != sum_ahead(life, kept):
        if field == "disbursements":
            raise InvalidInput({field: Text("No schedule can be made with this part of the loan: it comes too late")})
        raise InvalidInput({field: Text("No schedule can be made for this prepayment: settle the loan instead")})
    first = ahead[0]
    # By the day a little more may have accrued than the day count of the schedule gives up to the prepayment.
    first.interest = max(first.interest, carried - first.capitalised)
    first.accrue_base, first.accrue_from = carried, on
    state.lines = kept + ahead


def sum_ahead(life: Life, kept: list[Line]) -> int:
    """Principal that instalments to come must ask for: all that is owed but for what is due already."""
    return life.state.principal_out - sum(line.principal - line.principal_paid for line in kept)


def _settle(life: Life, event: LoanEvent) -> None:
    _close_early(life, event, withdrawn=False)


def _withdraw(life: Life, event: LoanEvent) -> None:
    last = life.request.disbursed_on + timedelta(days=life.terms.withdrawal_days)
    if event.value_on > last or not life.terms.withdrawal_days:
        raise InvalidInput({"value_on": Text("The time to withdraw from this contract ended on {day}", day=last)})
    _close_early(life, event, withdrawn=True)


def _close_early(life: Life, event: LoanEvent, *, withdrawn: bool) -> None:
    life.require(LoanStatus.ACTIVE)
    on, state = event.value_on, life.state
    life.apply_credit(on)
    figure = settlement_figure(life, on, withdrawn=withdrawn)
    if event.minor < figure.total.minor:
        raise InvalidInput({"amount": Text("Settling on {day} takes {total}", day=on, total=figure.total)})
    line = life.fold_ahead(on, figure.compensation.minor)
    if line is not None:
        life.post(on, EntryCode.PREPAYMENT_FEE, Account.FEE_RECEIVABLE, Account.FEE_INCOME, line.fee, line.number)
    life.post(on, EntryCode.SETTLEMENT, Account.CASH, Account.BORROWER_CREDIT, event.minor)
    life.post(on, EntryCode.FEE_REBATE, Account.FEE_INCOME, Account.BORROWER_CREDIT, figure.rebate.minor)
    sum_in = state.credit + event.minor + figure.rebate.minor
    state.credit = life.pay_dues(on, EntryCode.SETTLEMENT, Account.BORROWER_CREDIT, sum_in, event.id)
    life.keep_version(on, "withdrawn" if withdrawn else "settled", event.id)
    life.after_money(on, LoanStatus.WITHDRAWN if withdrawn else LoanStatus.CLOSED_REPAID)


def _waive(life: Life, event: LoanEvent) -> None:
    life.require(LoanStatus.ACTIVE)
    on, left = event.value_on, event.minor
    component = Component(event.data["component"])
    if component is Component.PRINCIPAL:
        raise InvalidInput({"component": Text("Principal is not waived: charge the loan off or restructure it")})
    dues = [due for line in life.oldest_first(on) for due in line.dues() if due.component is component]
    if left > sum(due.minor for due in dues):
        open_ = Money(sum(due.minor for due in dues), life.currency)
        raise InvalidInput({"amount": Text("Only {open} is open of this", open=open_)})
    for due in dues:
        part = min(left, due.minor)
        if part:
            life.settle(on, EntryCode.WAIVER, Account.WAIVED, due._replace(minor=part))
            left -= part
    life.after_money(on)


def _restructure(life: Life, event: LoanEvent) -> None:
    restructure(life, event, from_plain(RestructurePlan, event.data["plan"]))


def _charge_off(life: Life, event: LoanEvent) -> None:
    """The claim leaves the books: against the allowance, topped up first; the debt lives on below the line."""
    life.require(LoanStatus.ACTIVE)
    on, state = event.value_on, life.state
    life.apply_credit(on)
    life.fold_ahead(on)
    claims = [due for line in life.oldest_first(on) for due in line.dues()]
    receivable = {
        Component.PRINCIPAL: Account.PRINCIPAL, Component.FEES: Account.FEE_RECEIVABLE,
        Component.INTEREST: Account.INTEREST_RECEIVABLE, Component.PENALTY: Account.PENALTY_RECEIVABLE,
    }  # fmt: skip
    memo = {Component.INTEREST: Account.MEMO_INTEREST, Component.PENALTY: Account.MEMO_PENALTY}
    on_books = [due for due in claims if not (state.non_accrual and due.component in memo)]
    needed = sum(due.minor for due in on_books) - state.allowance
    life.post(on, EntryCode.PROVISION, Account.PROVISION_EXPENSE, Account.ALLOWANCE, needed)
    for due in claims:
        if due in on_books:
            life.post(on, EntryCode.CHARGE_OFF, Account.ALLOWANCE, receivable[due.component], due.minor, due.line)
        else:
            life.post(on, EntryCode.CHARGE_OFF, Account.MEMO_CONTRA, memo[due.component], due.minor, due.line)
        life.post(on, EntryCode.CHARGE_OFF, Account.MEMO_CHARGED_OFF, Account.MEMO_CONTRA, due.minor, due.line)
    state.charged_off, state.principal_out, state.allowance = sum(due.minor for due in claims), 0, 0
    state.status, state.closed_on, state.arrears_since_on, state.non_accrual = LoanStatus.CHARGED_OFF, on, None, False
    life.keep_version(on, "charged off", event.id)


def _sell(life: Life, event: LoanEvent) -> None:
    """Debt sale: charged off first if it is not yet, the price is recovery, the claim leaves the memo accounts."""
    life.require(LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF)
    on, state = event.value_on, life.state
    if state.status is LoanStatus.ACTIVE:
        _charge_off(life, event)
    life.post(on, EntryCode.SALE, Account.CASH, Account.SALE_RESULT, event.minor)
    life.post(on, EntryCode.SALE, Account.MEMO_CONTRA, Account.MEMO_CHARGED_OFF, state.charged_off)
    state.status, state.closed_on, state.charged_off = LoanStatus.SOLD, on, 0


def _refund(life: Life, event: LoanEvent) -> None:
    state = life.state
    life.require(*(status for status in LoanStatus if status is not LoanStatus.PENDING))
    if event.minor > state.credit:
        credit = Money(state.credit, life.currency)
        raise InvalidInput({"amount": Text("The borrower's credit is only {credit}", credit=credit)})
    state.credit -= event.minor
    life.post(event.value_on, EntryCode.CREDIT_REFUNDED, Account.BORROWER_CREDIT, Account.CASH, event.minor)


_HANDLERS: dict[EventKind, Callable[[Life, LoanEvent], None]] = {
    EventKind.DISBURSEMENT: _disburse,
    EventKind.PAYMENT: _pay,
    EventKind.PREPAYMENT: _prepay,
    EventKind.SETTLEMENT: _settle,
    EventKind.WITHDRAWAL: _withdraw,
    EventKind.WAIVER: _waive,
    EventKind.RESTRUCTURE: _restructure,
    EventKind.CHARGE_OFF: _charge_off,
    EventKind.SALE: _sell,
    EventKind.CREDIT_REFUND: _refund,
}

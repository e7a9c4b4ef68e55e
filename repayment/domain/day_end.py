"""The close of one day for one loan: credit used, interest accrued, late fees, penalty, arrears, provision."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from core.domain.dates import ONE_DAY
from core.domain.rate import to_millionths
from repayment.domain.accounts import Account
from repayment.domain.accrual import penalty_night
from repayment.domain.arrears import Bucket, bucket_of
from repayment.domain.classification import RiskClass, rules_on
from repayment.domain.ledger import EntryCode
from repayment.domain.life import Life
from repayment.domain.state import LoanStatus


class DaySnapshot(NamedTuple):
    """A loan at the end of a day; sums in minor units. Rebuilt at will from events."""

    day_on: date
    dpd: int
    bucket: Bucket
    principal_minor: int
    interest_minor: int
    overdue_minor: int
    risk_class: RiskClass
    stage: int


def close_day(life: Life, day: date) -> DaySnapshot:
    """Closes one day; days are closed in order. Postings count from that day. ValueError when a day is skipped."""
    state = life.state
    if state.last_closed_on is not None and day != state.last_closed_on + ONE_DAY:
        raise ValueError(f"{day} does not follow {state.last_closed_on}")
    if state.credit:
        life.apply_credit(day)
        life.after_money(day)
    if state.status is LoanStatus.ACTIVE:
        _accrue(life, day)
        if any(line.due_on <= day and line.open_minor for line in state.lines):
            _charge_lateness(life, day)
        dpd = life.refresh_arrears(day)
        _move_accrual_status(life, day, dpd)
    else:
        dpd = 0
    state.last_closed_on = day
    return _snapshot(life, day, dpd)


def _accrue(life: Life, day: date) -> None:
    state, tomorrow = life.state, day + ONE_DAY
    before = state.last_closed_on
    if state.non_accrual:
        debit, credit = Account.MEMO_INTEREST, Account.MEMO_CONTRA
    else:
        debit, credit = Account.INTEREST_RECEIVABLE, Account.INTEREST_INCOME
    for line in state.lines:
        if line.starts_on > day or line.due_on <= day:
            continue
        grown = line.accrued(day) - line.accrued(before)
        if grown:
            life.post(day, EntryCode.INTEREST_ACCRUED, debit, credit, grown, line.number)
        if line.due_on == tomorrow:
            life.post(day, EntryCode.FEE_DUE, Account.FEE_RECEIVABLE, Account.FEE_INCOME, line.fee, line.number)
            if line.capitalised:
                state.principal_out += line.capitalised
                life.post(day, EntryCode.INTEREST_CAPITALISED, Account.PRINCIPAL, debit, line.capitalised, line.number)


def _charge_lateness(life: Life, day: date) -> None:
    terms, state = life.terms, life.state
    if any(first <= day <= last for first, last in life.moratoria):
        return
    rate = to_millionths(terms.penalty_rate_annual)
    for line in life.oldest_first(day):
        late = (day - line.due_on).days
        if late > terms.grace_days and not line.late_charged and terms.late_fee is not None:
            line.late_charged = True
            fee = _within_cap(life, terms.late_fee.minor)
            line.late_fee += fee
            life.post(day, EntryCode.LATE_FEE, Account.FEE_RECEIVABLE, Account.FEE_INCOME, fee, line.number)
        overdue = line.principal - line.principal_paid
        if rate and overdue and late >= terms.grace_days:
            whole, line.penalty_rest = penalty_night(overdue, rate, terms.penalty_days_per_year, line.penalty_rest)
            whole = _within_cap(life, whole)
            line.penalty += whole
            if state.non_accrual:
                life.post(day, EntryCode.PENALTY_ACCRUED, Account.MEMO_PENALTY, Account.MEMO_CONTRA, whole, line.number)
            else:
                life.post(
                    day, EntryCode.PENALTY_ACCRUED, Account.PENALTY_RECEIVABLE, Account.PENALTY_INCOME, whole,
                    line.number,
                )  # fmt: skip


def _within_cap(life: Life, minor: int) -> int:
    """As much of a charge as the cap on late fees and penalty interest leaves; counts it."""
    cap = life.terms.charges_cap_rate
    if cap is not None:
        room = life.state.principal_lent * to_millionths(cap) // 1_000_000 - life.state.charged
        minor = max(0, min(minor, room))
    life.state.charged += minor
    return minor


def _move_accrual_status(life: Life, day: date, dpd: int) -> None:
    """Past the limit, uncollected interest leaves income for memo accounts; once nothing is late it comes back."""
    state = life.state
    stop = not state.non_accrual and dpd >= life.rules.non_accrual_dpd
    resume = state.non_accrual and dpd == 0
    if not stop and not resume:
        return
    code = EntryCode.NON_ACCRUAL if stop else EntryCode.ACCRUAL_RESUMED
    for line in state.lines:
        interest = line.receivable(day)
        penalty = line.penalty - line.penalty_paid
        for minor, receivable, income, memo in (
            (interest, Account.INTEREST_RECEIVABLE, Account.INTEREST_INCOME, Account.MEMO_INTEREST),
            (penalty, Account.PENALTY_RECEIVABLE, Account.PENALTY_INCOME, Account.MEMO_PENALTY),
        ):
            sign = minor if stop else -minor
            life.post(day, code, income, receivable, sign, line.number)
            life.post(day, code, memo, Account.MEMO_CONTRA, sign, line.number)
    state.non_accrual = stop


def _snapshot(life: Life, day: date, dpd: int) -> DaySnapshot:
    state = life.state
    rules = rules_on(life.rules.classes, day)
    risk_class = rules.class_of(dpd, state.restructured_on, day)
    if state.status is LoanStatus.ACTIVE and (day + ONE_DAY).day == 1:
        wanted = rules.provision_minor(risk_class, state.principal_out)
        life.post(day, EntryCode.PROVISION, Account.PROVISION_EXPENSE, Account.ALLOWANCE, wanted - state.allowance)
        state.allowance = wanted
    overdue = interest = 0
    for line in state.lines:
        if line.due_on <= day:
            overdue += line.open_minor
            interest += line.interest - line.interest_paid
        elif line.starts_on <= day:
            interest += line.receivable(day)
    return DaySnapshot(
        day, dpd, bucket_of(dpd), state.principal_out, interest, overdue,
        risk_class, rules.stage_of(dpd, state.restructured_on, day),
    )  # fmt: skip

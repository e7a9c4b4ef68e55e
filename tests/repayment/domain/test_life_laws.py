"""Laws of a loan's life: whatever happens, the ledger balances and agrees with the instalments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from core.domain.ids import uuid7
from core.domain.money import Money
from repayment.domain.accounts import Account
from repayment.domain.allocation import Component, Direction, Due, Waterfall, allocate
from repayment.domain.classification import ClassRules
from repayment.domain.ledger import PostedEntry, balances, correct
from repayment.domain.life import BookRules, Life, LoanClosed
from repayment.domain.replay import Replay, new_life, replay
from repayment.domain.schedule import build_schedule
from repayment.domain.schedule_request import Amortization, Disbursement, ScheduleRequest
from repayment.domain.settlement import settlement_figure
from repayment.domain.state import EventKind, LoanEvent, LoanStatus
from repayment.domain.terms import LoanTerms

START = date(2025, 1, 31)
RULES = BookRules(
    (ClassRules(date(2000, 1, 1), (0, 90, 270, 360), (15_000, 30_000, 300_000, 600_000, 1_000_000), (30, 90)),)
)
TERMS = LoanTerms(
    late_fee=Money(2000, "CNY"), penalty_rate_annual=Decimal("0.18"), charges_cap_rate=Decimal("0.24"),
    prepayment_fee_rate=Decimal("0.01"), prepayment_fee_rate_short=Decimal("0.005"),
)  # fmt: skip


def request_of(kind: Amortization = Amortization.ANNUITY, rows: int = 6, principal: int = 600_000) -> ScheduleRequest:
    return ScheduleRequest(
        principal=Money(principal, "CNY"), amortization=kind, disbursed_on=START, rate_annual=Decimal("0.12"),
        instalments=rows,
    )  # fmt: skip


def event(kind: EventKind, on: date, minor: int = 0, seq: int = 0, **data: object) -> LoanEvent:
    return LoanEvent(uuid7(), seq, kind, on, on, minor, data)


def play(events: list[LoanEvent], through: date, request: ScheduleRequest | None = None) -> Replay:
    request = request or request_of()
    first = event(EventKind.DISBURSEMENT, START, request.principal.minor)
    numbered = [replace(found, seq=k + 1) for k, found in enumerate(events)]
    return replay(new_life(TERMS, request, RULES), [first, *numbered], through)


def sums(life: Life) -> dict[Account, int]:
    return balances((p.debit, p.credit, p.minor) for p in life.postings)


def check(life: Life) -> None:
    """The invariants: what the ledger says is what the instalments say."""
    found, state = sums(life), life.state
    assert sum(found.values()) == 0
    through = state.last_closed_on
    if state.status is not LoanStatus.CHARGED_OFF:
        assert found.get(Account.PRINCIPAL, 0) == state.principal_out
        assert state.principal_out == sum(line.principal - line.principal_paid for line in state.lines)
        interest = sum(line.receivable(through) for line in state.lines)
        penalty = sum(line.penalty - line.penalty_paid for line in state.lines)
        receivable = Account.MEMO_INTEREST if state.non_accrual else Account.INTEREST_RECEIVABLE
        charged = Account.MEMO_PENALTY if state.non_accrual else Account.PENALTY_RECEIVABLE
        assert found.get(receivable, 0) == interest
        assert found.get(charged, 0) == penalty
    assert -found.get(Account.BORROWER_CREDIT, 0) == state.credit >= 0
    assert -found.get(Account.ALLOWANCE, 0) == state.allowance
    assert found.get(Account.MEMO_CHARGED_OFF, 0) == state.charged_off
    for line in state.lines:
        assert 0 <= line.principal_paid <= line.principal
        assert 0 <= line.interest_paid <= line.interest
        assert 0 <= line.late_fee_paid <= line.late_fee
        assert 0 <= line.penalty_paid <= line.penalty


days = st.integers(0, 250).map(lambda n: START + timedelta(days=n))
payments = st.lists(st.tuples(days, st.integers(1, 250_000)), max_size=6)
kinds = st.sampled_from([Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL, Amortization.INTEREST_ONLY])


@given(payments, kinds, st.integers(0, 300))
def test_the_ledger_agrees_with_the_instalments(paid: list[tuple[date, int]], kind: Amortization, length: int) -> None:
    through = START + timedelta(days=length)
    events = [event(EventKind.PAYMENT, on, minor) for on, minor in paid if on <= through]
    try:
        found = play(events, through, request_of(kind))
    except LoanClosed:
        return  # paid off before the last payment came: that one is refused
    check(found.life)
    total = sum(found.minor for found in events)
    state = found.life.state
    assert sums(found.life)[Account.CASH] == total - 600_000 or not state.lines


@given(payments)
def test_the_interest_accrued_over_a_paid_loan_is_the_schedules(paid: list[tuple[date, int]]) -> None:
    request = request_of()
    dry = play([], START, request).life.state.lines
    events = [event(EventKind.PAYMENT, line.due_on, line.open_minor) for line in dry]
    life = play(events, START + timedelta(days=200), request).life
    assert life.state.status is LoanStatus.CLOSED_REPAID
    assert -sums(life)[Account.INTEREST_INCOME] == sum(line.interest for line in dry)


@given(st.integers(2, 200_000), st.data())
def test_a_split_payment_does_what_a_whole_one_does(minor: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(1, minor - 1))
    on = START + timedelta(days=95)
    whole = play([event(EventKind.PAYMENT, on, minor)], on).life
    split = play([event(EventKind.PAYMENT, on, part), event(EventKind.PAYMENT, on, minor - part)], on).life
    assert whole.state == split.state
    assert sums(whole) == sums(split)


@given(payments, st.randoms())
def test_the_order_of_booking_does_not_matter_across_days(paid: list[tuple[date, int]], chance: object) -> None:
    unique = list({on: (on, minor) for on, minor in paid}.values())
    through = START + timedelta(days=260)
    shuffled = list(unique)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    try:
        one = play([event(EventKind.PAYMENT, on, minor) for on, minor in unique], through).life
    except LoanClosed:
        with pytest.raises(LoanClosed):
            play([event(EventKind.PAYMENT, on, minor) for on, minor in shuffled], through)
        return
    other = play([event(EventKind.PAYMENT, on, minor) for on, minor in shuffled], through).life
    assert one.state == other.state


@given(st.integers(40, 150), st.integers(10_000, 300_000), st.sampled_from(["reduce_instalment", "reduce_term"]))
@settings(max_examples=40)
def test_a_prepayment_keeps_the_books_and_the_loan_repayable(after: int, minor: int, effect: str) -> None:
    on = START + timedelta(days=after)
    dry = play([], START).life.state.lines
    events = [event(EventKind.PAYMENT, line.due_on, line.open_minor) for line in dry if line.due_on <= on]
    assume(minor < sum(line.principal for line in dry if line.due_on > on))  # else it is a settlement, and refused
    events.append(event(EventKind.PREPAYMENT, on, minor, effect=effect))
    life = play(events, on).life
    check(life)
    rest = [event(EventKind.PAYMENT, line.due_on, line.open_minor) for line in life.state.lines if line.due_on > on]
    closed = play([*events, *rest], START + timedelta(days=220)).life
    check(closed)
    assert closed.state.status is LoanStatus.CLOSED_REPAID
    assert set(sums(closed)) <= {Account.CASH, Account.INTEREST_INCOME, Account.FEE_INCOME}


@given(st.integers(0, 250), st.booleans())
def test_the_settlement_figure_closes_the_loan_and_a_cent_less_does_not(after: int, paying: bool) -> None:
    on = START + timedelta(days=after)
    dry = play([], START).life.state.lines
    events = [event(EventKind.PAYMENT, line.due_on, line.open_minor) for line in dry if line.due_on < on and paying]
    if paying and on > dry[-1].due_on:
        return
    with pytest.raises(InvalidInput) as refused:
        play([*events, event(EventKind.SETTLEMENT, on, 1)], on)
    total = refused.value.fields["amount"][0].params["total"]  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput):
        play([*events, event(EventKind.SETTLEMENT, on, total.minor - 1)], on)
    life = play([*events, event(EventKind.SETTLEMENT, on, total.minor)], on).life
    check(life)
    assert (life.state.status, life.state.closed_on, life.state.credit) == (LoanStatus.CLOSED_REPAID, on, 0)


@given(st.integers(0, 400), st.booleans(), st.integers(3, 24))
def test_a_restructured_loan_owes_the_same_principal_over_other_days(after: int, roll: bool, rows: int) -> None:
    on = START + timedelta(days=after)
    before = play([], on - timedelta(days=1)).life if after else play([], START - timedelta(days=1)).life
    plan = {"instalments": rows, "rate_annual": "0.09", "capitalise_arrears": roll, "reason": "illness"}
    if not roll and all(line.due_on <= on for line in before.state.lines):
        with pytest.raises(InvalidInput):
            play([event(EventKind.RESTRUCTURE, on, plan=plan)], on)
        return
    life = play([event(EventKind.RESTRUCTURE, on, plan=plan)], on).life
    check(life)
    ahead = [line for line in life.state.lines if line.due_on > on]
    assert len(ahead) == rows
    if roll:
        assert life.state.overdue_minor(on) == 0
        owed = before.state.overdue_minor(on) + before.principal_ahead(on)
        assert sum(line.principal for line in ahead) == owed


@given(st.integers(1, 400), st.integers(1, 100_000))
def test_a_charged_off_claim_leaves_the_books_and_what_comes_later_is_recovery(after: int, minor: int) -> None:
    on = START + timedelta(days=after)
    off = event(EventKind.CHARGE_OFF, on)
    life = play([off], on).life
    check(life)
    found = sums(life)
    for account in (Account.PRINCIPAL, Account.INTEREST_RECEIVABLE, Account.FEE_RECEIVABLE, Account.ALLOWANCE):
        assert found.get(account, 0) == 0
    later = on + timedelta(days=5)
    recovered = play([off, event(EventKind.PAYMENT, later, minor)], later).life
    check(recovered)
    assert -sums(recovered)[Account.RECOVERY_INCOME] == minor
    assert recovered.state.charged_off == life.state.charged_off - minor


def test_interest_leaves_income_at_ninety_days_and_comes_back_with_the_cure() -> None:
    first_due = play([], START).life.state.lines[0].due_on
    late = first_due + timedelta(days=90)
    before, after = play([], late - timedelta(days=1)).life, play([], late).life
    assert sums(before)[Account.INTEREST_RECEIVABLE] > 0
    found = sums(after)
    assert Account.INTEREST_INCOME not in found
    assert found[Account.MEMO_INTEREST] == sum(line.receivable(late) for line in after.state.lines)
    cured = play([event(EventKind.PAYMENT, late + timedelta(days=1), 900_000)], late + timedelta(days=1)).life
    assert not cured.state.non_accrual
    check(cured)
    earned = sum(line.interest_paid + line.receivable(cured.state.last_closed_on) for line in cured.state.lines)
    assert -sums(cured)[Account.INTEREST_INCOME] == earned


def test_penalty_interest_and_late_fees_stop_at_the_cap() -> None:
    life = play([], START + timedelta(days=1500)).life
    assert life.state.charged == 600_000 * 24 // 100
    check(life)


dues = st.lists(
    st.builds(Due, st.integers(1, 5), st.sampled_from(list(Component)), st.integers(1, 10_000)), max_size=12
)
falls = st.builds(Waterfall, st.permutations(list(Component)).map(tuple), st.sampled_from(list(Direction)))


@given(st.integers(0, 200_000), dues, falls)
def test_an_allocation_adds_up_and_exceeds_no_due(minor: int, owed: list[Due], fall: Waterfall) -> None:
    parts, rest = allocate(minor, owed, fall)
    assert sum(part.minor for part in parts) + rest == minor
    assert all(part.minor > 0 for part in parts)
    assert rest == max(0, minor - sum(due.minor for due in owed))


@given(payments)
@settings(max_examples=25)
def test_correcting_a_ledger_leads_to_what_was_wanted(paid: list[tuple[date, int]]) -> None:
    through = START + timedelta(days=255)
    try:
        wanted = play([event(EventKind.PAYMENT, on, minor) for on, minor in paid], through).life.postings
    except LoanClosed:
        return
    posted = play([], through).life.postings
    standing = [
        PostedEntry(k, p.effective_on, p.effective_on, p.code, p.debit, p.credit, p.minor, p.line, None, p.event_id)
        for k, p in enumerate(posted)
    ]
    change = correct(standing, wanted)
    gone = {entry.id for entry in change.reverse}
    left = [entry for entry in standing if entry.id not in gone]
    assert sorted((p.effective_on, p.code, p.minor) for p in [*left, *change.post]) == sorted(
        (p.effective_on, p.code, p.minor) for p in wanted
    )
    assert not correct(standing, posted)


SECOND = date(2025, 3, 15)


def in_two_parts(*events: LoanEvent, second: date | None = SECOND, through: date = date(2025, 4, 20)) -> Replay:
    """4,000 on 31 January and 2,000 more; planned for 15 March."""
    asked = replace(request_of(), disbursements=(Disbursement(START, cny(400_000)), Disbursement(SECOND, cny(200_000))))
    parts = [event(EventKind.DISBURSEMENT, START, 400_000, 1)]
    if second is not None:
        parts.append(event(EventKind.DISBURSEMENT, second, 200_000, 2))
    numbered = [replace(found, seq=k + 3) for k, found in enumerate(events)]
    return replay(new_life(TERMS, asked, RULES), [*parts, *numbered], through)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def test_a_tranche_on_its_planned_day_gives_the_planned_schedule() -> None:
    life = in_two_parts().life
    check(life)
    planned = build_schedule(
        replace(request_of(), disbursements=(Disbursement(START, cny(400_000)), Disbursement(SECOND, cny(200_000))))
    )
    assert tuple(line.principal for line in life.state.lines) == planned.principal_minor
    late = in_two_parts(second=date(2025, 3, 25)).life
    check(late)
    assert sum(line.interest for line in late.state.lines) < sum(planned.interest_minor)


def test_what_has_not_left_is_no_debt() -> None:
    """On 10 March the 4,000 owe 1 % for February and ten of 31 days of a month's 1 % on what is left of them."""
    life = in_two_parts(second=None, through=date(2025, 3, 9)).life
    figure = settlement_figure(life, date(2025, 3, 10))
    assert figure.principal_ahead + figure.due_principal == cny(400_000)
    assert figure.due_interest == cny(4_000)
    assert figure.interest_accrued == cny((400_000 - life.state.lines[0].principal) * 10 // 31 // 100)


def planned(**more: Any) -> ScheduleRequest:
    """In two parts, by a plan of principal or with a balloon."""
    parts = (Disbursement(START, cny(400_000)), Disbursement(SECOND, cny(200_000)))
    return replace(request_of(), disbursements=parts, **more)


SEASONS = planned(
    amortization=Amortization.CUSTOM,
    principal_plan=tuple(map(cny, [300_000, 100_000, 0, 0, 100_000, 100_000])),
)


@pytest.mark.parametrize("asked", [SEASONS, planned(balloon=cny(500_000))], ids=["plan", "balloon"])
def test_a_plan_or_balloon_shows_what_is_drawn_and_then_the_contract(asked: ScheduleRequest) -> None:
    first = event(EventKind.DISBURSEMENT, START, 400_000, 1)
    life = replay(new_life(TERMS, asked, RULES), [first], START).life
    assert sum(line.principal for line in life.state.lines) == 400_000
    contract = build_schedule(asked)
    assert life.state.lines[0].principal == contract.principal_minor[0]
    paid = [event(EventKind.PAYMENT, date(2025, 2, 28), line_sum(life, 1), 2)]
    both = [first, *paid, event(EventKind.DISBURSEMENT, SECOND, 200_000, 3)]
    after = replay(new_life(TERMS, asked, RULES), both, SECOND).life
    check(after)
    assert tuple(line.principal for line in after.state.lines) == contract.principal_minor
    assert sum(contract.principal_minor) == 600_000


def line_sum(life: Life, number: int) -> int:
    return life.state.line(number).open_minor


def test_a_loan_repaid_as_drawn_waits_for_its_next_part() -> None:
    """By the plan the first 4,000 are repaid by the end of March; the last 2,000 leave in April."""
    parts = (Disbursement(START, cny(400_000)), Disbursement(date(2025, 4, 15), cny(200_000)))
    first = event(EventKind.DISBURSEMENT, START, 400_000, 1)
    asked = replace(SEASONS, disbursements=parts)
    paid = [
        event(EventKind.PAYMENT, date(2025, 2, 28), 304_000, 2), event(EventKind.PAYMENT, date(2025, 3, 31), 101_000, 3)
    ]  # fmt: skip
    life = replay(new_life(TERMS, asked, RULES), [first, *paid], date(2025, 4, 1)).life
    assert (life.state.principal_out, life.state.status) == (0, LoanStatus.ACTIVE)
    late = event(EventKind.DISBURSEMENT, date(2025, 4, 15), 200_000, 4)
    life = replay(new_life(TERMS, asked, RULES), [first, *paid, late], date(2025, 4, 15)).life
    assert [line.principal for line in life.state.lines] == [part.minor for part in SEASONS.principal_plan]
    closing = event(EventKind.SETTLEMENT, date(2025, 4, 1), 100, 4)
    done = replay(new_life(TERMS, asked, RULES), [first, *paid, closing], date(2025, 4, 1)).life
    assert done.state.status is LoanStatus.CLOSED_REPAID


@given(st.integers(100_000, 300_000), st.sampled_from(["reduce_instalment", "reduce_term", "skip_next"]), st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_prepayment_before_or_after_a_tranche_keeps_the_books(minor: int, effect: str, early: bool) -> None:
    on = date(2025, 2, 20) if early else date(2025, 3, 20)
    life = in_two_parts(event(EventKind.PREPAYMENT, on, minor, effect=effect)).life
    check(life)
    assert life.state.principal_lent == 600_000
    assert sum(line.principal - line.principal_paid for line in life.state.lines) == life.state.principal_out

"""What booking a payment into the past would change, before anybody books it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.errors import InvalidInput
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.allocation import Component
from repayment.domain.ledger import PostedEntry, Posting
from repayment.domain.plain import from_plain
from repayment.domain.schedule_request import PrepaymentEffect, ScheduleRequest
from repayment.domain.state import EventKind, Line, LoanEvent, LoanStatus
from repayment.queries.beside import NOTHING_BESIDE
from repayment.queries.ceilings import check_new_rate
from repayment.queries.load_life import load_events
from repayment.queries.loan_page import LineView, line_views
from repayment.queries.play_again import Replayed, play_again
from repayment.tables import DunningActionRow, LoanRow


@dataclass(frozen=True, slots=True)
class LineChange:
    """An instalment before and after; None where it does not exist."""

    number: int
    before: LineView | None
    after: LineView | None


@dataclass(frozen=True, slots=True)
class LetterInDoubt:
    """A reminder that would not have been sent had the payment been known."""

    stage: str
    sent_on: date
    dpd_then: int
    dpd_now: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A loan in a few figures: all that is still to pay, of how many instalments, the largest and the last of them."""

    to_pay: Money
    principal: Money
    overdue: Money
    instalments: int
    largest: Money
    last_due_on: date | None


@dataclass(frozen=True, slots=True)
class Preview:
    """All that would change. `late_fees` and `penalty` are the differences in what is charged (negative: less).

    `used` is what the payment itself would be used for; what the parts leave of it is the borrower's credit.
    `before` and `after` are the loan as it stands and as it would stand.
    """

    value_on: date
    amount: Money
    lines: tuple[LineChange, ...]
    reversed_entries: tuple[PostedEntry, ...]
    new_entries: tuple[Posting, ...]
    letters: tuple[LetterInDoubt, ...]
    late_fees: Money
    penalty: Money
    credit: Money
    status: LoanStatus
    days_replayed: int
    used: Mapping[Component, Money]
    before: Standing
    after: Standing


def preview_payment(
    w: Work,
    loan_id: UUID,
    *,
    amount: Money,
    value_on: date,
    kind: EventKind = EventKind.PAYMENT,
    effect: PrepaymentEffect | None = None,
) -> Preview:
    """The effect of a payment with that value date. Writes nothing. Raises what booking it would raise."""
    loan = w.get(LoanRow, loan_id)
    _check(w, loan, amount, value_on)
    data = {} if effect is None else {"effect": effect.value}
    event = LoanEvent(uuid7(), _next(loan), kind, value_on, w.today, amount.minor, data)
    found = play_again(w, loan, [*load_events(w, loan.id), event])
    return preview_of(w, loan, found, amount, value_on, event.id)


def preview_change(
    w: Work, loan_id: UUID, *, kind: EventKind, amount: Money | None = None, data: Mapping[str, Any] | None = None
) -> Preview:
    """The effect of a waiver, restructuring, charge-off, sale or refund today. Raises what booking it would raise."""
    loan = w.get(LoanRow, loan_id)
    if amount is not None:
        _check(w, loan, amount, w.today)
    minor = 0 if amount is None else amount.minor
    event = LoanEvent(uuid7(), _next(loan), kind, w.today, w.today, minor, data or {})
    found = play_again(w, loan, [*load_events(w, loan.id), event])
    if kind is EventKind.RESTRUCTURE:
        check_new_rate(w, from_plain(ScheduleRequest, loan.request), found.replay.life)
    return preview_of(w, loan, found, Money(event.minor, loan.currency), event.value_on, event.id)


def _next(loan: LoanRow) -> int:
    return loan.row_version + 1


def preview_reversal(w: Work, payment_id: UUID, loan_id: UUID) -> Preview:
    """The effect of taking a payment back."""
    loan = w.get(LoanRow, loan_id)
    events = load_events(w, loan_id)
    gone = next((event for event in events if event.id == payment_id), None)
    if gone is None:
        raise InvalidInput({"payment_id": Text("There is no such payment on this loan, or it was reversed already")})
    found = play_again(w, loan, [event for event in events if event.id != payment_id])
    return preview_of(w, loan, found, Money(gone.minor, loan.currency), gone.value_on)


def _check(w: Work, loan: LoanRow, amount: Money, value_on: date) -> None:
    if amount.currency != loan.currency:
        raise InvalidInput({"amount": Text("The loan is in {currency}", currency=loan.currency)})
    if amount.minor <= 0:
        raise InvalidInput({"amount": Text("The amount must be more than zero")})
    if value_on > w.today:
        raise InvalidInput(
            {"value_on": Text("The day {day} is in the future; today is {today}", day=value_on, today=w.today)}
        )
    if loan.disbursed_on is None or value_on < loan.disbursed_on:
        raise InvalidInput(
            {"value_on": Text("The day is before the disbursement on {day}", day=loan.disbursed_on or "-")}
        )


def preview_of(
    w: Work, loan: LoanRow, found: Replayed, amount: Money, value_on: date, event_id: UUID | None = None
) -> Preview:
    """A computed correction as people read it; `event_id` names the payment whose use is wanted."""
    state = found.replay.life.state
    before = {
        view.number: view for view in line_views(list(found.lines_before), loan.currency, w.today, NOTHING_BESIDE)
    }
    after = {view.number: view for view in line_views(state.lines, loan.currency, w.today, NOTHING_BESIDE)}
    changes = tuple(
        LineChange(number, before.get(number), after.get(number))
        for number in sorted(before | after)
        if _asked(before.get(number)) != _asked(after.get(number))
    )

    def difference(name: str) -> Money:
        now = sum(getattr(line, name) for line in state.lines)
        return Money(now - sum(getattr(line, name) for line in found.lines_before), loan.currency)

    days = [entry.effective_on for entry in found.correction.reverse]
    days += [entry.effective_on for entry in found.correction.post]
    first = min(days, default=w.today)
    used = dict.fromkeys(Component, 0)
    for paid, due in found.replay.life.allocations:
        if paid == event_id:
            used[due.component] += due.minor
    return Preview(
        value_on=value_on, amount=amount, lines=changes, reversed_entries=found.correction.reverse,
        new_entries=found.correction.post, letters=_letters(w, loan, found, value_on),
        late_fees=difference("late_fee"), penalty=difference("penalty"),
        credit=Money(state.credit - loan.credit_minor, loan.currency), status=state.status,
        days_replayed=sum(snapshot.day_on >= first for snapshot in found.replay.days),
        used={component: Money(minor, loan.currency) for component, minor in used.items()},
        before=_standing(list(found.lines_before), loan.principal_out_minor, loan.currency, w.today),
        after=_standing(state.lines, state.principal_out, loan.currency, w.today),
    )  # fmt: skip


def _asked(line: LineView | None) -> tuple[object, ...]:
    """What makes an instalment another one for its payer: principal left after it is none of that."""
    return () if line is None else (line.due_on, line.total, line.charges, line.open, line.status)


def _standing(lines: list[Line], principal_out: int, currency: str, today: date) -> Standing:
    open_lines = [line for line in lines if not line.settled]
    coming = [line for line in open_lines if line.due_on >= today]
    return Standing(
        to_pay=Money(sum(line.open_minor for line in open_lines), currency),
        principal=Money(principal_out, currency),
        overdue=Money(sum(line.open_minor for line in open_lines if line.due_on < today), currency),
        instalments=len(open_lines),
        largest=Money(max((line.open_minor for line in coming), default=0), currency),
        last_due_on=max((line.due_on for line in open_lines), default=None),
    )


def _letters(w: Work, loan: LoanRow, found: Replayed, value_on: date) -> tuple[LetterInDoubt, ...]:
    query = select(DunningActionRow).where(DunningActionRow.loan_id == loan.id, DunningActionRow.acted_on >= value_on)
    dpd_on = {snapshot.day_on: snapshot.dpd for snapshot in found.replay.days}
    return tuple(
        LetterInDoubt(row.stage, row.acted_on, row.dpd, dpd_on.get(row.acted_on, 0))
        for row in w.session.scalars(query.order_by(DunningActionRow.acted_on))
        if row.dpd > 0 and dpd_on.get(row.acted_on, 0) < row.dpd
    )

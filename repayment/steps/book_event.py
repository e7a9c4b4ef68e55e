"""The common road of everything that is done to a loan: lock, check the day, apply or replay, write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from core.db import Work
from core.domain.actor import Role
from core.domain.dates import ONE_DAY
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.texts import Text
from repayment.domain.events import apply_event
from repayment.domain.life import Life, LoanClosed
from repayment.domain.policies import ServicingPolicy
from repayment.domain.state import EventKind, LoanEvent, LoanStatus, status_text
from repayment.queries.load_life import line_values, load_events, load_life
from repayment.queries.play_again import play_again
from repayment.steps.correct_past import post_correction
from repayment.steps.save_life import save_life, write_event
from repayment.tables import LoanRow


@dataclass(frozen=True, slots=True)
class Booked:
    """The event as booked and the life it left behind."""

    event: LoanEvent
    life: Life
    replayed: bool


def check_day(w: Work, loan: LoanRow, value_on: date, *, first: date | None = None) -> None:
    """Raises InvalidInput for a value date in the future or before the disbursement (or `first`)."""
    if value_on > w.today:
        raise InvalidInput({"value_on": Text("The day {day} is in the future; today is {today}", day=value_on,
                                             today=w.today)})  # fmt: skip
    earliest = first or loan.disbursed_on
    if earliest is not None and value_on < earliest:
        raise InvalidInput({"value_on": Text("The day is before the disbursement on {day}", day=earliest)})


def check_backdating(w: Work, value_on: date) -> None:
    """Raises NotAllowed when the actor may not date something that far back."""
    days, authority = (w.today - value_on).days, w.policy(ServicingPolicy).authority
    if days <= 0 or w.actor.has(Role.APPROVER, Role.SYSTEM):
        return
    limit = authority.backdate_days_officer if w.actor.has(Role.OFFICER) else authority.backdate_days_collector
    if days > limit:
        raise NotAllowed(
            Text("You may date this back by at most {limit} days; ask an approver", limit=limit), limit_days=limit
        )


def book_event(
    w: Work,
    loan: LoanRow,
    kind: EventKind,
    value_on: date,
    minor: int = 0,
    *,
    data: Mapping[str, Any] | None = None,
    channel: str | None = None,
    payer: str | None = None,
) -> Booked:
    """Books one event on a locked loan. An event dated before the last closed day replays the loan.

    Raises InvalidInput and LoanClosed as the event does; nothing is written then.
    """
    event = LoanEvent(uuid7(), loan.row_version + 1, kind, value_on, w.today, minor, data or {})
    up_to_date = loan.last_closed_on is not None and value_on == loan.last_closed_on + ONE_DAY
    if loan.status == LoanStatus.CHARGED_OFF.value:
        up_to_date = value_on == w.today
    if not up_to_date:
        return _book_by_replay(w, loan, event, channel, payer)
    life = load_life(w, loan)
    before = [line_values(line) for line in life.state.lines]
    apply_event(life, event)
    write_event(w, loan, event, channel=channel, payer=payer)
    save_life(w, loan, life, before)
    return Booked(event, life, replayed=False)


def _book_by_replay(w: Work, loan: LoanRow, event: LoanEvent, channel: str | None, payer: str | None) -> Booked:
    _refuse_closed(loan, event)
    found = play_again(w, loan, [*load_events(w, loan.id), event])
    write_event(w, loan, event, channel=channel, payer=payer)
    post_correction(w, loan, found)
    return Booked(event, found.replay.life, replayed=True)


def _refuse_closed(loan: LoanRow, event: LoanEvent) -> None:
    """A closed loan takes back-dated money only by reversing what closed it; credit may be refunded."""
    ended = {LoanStatus.CLOSED_REPAID, LoanStatus.WITHDRAWN, LoanStatus.SOLD, LoanStatus.CANCELLED}
    if LoanStatus(loan.status) in ended and event.kind is not EventKind.CREDIT_REFUND:
        raise LoanClosed(
            Text("This cannot be booked: the loan is {status}", status=status_text(loan.status)),
            loan_status=loan.status,
        )


def allocation_of(life: Life, event_id: UUID) -> dict[str, int]:
    """What one event's money was used for, by component, in minor units."""
    used: dict[str, int] = {}
    for found, due in life.allocations:
        if found == event_id:
            used[due.component.value] = used.get(due.component.value, 0) + due.minor
    return used

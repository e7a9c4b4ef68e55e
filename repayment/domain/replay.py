"""The whole life of a loan again, from its opening, its events and the days closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.domain.dates import ONE_DAY
from repayment.domain.day_end import DaySnapshot, close_day
from repayment.domain.events import apply_event
from repayment.domain.life import BookRules, Life
from repayment.domain.schedule_request import ScheduleRequest
from repayment.domain.state import LoanEvent, LoanState, LoanStatus
from repayment.domain.terms import LoanTerms


@dataclass(frozen=True, slots=True)
class Replay:
    """The life at its end, and a snapshot of each closed day while the loan was active."""

    life: Life
    days: tuple[DaySnapshot, ...]


def new_life(
    terms: LoanTerms,
    request: ScheduleRequest,
    rules: BookRules,
    moratoria: Iterable[tuple[date, date]] = (),
) -> Life:
    """A loan that waits for its disbursement."""
    state = LoanState(status=LoanStatus.PENDING, lines=[])
    return Life(
        terms=terms,
        currency=request.principal.currency,
        contract=request,
        rules=rules,
        state=state,
        moratoria=tuple(moratoria),
    )


def replay(life: Life, events: Iterable[LoanEvent], closed_through: date) -> Replay:
    """Plays events by value date (then by `seq`) on a fresh life, closing each day up to `closed_through`.

    Events after `closed_through` are those of the open business date. Errors of an event that no longer fits (a
    prepayment above what is now owed) come through as InvalidInput or LoanClosed.
    """
    waiting = sorted(events, key=lambda event: (event.value_on, event.seq))
    days: list[DaySnapshot] = []
    for event in waiting:
        _close_until(life, event.value_on - ONE_DAY, closed_through, days)
        if life.state.last_closed_on is None:
            life.state.last_closed_on = event.value_on - ONE_DAY
        apply_event(life, event)
    _close_until(life, closed_through, closed_through, days)
    return Replay(life, tuple(days))


def _close_until(life: Life, day: date, closed_through: date, days: list[DaySnapshot]) -> None:
    state = life.state
    last = min(day, closed_through)
    while state.status is LoanStatus.ACTIVE and state.last_closed_on is not None and state.last_closed_on < last:
        days.append(close_day(life, state.last_closed_on + ONE_DAY))
    if state.status is not LoanStatus.ACTIVE and state.last_closed_on is not None:
        state.last_closed_on = max(state.last_closed_on, last)

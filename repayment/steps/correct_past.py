"""Back-dating: play the loan's life again with what is known now, and post the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, insert

from core.db import Work
from core.domain.dates import ONE_DAY
from repayment.domain.day_end import DaySnapshot
from repayment.domain.ledger import Correction, correct
from repayment.domain.plain import from_plain
from repayment.domain.policies import AccountingPolicy
from repayment.domain.replay import Replay, new_life, replay
from repayment.domain.schedule_request import ScheduleRequest
from repayment.domain.state import EventKind, Line, LoanEvent
from repayment.steps.load_life import load_entries, load_events, load_lines, load_moratoria, terms_of
from repayment.steps.save_life import save_replayed, write_postings, write_reversals
from repayment.tables import LoanDayRow, LoanRow


@dataclass(frozen=True, slots=True)
class Replayed:
    """A loan played again: its new life, the ledger's correction, the lines as they stood."""

    replay: Replay
    correction: Correction
    lines_before: tuple[Line, ...]


def play_again(w: Work, loan: LoanRow, events: Sequence[LoanEvent] | None = None) -> Replayed:
    """Computes without writing. `events` default to those that stand; an extra one makes a preview."""
    known = list(events) if events is not None else load_events(w, loan.id)
    request = _as_disbursed(from_plain(ScheduleRequest, loan.first_request), known)
    life = new_life(terms_of(loan), request, w.policy(AccountingPolicy).rules, load_moratoria(w, loan.id))
    through = w.today - ONE_DAY
    if loan.last_closed_on is not None:
        through = max(through, loan.last_closed_on)
    played = replay(life, known, through)
    correction = correct(load_entries(w, loan.id), life.postings)
    return Replayed(played, correction, tuple(load_lines(w, loan.schedule_id)))


def _as_disbursed(request: ScheduleRequest, events: Sequence[LoanEvent]) -> ScheduleRequest:
    """The contract's request on the day the money really left."""
    from repayment.domain.disbursed import request_on

    first = next((event for event in events if event.kind is EventKind.DISBURSEMENT), None)
    return request if first is None else request_on(request, first.value_on)


def post_correction(w: Work, loan: LoanRow, found: Replayed) -> None:
    """Writes reversals, new entries, lines and day snapshots in the caller's transaction."""
    w.session.flush()
    write_reversals(w, loan, found.correction.reverse)
    write_postings(w, loan, found.correction.post)
    save_replayed(w, loan, found.replay.life, found.lines_before)
    first = _first_change(found.correction)
    if first is not None:
        rewrite_days(w, loan, found.replay.days, first)


def _first_change(correction: Correction) -> date | None:
    days = [entry.effective_on for entry in correction.reverse] + [entry.effective_on for entry in correction.post]
    return min(days, default=None)


def rewrite_days(w: Work, loan: LoanRow, days: Sequence[DaySnapshot], first: date) -> None:
    """Replaces the day snapshots from `first` on."""
    w.session.execute(delete(LoanDayRow).where(LoanDayRow.loan_id == loan.id, LoanDayRow.day_on >= first))
    rows = [day_values(loan, snapshot) for snapshot in days if snapshot.day_on >= first]
    if rows:
        w.session.execute(insert(LoanDayRow.__table__), rows)  # type: ignore[arg-type]


def day_values(loan: LoanRow, snapshot: DaySnapshot) -> dict[str, object]:
    """The snapshot as a row."""
    return {**snapshot._asdict(), "loan_id": loan.id}

"""A loan played again with other events: what a correction would change, without writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.db import Work
from core.domain.dates import ONE_DAY
from repayment.domain.disbursed import request_on
from repayment.domain.ledger import Correction, correct
from repayment.domain.plain import from_plain
from repayment.domain.policies import AccountingPolicy
from repayment.domain.replay import Replay, new_life, replay
from repayment.domain.schedule_request import ScheduleRequest
from repayment.domain.state import EventKind, Line, LoanEvent
from repayment.queries.load_life import load_entries, load_events, load_lines, load_moratoria, terms_of
from repayment.tables import LoanRow


@dataclass(frozen=True, slots=True)
class Replayed:
    """A loan played again: its new life, the ledger's correction, the lines as they stood."""

    replay: Replay
    correction: Correction
    lines_before: tuple[Line, ...]


def play_again(w: Work, loan: LoanRow, events: Sequence[LoanEvent] | None = None) -> Replayed:
    """Computes without writing. `events` default to those that stand; an extra one makes a preview."""
    known = list(events) if events is not None else load_events(w, loan.id)
    through = w.today - ONE_DAY
    if loan.last_closed_on is not None:
        through = max(through, loan.last_closed_on)
    played = play_events(w, loan, known, through)
    entries = [] if loan.schedule_id is None else load_entries(w, loan.id)  # before the payout nothing is posted
    return Replayed(played, correct(entries, played.life.postings), tuple(load_lines(w, loan.schedule_id)))


def play_events(w: Work, loan: LoanRow, events: Sequence[LoanEvent], through: date) -> Replay:
    """The loan's life from the contract on, with those events, closed through that day."""
    request = from_plain(ScheduleRequest, loan.first_request)
    first = next((event for event in events if event.kind is EventKind.DISBURSEMENT), None)
    if first is not None:
        request = request_on(request, first.value_on)
    life = new_life(terms_of(loan), request, w.policy(AccountingPolicy).rules, load_moratoria(w, loan.id))
    return replay(life, events, through)

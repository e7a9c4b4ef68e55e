"""Reminders for loans just closed: who gets which stage now, written into the outbox in the close's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import selectinload

from core.db import Work
from core.domain.ids import uuid7
from core.domain.money import Money
from core.tables import PartyRow
from repayment.domain.dunning import DunningAction, DunningPolicies, DunningPolicy, DunningState, decide, not_before
from repayment.domain.state import LoanStatus
from repayment.steps.close_chunk import LoanAtWork, driver_cursor
from repayment.steps.notify import LoanMessage, product_name, write_messages
from repayment.tables import DunningActionRow, LoanRow

_WINDOW = timedelta(days=31)  # longer than any window of contacts


def dun(w: Work, loans: Sequence[LoanAtWork], today: date) -> int:
    """Sends to each loan the one stage due today, if any; returns how many stages were acted on."""
    policies = w.policy(DunningPolicies)
    asked = [(loan, policies.named(loan.life.terms.dunning_policy)) for loan in loans]
    candidates = [(loan, policy) for loan, policy in asked if _may_be_due(loan, policy, today)]
    if not candidates:
        return 0
    known = _Known(w, [loan.id for loan, _ in candidates], today)
    actions = []
    for loan, policy in candidates:
        action = decide(policy, known.state_of(loan, policy, today), today)
        if action is not None:
            actions.append((loan, policy, action))
    if actions:
        parties = {loan.borrower_id for loan, _, _ in actions}
        query = select(PartyRow).where(PartyRow.id.in_(parties)).options(selectinload(PartyRow.contacts))
        by_id = {party.id: party for party in w.session.scalars(query)}
        w.session.execute(insert(DunningActionRow.__table__), [_action_row(w, *found[::2], today) for found in actions])  # type: ignore[arg-type]
        _hand_over(w, [loan.id for loan, _, action in actions if action.stage.hand_over], today)
        write_messages(w, [m for found in actions for m in _messages(w, *found, by_id[found[0].borrower_id], today)])
    return len(actions)


def _may_be_due(loan: LoanAtWork, policy: DunningPolicy, today: date) -> bool:
    if loan.life.state.status is not LoanStatus.ACTIVE or loan.snapshot is None:
        return False
    if loan.snapshot.dpd > 0:
        return loan.snapshot.dpd >= next((s.from_dpd for s in policy.stages if s.from_dpd > 0), 1)
    due_on, _ = _next_due(loan, today)
    return due_on is not None and policy.stages[0].from_dpd <= (today - due_on).days < 0


def _next_due(loan: LoanAtWork, today: date) -> tuple[date | None, int]:
    ahead = [line for line in loan.life.state.lines if line.due_on > today and line.open_minor]
    if not ahead:
        return None, 0
    first = min(ahead, key=lambda line: line.due_on)
    return first.due_on, max(0, first.open_minor - loan.life.state.credit)


class _Known:
    """What was sent, promised, held and contacted so far, for all candidates at once."""

    def __init__(self, w: Work, ids: list[UUID], today: date) -> None:
        cursor = driver_cursor(w)
        self.sent: dict[UUID, set[tuple[date, str]]] = defaultdict(set)
        self.contacts: dict[UUID, list[tuple[date, int]]] = defaultdict(list)
        self.holds: dict[UUID, set[str]] = defaultdict(set)
        self.promised: dict[UUID, date] = {}
        query = "SELECT loan_id, episode_on, stage, acted_on, jsonb_array_length(channels) FROM dunning_action "
        for loan_id, episode_on, stage, acted_on, channels in cursor.execute(query + "WHERE loan_id = ANY(%s)", (ids,)):
            self.sent[loan_id].add((episode_on, stage))
            self.contacts[loan_id].append((acted_on, channels))
        query = "SELECT loan_id, contacted_on FROM contact_record WHERE loan_id = ANY(%s) AND contacted_on >= %s"
        for loan_id, on in cursor.execute(query + " AND channel <> 'incoming'", (ids, today - _WINDOW)):
            self.contacts[loan_id].append((on, 1))
        query = "SELECT loan_id, kind FROM loan_hold WHERE loan_id = ANY(%s) AND from_on <= %s AND released_on IS NULL"
        for loan_id, kind in cursor.execute(query + " AND (until_on IS NULL OR until_on >= %s)", (ids, today, today)):
            self.holds[loan_id].add(kind)
        query = "SELECT loan_id, max(due_on) FROM promise WHERE loan_id = ANY(%s) AND status IN ('OPEN', 'BROKEN')"
        self.promised = dict(cursor.execute(query + " GROUP BY loan_id", (ids,)).fetchall())

    def state_of(self, loan: LoanAtWork, policy: DunningPolicy, today: date) -> DunningState:
        """The pure function's input."""
        first = today - timedelta(days=policy.contacts_days - 1)
        assert loan.snapshot is not None
        due_on, due = _next_due(loan, today)
        return DunningState(
            dpd=loan.snapshot.dpd,
            arrears_since_on=loan.life.state.arrears_since_on,
            overdue_minor=loan.snapshot.overdue_minor,
            next_due_on=due_on,
            next_due_minor=due,
            sent=frozenset(self.sent[loan.id]),
            holds=frozenset(self.holds[loan.id]),
            promised_until=self.promised.get(loan.id),
            paid_on=loan.paid_on,
            contacts_recent=sum(n for on, n in self.contacts[loan.id] if on >= first),
        )


def _due(loan: LoanAtWork, today: date) -> tuple[date | None, int]:
    """What a reminder asks for: everything overdue, or the next instalment."""
    assert loan.snapshot is not None
    if loan.snapshot.dpd:
        return loan.life.state.arrears_since_on, loan.snapshot.overdue_minor
    return _next_due(loan, today)


def _action_row(w: Work, loan: LoanAtWork, action: DunningAction, today: date) -> dict[str, Any]:
    assert loan.snapshot is not None
    return {
        "id": uuid7(), "loan_id": loan.id, "episode_on": action.episode_on, "stage": action.stage.name,
        "acted_on": today, "recorded_at": w.now, "dpd": loan.snapshot.dpd, "minor": _due(loan, today)[1],
        "channels": list(action.stage.channels),
    }  # fmt: skip


def _hand_over(w: Work, ids: list[UUID], today: date) -> None:
    if ids:
        w.session.execute(update(LoanRow).where(LoanRow.id.in_(ids)).values(handed_over_on=today))


def _messages(
    w: Work, loan: LoanAtWork, policy: DunningPolicy, action: DunningAction, party: PartyRow, today: date
) -> list[LoanMessage]:
    assert loan.snapshot is not None
    due_on, minor = _due(loan, today)
    context = {
        "loan": loan, "product": product_name(loan.product, party.locale), "due": Money(minor, loan.currency),
        "due_on": due_on, "dpd": loan.snapshot.dpd, "today": today,
    }  # fmt: skip
    quiet = not_before(policy, w.now, ZoneInfo(party.time_zone))
    return [
        LoanMessage(
            loan.id, party, action.stage.message, channel,
            f"dun:{loan.id}:{action.episode_on}:{action.stage.name}:{channel}", context,
            None if channel == "letter" else quiet,
        )
        for channel in action.stage.channels
    ]  # fmt: skip

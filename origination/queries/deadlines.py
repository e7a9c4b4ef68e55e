"""The deadlines of the law for a case: what runs, what was told in time, and the proof of sending."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from core.db import Work
from core.tables import OutboundMessageRow
from origination.domain.application import CLOSED, ApplicationStatus
from origination.domain.decision_clock import ClockKind, Deadline, deadline
from origination.domain.policy import OriginationPolicy
from origination.queries.rows import latest_decision, product_of
from origination.queries.tracker import documents_of
from origination.tables.application import ApplicationRow

_S = ApplicationStatus
RUNNING = frozenset({_S.SUBMITTED, _S.KYC_PASSED, _S.KYC_REFERRED, _S.SCORED, _S.REFERRED})
TOLD_MISSING = "application_incomplete"
LAPSED = "counter_offer_lapsed"
MISSING = frozenset({"requested", "rejected"})


def decision_deadline(r: Work, row: ApplicationRow) -> Deadline | None:
    """By when a decision has to be told; from the day it was sent in. None for a draft."""
    if row.submitted_on is None:
        return None
    product = product_of(r, row)
    made = latest_decision(r, row)
    told = made.decided_on if made is not None and made.outcome != "REFER" and _S(row.status) not in RUNNING else None
    if told is None and _S(row.status) in CLOSED:
        told = row.moved_at.date()  # withdrawn, refused by the identity checks, run out
    clocks = r.policy(OriginationPolicy).clocks
    return deadline(clocks, ClockKind.DECISION, product.jurisdiction, row.segment, row.submitted_on, told)


def running_deadline(r: Work, row: ApplicationRow) -> Deadline | None:
    """The deadline of a decision for a line of the queue; None once there is nothing left to tell."""
    if _S(row.status) not in RUNNING or row.submitted_on is None:
        return None
    clocks = r.policy(OriginationPolicy).clocks
    return deadline(clocks, ClockKind.DECISION, product_of(r, row).jurisdiction, row.segment, row.submitted_on)


def deadlines_of(r: Work, row: ApplicationRow) -> tuple[Deadline, ...]:
    """Every deadline of a case, running or met."""
    found = [decision_deadline(r, row), _incomplete(r, row), _counter_offer(r, row)]
    return tuple(one for one in found if one is not None)


def _incomplete(r: Work, row: ApplicationRow) -> Deadline | None:
    """From the day the oldest missing document was asked for; met when the applicant was told what is missing."""
    if _S(row.status) not in RUNNING:
        return None
    missing = [one for one in documents_of(r, row) if one.status in MISSING]
    if not missing:
        return None
    since = min(one.requested_at for one in missing)
    told = _told_on(r, row, TOLD_MISSING, since.date())
    clocks = r.policy(OriginationPolicy).clocks
    return deadline(clocks, ClockKind.INCOMPLETE, product_of(r, row).jurisdiction, row.segment, since.date(), told)


def _counter_offer(r: Work, row: ApplicationRow) -> Deadline | None:
    """From the day of a counter-offer; met when it was taken, or its end was told with the reasons."""
    made = latest_decision(r, row)
    if made is None or not made.is_counter:
        return None
    taken = _S(row.status) in {_S.ACCEPTED, _S.SIGNED, _S.BOOKED}
    met = row.moved_at.date() if taken else _told_on(r, row, LAPSED, made.decided_on)
    clocks = r.policy(OriginationPolicy).clocks
    return deadline(clocks, ClockKind.COUNTER_OFFER, product_of(r, row).jurisdiction, row.segment, made.decided_on, met)


def _told_on(r: Work, row: ApplicationRow, kind: str, since: date) -> date | None:
    query = select(OutboundMessageRow.created_at).where(
        OutboundMessageRow.subject_id == row.id, OutboundMessageRow.kind == kind
    )
    days = [at.date() for at in r.session.scalars(query)]
    return min((day for day in days if day >= since - timedelta(days=1)), default=None)

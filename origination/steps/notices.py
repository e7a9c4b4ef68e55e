"""Notices that a case owes its applicant: what is still missing, and the end of a counter-offer nobody took."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition
from origination.domain.application import ApplicationStatus
from origination.domain.decision_clock import ClockKind, deadline
from origination.domain.policy import OriginationPolicy
from origination.queries.deadlines import LAPSED, MISSING, RUNNING, TOLD_MISSING
from origination.queries.rows import latest_decision, product_of
from origination.queries.tracker import decline_before, documents_of
from origination.steps.case import SUBJECT, move, open_case
from origination.steps.tell import papers_in_words, sentences, tell
from origination.tables.application import ApplicationDocumentRow, ApplicationRow

STALE_DAYS = 30


def due_for_missing(r: Work, limit: int = 500) -> list[UUID]:
    """Applications with a document asked for longer ago than the policy lets pass without a word."""
    before = r.now - timedelta(days=r.policy(OriginationPolicy).review.missing_papers_days)
    query = (
        select(ApplicationRow.id)
        .join(ApplicationDocumentRow, ApplicationDocumentRow.application_id == ApplicationRow.id)
        .where(
            ApplicationRow.status.in_([one.value for one in RUNNING]),
            ApplicationDocumentRow.status.in_(sorted(MISSING)),
            ApplicationDocumentRow.requested_at < before,
        )
        .distinct()
    )
    return list(r.session.scalars(query.limit(limit)))


def tell_missing(w: Work, application_id: UUID) -> bool:
    """The notice of an incomplete application: what is missing, by when, and what happens otherwise. Once for each set
    of missing documents; False when nothing is missing. Raises IllegalTransition for one that is decided.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    row = open_case(w, application_id)
    if ApplicationStatus(row.status) not in RUNNING:
        raise IllegalTransition(SUBJECT, row.status, "told what is missing")
    missing = [one for one in documents_of(w, row) if one.status in MISSING]
    if not missing:
        return False
    clocks, product = w.policy(OriginationPolicy).clocks, product_of(w, row)
    found = deadline(clocks, ClockKind.INCOMPLETE, product.jurisdiction, row.segment, w.today)
    due_on = w.today + timedelta(days=STALE_DAYS) if found is None else found.due_on
    turn = "+".join(sorted(str(one.id)[-8:] for one in missing))[:80]
    tell(w, row, TOLD_MISSING, turn, missing=papers_in_words(row, missing), due_on=due_on)
    audit.record(w, "application.missing_told", SUBJECT, row.id, kinds=[one.kind for one in missing], due_on=due_on)
    return True


def tell_lapsed(w: Work, row: ApplicationRow) -> None:
    """A counter-offer ran out untaken: the refusal of the wish is told with its reasons."""
    made = latest_decision(w, row)
    if made is not None and made.is_counter:
        tell(w, row, LAPSED, str(made.number), reasons=sentences(w, row, decline_before(w, made)))


def is_stale(r: Work, row: ApplicationRow) -> bool:
    """True when it waits for documents that were asked for, and named in a notice, too long ago."""
    if ApplicationStatus(row.status) not in RUNNING:
        return False
    missing = [one for one in documents_of(r, row) if one.status in MISSING]
    return bool(missing) and min(one.requested_at for one in missing) < r.now - timedelta(days=STALE_DAYS)


def close_stale(w: Work, application_id: UUID) -> ApplicationRow:
    """Closes an application whose documents never came, and tells the applicant. Raises IllegalTransition otherwise."""
    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id)
    if not is_stale(w, row):
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.EXPIRED.value)
    missing = [one for one in documents_of(w, row) if one.status in MISSING]
    move(w, row, ApplicationStatus.EXPIRED, "application.closed_stale", missing=[one.kind for one in missing])
    tell(w, row, "application_closed", missing=papers_in_words(row, missing))
    return row

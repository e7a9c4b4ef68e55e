"""Remembering documents: those asked for that have not come, and those that run out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from origination.domain.application import CLOSED, ApplicationStatus
from origination.domain.evidence import EvidencePolicy
from origination.queries.rows import answers_of
from origination.steps.case import SUBJECT, open_case
from origination.steps.tell import tell_papers
from origination.tables.application import ApplicationDocumentRow, ApplicationRow

BATCH = 500
# A running loan's borrower must stay identified; of other closed applications nothing is wanted any more.
_OVER = [*sorted(one.value for one in CLOSED - {ApplicationStatus.BOOKED}), ApplicationStatus.DRAFT.value]


def due_for_reminder(r: Work) -> list[UUID]:
    """Applications with a document asked for so long ago that it is remembered today."""
    days = r.policy(EvidencePolicy).reminder_days
    found: dict[UUID, None] = {}
    for sent, wait in enumerate(days):
        query = (
            select(ApplicationRow.id)
            .join(ApplicationDocumentRow, ApplicationDocumentRow.application_id == ApplicationRow.id)
            .where(
                ApplicationRow.status.not_in([*_OVER, ApplicationStatus.BOOKED.value]),
                ApplicationDocumentRow.status == "requested",
                ApplicationDocumentRow.reminders == sent,
                ApplicationDocumentRow.requested_at <= r.now - timedelta(days=wait),
            )
        )
        found |= dict.fromkeys(r.session.scalars(query.limit(BATCH)))
    return list(found)


def remind(w: Work, application_id: UUID) -> int:
    """Remembers the applicant of every document that is due for it, in one message; returns how many."""
    w.actor.require(Role.SYSTEM)
    row = open_case(w, application_id)
    days = w.policy(EvidencePolicy).reminder_days
    query = select(ApplicationDocumentRow).where(
        ApplicationDocumentRow.application_id == row.id, ApplicationDocumentRow.status == "requested"
    )
    due = [
        paper
        for paper in w.session.scalars(query.order_by(ApplicationDocumentRow.requested_at))
        if paper.reminders < len(days) and paper.requested_at <= w.now - timedelta(days=days[paper.reminders])
    ]
    if not due:
        return 0
    for paper in due:
        paper.reminders += 1
    tell_papers(w, row, "papers_reminder", due, turn=w.today.isoformat())
    audit.record(w, "application.papers_reminded", SUBJECT, row.id, kinds=[paper.kind for paper in due])
    return len(due)


def due_for_renewal(r: Work) -> list[UUID]:
    """Applications with an accepted document that runs out soon and was not told of yet."""
    until = r.today + timedelta(days=r.policy(EvidencePolicy).expiry_warning_days)
    query = (
        select(ApplicationDocumentRow.application_id)
        .join(ApplicationRow, ApplicationRow.id == ApplicationDocumentRow.application_id)
        .where(
            ApplicationRow.status.not_in(_OVER),
            ApplicationDocumentRow.status == "accepted",
            ApplicationDocumentRow.expires_on <= until,
            ApplicationDocumentRow.reminders == 0,
        )
        .distinct()
    )
    return list(r.session.scalars(query.limit(BATCH)))


def ask_renewal(w: Work, application_id: UUID) -> int:
    """Tells the applicant which accepted documents run out, once each; returns how many."""
    w.actor.require(Role.SYSTEM)
    row = open_case(w, application_id)
    until = w.today + timedelta(days=w.policy(EvidencePolicy).expiry_warning_days)
    query = select(ApplicationDocumentRow).where(
        ApplicationDocumentRow.application_id == row.id,
        ApplicationDocumentRow.status == "accepted",
        ApplicationDocumentRow.expires_on <= until,
        ApplicationDocumentRow.reminders == 0,
    )
    due: Sequence[ApplicationDocumentRow] = w.session.scalars(query).all()
    if not due or not answers_of(row):
        return 0
    for paper in due:
        paper.reminders += 1
    tell_papers(w, row, "paper_expiring", due, turn=w.today.isoformat())
    audit.record(w, "application.papers_expiring", SUBJECT, row.id, kinds=[paper.kind for paper in due])
    return len(due)

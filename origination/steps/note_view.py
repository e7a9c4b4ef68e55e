"""That somebody of the staff opened a case is recorded, once a person, case and business day."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, text

from core import audit
from core.db import Work
from core.domain.actor import STAFF
from core.tables import AuditEventRow

VIEWS = "case_view"
VIEWED = "case.viewed"


def note_view(w: Work, application_id: UUID) -> bool:
    """Records the view unless this person's view of today is on record; returns whether it did.

    Views have a chain of their own beside the case's, so that reading a case never waits for a step that works on it.
    """
    w.actor.require(*STAFF)
    if w.actor.id is None or _noted(w, application_id):
        return False
    key = f"{VIEWS}:{application_id}"
    w.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    if _noted(w, application_id):
        return False
    audit.record(
        w, VIEWED, VIEWS, application_id, on=w.today.isoformat(), roles=sorted(role.value for role in w.actor.roles)
    )
    return True


def _noted(w: Work, application_id: UUID) -> bool:
    query = select(AuditEventRow.seq).where(
        AuditEventRow.subject_type == VIEWS,
        AuditEventRow.subject_id == str(application_id),
        AuditEventRow.actor_id == w.actor.id,
        AuditEventRow.data["on"].astext == w.today.isoformat(),
    )
    return w.session.scalar(query.limit(1)) is not None

"""Who has a case open right now: a hint for colleagues, forgotten after minutes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core.db import Work
from core.domain.actor import Role
from core.tables import UserRow
from origination.tables.desk import CasePresenceRow

MINUTES = 3


def be_present(w: Work, application_id: UUID) -> tuple[str, ...]:
    """Notes that the actor looks at the case; returns the names of colleagues who do so too."""
    w.actor.require(Role.OFFICER, Role.APPROVER)
    if w.actor.id is None:
        return ()
    since = w.now - timedelta(minutes=MINUTES)
    w.session.execute(
        delete(CasePresenceRow).where(CasePresenceRow.application_id == application_id, CasePresenceRow.seen_at < since)
    )
    mine = insert(CasePresenceRow).values(application_id=application_id, user_id=w.actor.id, seen_at=w.now)
    w.session.execute(mine.on_conflict_do_update(index_elements=["application_id", "user_id"], set_={"seen_at": w.now}))
    others = (
        select(UserRow.name)
        .join(CasePresenceRow, CasePresenceRow.user_id == UserRow.id)
        .where(CasePresenceRow.application_id == application_id, CasePresenceRow.user_id != w.actor.id)
    )
    return tuple(w.session.scalars(others.order_by(UserRow.name)))

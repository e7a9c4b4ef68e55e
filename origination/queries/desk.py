"""What officers keep for their work: colleagues to hand a case to, and saved views of the queue."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.actor import Role
from core.tables import UserRow
from origination.tables.desk import QueueViewRow


def colleagues(r: Work) -> tuple[tuple[UUID, str], ...]:
    """Everybody who decides cases, by name."""
    query = select(UserRow.id, UserRow.name).where(
        UserRow.active, UserRow.roles_held.overlap([Role.OFFICER.value, Role.APPROVER.value])
    )
    return tuple((one.id, one.name) for one in r.session.execute(query.order_by(UserRow.name)))


def my_views(r: Work) -> tuple[QueueViewRow, ...]:
    """The actor's saved views, by name."""
    query = select(QueueViewRow).where(QueueViewRow.user_id == r.actor.id).order_by(QueueViewRow.name)
    return tuple(r.session.scalars(query))

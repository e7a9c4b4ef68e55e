"""What officers keep for their own work: who looks at a case right now, and views of the queue under a name."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import HasId, Row


class CasePresenceRow(Row):
    """A colleague opened a case; forgotten after minutes."""

    __tablename__ = "case_presence"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    seen_at: Mapped[datetime]


class QueueViewRow(HasId, Row):
    """A person's own view of the queue: its address arguments under a name."""

    __tablename__ = "queue_view"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("user_id", "name"),)

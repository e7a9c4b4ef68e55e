"""What officers keep for their own work: who looks at a case right now, views of the queue under a name, words typed
but not sent, and who was named in a note."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import EncryptedText, HasId, Row


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


class CaseDraftRow(Row):
    """What a person typed on a case and has not sent: field -> words, as JSON. Gone once it is sent."""

    __tablename__ = "case_draft"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    fields: Mapped[str] = mapped_column(EncryptedText("case_draft.fields"))
    saved_at: Mapped[datetime]


class CaseMentionRow(HasId, Row):
    """A colleague named in a note; read once the colleague has opened the case."""

    __tablename__ = "case_mention"
    note_id: Mapped[UUID] = mapped_column(ForeignKey("case_note.id"), index=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("note_id", "user_id"),
        Index("ix_case_mention_user", "user_id", "read_at", "written_at"),
    )

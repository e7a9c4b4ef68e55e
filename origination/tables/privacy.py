"""Requests of people to have their data deleted, and what was answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import HasId, Row


class ErasureRequestRow(HasId, Row):
    """One request; at most one is open per account. `grounds` are those of a refusal: ground, reference, until_on.

    `removed` counts what an erasure took away, by kind.
    """

    __tablename__ = "erasure_request"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    status: Mapped[str] = mapped_column(String(10), index=True)  # open, erased, refused
    drafts_erased: Mapped[int]
    asked_at: Mapped[datetime]
    asked_on: Mapped[date]
    due_on: Mapped[date]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    answered_name: Mapped[str | None] = mapped_column(String(200))
    grounds: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    removed: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    __table_args__ = (
        Index("uq_erasure_request_open", "user_id", unique=True, postgresql_where=text("status = 'open'")),
    )

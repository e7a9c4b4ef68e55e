"""Policies tried on past applications."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import HasId, Row


class PolicySimulationRow(HasId, Row):
    """One run of a policy over past applications: who asked, how far it is, what came out."""

    __tablename__ = "policy_simulation"
    edition_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy_edition.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    since: Mapped[date]
    until: Mapped[date]
    status: Mapped[str] = mapped_column(String(10))  # waiting, running, done, failed
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

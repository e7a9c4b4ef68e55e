"""What would help a refused applicant: found when the case was refused, and told in the letter and on the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import HasId, Row


class RemedyRow(HasId, Row):
    """The changes found for one assessment, each tried on score and rules before it was kept; empty: none was found."""

    __tablename__ = "remedy"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    assessment: Mapped[int]
    found: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    made_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("application_id", "assessment"),)

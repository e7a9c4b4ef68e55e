"""Offers: what the applicant may take, until when."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import HasId, Row


class OfferRow(HasId, Row):
    """One way to take the loan; `quote` is `quote_to_dict` with every row of the schedule. At most one is accepted.

    `caps` are the legal ceilings of cost it was held against when made; None for offers of before they were kept.
    """

    __tablename__ = "offer"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    assessment: Mapped[int]
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decision.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))  # open, accepted, expired, void
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    tenor_months: Mapped[int]
    amortisation: Mapped[str] = mapped_column(String(20))
    rate_annual: Mapped[Decimal]
    instalment_minor: Mapped[int]
    total_minor: Mapped[int]
    paid_out_minor: Mapped[int]
    cost_effective: Mapped[Decimal]
    cost_nominal: Mapped[Decimal]
    quote: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[datetime]
    made_on: Mapped[date]
    expires_on: Mapped[date] = mapped_column(index=True)
    accepted_at: Mapped[datetime | None]
    caps: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB)
    __table_args__ = (
        UniqueConstraint("application_id", "assessment", "decision_id", "number"),
        Index("uq_offer_accepted", "application_id", unique=True, postgresql_where=text("status = 'accepted'")),
    )

"""Applications with owners, consents, documents and notes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import EncryptedText, HasId, Row


class ApplicationRow(HasId, Row):
    """One application. `draft` holds what was typed (JSON by section), `answers` the typed facts once submitted.

    `row_version` rises with every change; forms carry it, so that a stale page gets a Conflict. `assessment` rises when
    a change of facts voids identity checks, score, decision and offers: what was made for an older one is void.
    """

    __tablename__ = "application"
    reference: Mapped[str | None] = mapped_column(String(20), unique=True)
    segment: Mapped[str] = mapped_column(String(20))
    product_code: Mapped[str] = mapped_column(String(40))
    product_version: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(20), index=True)
    row_version: Mapped[int] = mapped_column(default=1)
    assessment: Mapped[int] = mapped_column(default=1)
    locale: Mapped[str] = mapped_column(String(20))
    applicant_name: Mapped[str | None] = mapped_column(String(300))
    # What officers search by, in small letters: a computed column, so that nobody can forget it.
    search_text: Mapped[str] = mapped_column(
        Computed("lower(coalesce(applicant_name, '') || ' ' || coalesce(reference, ''))", persisted=True)
    )
    amount_minor: Mapped[int | None]
    tenor_months: Mapped[int | None]
    purpose: Mapped[str | None] = mapped_column(String(40))
    draft: Mapped[str] = mapped_column(EncryptedText("application.draft"), default="{}")
    answers: Mapped[str | None] = mapped_column(EncryptedText("application.answers"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    # who signs for a company
    signatory_party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    owner_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    entered_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    assigned_to: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    device: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    submitted_on: Mapped[date | None] = mapped_column(index=True)
    moved_at: Mapped[datetime]
    is_demo: Mapped[bool] = mapped_column(default=False)
    owners: Mapped[list[OwnerRow]] = relationship(order_by="OwnerRow.position", cascade="all, delete-orphan")
    __table_args__ = (
        CheckConstraint(
            "(status = 'DRAFT') OR status IN ('WITHDRAWN', 'EXPIRED') OR reference IS NOT NULL", name="reference"
        ),
        Index("ix_application_status_moved_at", "status", "moved_at"),
        Index("ix_application_status_submitted_at", "status", "submitted_at", "id"),
        # All that the queue of officers is narrowed, searched, counted and sorted by: it need not read the rows.
        Index(
            "ix_application_queue",
            "status",
            "due_at",
            "id",
            postgresql_include=["assigned_to", "segment", "submitted_at", "amount_minor", "search_text"],
        ),
    )


class OwnerRow(HasId, Row):
    """One owner of the company that applies: a person or a company, with a share of `of` (None: the applicant)."""

    __tablename__ = "application_owner"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(10))
    share: Mapped[Decimal]
    of: Mapped[str | None] = mapped_column(String(300))
    controls: Mapped[bool] = mapped_column(default=False)
    birth_on: Mapped[date | None]
    country: Mapped[str | None] = mapped_column(String(2))
    identity_kind: Mapped[str | None] = mapped_column(String(40))
    identity_number: Mapped[str | None] = mapped_column(EncryptedText("application_owner.identity_number"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)


class ConsentRow(HasId, Row):
    """What was agreed to, word for word, when and whence; append-only evidence."""

    __tablename__ = "consent"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str]
    text_sha256: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(20))
    agreed_at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    address: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = ({"info": {"append_only": True}},)


class ApplicationDocumentRow(HasId, Row):
    """One item of the document checklist."""

    __tablename__ = "application_document"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20))  # requested, received, accepted, rejected
    reason: Mapped[str | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    requested_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    judged_at: Mapped[datetime | None]
    judged_by: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None]  # what exactly to send, in the words of who asked
    requested_by: Mapped[str | None] = mapped_column(String(200))
    reminders: Mapped[int] = mapped_column(server_default="0", default=0)
    expires_on: Mapped[date | None]
    __table_args__ = (UniqueConstraint("application_id", "kind", "requested_at"),)


class CaseNoteRow(HasId, Row):
    """A note of a colleague on a case."""

    __tablename__ = "case_note"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    author_id: Mapped[UUID | None]
    author_name: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(EncryptedText("case_note.text"))
    pinned: Mapped[bool] = mapped_column(default=False)
    written_at: Mapped[datetime]

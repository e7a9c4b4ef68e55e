"""What documents say: bank accounts, yearly accounts, single figures; and blind traces by which applications meet."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import EncryptedText, HasId, Row


class ApplicationTraceRow(HasId, Row):
    """A way by which applications may be connected, as a blind index: equal values meet, nobody can read them.

    `holder_index` is the blind index of whose it is, so that the same person applying twice is not "somebody else".
    """

    __tablename__ = "application_trace"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # identity, phone, email, account, device, address
    value_index: Mapped[str] = mapped_column(String(64))
    holder_index: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        Index("ix_application_trace_value", "kind", "value_index"),
        UniqueConstraint("application_id", "kind", "value_index", name="uq_application_trace"),
    )


class AccountFiguresRow(HasId, Row):
    """The cash-flow figures of one bank account of an application, from all statement files sent for it."""

    __tablename__ = "account_figures"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    paper_id: Mapped[UUID] = mapped_column(ForeignKey("application_document.id"))  # the newest file
    format: Mapped[str] = mapped_column(String(20))
    account_masked: Mapped[str] = mapped_column(String(60))
    account_index: Mapped[str] = mapped_column(String(64))
    currency: Mapped[str] = mapped_column(String(3))
    from_on: Mapped[date]
    to_on: Mapped[date]
    entries: Mapped[int]
    balanced: Mapped[bool]
    figures: Mapped[str] = mapped_column(EncryptedText("account_figures.figures"))
    read_at: Mapped[datetime]


class CompanyAccountsRow(HasId, Row):
    """The accounts of one financial year as a person read them from a document, or the applicant typed them; a newer
    reading replaces it."""

    __tablename__ = "company_accounts"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    paper_id: Mapped[UUID | None] = mapped_column(ForeignKey("application_document.id"))
    ends_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    audited: Mapped[bool]
    figures: Mapped[str] = mapped_column(EncryptedText("company_accounts.figures"))
    entered_by: Mapped[str] = mapped_column(String(200))
    by_applicant: Mapped[bool] = mapped_column(server_default="false", default=False)  # nobody has checked it yet
    entered_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class DocumentedFactRow(HasId, Row):
    """One figure as a document says it, with the page; a newer reading replaces it, nothing is overwritten."""

    __tablename__ = "documented_fact"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    fact: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(EncryptedText("documented_fact.value"))
    paper_id: Mapped[UUID] = mapped_column(ForeignKey("application_document.id"))
    page: Mapped[int | None]
    entered_by: Mapped[str] = mapped_column(String(200))
    entered_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]

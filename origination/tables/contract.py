"""Contracts, the codes that sign them, and the evidence of signature."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import EncryptedText, HasId, Row


class ContractRow(HasId, Row):
    """The contract over one accepted offer. `content_sha256` is the hash of what was shown, `evidence` who signed."""

    __tablename__ = "contract"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"))
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[str] = mapped_column(String(10))  # drafted, signed, void
    locale: Mapped[str] = mapped_column(String(20))
    template: Mapped[str] = mapped_column(String(40))
    template_version: Mapped[str] = mapped_column(String(20))
    content_sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(EncryptedText("contract.content"))
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    made_at: Mapped[datetime]
    made_on: Mapped[date]
    signed_at: Mapped[datetime | None]
    signed_on: Mapped[date | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    loan_id: Mapped[UUID | None] = mapped_column(index=True)
    __table_args__ = (
        Index("uq_contract_live", "application_id", unique=True, postgresql_where=text("status <> 'void'")),
    )


class SigningCodeRow(HasId, Row):
    """A code that was sent for a contract: salt and digest, never the code."""

    __tablename__ = "signing_code"
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    sent_to: Mapped[str] = mapped_column(String(100))  # masked
    sent_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used: Mapped[bool] = mapped_column(default=False)

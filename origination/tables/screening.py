"""Screening lists by edition, their entries, and the alerts they raised."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import EncryptedText, HasId, Row


class ScreeningListRow(HasId, Row):
    """One edition of a list, or the attempt to load one: what was in it and what became of it."""

    __tablename__ = "screening_list"
    name: Mapped[str] = mapped_column(String(100))
    edition: Mapped[int]  # counts the accepted editions of that list from 1; 0 for a refused file
    status: Mapped[str] = mapped_column(String(10))  # active, replaced, refused
    message: Mapped[str | None]
    sha256: Mapped[str] = mapped_column(String(64))
    edition_on: Mapped[date | None]
    entries: Mapped[int]
    names: Mapped[int]
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)
    files: Mapped[list[str]] = mapped_column(JSONB)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    is_sample: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(String(10), default="sanctions", server_default="sanctions")
    loaded_at: Mapped[datetime]
    loaded_on: Mapped[date]
    loaded_by: Mapped[str] = mapped_column(String(200))
    __table_args__ = (
        Index("ix_screening_list_one_active", "name", unique=True, postgresql_where=text("status = 'active'")),
    )


class ScreeningEntryRow(HasId, Row):
    """An entry as it stood from one edition until another: any edition can be put together again."""

    __tablename__ = "screening_entry"
    list_name: Mapped[str] = mapped_column(String(100))
    entry_id: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    from_edition: Mapped[int]
    until_edition: Mapped[int | None]  # the first edition without it
    __table_args__ = (Index("ix_screening_entry_current", "list_name", "until_edition"),)


class ScreeningAlertRow(HasId, Row):
    """A party and an entry that a person must compare, and what people decided.

    The pair is known by what was compared (`query_sha256`, `entry_sha256`): the decision holds until either changes.
    """

    __tablename__ = "screening_alert"
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    list_name: Mapped[str] = mapped_column(String(100))
    entry_id: Mapped[str] = mapped_column(String(60))
    entry_sha256: Mapped[str] = mapped_column(String(64))
    query_sha256: Mapped[str] = mapped_column(String(64))
    list_sha256: Mapped[str] = mapped_column(String(64))
    query_name: Mapped[str] = mapped_column(String(300))
    listed_name: Mapped[str]
    score: Mapped[Decimal]
    explanation: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    tokens: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    entry: Mapped[dict[str, Any]] = mapped_column(JSONB)
    list_kind: Mapped[str] = mapped_column(String(10), default="sanctions", server_default="sanctions")
    state: Mapped[str] = mapped_column(String(10), index=True)  # open, proposed, cleared, true_hit, superseded
    row_version: Mapped[int] = mapped_column(default=1)
    raised_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(EncryptedText("screening_alert.reason"))
    first_id: Mapped[UUID | None]
    first_name: Mapped[str | None] = mapped_column(String(200))
    first_at: Mapped[datetime | None]
    second_id: Mapped[UUID | None]
    second_name: Mapped[str | None] = mapped_column(String(200))
    second_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint(
            "party_id", "list_name", "entry_id", "entry_sha256", "query_sha256", name="uq_screening_alert_pair"
        ),
    )


class ScreeningIndexRow(Row):
    """The built name index of a set of list editions, so that a process loads it instead of building it again."""

    __tablename__ = "screening_index"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    built_at: Mapped[datetime]


class ScreeningThresholdRow(HasId, Row):
    """The least score that alerts: who proposed a change, and who put it in force."""

    __tablename__ = "screening_threshold"
    least: Mapped[Decimal]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(String(10))  # proposed, active, replaced, rejected
    proposed_id: Mapped[UUID | None]
    proposed_name: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    decided_id: Mapped[UUID | None]
    decided_name: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_screening_threshold_one_active", "state", unique=True, postgresql_where=text("state = 'active'")),
        Index("ix_screening_threshold_one_open", "state", unique=True, postgresql_where=text("state = 'proposed'")),
    )

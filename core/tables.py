"""Tables every stage stands on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import EncryptedText, HasId, Row


class PartyRow(HasId, Row):
    """A person or company the lender knows: applicant, borrower, owner, guarantor."""

    __tablename__ = "party"
    kind: Mapped[str] = mapped_column(String(10))  # person, company
    name: Mapped[str] = mapped_column(String(300))
    name_latin: Mapped[str | None] = mapped_column(String(300))
    birth_on: Mapped[date | None]  # of a company: founded_on
    country: Mapped[str | None] = mapped_column(String(2))
    locale: Mapped[str] = mapped_column(String(20), default="en")
    time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    identity_kind: Mapped[str | None] = mapped_column(String(40))
    identity_number: Mapped[str | None] = mapped_column(EncryptedText("party.identity_number"))
    identity_index: Mapped[str | None] = mapped_column(String(64), index=True)  # blind index of kind + number
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    contacts: Mapped[list[ContactRow]] = relationship(back_populates="party", lazy="selectin")


class ContactRow(HasId, Row):
    """A way to reach a party."""

    __tablename__ = "contact"
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # email, phone, address
    value: Mapped[str] = mapped_column(EncryptedText("contact.value"))
    value_index: Mapped[str] = mapped_column(String(64), index=True)
    opted_out: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    party: Mapped[PartyRow] = relationship(back_populates="contacts")


class BusinessDayRow(Row):
    """The one open business date."""

    __tablename__ = "business_day"
    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    open_on: Mapped[date]
    moved_at: Mapped[datetime]
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


class AuditEventRow(Row):
    """One link of a subject's chain; append-only by trigger."""

    __tablename__ = "audit_event"
    subject_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(80), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = ({"info": {"append_only": True}},)


class OutboundMessageRow(HasId, Row):
    """A message written inside the transaction and sent after it; kept word for word."""

    __tablename__ = "outbound_message"
    channel: Mapped[str] = mapped_column(String(10))  # email, sms, letter
    kind: Mapped[str] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(20))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[UUID | None] = mapped_column(index=True)
    recipient: Mapped[str] = mapped_column(EncryptedText("outbound_message.recipient"))
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    status: Mapped[str] = mapped_column(String(20), index=True)  # queued, sent, failed, held
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class IdempotencyKeyRow(Row):
    """An answer kept under (actor scope, key), so that a repeated request is harmless."""

    __tablename__ = "idempotency_key"
    scope: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    input_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(index=True)


class JobRunRow(HasId, Row):
    """One run of a scheduled job for one business date."""

    __tablename__ = "job_run"
    name: Mapped[str] = mapped_column(String(60))
    run_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(20))  # running, done, failed
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=1)
    __table_args__ = (UniqueConstraint("name", "run_on"), Index("ix_job_run_started_at", "started_at"))


class DocumentRow(HasId, Row):
    """Bytes stored outside the database, encrypted, known by their SHA-256."""

    __tablename__ = "document"
    kind: Mapped[str] = mapped_column(String(40))
    filename: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    storage_key: Mapped[str] = mapped_column(String(64), unique=True)
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[datetime]


class PolicyVersionRow(Row):
    """The text of every policy that was ever in force, by hash, so that old decisions replay."""

    __tablename__ = "policy_version"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    stage: Mapped[str] = mapped_column(String(40))
    text: Mapped[str]
    first_used_at: Mapped[datetime]


class PolicyEditionRow(HasId, Row):
    """A policy text as people edit it: a draft, one that waits for a second person, or a published version.

    `number` is given at publication; the highest published one of a stage is in force. A published row never changes.
    """

    __tablename__ = "policy_edition"
    stage: Mapped[str] = mapped_column(String(40))
    number: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(20))  # draft, waiting, published, discarded
    text: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    based_on: Mapped[int] = mapped_column(default=0)  # the number it is compared with; 0 is the file
    equal_to: Mapped[int | None]  # rolled back: the version whose text this is
    note: Mapped[str] = mapped_column(default="")
    row_version: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[UUID | None]
    author_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    publisher_id: Mapped[UUID | None]
    publisher_name: Mapped[str | None] = mapped_column(String(200))
    published_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("stage", "number"),
        Index("ix_policy_edition_stage_status", "stage", "status"),
    )


class ReferenceCounterRow(Row):
    """The last number given out per prefix and year."""

    __tablename__ = "reference_counter"
    prefix: Mapped[str] = mapped_column(String(10), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class UserRow(HasId, Row):
    """An account that signs in. Columns are those flask-security asks for, under its names."""

    __tablename__ = "user_account"
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    roles_held: Mapped[list[str]] = mapped_column(ARRAY(String(20)), default=list)
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    locale: Mapped[str | None] = mapped_column(String(20))
    theme: Mapped[str | None] = mapped_column(String(10))
    approval_limit_minor: Mapped[int | None]
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(EncryptedText("user_account.tf_totp_secret"))
    tf_last_counter: Mapped[int | None]  # the time step of the last code taken: a code works once
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(ARRAY(String(200)))  # keyed hashes
    last_login_at: Mapped[datetime | None]
    current_login_at: Mapped[datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int] = mapped_column(default=0)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class UserSessionRow(HasId, Row):
    """One sign-in of one user on one device; only the hash of the cookie's token is kept."""

    __tablename__ = "user_session"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(200))


class SignInThrottleRow(Row):
    """Failures in a row under a key (an account, an address, both); kept in the database so that all workers count."""

    __tablename__ = "sign_in_throttle"
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class SignedLinkRow(Row):
    """A one-time or expiring link: save-and-return, upload by phone. Only the hash is kept."""

    __tablename__ = "signed_link"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKeyRow(HasId, Row):
    """A machine's key to the JSON interface: bound to a user and to scopes; only its hash is kept."""

    __tablename__ = "api_key"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    hint: Mapped[str] = mapped_column(String(12))  # the first characters, to recognise it by
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class WebhookRow(HasId, Row):
    """An address of another system that is told what happens, signed with a secret only it and this service know."""

    __tablename__ = "webhook"
    name: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(String(500))
    kinds: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    secret: Mapped[str] = mapped_column(EncryptedText("webhook.secret"))
    previous_secret: Mapped[str | None] = mapped_column(EncryptedText("webhook.previous_secret"))
    previous_until: Mapped[datetime | None]  # until then both secrets sign
    is_active: Mapped[bool] = mapped_column(default=True)
    row_version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]  # after a failure nothing is tried before
    delivered_at: Mapped[datetime | None]


class WebhookDeliveryRow(HasId, Row):
    """One event for one webhook. `body` is what is sent, byte for byte, at every try; `seq` orders one subject's."""

    __tablename__ = "webhook_delivery"
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    event_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(64))
    subject_name: Mapped[str | None] = mapped_column(String(60))  # what people call it
    seq: Mapped[int]
    body: Mapped[str]
    status: Mapped[str] = mapped_column(String(10))  # queued, delivered, failed
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    last_status: Mapped[int | None]  # of HTTP
    last_milliseconds: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime]  # when it was queued last: a resend begins the time of trying anew
    tried_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_delivery_of_subject", "webhook_id", "subject_type", "subject_id", "seq"),
        Index("ix_webhook_delivery_by_status", "status", "webhook_id", "created_at"),
    )

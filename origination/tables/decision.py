"""What a case was decided on and how: identity check, bureau report, facts with score, decisions, verdicts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import EncryptedText, HasId, Row


class KycCheckRow(HasId, Row):
    """The outcome of the identity checks of one assessment, with every finding."""

    __tablename__ = "kyc_check"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    assessment: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(10))  # PASS, REFER, FAIL
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    list_versions: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(EncryptedText("kyc_check.reason"))
    checked_at: Mapped[datetime]
    checked_on: Mapped[date]


class BureauReportRow(HasId, Row):
    """What a bureau answered, and the consent that allowed to ask."""

    __tablename__ = "bureau_report"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    assessment: Mapped[int]
    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consent.id"))
    provider: Mapped[str] = mapped_column(String(60))
    is_demo: Mapped[bool]
    report_reference: Mapped[str | None] = mapped_column(String(100))
    found: Mapped[bool]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raw: Mapped[str] = mapped_column(EncryptedText("bureau_report.raw"))
    raw_sha256: Mapped[str] = mapped_column(String(64))
    reported_at: Mapped[datetime]


class FactSetRow(HasId, Row):
    """The frozen facts of one assessment and the score made from them; no score: `score_error` says why."""

    __tablename__ = "fact_set"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    assessment: Mapped[int]
    base: Mapped[dict[str, Any]] = mapped_column(JSONB)
    own: Mapped[dict[str, Any]] = mapped_column(JSONB)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sha256: Mapped[str] = mapped_column(String(64))
    frozen_at: Mapped[datetime]
    frozen_on: Mapped[date]
    pd: Mapped[Decimal | None]
    points: Mapped[Decimal | None]
    grade: Mapped[str | None] = mapped_column(String(4))
    score_version: Mapped[str | None] = mapped_column(String(80))
    score_sha256: Mapped[str | None] = mapped_column(String(64))
    score_record_id: Mapped[UUID | None]
    score_reasons: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    score_error: Mapped[str | None]


class DecisionRow(HasId, Row):
    """One decision: automatic by tables, or a person's. `record` is `decision_to_dict`; nothing in it ever changes."""

    __tablename__ = "decision"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    assessment: Mapped[int]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))  # automatic, person
    outcome: Mapped[str] = mapped_column(String(10))
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    record: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fingerprint: Mapped[str] = mapped_column(String(64))
    fact_set_id: Mapped[UUID] = mapped_column(ForeignKey("fact_set.id"))
    policy_sha256: Mapped[str] = mapped_column(ForeignKey("policy_version.sha256"))
    kyc_outcome: Mapped[str | None] = mapped_column(String(10))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    tenor_months: Mapped[int]
    amortisation: Mapped[str] = mapped_column(String(20))
    is_counter: Mapped[bool] = mapped_column(default=False)
    rate_annual: Mapped[Decimal | None]
    price: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    override: Mapped[bool] = mapped_column(default=False)
    override_reason: Mapped[str | None] = mapped_column(String(60))
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(EncryptedText("decision.reason"))
    decided_at: Mapped[datetime]
    decided_on: Mapped[date]
    __table_args__ = (
        UniqueConstraint("application_id", "number"),
        Index("ix_decision_decided_on", "decided_on"),
        {"info": {"append_only": True}},
    )


class VerdictRow(HasId, Row):
    """One person's say on a referred case; the decision is made when enough different people say the same."""

    __tablename__ = "verdict"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    assessment: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]
    tenor_months: Mapped[int]
    amortisation: Mapped[str] = mapped_column(String(20))
    override: Mapped[bool]
    seats: Mapped[int]
    override_reason: Mapped[str | None] = mapped_column(String(60))
    conditions: Mapped[list[str] | None] = mapped_column(JSONB)
    reason_codes: Mapped[list[str]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(EncryptedText("verdict.reason"))
    actor_id: Mapped[UUID]
    actor_name: Mapped[str] = mapped_column(String(200))
    said_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ReviewRequestRow(HasId, Row):
    """An applicant asked a person to look again at what a computer decided: a decision, or the identity checks."""

    __tablename__ = "review_request"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    decision_id: Mapped[UUID | None] = mapped_column(ForeignKey("decision.id"))
    kyc_check_id: Mapped[UUID | None] = mapped_column(ForeignKey("kyc_check.id"))
    text: Mapped[str] = mapped_column(EncryptedText("review_request.text"))
    asked_at: Mapped[datetime]
    due_on: Mapped[date]
    closed_at: Mapped[datetime | None]


class ConditionRow(HasId, Row):
    """What an approval asks for before the money is paid out; met or let go by a person."""

    __tablename__ = "decision_condition"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decision.id"))
    assessment: Mapped[int]
    code: Mapped[str] = mapped_column(String(60))
    texts: Mapped[dict[str, str]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(10))  # open, met, waived
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    settled_name: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(EncryptedText("decision_condition.note"))

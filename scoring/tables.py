"""Tables of scoring: the registry of versions, and every score that was ever given."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import HasId, Row


class ModelVersionRow(HasId, Row):
    """One version of a scorecard in the registry. `sha256` is that of its manifest, and through it of every file."""

    __tablename__ = "model_version"
    name: Mapped[str] = mapped_column(String(120), unique=True)
    segment: Mapped[str] = mapped_column(String(40), index=True)
    product: Mapped[str | None] = mapped_column(String(80))  # None: every product of the segment
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), index=True)
    location: Mapped[str] = mapped_column(String(200))  # "reference/<name>" as shipped, "models/<name>" in the instance
    sha256: Mapped[str] = mapped_column(String(64))
    features: Mapped[list[str]] = mapped_column(JSONB)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    challenger_share: Mapped[Decimal | None]
    trained_by: Mapped[UUID | None]
    trained_by_name: Mapped[str] = mapped_column(String(200))
    registered_at: Mapped[datetime]
    validated_by_name: Mapped[str | None] = mapped_column(String(200))
    validated_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    approved_by_name: Mapped[str | None] = mapped_column(String(200))
    approved_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        Index(
            "uq_model_version_champion",
            "segment",
            text("coalesce(product, '')"),
            unique=True,
            postgresql_where=text("status = 'champion'"),
        ),
    )


class ScoreRecordRow(HasId, Row):
    """One score with all it takes to give it again; append-only."""

    __tablename__ = "score_record"
    version_id: Mapped[UUID] = mapped_column(ForeignKey("model_version.id"), index=True)
    version: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    segment: Mapped[str] = mapped_column(String(40))
    product: Mapped[str | None] = mapped_column(String(80))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(String(20))  # champion, challenger, shadow
    served: Mapped[bool]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    pd: Mapped[float] = mapped_column(Double)
    score_ticks: Mapped[int]
    decimals: Mapped[int]
    grade: Mapped[str] = mapped_column(String(10))
    base_ticks: Mapped[int]
    contributions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    baseline: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    scored_at: Mapped[datetime] = mapped_column(index=True)
    scored_on: Mapped[date] = mapped_column(index=True)
    __table_args__ = ({"info": {"append_only": True}},)


class MonitorReportRow(HasId, Row):
    """What watching a version found over a stretch of days."""

    __tablename__ = "monitor_report"
    version_id: Mapped[UUID] = mapped_column(ForeignKey("model_version.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
    since: Mapped[date]
    until: Mapped[date]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)


class MonitorAlertRow(HasId, Row):
    """A figure beyond its threshold: open until a later report no longer finds it; people acknowledge it meanwhile.

    `words` are a Text's message id and parameters; `value` and `threshold` are what was compared.
    """

    __tablename__ = "monitor_alert"
    version_id: Mapped[UUID] = mapped_column(ForeignKey("model_version.id"), index=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("monitor_report.id"))
    kind: Mapped[str] = mapped_column(String(40))
    feature: Mapped[str] = mapped_column(String(120))
    level: Mapped[str] = mapped_column(String(10))  # warning, alert
    words: Mapped[dict[str, Any]] = mapped_column(JSONB)
    value: Mapped[float | None] = mapped_column(Double)
    threshold: Mapped[float | None] = mapped_column(Double)
    owner: Mapped[str] = mapped_column(String(30))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_name: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        Index(
            "uq_monitor_alert_open", "version_id", "kind", "feature", unique=True,
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )  # fmt: skip


class TrainingRunRow(HasId, Row):
    """A training or a search for fairer versions that people asked for on the pages; the workers do it."""

    __tablename__ = "training_run"
    task: Mapped[str] = mapped_column(String(20))  # train, alternatives
    status: Mapped[str] = mapped_column(String(20), index=True)  # waiting, running, done, failed
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    data_name: Mapped[str] = mapped_column(String(200))
    data_sha256: Mapped[str] = mapped_column(String(64))
    data_key: Mapped[str | None] = mapped_column(String(32))  # the file, encrypted, until the run is over
    schema: Mapped[dict[str, Any]] = mapped_column(JSONB)
    stage: Mapped[str] = mapped_column(String(20), default="")
    share: Mapped[float] = mapped_column(Double, default=0.0)
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    result: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_version.id"), index=True)
    asked_by: Mapped[UUID | None]
    asked_by_name: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

"""What watching has found, and the runs people asked for, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.db import Work
from core.domain.texts import Text
from scoring.tables import ModelVersionRow, MonitorAlertRow, MonitorReportRow, TrainingRunRow


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert with the version it is about."""

    id: UUID
    version_id: UUID
    version: str
    kind: str
    feature: str
    level: str
    words: Text
    threshold: float | None
    owner: str
    first_seen_at: datetime
    last_seen_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str

    @property
    def is_open(self) -> bool:
        """Still found by the newest report."""
        return self.cleared_at is None


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report of the watch."""

    id: UUID
    made_at: datetime
    since: date
    until: date
    report: dict[str, Any]

    @property
    def last_day(self) -> date:
        """The last day it looks at."""
        return self.until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RunView:
    """One training, or one search for alternatives."""

    id: UUID
    task: str
    status: str
    options: dict[str, Any]
    data_name: str
    data_sha256: str
    stage: str
    share: float
    errors: tuple[tuple[str, Text], ...]
    result: dict[str, Any]
    version_id: UUID | None
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Nothing more happens with it."""
        return self.finished_at is not None


def text_of(raw: dict[str, Any]) -> Text:
    """A kept message; one without an id says what it says."""
    message = raw.get("msgid")
    if message:
        return Text(message, **raw["params"])
    return Text("{text}", text=raw.get("text", ""))


def alerts(r: Work, version_id: UUID | None = None, *, limit: int = 200) -> tuple[AlertView, ...]:
    """Open ones first, then by when they were last seen."""
    query = select(MonitorAlertRow, ModelVersionRow.name).join(
        ModelVersionRow, ModelVersionRow.id == MonitorAlertRow.version_id
    )
    if version_id is not None:
        query = query.where(MonitorAlertRow.version_id == version_id)
    order = query.order_by(MonitorAlertRow.cleared_at.is_not(None), MonitorAlertRow.last_seen_at.desc())
    return tuple(
        AlertView(
            row.id, row.version_id, name, row.kind, row.feature, row.level, text_of(row.words), row.threshold,
            row.owner, row.first_seen_at, row.last_seen_at, row.cleared_at, row.acknowledged_at,
            row.acknowledged_by_name, row.note,
        )
        for row, name in r.session.execute(order.limit(limit))
    )  # fmt: skip


def open_alerts(r: Work) -> dict[UUID, int]:
    """Open and unacknowledged alerts by version."""
    query = (
        select(MonitorAlertRow.version_id, func.count())
        .where(MonitorAlertRow.cleared_at.is_(None), MonitorAlertRow.acknowledged_at.is_(None))
        .group_by(MonitorAlertRow.version_id)
    )
    return {version_id: count for version_id, count in r.session.execute(query)}  # noqa: C416  (rows, not pairs)


def reports_of(r: Work, version_id: UUID, *, limit: int = 60) -> tuple[ReportView, ...]:
    """Reports about a version, newest first."""
    query = select(MonitorReportRow).where(MonitorReportRow.version_id == version_id)
    rows = r.session.scalars(query.order_by(MonitorReportRow.made_at.desc()).limit(limit))
    return tuple(ReportView(row.id, row.made_at, row.since, row.until, row.report) for row in rows)


def runs(r: Work, *, limit: int = 30) -> tuple[RunView, ...]:
    """Trainings and searches, newest first."""
    query = select(TrainingRunRow).order_by(TrainingRunRow.asked_at.desc()).limit(limit)
    return tuple(_run(row) for row in r.session.scalars(query))


def run_view(r: Work, run_id: UUID) -> RunView:
    """One run. Raises NotFound."""
    return _run(r.get(TrainingRunRow, run_id))


def alternatives_of(r: Work, version: str) -> RunView | None:
    """The newest search for alternatives to a version."""
    query = select(TrainingRunRow).where(
        TrainingRunRow.task == "alternatives", TrainingRunRow.options["version"].astext == version
    )
    row = r.session.scalars(query.order_by(TrainingRunRow.asked_at.desc()).limit(1)).first()
    return None if row is None else _run(row)


def _run(row: TrainingRunRow) -> RunView:
    return RunView(
        row.id, row.task, row.status, row.options, row.data_name, row.data_sha256, row.stage, row.share,
        tuple((error["field"], text_of(error)) for error in row.errors), row.result, row.version_id,
        row.asked_by_name, row.asked_at, row.started_at, row.finished_at,
    )  # fmt: skip

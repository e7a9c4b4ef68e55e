"""Alerts of the watch: raised once, seen again or cleared by the next report, acknowledged by a person."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from scoring.domain.watching import Alert
from scoring.tables import MonitorAlertRow, MonitorReportRow


def keep_alerts(w: Work, report: MonitorReportRow, alerts: Sequence[Alert], owner: str) -> None:
    """Opens what is new, renews what is open already, and clears what the report no longer finds."""
    query = select(MonitorAlertRow).where(
        MonitorAlertRow.version_id == report.version_id, MonitorAlertRow.cleared_at.is_(None)
    )
    known = {(row.kind, row.feature): row for row in w.session.scalars(query.with_for_update())}
    for alert in alerts:
        row = known.pop((alert.kind, alert.feature), None)
        if row is None:
            row = w.add(
                MonitorAlertRow(
                    id=uuid7(), version_id=report.version_id, kind=alert.kind, feature=alert.feature, owner=owner,
                    first_seen_at=w.now, note="",
                )
            )  # fmt: skip
        row.report_id, row.last_seen_at, row.level = report.id, w.now, alert.level
        row.words = {"msgid": alert.words.msgid, "params": dict(alert.words.params)}
        row.value, row.threshold = alert.value, alert.threshold
    for row in known.values():
        row.cleared_at = w.now


def acknowledge_alert(w: Work, alert_id: UUID, *, note: str) -> MonitorAlertRow:
    """A person has seen it and says what is done. Raises InvalidInput without a note, Conflict the second time."""
    w.actor.require(Role.RISK_MANAGER)
    row = w.lock(MonitorAlertRow, alert_id)
    if not note.strip():
        raise InvalidInput({"note": Text("Say what you found, and what is done about it")})
    if row.acknowledged_at is not None:
        raise Conflict(Text("{who} has acknowledged this alert already", who=row.acknowledged_by_name))
    row.acknowledged_at, row.acknowledged_by_name, row.note = w.now, w.actor.name, note.strip()
    audit.record(
        w, "model.alert_acknowledged", "model_version", row.version_id, alert=str(row.id), kind=row.kind,
        feature=row.feature,
    )  # fmt: skip
    return row

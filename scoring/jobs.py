"""Nightly: every version in use is watched over the last 90 days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.jobs import Job, JobContext

WINDOW_DAYS = 90


def watch_versions(context: JobContext) -> Mapping[str, Any]:
    """One report per live version."""
    from sqlalchemy import select

    from scoring.domain.registry import LIVE
    from scoring.steps.monitor import monitor
    from scoring.tables import ModelVersionRow

    alerts = 0
    with context.database.work() as w:
        rows = w.session.scalars(
            select(ModelVersionRow).where(ModelVersionRow.status.in_([s.value for s in LIVE]))
        ).all()
        for row in rows:
            until = context.run_on + timedelta(days=1)
            made = monitor(w, row.id, since=until - timedelta(days=WINDOW_DAYS), until=until)
            alerts += len(made.report["alerts"])
            context.report(version=row.name, alerts=len(made.report["alerts"]))
    return {"versions": len(rows), "alerts": alerts}


JOBS = (Job("watch_scorecards", {"hour": 3, "minute": 20}, watch_versions),)

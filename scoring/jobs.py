"""Nightly: every version in use is watched. And the trainings people asked for, as tasks of the workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Flask

from core import queue
from core.db import Database
from core.domain.texts import Text
from core.jobs import Job, JobContext
from core.settings import Settings
from scoring.domain.performance import past_cases_in

RUN_TRAINING = "run_training"  # as scoring.steps.training enqueues it


def watch_versions(context: JobContext) -> Mapping[str, Any]:
    """One report per live version, each in its own transaction."""
    from scoring.steps.monitor import live_version_ids, watch_version

    with context.database.read() as r:
        wanted = live_version_ids(r)
    alerts = 0
    for version_id in wanted:
        with context.database.work() as w:
            made = watch_version(w, version_id, past_cases_in(context.app.extensions))
            alerts += len(made.report["alerts"])
        context.report(versions=len(wanted), alerts=alerts)
    return {"versions": len(wanted), "alerts": alerts}


def register(app: Flask, database: Database, _settings: Settings) -> None:
    """Trainings are done by the workers, so that a page never waits for one."""

    def run(run_id: str) -> None:
        from scoring.steps.training import run_training

        with app.app_context():
            run_training(database, UUID(run_id))

    queue.register(RUN_TRAINING, run, retries=2)


JOBS = (
    Job(
        "watch_scorecards",
        {"hour": 3, "minute": 20},
        watch_versions,
        Text("Watch of the scorecards"),
        {"versions": Text("versions"), "alerts": Text("alerts")},
    ),
)

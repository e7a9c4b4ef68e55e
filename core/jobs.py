"""Scheduled jobs: APScheduler is the clock (one leader by advisory lock), the queue's workers do the work.

A job runs at most once per date: `job_run` is unique in (name, run_on), and an advisory lock held for the length of
the run tells a living run from one whose worker died, which is then taken over.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import FrameType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select, text

from core import queue
from core.clock import SystemClock
from core.db import Database, Work
from core.domain.errors import NotFound
from core.outbox import DELIVER
from core.settings import Settings
from core.tables import JobRunRow
from core.webhook.deliver import wake

log = logging.getLogger("promissory.jobs")
RUN_JOB = "run_job"
LEADER_LOCK = 7_261_001  # any fixed number; the leader among schedulers holds it
LATE_AFTER = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a running job may use; `report` keeps its progress visible."""

    app: Flask
    database: Database
    settings: Settings
    run_on: date
    report: Callable[..., None]


@dataclass(frozen=True, slots=True)
class Job:
    """A named job and when it runs: `when` are APScheduler cron fields in the lender's zone.

    `title` is what people call it, `figures` what they call the figures that a run reports; others are not shown.
    """

    name: str
    when: Mapping[str, str | int]
    run: Callable[[JobContext], Mapping[str, Any] | None]
    title: str
    figures: Mapping[str, str] = field(default_factory=dict)


def run_job(app: Flask, database: Database, settings: Settings, job: Job, run_on: date) -> str:
    """Runs the job for the date unless it is done or running elsewhere. Returns done, skipped or failed.

    The error of a failed run is kept and shown; the next tick or a person runs it again.
    """
    with database.guard() as guard:
        locked = guard.execute(text("SELECT pg_try_advisory_lock(hashtextextended(:n, 1))"), {"n": job.name}).scalar()
        if not locked:
            return "skipped"
        try:
            run_id = _start(database, job.name, run_on)
            return "skipped" if run_id is None else _run_started(app, database, settings, job, run_on, run_id)
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(hashtextextended(:n, 1))"), {"n": job.name})


def _run_started(app: Flask, database: Database, settings: Settings, job: Job, run_on: date, run_id: UUID) -> str:
    def report(**progress: Any) -> None:
        with database.work() as w:
            w.get(JobRunRow, run_id).progress = progress

    try:
        with app.app_context():
            result = job.run(JobContext(app, database, settings, run_on, report))
    except Exception as error:
        log.exception("job %s failed for %s", job.name, run_on)
        _finish(database, run_id, "failed", error=f"{type(error).__name__}: {error}")
        return "failed"
    _finish(database, run_id, "done", progress=dict(result or {}))
    return "done"


def _start(database: Database, name: str, run_on: date) -> UUID | None:
    """The run's id, or None when it is done already. The caller holds the job's lock: a running one is dead."""
    with database.work() as w:
        row = w.session.scalars(select(JobRunRow).where(JobRunRow.name == name, JobRunRow.run_on == run_on)).first()
        if row is None:
            row = w.add(JobRunRow(name=name, run_on=run_on, status="running", started_at=w.now, progress={}))
            w.session.flush()
            return row.id
        if row.status == "done":
            return None
        row.status, row.started_at, row.finished_at, row.error = "running", w.now, None, None
        row.attempts += 1
        return row.id


def _finish(
    database: Database, run_id: UUID, status: str, *, progress: dict[str, Any] | None = None, error: str | None = None
) -> None:
    with database.work() as w:
        row = w.get(JobRunRow, run_id)
        row.status, row.finished_at, row.error = status, w.now, error
        if progress:
            row.progress = progress


def progress_of(r: Work, name: str, run_on: date) -> dict[str, Any]:
    """What an unfinished run of the date reported last; empty when there is none."""
    query = select(JobRunRow.progress).where(
        JobRunRow.name == name, JobRunRow.run_on == run_on, JobRunRow.status != "done"
    )
    return dict(r.session.scalar(query) or {})


def rerun(w: Work, name: str, run_on: date, jobs: Mapping[str, Job]) -> None:
    """Asks the workers to run a job again for a date, even if it was done: jobs are idempotent."""
    if name not in jobs:
        raise NotFound(f"There is no job {name}; there are: {', '.join(sorted(jobs))}")
    row = w.session.scalars(select(JobRunRow).where(JobRunRow.name == name, JobRunRow.run_on == run_on)).first()
    if row is not None and row.status == "done":
        row.status = "again"
    queue.defer(w, RUN_JOB, name=name, run_on=run_on.isoformat())


def register_jobs(app: Flask, database: Database, settings: Settings, jobs: Mapping[str, Job]) -> None:
    """Makes `run_job` a task of the workers."""

    def run(name: str, run_on: str) -> None:
        outcome = run_job(app, database, settings, jobs[name], date.fromisoformat(run_on))
        log.info("job %s for %s: %s", name, run_on, outcome)

    queue.register(RUN_JOB, run, retries=1)


def serve_clock(database: Database, settings: Settings, jobs: Mapping[str, Job]) -> None:
    """Runs the clock until SIGTERM or SIGINT. Any number may run: one leads, the others wait to take over."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    while not stop.is_set():
        with database.guard() as guard:
            if guard.execute(text("SELECT pg_try_advisory_lock(:k)"), {"k": LEADER_LOCK}).scalar():
                _lead(database, settings, jobs, guard, stop)
        stop.wait(1.0)


def _lead(database: Database, settings: Settings, jobs: Mapping[str, Job], guard: Any, stop: threading.Event) -> None:
    """Ticks while the lock's connection lives; a lost connection ends leadership (and raises)."""
    from apscheduler.schedulers.background import BackgroundScheduler

    zone: ZoneInfo = settings.time_zone
    scheduler = BackgroundScheduler(timezone=zone, job_defaults={"coalesce": True, "max_instances": 1})
    clock = SystemClock(zone)

    def enqueue(name: str) -> None:
        with database.work() as w:
            queue.defer(w, RUN_JOB, queueing_lock=f"job:{name}", name=name, run_on=clock.today().isoformat())

    def sweep() -> None:
        with database.work() as w:
            queue.defer(w, DELIVER, queueing_lock=DELIVER)
            wake(w)
        queue.rescue_stalled(database.url)

    for job in jobs.values():
        scheduler.add_job(enqueue, "cron", args=[job.name], id=job.name, misfire_grace_time=3600, **job.when)
        enqueue(job.name)  # what was missed while nobody watched is caught up at once; what is done is skipped
    scheduler.add_job(sweep, "interval", seconds=30, id="sweep")
    scheduler.start()
    log.info("scheduler leads with %d jobs", len(jobs))
    try:
        while not stop.wait(2.0):
            guard.execute(text("SELECT 1"))
    finally:
        scheduler.shutdown(wait=False)


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as the administrator sees it."""

    name: str
    when: str
    last: JobRunRow | None
    late: bool
    next_at: datetime | None = None


def next_run(job: Job, zone: ZoneInfo, after: datetime) -> datetime | None:
    """When the clock asks for the job next."""
    from apscheduler.triggers.cron import CronTrigger

    found: datetime | None = CronTrigger(timezone=zone, **job.when).get_next_fire_time(None, after)
    return found


def overview(w: Work, jobs: Mapping[str, Job], zone: ZoneInfo | None = None) -> tuple[JobView, ...]:
    """Every job with its last run; late when nothing finished for more than a day."""
    views = []
    for job in jobs.values():
        query = select(JobRunRow).where(JobRunRow.name == job.name).order_by(JobRunRow.started_at.desc()).limit(1)
        last = w.session.scalars(query).first()
        late = last is None or (last.finished_at or last.started_at) < w.now - LATE_AFTER
        when = " ".join(f"{field}={value}" for field, value in job.when.items())
        views.append(JobView(job.name, when, last, late, next_run(job, zone, w.now) if zone else None))
    return tuple(views)


def recent_runs(w: Work, limit: int = 50) -> tuple[JobRunRow, ...]:
    """Runs, newest first."""
    return tuple(w.session.scalars(select(JobRunRow).order_by(JobRunRow.started_at.desc()).limit(limit)))

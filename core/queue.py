"""The job queue: the only importer of Procrastinate. Jobs are written in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import text

from core.db import Work

_MAY_ENQUEUE = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended(:lock, 2)) AND NOT EXISTS "
    "(SELECT FROM procrastinate_jobs WHERE queueing_lock = :lock AND status = 'todo')"
)


_TASKS: dict[str, tuple[Callable[..., None], int]] = {}


def register(name: str, run: Callable[..., None], *, retries: int = 5) -> None:
    """Makes `run` a task that workers know by `name`; a failure is retried with growing pauses."""
    _TASKS[name] = (run, retries)


@cache
def _app() -> Any:
    """The Procrastinate app that enqueues; imported when something is first enqueued."""
    import procrastinate

    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def mute(w: Work) -> None:
    """Within this work nothing is enqueued: for who does at once what a worker would do later."""
    w.session.info["queue_muted"] = True


def is_muted(w: Work) -> bool:
    """Whether within this work nothing is enqueued."""
    return bool(w.session.info.get("queue_muted"))


def defer(w: Work, task: str, /, *, queueing_lock: str | None = None, **arguments: Any) -> None:
    """Enqueues in the transaction of `w`: rolled back together, committed together.

    With a `queueing_lock` no second waiting job of the same lock is enqueued; where another transaction is just
    enqueueing one, that one counts.
    """
    if is_muted(w):
        return
    if queueing_lock is not None and not w.session.execute(_MAY_ENQUEUE, {"lock": queueing_lock}).scalar():
        return
    connection = w.session.connection().connection.driver_connection
    _app().configure_task(task, queueing_lock=queueing_lock, connection=connection).defer(**arguments)


def work(url: str, *, queues: list[str] | None = None, concurrency: int = 1) -> None:
    """Runs jobs until SIGTERM or SIGINT; a job in hand is finished first."""
    import procrastinate

    worker_app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    for name, (run, retries) in _TASKS.items():
        retry = procrastinate.RetryStrategy(max_attempts=retries, exponential_wait=4)
        worker_app.task(name=name, retry=retry)(run)
    worker_app.run_worker(
        queues=queues,
        concurrency=concurrency,
        fetch_job_polling_interval=1.0,
        shutdown_graceful_timeout=25.0,
        delete_jobs="successful",
    )


def rescue_stalled(url: str) -> int:
    """Puts jobs whose worker died (no heartbeat) back into the queue; returns how many."""
    import asyncio

    import procrastinate

    async def rescue() -> int:
        rescuer = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
        async with rescuer.open_async():
            stalled = list(await rescuer.job_manager.get_stalled_jobs())
            for job in stalled:
                await rescuer.job_manager.retry_job(job)
            return len(stalled)

    return asyncio.run(rescue())

"""The job queue: the only importer of Procrastinate. Jobs are written in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from core.db import Work


@cache
def app() -> Any:
    """The Procrastinate app; its tasks are registered by `task`."""
    import procrastinate

    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def defer(w: Work, name: str, *, queueing_lock: str | None = None, **arguments: Any) -> None:
    """Enqueues in the transaction of `w`: rolled back together, committed together.

    With a `queueing_lock` a second waiting job of the same lock is not enqueued again.
    """
    from procrastinate.exceptions import AlreadyEnqueued

    connection = w.session.connection().connection.driver_connection
    job = app().configure_task(name, queueing_lock=queueing_lock, connection=connection)
    if queueing_lock is None:
        job.defer(**arguments)
        return
    with suppress(AlreadyEnqueued), w.session.begin_nested():
        job.defer(**arguments)


def register(name: str, run: Callable[..., None], *, retries: int = 5) -> None:
    """Makes `run` a task that workers know by `name`; a failure is retried with growing pauses."""
    import procrastinate

    retry = procrastinate.RetryStrategy(max_attempts=retries, exponential_wait=4)
    app().task(name=name, retry=retry)(run)


def work(url: str, *, queues: list[str] | None = None, concurrency: int = 1) -> None:
    """Runs jobs until SIGTERM or SIGINT; a job in hand is finished first."""
    import procrastinate

    connector = procrastinate.PsycopgConnector(conninfo=url)
    with app().replace_connector(connector) as worker_app:
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
        connector = procrastinate.PsycopgConnector(conninfo=url)
        rescuer = app().with_connector(connector)
        async with rescuer.open_async():
            stalled = list(await rescuer.job_manager.get_stalled_jobs())
            for job in stalled:
                await rescuer.job_manager.retry_job(job)
            return len(stalled)

    return asyncio.run(rescue())

"""Commands of the house: serve, db, jobs."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from core import crypto, migrate, queue
from core import jobs as job_runner
from core.supervise import Process, answers, check_port, only_one, supervise
from core.web.errors import LendingCommand, LendingGroup
from core.web.server import serve_web
from core.web.work import House, house

db = LendingGroup("db", help="The database's schema.")
jobs = LendingGroup("jobs", help="Scheduled jobs and their workers.")


@db.command("upgrade")
@click.argument("revision", default="head")
@with_appcontext
def upgrade(revision: str) -> None:
    """Bring the schema to the newest (or the named) revision."""
    migrate.upgrade(house().database, revision)
    click.echo(f"database is at {revision}")


@db.command("revision")
@click.argument("rev_id")
@click.argument("message")
@with_appcontext
def revision(rev_id: str, message: str) -> None:
    """Write a migration from the difference between database and code."""
    migrate.revision(house().database, message, rev_id)


@db.command("url")
@with_appcontext
def url() -> None:
    """Start the embedded server if need be and print where the database is."""
    click.echo(house().database.url)


@jobs.command("serve")
@with_appcontext
def serve_jobs() -> None:
    """Run the clock: enqueue each job when its time comes. One of any number leads."""
    h = house()
    job_runner.serve_clock(h.database, h.settings, h.jobs)


@jobs.command("work")
@click.option("--concurrency", default=2, show_default=True, help="Jobs run side by side in this process.")
@with_appcontext
def work_jobs(concurrency: int) -> None:
    """Run queued jobs until told to stop; any number of workers may run."""
    queue.work(house().database.url, concurrency=concurrency)


@jobs.command("run")
@click.argument("name")
@click.option("--date", "run_on", type=click.DateTime(["%Y-%m-%d"]), help="The date to run for; today if left out.")
@with_appcontext
def run_job(name: str, run_on: Any) -> None:
    """Run one job now, in this process."""
    h = house()
    if name not in h.jobs:
        raise click.BadParameter(f"there is no job {name}; there are: {', '.join(sorted(h.jobs))}")
    day: date = run_on.date() if run_on else h.database.clock.today()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    outcome = job_runner.run_job(app, h.database, h.settings, h.jobs[name], day)
    click.echo(f"{name} for {day}: {outcome}")
    if outcome == "failed":
        sys.exit(1)


@jobs.command("list")
@with_appcontext
def list_jobs() -> None:
    """Show each job, when it runs and how its last run went."""
    h = house()
    with h.database.read() as r:
        for view in job_runner.overview(r, h.jobs):
            last = f"{view.last.run_on} {view.last.status}" if view.last else "never"
            click.echo(f"{view.name:<24} {view.when:<24} last: {last}")


@click.command("serve", cls=LendingCommand)
@with_appcontext
def serve() -> None:
    """Start everything: database, migration, demo data on an empty database, web, scheduler and worker."""
    h = house()
    with only_one(h.settings.instance, h.settings.public_url):
        check_port(h.settings.host, h.settings.port)
        crypto.check_keys(h.settings.instance / "keys" / "check")
        click.echo("database ...", nl=False)
        migrate.upgrade(h.database)
        click.echo(" ready")
        for prepare in current_app.extensions.get("promissory_prepare", ()):
            prepare(h)
        h.database.dispose()
        check_port(h.settings.host, h.settings.port)
        sys.exit(supervise(_processes(h), is_up=lambda: answers(_address(h)), announce=lambda: _announce(h)))


def _processes(h: House) -> list[Process]:
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001

    def clock() -> None:
        h.database.forget_connections()
        job_runner.serve_clock(h.database, h.settings, h.jobs)

    def worker() -> None:
        h.database.forget_connections()
        queue.work(h.database.url, concurrency=2)

    return [Process("web", lambda: serve_web(app, h)), Process("scheduler", clock), Process("worker", worker)]


def _address(h: House) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(h.settings.host, h.settings.host)  # noqa: S104
    return f"http://[{host}]:{h.settings.port}" if ":" in host else f"http://{host}:{h.settings.port}"


def _announce(h: House) -> None:
    click.echo(f"\nPromissory is ready: {h.settings.public_url}")
    if h.settings.demo:
        click.echo(
            f"Demo sign-in, one click per role: {h.settings.public_url}/demo\n"
            "  applicant, officer, approver, collector, risk manager, administrator, auditor\n"
        )
    click.echo("Stop with Ctrl-C.")


COMMANDS = [db, jobs, serve]

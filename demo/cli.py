"""`flask demo load | remove`, and what `flask serve` does on an empty database."""

from __future__ import annotations

import os

import click
from flask import current_app
from flask.cli import with_appcontext

from core.db import Database
from core.settings import Settings
from core.web.errors import LendingGroup
from core.web.work import House, house
from demo.progress import LoadProgress

demo = LendingGroup("demo", help="Demonstration data: load it, take it away.")


@demo.command("load")
@click.option("--days", default=None, type=click.IntRange(1, 2000), help="Days to live through; DEMO_DAYS if left out.")
@with_appcontext
def load(days: int | None) -> None:
    """Live eighteen months of a small lender, day by day, on an empty database."""
    from demo.loading import clear_interrupted, is_empty

    h = house()
    clear_interrupted(h.database)
    with h.database.read() as r:
        if not is_empty(r):
            raise click.ClickException("The database is not empty. Demo data is loaded into an empty one only.")
    seed(h.database, days or h.settings.demo_days)


@demo.command("remove")
@click.confirmation_option(prompt="Remove every demo applicant, loan and user?")
@with_appcontext
def remove() -> None:
    """Take the demonstration away; whatever is not marked as demo stays."""
    from demo.remove import remove_demo

    with house().database.work() as w:
        counts = remove_demo(w)
    for name, count in sorted(counts.items()):
        click.echo(f"{name:<28}{count:>9}")
    click.echo("The demonstration is gone." if counts else "There was no demo data.")


def seed(database: Database, days: int) -> None:
    """Runs the seeder with its progress, and says what there is then."""
    from demo.seed import Seeder, summary

    Seeder(database, LoadProgress(), days, beside=hasattr(os, "fork")).run()
    with database.read() as r:
        for group, counts in summary(r).items():
            click.echo(f"{group}: {', '.join(f'{name} {count}' for name, count in counts.items())}")


def prepare(h: House) -> None:
    """Reference data on every start; demo data where the installation is a demonstration and empty."""
    from demo.loading import clear_interrupted, is_empty
    from origination.steps.first_start import ensure_reference_data

    settings: Settings = h.settings
    if settings.demo and clear_interrupted(h.database):
        click.echo("The loading of demo data was interrupted; it begins anew.")
    with h.database.read() as r:
        empty = is_empty(r)
    if settings.demo and empty:
        with current_app.app_context():
            seed(h.database, settings.demo_days)
        return
    with h.database.work() as w:
        ensure_reference_data(w, demo=settings.demo)


COMMANDS = [demo]

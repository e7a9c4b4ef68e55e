"""`flask kyc` commands that use the database: take over lists, show them, screen the book again."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from core.db import Database


def _database() -> Database:
    from core.web.work import EXTENSION

    found: Database = current_app.extensions[EXTENSION].database
    return found


@click.command("load-list")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--confirm-shrunken", is_flag=True, help="Take over a list that has lost more than a fifth of its entries."
)
@with_appcontext
def load_list_files(files: tuple[Path, ...], *, confirm_shrunken: bool) -> None:
    """Takes over new editions of lists: sdn.csv alt.csv add.csv, OFAC or UN XML, or an own CSV."""
    from origination.steps.screening import load_list

    contents = {path.name: path.read_bytes() for path in files}
    with _database().work() as w:
        loaded = load_list(w, contents, confirm_shrunken=confirm_shrunken)
    for one in loaded:
        if one.status == "refused":
            click.echo(f"{one.name}: refused, the edition in use stays. {one.message}", err=True)
        else:
            click.echo(
                f"{one.name}: {one.status}, edition {one.edition}, {one.entries} entries "
                f"(+{one.added} ~{one.changed} -{one.removed})"
            )
    if any(one.status == "refused" for one in loaded):
        raise SystemExit(1)


@click.command("lists")
@with_appcontext
def show_lists() -> None:
    """Shows the lists in use and how old they are."""
    from origination.steps.screening import lists_in_use

    with _database().read() as r:
        lists = lists_in_use(r)
        today = r.today
    for one in lists:
        note = "  (shipped sample: load the current list)" if one.is_sample else ""
        click.echo(f"{one.name:<20} {one.entries:>7} entries  loaded {(today - one.loaded_on).days} days ago{note}")
    if not lists:
        click.echo("No list is in use: names are not screened, and every case waits for a person.")


@click.command("rescreen")
@click.option("--chunk", default=500, show_default=True, help="Parties in one transaction.")
@with_appcontext
def rescreen_book(chunk: int) -> None:
    """Screens all parties again, showing progress; only pairs that nobody has seen raise an alert."""
    from origination.steps.screening import rescreen_parties

    database, after, seen, alerts = _database(), None, 0, 0
    while True:
        with database.work() as w:
            done = rescreen_parties(w, after=after, limit=chunk)
        seen, alerts, after = seen + done.parties, alerts + done.new_alerts, done.last
        click.echo(f"{seen} parties, {alerts} new alerts")
        if after is None:
            return

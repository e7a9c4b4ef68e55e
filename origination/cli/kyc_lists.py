"""`flask kyc` commands that use the database: take over lists, show them, screen the book again."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

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
@click.option(
    "--kind", type=click.Choice(["sanctions", "pep", "internal"]), help="What an own list is about (else internal)."
)
@with_appcontext
def load_list_files(files: tuple[Path, ...], *, confirm_shrunken: bool, kind: str | None) -> None:
    """Takes over new editions of lists: sdn.csv alt.csv add.csv, OFAC or UN XML, or an own CSV."""
    from origination.steps.screening_lists import load_list

    contents = {path.name: path.read_bytes() for path in files}
    with _database().work() as w:
        loaded = load_list(w, contents, confirm_shrunken=confirm_shrunken, kind=kind)
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
    from origination.steps.screening_lists import lists_in_use

    with _database().read() as r:
        lists = lists_in_use(r)
        today = r.today
    for one in lists:
        note = f"  {one.kind}" + ("  (shipped sample: load the current list)" if one.is_sample else "")
        click.echo(f"{one.name:<20} {one.entries:>7} entries  loaded {(today - one.loaded_on).days} days ago{note}")
    if not lists:
        click.echo("No list is in use: names are not screened, and every case waits for a person.")


@click.command("rescreen")
@click.option("--chunk", default=500, show_default=True, help="Parties in one transaction.")
@click.option("--processes", type=click.IntRange(1, 16), help="Default: two for a large book.")
@click.option("--after", type=click.UUID, help="Goes on behind this party, as an earlier run reported it.")
@with_appcontext
def rescreen_book_again(chunk: int, processes: int | None, after: UUID | None) -> None:
    """Screens all parties again, showing progress; only pairs that nobody has seen raise an alert."""
    from core.web.work import house
    from origination.steps.rescreen import Progress, rescreen_book

    def show(done: Progress) -> None:
        click.echo(f"{done.parties} of {done.of} parties, {done.new_alerts} new alerts (up to {done.through})")

    done = rescreen_book(_database(), house().settings, chunk=chunk, processes=processes, after=after, report=show)
    click.echo(f"{done.parties} parties, {done.new_alerts} new alerts")

"""`flask score versions | register | reference | replay`: the registry from the command line."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click
from flask.cli import with_appcontext

from core.web.work import read, work
from scoring.cli.score import score


@score.command("versions")
@with_appcontext
def list_versions() -> None:
    """List the registry."""
    from scoring.queries.scores import counts_by_version, versions

    with read() as r:
        counts = counts_by_version(r)
        for view in versions(r):
            auc = "-" if view.test_auc is None else f"{view.test_auc:.3f}"
            click.echo(
                f"{view.name}  {view.segment}  {view.kind}  {view.status}  AUC {auc}  "
                f"{counts.get(view.name, 0)} scores  {view.sha256[:12]}"
            )


@score.command("register")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--name", help="Name in the registry; the version's own if left out.")
@click.option("--product", help="Only for this product; the whole segment if left out.")
@with_appcontext
def register(folder: Path, name: str | None, product: str | None) -> None:
    """Put a draft into the registry; people validate and approve it there."""
    from scoring.steps.registry import register_version

    with work() as w:
        row = register_version(w, folder, name=name, product=product)
        click.echo(f"{row.name} is registered as {row.status}")


@score.command("reference")
@with_appcontext
def register_reference() -> None:
    """Register the shipped cards; champion where a segment has none."""
    from scoring.steps.registry import register_reference_cards

    with work() as w:
        rows = register_reference_cards(w)
        for row in rows:
            click.echo(f"{row.name} is {row.status} for {row.segment}")
        if not rows:
            click.echo("the shipped cards are registered already")


@score.command("replay")
@click.option("--all", "everything", is_flag=True, help="Every stored score.")
@click.option("--subject", type=click.UUID, help="The scores of one application.")
@with_appcontext
def replay_scores(everything: bool, subject: object) -> None:
    """Score stored records again and report differences; exit code 1 if there are any."""
    from scoring.steps.replay import replay

    if not everything and subject is None:
        raise click.UsageError("Say --all or --subject ID")
    with read() as r:
        count, differences = replay(r, subject_id=subject)  # type: ignore[arg-type]
    for difference in differences:
        click.echo(f"{difference.record_id} ({difference.version}): {difference.what}", err=True)
    for name, total in sorted(Counter(difference.version for difference in differences).items()):
        click.echo(f"{name}: {total} differ", err=True)
    click.echo(f"{count} scores replayed, {len(differences)} differ")
    if differences:
        sys.exit(1)

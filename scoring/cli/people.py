"""`flask score watch | alternatives | report`: what the risk manager's pages do, from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from core.web.work import house, read, work
from scoring.cli.score import FILE, open_named, score


@score.command("watch")
@click.argument("names", nargs=-1)
@with_appcontext
def watch(names: tuple[str, ...]) -> None:
    """Watch versions now, those in use if none is named; prints the reports as JSON. Exit code 1 with alerts."""
    from scoring.domain.performance import past_cases_in
    from scoring.queries.scores import version_id_named
    from scoring.steps.monitor import live_version_ids, watch_version

    with read() as r:
        wanted = [version_id_named(r, name) for name in names] or live_version_ids(r)
    found = []
    for version_id in wanted:
        with work() as w:
            made = watch_version(w, version_id, past_cases_in(current_app.extensions))
            found.append({"since": made.since.isoformat(), "until": made.until.isoformat(), **made.report})
    click.echo(json.dumps(found, indent=1, ensure_ascii=False, default=str))
    sys.exit(1 if any(report["alerts"] for report in found) else 0)


@score.command("alternatives")
@click.argument("model")
@click.option("--data", required=True, type=FILE, help="CSV with the outcome and the protected columns.")
@click.option("--tolerance", type=click.FloatRange(0, 0.5), help="AUC that may be given up; the policy's if left out.")
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0, 2**31 - 1))
@with_appcontext
def alternatives(model: str, data: Path, tolerance: float | None, seed: int) -> None:
    """Search for less discriminatory versions that rank as well; prints JSON. Needs no database for a folder."""
    from scoring.domain.policy import ScoringPolicy
    from scoring.steps.alternatives import search_alternatives

    policy: ScoringPolicy = house().database.policies[ScoringPolicy]
    found = search_alternatives(open_named(model), data, policy, tolerance=tolerance, seed=seed)
    click.echo(json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False))


@score.command("report")
@click.argument("name")
@click.option("--out", required=True, type=FILE, help="PDF to write.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@with_appcontext
def report(name: str, out: Path, language: str) -> None:
    """Write the model report of a registered version for its validator."""
    from scoring.queries.scores import version_id_named
    from scoring.steps.model_report import model_report_pdf

    with read() as r:
        _, made = model_report_pdf(r, version_id_named(r, name), locale=language)
    out.write_bytes(made)
    click.echo(f"{out}: {len(made)} bytes")

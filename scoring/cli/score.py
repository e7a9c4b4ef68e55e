"""`flask score evaluate | apply | card | compare | bench`: they need no database, only files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from core.domain.errors import InvalidInput, NotFound
from core.domain.texts import Text
from core.web.errors import LendingGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.domain.version import Version

score = LendingGroup("score", help="Train, measure and use scorecards.")

FILE = click.Path(path_type=Path, dir_okay=False)
ANY_PATH = click.Path(path_type=Path)


def open_named(model: str) -> Version:
    """A version by its folder (or a file in it), else by its name in the registry."""
    from scoring.domain.version import MANIFEST, open_version

    path = Path(model)
    if path.is_file():
        path = path.parent
    if path.is_dir():
        if not (path / MANIFEST).exists():
            raise InvalidInput(
                {"model": Text("{path} is not the folder of a version: it has no version.json", path=path)}
            )
        return open_version(path)
    return _registered(model)


def _registered(name: str) -> Version:
    from sqlalchemy.exc import DBAPIError

    from core.web.work import read
    from scoring.queries.scores import version_named

    try:
        with read() as r:
            return version_named(r, name)
    except DBAPIError as error:
        reason = str(error.orig).split("\n", maxsplit=1)[0]
        raise NotFound(
            Text("There is no folder {name}, and the registry cannot be asked ({reason})", name=name, reason=reason)
        ) from error


@score.command("evaluate")
@click.argument("model")
@click.option("--data", required=True, type=FILE, help="CSV with the outcome.")
@click.option("--seed", default=7, show_default=True)
@with_appcontext
def evaluate_version(model: str, data: Path, seed: int) -> None:
    """Measure a version on a file with outcomes; prints JSON."""
    from scoring.steps.evaluate import evaluate

    echo_json(evaluate(open_named(model), data, seed=seed))


@score.command("apply")
@click.argument("model")
@click.option("--data", required=True, type=ANY_PATH, help="Applications: CSV or Parquet, or a folder of such files.")
@click.option("--out", required=True, type=ANY_PATH, help="File to write (.csv, .csv.gz or .parquet), or a folder.")
@click.option("--cluster", help="For a folder: scheduler of a Dask cluster, tls://host:8786, or local.")
@with_appcontext
def apply_version(model: str, data: Path, out: Path, cluster: str | None) -> None:
    """Score a file: one row out per row in, with contributions and reasons.

    A folder is scored file by file, on the workers of a Dask cluster if one is named; what an earlier run finished is
    kept. Workers must see the folders of data, output and version under the same paths.
    """
    from scoring.steps.apply import apply
    from scoring.steps.spread import apply_parts, cluster_at

    version = open_named(model)
    tell = _counter()
    if data.is_dir():
        with cluster_at(cluster) as address:
            found = apply_parts(
                version, data, out, cluster=address,
                progress=lambda done, parts, rows: tell(f"{done} of {parts} files, {rows} rows"),
            )  # fmt: skip
        unknown = found.unknown
        click.echo(f"{found.rows} rows, {found.scored} files scored, {found.known} were done before", err=True)
    else:
        if cluster is not None:
            raise InvalidInput(
                {"cluster": Text("A cluster scores the files of a folder; {path} is one file", path=data)}
            )
        unknown = apply(version, data, out, lambda rows: tell(f"{rows} rows"))
    for feature, count in unknown.items():
        click.echo(f"{feature}: {count} rows have a category the version does not know (scored as any other)", err=True)


def _counter() -> Callable[[str], None]:
    tty = sys.stderr.isatty()
    return lambda words: click.echo(f"\r{words}" if tty else words, err=True, nl=not tty)


@score.command("card")
@click.argument("model")
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json", "sql", "html"]), default="text", show_default=True
)
@with_appcontext
def show_card(model: str, form: str) -> None:
    """Print the points table of a version."""
    from scoring.domain.additive import AdditiveCard
    from scoring.domain.printing import print_card

    version = open_named(model)
    if not isinstance(version.card, AdditiveCard):
        raise InvalidInput(
            {
                "model": Text(
                    "{name} is a deep card: its features interact, so it has no table of points", name=version.name
                )
            }
        )
    click.echo(print_card(version.card, form), nl=False)


@score.command("compare")
@click.argument("a")
@click.argument("b")
@click.option("--data", required=True, type=FILE, help="CSV with the outcome.")
@click.option("--seed", default=7, show_default=True)
@with_appcontext
def compare_versions(a: str, b: str, data: Path, seed: int) -> None:
    """Two versions on the same rows; prints JSON."""
    from scoring.steps.evaluate import compare

    echo_json(compare(open_named(a), open_named(b), data, seed=seed))


@score.command("bench")
@click.option("--data-dir", required=True, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--parts", default=5, show_default=True, type=click.IntRange(1, 5), help="Folds to run.")
@click.option("--sets", help="Data sets by name, with commas; all of the folder if left out.")
@click.option("--only", type=click.Choice(["accuracy", "speed"]), help="Measure this part, show the other as kept.")
@click.option("--fresh", is_flag=True, help="Forget what an earlier run measured.")
@click.option("--out", type=FILE, help="Also write the tables as Markdown.")
def bench(data_dir: Path, parts: int, sets: str | None, only: str | None, fresh: bool, out: Path | None) -> None:
    """Accuracy and speed on public data sets, side by side with other learners."""
    import subprocess

    from core.settings import ROOT

    options = [
        "--parts",
        str(parts),
        *(["--sets", sets] if sets else []),
        *(["--only", only] if only else []),
        *(["--fresh"] if fresh else []),
        *(["--out", str(out.resolve())] if out else []),
    ]
    run = [sys.executable, "-m", "bench.scoring", str(data_dir.resolve()), *options]
    sys.exit(subprocess.run(run, cwd=ROOT, check=False).returncode)


def echo_json(raw: Any) -> None:
    """Prints JSON; a figure that could not be had is null, never NaN."""
    click.echo(json.dumps(raw, indent=1, ensure_ascii=False, allow_nan=False))

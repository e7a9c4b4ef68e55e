"""`flask score train | evaluate | apply | card | compare`: they need no database, only files."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.web.errors import LendingGroup

if TYPE_CHECKING:
    from scoring.domain.policy import ScoringPolicy
    from scoring.domain.version import Version

score = LendingGroup("score", help="Train, measure and use scorecards.")

_FILE = click.Path(path_type=Path, dir_okay=False)
_STAGES = {
    "read": "reading",
    "search": "choosing a plan",
    "folds": "cross-fitting",
    "test": "testing",
    "final": "final fit",
    "stability": "refitting",
}


@score.command("train")
@click.option("--data", required=True, type=_FILE, help="CSV with a header, plain or gzipped.")
@click.option(
    "--schema", required=True, type=_FILE, help="JSON: target and columns (name, type, role, mono, protected)."
)
@click.option("--segment", required=True, help="consumer, sme, or a name of your own.")
@click.option("--kind", type=click.Choice(["additive", "deep", "logistic"]), default="additive", show_default=True)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the draft version."
)
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0, 2**31 - 1))
@click.option("--exclude", multiple=True, help="Keep this column out of the card; may be repeated.")
@click.option("--central-tendency", type=float, help="Long-run share of bads the PD is set to, for example 0.05.")
@click.option("--cutoff-pd", type=float, help="PD at which the score no longer passes.")
@click.option("--policy", "policy_file", type=_FILE, help="Another scoring policy than the installation's.")
@click.option("--name", default="", help="Name of the version; made from data and options if left out.")
@click.option("--purpose", default="", help="First paragraph of the model card.")
@with_appcontext
def train_card(
    data: Path, schema: Path, segment: str, kind: str, out: Path, seed: int, exclude: tuple[str, ...],
    central_tendency: float | None, cutoff_pd: float | None, policy_file: Path | None, name: str, purpose: str,
) -> None:  # fmt: skip
    """Train a draft version into a folder. Needs no database."""
    from core.web.work import house
    from scoring.steps.draft import write_draft
    from scoring.steps.read_sample import read_schema
    from scoring.steps.train import TrainRequest, train

    columns = read_schema(schema, data=data).without(exclude)
    request = TrainRequest(
        data, columns, segment, kind, _policy(policy_file), house().database.clock.today(), seed, central_tendency,
        cutoff_pd, name, purpose,
    )  # fmt: skip
    draft = train(request, _progress())
    write_draft(draft, out)
    for finding in draft.findings:
        click.echo(f"{finding.code}: {finding.text}", err=True)
    _echo_json(
        {
            "version": draft.name, "sha256": draft.sha256, "out": str(out), "test": draft.metrics["test"],
            "cross_validation": draft.metrics["cross_validation"],
            "findings": [finding.to_json() for finding in draft.findings],
        }
    )  # fmt: skip


def _policy(path: Path | None) -> ScoringPolicy:
    from core.domain.errors import PolicyInvalid
    from core.web.work import house
    from scoring.domain.policy import ScoringPolicy

    if path is None:
        found: ScoringPolicy = house().database.policies[ScoringPolicy]
        return found
    try:
        return ScoringPolicy.from_toml(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise PolicyInvalid(f"{path}: {error!r}") from error


def _progress() -> Any:
    shown: dict[str, int] = {}

    def show(stage: str, share: float) -> None:
        percent = int(share * 100)
        if shown.get(stage) != percent:
            shown[stage] = percent
            mark = "\r" if sys.stderr.isatty() else ""
            end = percent >= 100 or not mark
            if mark or percent in (0, 100) or percent % 25 < 4:
                click.echo(f"{mark}{_STAGES[stage]:>16} {percent:3d} %", err=True, nl=end)

    return show


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
    from core.web.work import read
    from scoring.queries.scores import version_named

    with read() as r:
        return version_named(r, name)


@score.command("evaluate")
@click.argument("model")
@click.option("--data", required=True, type=_FILE, help="CSV with the outcome.")
@click.option("--seed", default=7, show_default=True)
@with_appcontext
def evaluate_version(model: str, data: Path, seed: int) -> None:
    """Measure a version on a file with outcomes; prints JSON."""
    from scoring.steps.evaluate import evaluate

    _echo_json(evaluate(open_named(model), data, seed=seed))


@score.command("apply")
@click.argument("model")
@click.option("--data", required=True, type=_FILE, help="CSV of applications.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="CSV to write; .gz is compressed.")
@with_appcontext
def apply_version(model: str, data: Path, out: Path) -> None:
    """Score a file: one row out per row in, with contributions and reasons."""
    from scoring.steps.apply import apply

    tty = sys.stderr.isatty()
    unknown = apply(
        open_named(model),
        data,
        out,
        lambda rows: click.echo(f"\r{rows} rows" if tty else f"{rows} rows", err=True, nl=not tty),
    )
    for feature, count in unknown.items():
        click.echo(f"{feature}: {count} rows have a category the version does not know (scored as any other)", err=True)


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
@click.option("--data", required=True, type=_FILE, help="CSV with the outcome.")
@click.option("--seed", default=7, show_default=True)
@with_appcontext
def compare_versions(a: str, b: str, data: Path, seed: int) -> None:
    """Two versions on the same rows; prints JSON."""
    from scoring.steps.evaluate import compare

    _echo_json(compare(open_named(a), open_named(b), data, seed=seed))


@score.command("bench")
@click.option("--data-dir", required=True, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--parts", default=5, show_default=True, type=click.IntRange(1, 5), help="Folds to run.")
@click.option("--sets", help="Data sets by name, with commas; all of the folder if left out.")
@click.option("--out", type=_FILE, help="Also write the tables as Markdown.")
def bench(data_dir: Path, parts: int, sets: str | None, out: Path | None) -> None:
    """Accuracy and speed on public data sets, side by side with other learners."""
    import subprocess

    from core.settings import ROOT

    options = ["--parts", str(parts), *(["--sets", sets] if sets else []), *(["--out", str(out)] if out else [])]
    sys.exit(
        subprocess.run(
            [sys.executable, str(ROOT / "bench" / "scoring.py"), str(data_dir), *options], check=False
        ).returncode
    )


def _echo_json(raw: Any) -> None:
    click.echo(json.dumps(raw, indent=1, ensure_ascii=False, allow_nan=False))

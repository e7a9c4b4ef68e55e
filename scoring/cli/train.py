"""`flask score train`: a draft version from a file of past contracts, or from a table of points."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.cli.score import FILE, echo_json, score

if TYPE_CHECKING:
    from scoring.domain.policy import ScoringPolicy
    from scoring.steps.draft import Draft
    from scoring.steps.train import TrainRequest

_STAGES = {
    "read": "reading",
    "search": "choosing a plan",
    "folds": "cross-fitting",
    "test": "testing",
    "final": "final fit",
    "stability": "refitting",
}
_HELP = """Train a draft version into a folder. Needs no database.

The kinds: additive (one table of points per feature), deep (interacting features), logistic (weights of evidence, to
compare with), expert (a table of points from a file, with or without data).

On two cores 150,000 rows of ten columns take two to three minutes, 30,000 rows about one, 1,000 rows some seconds. The
search is bounded: a few plans on at most 20,000 rows, early stopping, cross-fitting, and refits that tell how stable
the reasons are. The same data, options and seed give the same bytes.
"""


@score.command("train", help=_HELP)
@click.option("--data", type=FILE, help="CSV with a header, plain or gzipped, or Parquet. An expert card needs none.")
@click.option(
    "--schema", required=True, type=FILE, help="JSON: target and columns (name, type, role, mono, protected)."
)
@click.option("--segment", required=True, help="consumer, sme, or a name of your own.")
@click.option(
    "--kind", type=click.Choice(["additive", "deep", "logistic", "expert"]), default="additive", show_default=True
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the draft version."
)
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0, 2**31 - 1))
@click.option("--exclude", multiple=True, help="Keep this column out of the card; may be repeated.")
@click.option("--central-tendency", type=float, help="Long-run share of bads the PD is set to, for example 0.05.")
@click.option("--cutoff-pd", type=float, help="PD at which the score no longer passes.")
@click.option(
    "--baseline", type=click.Choice(["near_cutoff", "approved", "population"]),
    help="Whom reasons compare with, if not whom the policy says.",
)  # fmt: skip
@click.option("--rejects", type=FILE, help="Refused applicants without outcome: infer it by parcelling.")
@click.option(
    "--reject-factor", default=1.5, show_default=True, type=float,
    help="How much more often a refused applicant is taken to be bad than an accepted one of the same score band.",
)  # fmt: skip
@click.option(
    "--values", type=click.Choice(["path", "interventional"]), default="path", show_default=True,
    help="Contributions of a deep card: by the paths of its trees, or against a background kept with it.",
)  # fmt: skip
@click.option(
    "--reweigh", default="", help="Weigh past contracts so that this protected column and the outcome are independent."
)
@click.option("--points", type=FILE, help="Expert card: CSV with the columns feature, cell, points.")
@click.option("--cluster", help="Grow the trees on a Dask cluster: tls://host:8786, or local. Bytes may differ.")
@click.option("--policy", "policy_file", type=FILE, help="Another scoring policy than the installation's.")
@click.option("--name", default="", help="Name of the version; made from data and options if left out.")
@click.option("--purpose", default="", help="First paragraph of the model card.")
@with_appcontext
def train_card(
    data: Path | None, schema: Path, segment: str, kind: str, out: Path, seed: int, exclude: tuple[str, ...],
    central_tendency: float | None, cutoff_pd: float | None, baseline: str | None, rejects: Path | None,
    reject_factor: float, values: str, reweigh: str, points: Path | None, cluster: str | None,
    policy_file: Path | None, name: str, purpose: str,
) -> None:  # fmt: skip
    from core.web.work import house
    from scoring.steps.draft import check_place, write_draft
    from scoring.steps.read_sample import read_schema
    from scoring.steps.train import TrainRequest, check_request

    if (points is not None) != (kind == "expert"):
        raise InvalidInput({"points": Text("An expert card is made from --points FILE.csv, other kinds from --data")})
    if data is None and kind != "expert":
        raise InvalidInput({"data": Text("Say --data FILE.csv")})
    columns = read_schema(schema, data=data).without(exclude)
    request = TrainRequest(
        data or Path(), columns, segment, kind, _policy(policy_file), house().database.clock.today(), seed,
        central_tendency, cutoff_pd, name, purpose, baseline, rejects, reject_factor, values, reweigh=reweigh,
    )  # fmt: skip
    check_request(request)
    check_place(out)
    draft = _make(request, points, data, cluster)
    write_draft(draft, out)
    for finding in draft.findings:
        click.echo(f"{finding.code}: {finding.text}", err=True)
    echo_json(
        {
            "version": draft.name, "sha256": draft.sha256, "out": str(out), "test": draft.metrics["test"],
            "cross_validation": draft.metrics["cross_validation"],
            "reject_inference": draft.metrics.get("reject_inference"), "stability": draft.metrics.get("stability"),
            "findings": [finding.to_json() for finding in draft.findings],
        }
    )  # fmt: skip


def _make(request: TrainRequest, points: Path | None, data: Path | None, cluster: str | None) -> Draft:
    from scoring.steps.expert import expert_card
    from scoring.steps.spread import cluster_at
    from scoring.steps.train import train

    if points is not None:
        return expert_card(request, points, data)
    with cluster_at(cluster) as address:
        return train(replace(request, cluster=address), _progress())


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

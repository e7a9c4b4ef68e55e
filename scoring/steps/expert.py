"""An expert card: a table of points from a file, for a lender without history. The same interface as a trained card."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.additive import AdditiveCard, CellTable
from scoring.domain.card import Baseline, Terms, grades_from_bands
from scoring.domain.checks import Finding, correlated_groups
from scoring.domain.metrics import fit_calibration, measure
from scoring.domain.pointstable import PointsTable, read_points
from scoring.domain.profile import profile
from scoring.domain.scale import Scale
from scoring.domain.trees import find_cells
from scoring.domain.version import digest
from scoring.steps.assemble import reference_rows
from scoring.steps.draft import Draft, make_draft
from scoring.steps.figures import by_grade, by_time, fairness, feature_shapes, population, test_curves
from scoring.steps.fit import Columns
from scoring.steps.read_sample import Sample, fingerprint, read_sample
from scoring.steps.train import TrainRequest

NOT_MEASURED = {
    "split": "no data", "rows": 0, "bads": 0, "bad_rate": None, "mean_pd": None, "auc": None, "auc_low": None,
    "auc_high": None, "gini": None, "ks": None, "brier": None, "log_loss": None, "ece": None, "slope": None,
}  # fmt: skip
CLASS_MIN = 20


def expert_card(request: TrainRequest, points: Path, data: Path | None) -> Draft:
    """A draft from a table of points, and from past applications if there are any.

    Without data a point means what the policy's scale says, and reasons compare with the mean of each feature's cells.
    With applications they compare with the policy's baseline; with outcomes the PD of a score is measured, which
    changes what a point means, never the points. Raises InvalidInput naming line, column and row.
    """
    allowed = {column.name: column for column in request.schema.features}
    table = read_points(_lines(points), allowed, request.policy.scale.decimals)
    sample = None if data is None else read_sample(data)
    columns = None if sample is None else sample.matrix([part.feature for part in table.features])
    bad = None
    if sample is not None and request.schema.target in sample.columns:
        bad = sample.outcome(request.schema.target)
    findings = list(table.findings)
    scale = _scale(request, table, columns, bad, findings)
    card = _card(request, table, scale, columns, bad)
    metrics = _metrics(request, card, sample, columns, bad, findings)
    return _draft(request, card, points, data, sample, bad, metrics, findings)


def _lines(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise InvalidInput({"points": Text("There is no file {path}", path=path)})
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream, restval=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(
            {"points": Text("{path} is not CSV in UTF-8 ({reason})", path=path.name, reason=error)}
        ) from None


def _scale(
    request: TrainRequest, table: PointsTable, columns: Columns | None, bad: np.ndarray | None, findings: list[Finding]
) -> Scale:
    """The policy's scale; with outcomes the one on which the same points tell the observed odds."""
    scale = request.policy.scale
    if columns is None or bad is None:
        return scale
    if min(bad.sum(), len(bad) - bad.sum()) < CLASS_MIN:
        text = Text("Too few outcomes to measure what a point means: the stated scale is kept")
        findings.append(Finding("FEW_ROWS", request.schema.target, text))
        return scale
    ticks = np.full(len(bad), table.base)
    for part, column in zip(table.features, columns, strict=True):
        ticks = ticks + np.asarray(part.ticks)[find_cells(part.grid, column)]
    stated = -math.log(scale.base_odds) - (ticks / scale.tick - scale.base_score) / scale.factor
    intercept, slope = fit_calibration(bad, stated)
    if request.central_tendency is not None:
        rate = float(bad.mean())
        own = math.log(request.central_tendency / (1 - request.central_tendency))
        intercept += own - math.log(rate / (1 - rate))
    if slope <= 0.05:
        text = Text("The points do not rank these outcomes: the stated scale is kept")
        findings.append(Finding("NO_RANK", request.schema.target, text))
        return scale
    centre = scale.base_score + scale.factor * (intercept + (1 - slope) * math.log(scale.base_odds)) / slope
    measured = replace(scale, pdo=scale.pdo / slope, base_score=centre)
    text = Text(
        "Measured on these outcomes {pdo} points double the odds, and {score} points stand for {odds} goods per bad",
        pdo=f"{measured.pdo:.1f}", score=f"{measured.base_score:.0f}", odds=f"{measured.base_odds:g}",
    )  # fmt: skip
    findings.append(Finding("SCALE", request.schema.target, text))
    return measured


def _card(
    request: TrainRequest, table: PointsTable, scale: Scale, columns: Columns | None, bad: np.ndarray | None
) -> AdditiveCard:
    unit = scale.factor * scale.tick
    features = tuple(part.feature for part in table.features)
    cells = None if columns is None else [find_cells(p.grid, c) for p, c in zip(table.features, columns, strict=True)]
    tables = []
    for at, part in enumerate(table.features):
        size = part.grid.cells
        rows = np.zeros(size) if cells is None else np.bincount(cells[at], minlength=size)
        bads = np.zeros(size) if cells is None or bad is None else np.bincount(cells[at], weights=bad, minlength=size)
        margins = tuple(-ticks / unit for ticks in part.ticks)
        tables.append(CellTable(part.grid, margins, part.ticks, tuple(map(int, rows)), tuple(map(int, bads))))
    bias = -math.log(scale.base_odds) - (table.base / scale.tick - scale.base_score) / scale.factor
    cutoff = request.cutoff_pd or request.policy.cutoff_pd.get(request.segment, 0.1)
    plain = tuple(round(sum(part.ticks[:-1]) / (len(part.ticks) - 1)) for part in table.features)
    alone = tuple((at,) for at in range(len(features)))
    base = Baseline("cells", plain, table.base + sum(plain), 0)
    terms = Terms(
        "expert", request.segment, scale, 1.0, 0.0, features, alone, grades_from_bands(request.policy.bands, scale),
        cutoff, base,
    )  # fmt: skip
    card = AdditiveCard(terms, bias, tuple(tables))
    if columns is None:
        return card
    scored = card.score_rows(columns)
    groups = correlated_groups(
        columns, [not f.is_category for f in features], scored.ticks.std(axis=1).tolist(), request.policy.correlated
    )
    method, chosen = reference_rows(request.baseline or request.policy.baseline, scored.score, terms.cutoff_ticks)
    ticks = tuple(round(float(part[chosen].mean())) for part in scored.ticks)
    base = Baseline(method, ticks, card.base_ticks + sum(ticks), int(chosen.sum()))
    return replace(card, terms=replace(terms, groups=groups, baseline=base))


def _metrics(
    request: TrainRequest, card: AdditiveCard, sample: Sample | None, columns: Columns | None, bad: np.ndarray | None,
    findings: list[Finding],
) -> dict[str, Any]:  # fmt: skip
    metrics: dict[str, Any] = {
        "test": NOT_MEASURED, "cross_validation": NOT_MEASURED, "search": [], "plan": None,
        "calibration": {"slope": 1.0, "intercept": 0.0, "shift": 0.0, "central_tendency": request.central_tendency},
        "fairness": {}, "grades": [], "by_time": [], "findings": [finding.to_json() for finding in findings],
    }  # fmt: skip
    if columns is None or sample is None:
        return metrics
    metrics |= {"population": population(card, columns), "profile": profile(card.terms.features, columns)}
    if bad is None or not 0 < bad.sum() < len(bad):
        return metrics
    pd = np.clip(card.score_rows(columns).pd, 1e-9, 1 - 1e-9)
    everyone = np.ones(len(bad), dtype=bool)
    return metrics | {
        "test": {"split": "all rows of the file", **measure(bad, pd, seed=request.seed).to_json()},
        "by_time": by_time(request.schema, sample, bad, everyone, pd),
        "curves": test_curves(card, bad, pd, 0.0),
        "shapes": feature_shapes(card, columns, bad),
        "grades": by_grade(card, columns, bad),
        "fairness": fairness(request.schema, sample, everyone, bad, pd, card, 0.0),
    }


def _draft(
    request: TrainRequest, card: AdditiveCard, points: Path, data: Path | None, sample: Sample | None,
    bad: np.ndarray | None, metrics: dict[str, Any], findings: list[Finding],
) -> Draft:  # fmt: skip
    options = {
        "seed": request.seed, "central_tendency": request.central_tendency, "cutoff_pd": card.terms.cutoff_pd,
        "baseline": card.terms.baseline.method, "correlated": request.policy.correlated,
        "points": fingerprint(points),
    }  # fmt: skip
    schema = request.schema.to_json()
    data_hash = fingerprint(data) if data is not None else ""
    mark = digest(json.dumps([data_hash, schema, options, "expert"], sort_keys=True).encode())[:8]
    head = {
        "name": request.name or f"{request.segment}-expert-{mark}", "segment": request.segment, "kind": "expert",
        "target": request.schema.target, "schema": schema, "options": options, "purpose": request.purpose,
        "data": {"file": "" if data is None else data.name, "sha256": data_hash,
                 "rows": 0 if sample is None else sample.rows, "bads": 0 if bad is None else int(bad.sum())},
    }  # fmt: skip
    return make_draft(head, card, None, metrics, tuple(findings))

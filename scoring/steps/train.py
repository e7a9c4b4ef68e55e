"""Trains a draft version from a file of past contracts. Needs no database: the result is a folder of files."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.checks import (
    Finding,
    check_classes,
    check_duplicates,
    check_future,
    check_leaks,
    check_roles,
    usable,
)
from scoring.domain.columns import ColumnType, DataSchema, Feature, learn_features, number_column
from scoring.domain.curves import curves
from scoring.domain.deep import DeepCard
from scoring.domain.fairness import bands_of, fairness_table
from scoring.domain.metrics import fit_calibration, measure
from scoring.domain.modelcard import model_card
from scoring.domain.policy import ScoringPolicy
from scoring.domain.profile import profile
from scoring.domain.tablefile import tables_to_bytes
from scoring.domain.version import BOOSTER, CARD, MANIFEST, METRICS, TABLES, digest, make_manifest
from scoring.steps.assemble import Card, assemble, card_bytes
from scoring.steps.fit import Columns, Fit, Fitted, Progress, choose_plan, fit_folds, fit_once, folds_of, take
from scoring.steps.read_sample import Sample, fingerprint, read_sample

KINDS = ("additive", "deep", "logistic")
HOLDOUT_PARTS = 5
LATE_SHARE = 0.25
LATE_BADS_MIN = 30


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train. `central_tendency` is the long-run share of bads the PD is set to; None keeps the data's."""

    data: Path
    schema: DataSchema
    segment: str
    kind: str
    policy: ScoringPolicy
    today: date
    seed: int = 7
    central_tendency: float | None = None
    cutoff_pd: float | None = None
    name: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A trained version, not yet written: its files by name, and what was found on the way."""

    name: str
    sha256: str
    files: dict[str, bytes]
    findings: tuple[Finding, ...]
    metrics: dict[str, Any]


@dataclass
class _Material:
    """The sample as numbers."""

    features: tuple[Feature, ...]
    columns: Columns
    bad: np.ndarray
    findings: list[Finding] = field(default_factory=list)


def train(request: TrainRequest, progress: Progress = lambda _stage, _share: None) -> Draft:
    """Checks the data, chooses a plan, measures it on rows held out, and fits the final card on all rows.

    The test is out of time when the schema has a time column, else a stratified fifth. Raises InvalidInput naming
    column and row for data that cannot be used.
    """
    _check_request(request)
    progress("read", 0.0)
    sample = read_sample(request.data)
    material = _prepare(request, sample)
    progress("read", 1.0)
    held_out, how = _holdout(request, sample, material)
    features, columns, bad, seed = material.features, material.columns, material.bad, request.seed
    early = ~held_out
    plan, tried = choose_plan(request.kind, features, take(columns, early), bad[early], seed, progress)
    folds = fit_folds(request.kind, features, take(columns, early), bad[early], plan, seed, progress)
    sized = sized_plan(plan, folds.rounds)
    progress("test", 0.0)
    first, _ = fit_once(request.kind, features, take(columns, early), bad[early], sized, seed)
    test_pd = _pd(first.margin(take(columns, held_out)), folds.intercept, folds.slope)
    progress("test", 1.0)
    final, _ = fit_once(request.kind, features, columns, bad, sized, seed)
    progress("final", 1.0)
    shift = _shift(request.central_tendency, float(bad.mean()))
    card = assemble(
        request.kind, request.segment, final, features, columns, bad,
        intercept=folds.intercept + shift, slope=folds.slope, scale=request.policy.scale, bands=request.policy.bands,
        cutoff_pd=_cutoff(request, float(bad.mean())), baseline=request.policy.baseline,
        correlated=request.policy.correlated,
    )  # fmt: skip
    cv_pd = _pd(folds.margins, folds.intercept, folds.slope)
    metrics: dict[str, Any] = {
        "test": {"split": how, **measure(bad[held_out], test_pd, seed=seed).to_json()},
        "cross_validation": {
            **measure(bad[early], cv_pd, seed=seed).to_json(),
            "auc_by_fold": list(folds.fold_aucs),
        },
        "search": [{"plan": name, "log_loss": loss, "auc": area} for name, loss, area in tried],
        "plan": None if sized is None else sized.to_json(),
        "calibration": {"slope": folds.slope, "intercept": folds.intercept, "shift": shift,
                        "central_tendency": request.central_tendency},
        "by_time": _by_time(request, sample, bad, held_out, test_pd),
        "curves": curves(bad[held_out], test_pd, _points(card, test_pd, shift)),
        "grades": _by_grade(card, columns, bad),
        "population": _population(card, columns),
        "profile": profile(features, columns),
        "fairness": _fairness(request, sample, early, bad, cv_pd, card, shift),
        "findings": [finding.to_json() for finding in material.findings],
    }  # fmt: skip
    return _draft(request, material, final, card, metrics, sample)


def _check_request(request: TrainRequest) -> None:
    if request.kind not in KINDS:
        raise InvalidInput({"kind": Text("{kind} is unknown; use {kinds}", kind=request.kind, kinds=", ".join(KINDS))})
    if not re.fullmatch(r"[\w-]{1,40}", request.segment):
        raise InvalidInput({"segment": Text("{segment} is not a name like consumer or sme", segment=request.segment)})
    for name, share in (("central-tendency", request.central_tendency), ("cutoff-pd", request.cutoff_pd)):
        if share is not None and not 0 < share < 1:
            raise InvalidInput({name: Text("{value} must lie between 0 and 1", value=share)})


def _prepare(request: TrainRequest, sample: Sample) -> _Material:
    schema = request.schema
    bad = sample.outcome(schema.target)
    findings = check_classes(bad, schema.target) + check_roles(schema, list(sample.columns))
    raw = {column.name: sample.column(column.name) for column in schema.features}
    schema, labelled = schema.with_labels(raw)
    findings += [
        Finding(
            "LABELS", name, Text("{name} holds labels instead of numbers: read as a category without order", name=name)
        )
        for name in labelled
    ]
    rare = max(10, math.ceil(sample.rows * 0.0005))
    features = learn_features(schema.features, raw, rare)
    columns = sample.matrix(features)
    findings += check_duplicates(sample.columns, schema)
    for column in schema.columns:
        if column.type is ColumnType.DATE and column.name in sample.columns:
            days = number_column(column.name, column.type, sample.columns[column.name])
            findings += check_future(column, days, request.today.toordinal())
    kept, empty = usable(features, columns)
    if not kept:
        raise InvalidInput({"columns": Text("Every feature is empty or constant: there is nothing to learn from")})
    features = tuple(features[at] for at in kept)
    columns = [columns[at] for at in kept]
    findings += empty + check_leaks(features, columns, bad)
    return _Material(features, columns, bad, findings)


def _holdout(request: TrainRequest, sample: Sample, material: _Material) -> tuple[np.ndarray, str]:
    """The rows kept for the test, and how they were chosen."""
    bad, column = material.bad, request.schema.time
    if column is not None and column.name in sample.columns:
        when = number_column(column.name, column.type, sample.columns[column.name])
        if not np.isnan(when).any():
            late = when > np.quantile(when, 1 - LATE_SHARE, method="lower")
            if not late.any():  # the last quarter is one day: that day is the test
                late = when == when.max()
            classes = [bad[late].sum(), (1 - bad[late]).sum(), bad[~late].sum(), (1 - bad[~late]).sum()]
            if min(classes) >= LATE_BADS_MIN:
                return late, f"out of time by {column.name}"
        text = Text("{name} has gaps, or too few bads late: the test is a random fifth", name=column.name)
        material.findings.append(Finding("NO_TIME_SPLIT", column.name, text))
    return folds_of(bad, HOLDOUT_PARTS, request.seed + 2) == 0, "stratified fifth"


def sized_plan(plan: Any, rounds: int) -> Any:
    if plan is None:
        return None
    return type(plan)(**{**plan.to_json(), "rounds": rounds})


def _pd(margin: np.ndarray, intercept: float, slope: float) -> np.ndarray:
    return np.asarray(np.clip(1 / (1 + np.exp(-(intercept + slope * margin))), 1e-9, 1 - 1e-9))


def _points(card: Card, pd: np.ndarray, shift: float) -> np.ndarray:
    """PDs as points of the card's scale, for drawing."""
    scale = card.terms.scale
    return np.asarray(scale.base_score - scale.factor * (math.log(scale.base_odds) + np.log(pd / (1 - pd)) + shift))


def _shift(central_tendency: float | None, rate: float) -> float:
    """Moves the log-odds from the sample's share of bads to the stated one (Elkan 2001, theorem 2)."""
    if central_tendency is None:
        return 0.0
    return math.log(central_tendency / (1 - central_tendency)) - math.log(rate / (1 - rate))


def _cutoff(request: TrainRequest, rate: float) -> float:
    """The stated cut-off, else the policy's for a stated tendency, else twice the share of bads (at most one half)."""
    if request.cutoff_pd is not None:
        return request.cutoff_pd
    if request.central_tendency is not None:
        return request.policy.cutoff_pd.get(request.segment, min(0.5, 2 * request.central_tendency))
    return min(0.5, 2 * rate)


def _by_time(
    request: TrainRequest, sample: Sample, bad: np.ndarray, held_out: np.ndarray, test_pd: np.ndarray
) -> list[dict[str, Any]]:
    column = request.schema.time
    if column is None or column.name not in sample.columns:
        return []
    when = number_column(column.name, column.type, sample.columns[column.name])[held_out]
    if column.type is ColumnType.DATE:
        periods = [date.fromordinal(int(v)).strftime("%Y-%m") if v == v else "missing" for v in when]  # noqa: PLR0124
    else:
        periods = [f"{v:g}" for v in when]
    names = np.asarray(periods)
    outcome = bad[held_out]
    return [
        {"period": str(name), "rows": int(mine.sum()), "bad_rate": float(outcome[mine].mean()),
         "mean_pd": float(test_pd[mine].mean()), "auc": _none(measure(outcome[mine], test_pd[mine], resamples=1).auc)}
        for name in np.unique(names)
        for mine in [names == name]
    ]  # fmt: skip


def _none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _by_grade(card: Card, columns: Columns, bad: np.ndarray) -> list[dict[str, Any]]:
    scored = card.score_rows(columns)
    names = np.asarray([card.terms.grade_of(int(score)) for score in scored.score])
    return [
        {"grade": grade.name, "rows": int(mine.sum()), "mean_pd": float(scored.pd[mine].mean()) if mine.any() else None,
         "bad_rate_in_data": float(bad[mine].mean()) if mine.any() else None}
        for grade in card.terms.grades
        for mine in [names == grade.name]
    ]  # fmt: skip


def _population(card: Card, columns: Columns) -> dict[str, float]:
    """What monitoring compares with: mean score in points, and the share at or above the cut-off."""
    score = card.score_rows(columns).score
    passed = float((score >= card.terms.cutoff_ticks).mean())
    return {"mean_score": float(card.terms.scale.points(1)) * float(score.mean()), "pass_rate": passed}


def _fairness(
    request: TrainRequest,
    sample: Sample,
    rows: np.ndarray,
    bad: np.ndarray,
    cv_pd: np.ndarray,
    card: Card,
    shift: float,
) -> dict[str, Any]:
    """Approval at the cut-off by protected group, on rows scored by folds that did not see them."""
    log_odds = np.log(cv_pd) - np.log1p(-cv_pd) + shift
    approved = log_odds <= math.log(card.terms.cutoff_pd / (1 - card.terms.cutoff_pd))
    report: dict[str, Any] = {}
    for column in request.schema.protected:
        if column.name not in sample.columns:
            continue
        values = [v for v, mine in zip(sample.columns[column.name], rows, strict=True) if mine]
        if column.type is ColumnType.CATEGORY:
            labels: Sequence[str] = [value.strip() or "missing" for value in values]
        else:
            labels = bands_of(number_column(column.name, column.type, values))
        report[column.name] = fairness_table(labels, bad[rows], approved)
    return report


def _draft(
    request: TrainRequest, material: _Material, final: Fit, card: Card, metrics: dict[str, Any], sample: Sample
) -> Draft:
    data_hash = fingerprint(request.data)
    options = {
        "seed": request.seed, "central_tendency": request.central_tendency, "cutoff_pd": card.terms.cutoff_pd,
        "baseline": request.policy.baseline, "correlated": request.policy.correlated,
    }  # fmt: skip
    schema = request.schema.to_json()
    mark = digest(json.dumps([data_hash, schema, options, request.kind], sort_keys=True).encode())[:8]
    name = request.name or f"{request.segment}-{request.kind}-{mark}"
    files = {CARD: card_bytes(card), METRICS: _json_bytes(metrics)}
    if final.booster is not None:
        files[BOOSTER] = final.booster.save()
    if isinstance(card, DeepCard):
        files[TABLES] = tables_to_bytes(card.shap)
    head = {
        "name": name, "segment": request.segment, "kind": request.kind, "features": list(card.terms.names),
        "target": request.schema.target, "schema": schema, "options": options, "purpose": request.purpose,
        "data": {"file": request.data.name, "sha256": data_hash, "rows": sample.rows, "bads": int(material.bad.sum())},
        "libraries": _libraries(),
    }  # fmt: skip
    manifest = make_manifest(head, files)
    files[MANIFEST] = manifest
    files["MODEL_CARD.md"] = model_card(head, metrics, card.terms).encode()
    return Draft(name, digest(manifest), files, tuple(material.findings), metrics)


def _libraries() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("numpy", "xgboost-cpu", "xgboost"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _json_bytes(raw: Any) -> bytes:
    return (json.dumps(raw, indent=1, ensure_ascii=False, default=float) + "\n").encode()


def write_draft(draft: Draft, out: Path) -> None:
    """Writes all files or none. An earlier version in `out` is replaced; any other folder with files is refused."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MANIFEST).exists())):
        raise InvalidInput({"out": Text("{path} exists and is not the folder of a version", path=out)})
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        for name, raw in draft.files.items():
            (fresh / name).write_bytes(raw)
        fresh.chmod(0o755)
        if out.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
            os.replace(out, old / "old")
            os.replace(fresh, out)
            shutil.rmtree(old)
        else:
            os.replace(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


__all__ = ["KINDS", "Draft", "Fitted", "TrainRequest", "fit_calibration", "train", "write_draft"]

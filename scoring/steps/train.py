"""Trains a draft version from a file of past contracts. Needs no database: the result is a folder of files."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field, replace
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
    find_codes,
    usable,
)
from scoring.domain.columns import Column, ColumnType, DataSchema, Feature, learn_features, number_column
from scoring.domain.fairness import even_weights, groups_in
from scoring.domain.metrics import measure
from scoring.domain.policy import BASELINES, ScoringPolicy
from scoring.domain.profile import profile
from scoring.domain.version import digest
from scoring.engine import Plan
from scoring.steps.assemble import Card, assemble, interventional
from scoring.steps.draft import Draft, make_draft
from scoring.steps.figures import by_grade, by_time, fairness, feature_shapes, population, test_curves
from scoring.steps.fit import (
    Columns,
    Fit,
    Fitted,
    Progress,
    choose_plan,
    fit_folds,
    fit_once,
    folds_of,
    join,
    sized_plan,
    take,
)
from scoring.steps.read_sample import Sample, fingerprint, read_sample
from scoring.steps.refit import top_reason_stability
from scoring.steps.reject import Parcelled, parcel, read_rejects

KINDS = ("additive", "deep", "logistic")
VALUES = ("path", "interventional")
HOLDOUT_PARTS = 5
LATE_SHARE = 0.25
LATE_BADS_MIN = 30


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train.

    `central_tendency` is the long-run share of bads the PD is set to; None keeps the data's. `baseline` overrides the
    policy's. `rejects` is a file of refused applicants for reject inference, `reject_factor` how much worse than
    accepted ones of the same band they are taken to be. `values` says what an absent feature means in a deep card.
    `cluster` is the address of a Dask scheduler to train the boosters on. `reweigh` names a protected column: rows then
    weigh so that the outcome is as frequent in each of its groups; the column itself stays no input.
    """

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
    baseline: str | None = None
    rejects: Path | None = None
    reject_factor: float = 1.5
    values: str = "path"
    cluster: str | None = None
    reweigh: str = ""


@dataclass
class _Material:
    """The sample as numbers."""

    features: tuple[Feature, ...]
    columns: Columns
    bad: np.ndarray
    findings: list[Finding] = field(default_factory=list)
    weight: np.ndarray | None = None

    def weight_of(self, rows: np.ndarray) -> np.ndarray | None:
        """The weights of some rows; None when all weigh the same."""
        return None if self.weight is None else self.weight[rows]


@dataclass(frozen=True)
class _Learnt:
    """What rows taught: the cross-fit, the plan cut to its rounds, and a fit on all of them."""

    folds: Fitted
    plan: Plan | None
    fit: Fit

    def log_odds(self, columns: Columns) -> np.ndarray:
        """Calibrated log-odds of bad."""
        return self.folds.intercept + self.folds.slope * self.fit.margin(columns)


def train(request: TrainRequest, progress: Progress = lambda _stage, _share: None) -> Draft:
    """Checks the data, chooses a plan, measures it on rows held out, and fits the final card on all rows.

    The test is out of time when the schema has a time column, else a stratified fifth. Raises InvalidInput naming
    column and row for data that cannot be used.
    """
    check_request(request)
    progress("read", 0.0)
    sample = read_sample(request.data)
    material = _prepare(request, sample)
    rejects = None if request.rejects is None else read_rejects(request.rejects, material.features)
    progress("read", 1.0)
    held_out, how = _holdout(request, sample, material)
    columns, bad, seed = material.columns, material.bad, request.seed
    early = ~held_out
    known, outcome, test = take(columns, early), bad[early], take(columns, held_out)
    plan, tried = choose_plan(request.kind, material.features, known, outcome, seed, progress, request.cluster)
    learnt = _learn(request, material.features, known, outcome, plan, progress, material.weight_of(early))
    test_pd = _pd(learnt.log_odds(test))
    cv_pd = _pd(learnt.folds.intercept + learnt.folds.slope * learnt.folds.margins)
    inferred: dict[str, Any] | None = None
    if rejects is not None:
        parcelled, learnt = _infer(request, material.features, known, outcome, rejects, plan, learnt, progress)
        inferred = parcelled.report | {
            "without": measure(bad[held_out], test_pd, seed=seed).to_json(),
            "with": measure(bad[held_out], _pd(learnt.log_odds(test)), seed=seed).to_json(),
        }
        test_pd = _pd(learnt.log_odds(test))
        columns, bad = join(columns, parcelled.columns), np.concatenate([bad, parcelled.bad])
    progress("final", 0.0)
    if how.startswith("out of time"):  # the late rows move the level: calibrate the final card with them
        late = fit_folds(
            request.kind, material.features, columns, bad, plan, seed, progress, request.cluster, material.weight
        )
        learnt = replace(learnt, folds=late, plan=sized_plan(plan, late.rounds))
    final, _ = fit_once(
        request.kind, material.features, columns, bad, learnt.plan, seed, cluster=request.cluster,
        rows_weigh=material.weight,
    )  # fmt: skip
    progress("final", 1.0)
    shift = _shift(request.central_tendency, float(bad.mean()))
    card = _card(request, material.features, final, learnt, columns, bad, shift)
    own, truth = material.columns, material.bad
    metrics: dict[str, Any] = {
        "test": {"split": how, **measure(truth[held_out], test_pd, seed=seed).to_json()},
        "cross_validation": {
            **measure(outcome, cv_pd, seed=seed).to_json(), "auc_by_fold": list(learnt.folds.fold_aucs),
        },
        "search": [{"plan": name, "log_loss": loss, "auc": area} for name, loss, area in tried],
        "plan": None if learnt.plan is None else learnt.plan.to_json(),
        "calibration": {"slope": learnt.folds.slope, "intercept": learnt.folds.intercept, "shift": shift,
                        "central_tendency": request.central_tendency},
        "by_time": by_time(request.schema, sample, truth, held_out, test_pd),
        "curves": test_curves(card, truth[held_out], test_pd, shift),
        "shapes": feature_shapes(card, own, truth),
        "grades": by_grade(card, own, truth),
        "population": population(card, own),
        "profile": profile(material.features, own),
        "fairness": fairness(request.schema, sample, early, truth, cv_pd, card, shift),
        "reject_inference": inferred,
        "stability": top_reason_stability(
            request.kind, material.features, columns, bad, learnt.plan, card, seed, progress, material.weight
        ),
        "exactness": _exactness(card, final, own),
        "findings": [finding.to_json() for finding in material.findings],
    }  # fmt: skip
    return _draft(request, material, final, card, metrics, sample)


def _learn(
    request: TrainRequest, features: tuple[Feature, ...], columns: Columns, bad: np.ndarray, plan: Plan | None,
    progress: Progress, weight: np.ndarray | None = None,
) -> _Learnt:  # fmt: skip
    folds = fit_folds(request.kind, features, columns, bad, plan, request.seed, progress, request.cluster, weight)
    sized = sized_plan(plan, folds.rounds)
    progress("test", 0.0)
    fit, _ = fit_once(
        request.kind, features, columns, bad, sized, request.seed, cluster=request.cluster, rows_weigh=weight
    )
    progress("test", 1.0)
    return _Learnt(folds, sized, fit)


def _infer(
    request: TrainRequest, features: tuple[Feature, ...], known: Columns, outcome: np.ndarray, rejects: Columns,
    plan: Plan | None, learnt: _Learnt, progress: Progress,
) -> tuple[Parcelled, _Learnt]:  # fmt: skip
    """Rejects with outcomes assigned by the card of the accepted, and what all rows together teach."""
    accepted = learnt.folds.intercept + learnt.folds.slope * learnt.folds.margins
    parcelled = parcel(
        rejects, learnt.log_odds(rejects), accepted, outcome, factor=request.reject_factor, seed=request.seed
    )
    everyone, assigned = join(known, parcelled.columns), np.concatenate([outcome, parcelled.bad])
    return parcelled, _learn(request, features, everyone, assigned, plan, progress)


def _card(
    request: TrainRequest, features: tuple[Feature, ...], final: Fit, learnt: _Learnt, columns: Columns,
    bad: np.ndarray, shift: float,
) -> Card:  # fmt: skip
    policy = request.policy
    card = assemble(
        request.kind, request.segment, final, features, columns, bad,
        intercept=learnt.folds.intercept + shift, slope=learnt.folds.slope, scale=policy.scale, bands=policy.bands,
        cutoff_pd=_cutoff(request, float(bad.mean())), baseline=request.baseline or policy.baseline,
        correlated=policy.correlated,
    )  # fmt: skip
    return interventional(card, final, columns, request.seed) if request.values == "interventional" else card


def _exactness(card: Card, final: Fit, columns: Columns) -> dict[str, Any]:
    """The widest difference in log-odds between the card and the learner it was made from, on some of the rows."""
    step = max(1, len(columns[0]) // 2000)
    shown = [column[::step] for column in columns]
    parts, bias = card.margin_rows(shown)
    found = {"rows": len(shown[0]), "margin": float(np.abs(parts.sum(axis=0) + bias - final.margin(shown)).max())}
    if final.booster is not None and not getattr(card, "background", ()):
        theirs = final.booster.contributions(np.column_stack(shown))
        found["contributions"] = float(np.abs(parts.T - theirs[:, :-1]).max())
    return found


def check_request(request: TrainRequest) -> None:
    """Raises InvalidInput for options that make no sense."""
    if request.kind not in (*KINDS, "expert"):
        raise InvalidInput({"kind": Text("{kind} is unknown; use {kinds}", kind=request.kind, kinds=", ".join(KINDS))})
    if not re.fullmatch(r"[\w-]{1,40}", request.segment):
        raise InvalidInput({"segment": Text("{segment} is not a name like consumer or sme", segment=request.segment)})
    for name, share in (("central-tendency", request.central_tendency), ("cutoff-pd", request.cutoff_pd)):
        if share is not None and not 0 < share < 1:
            raise InvalidInput({name: Text("{value} must lie between 0 and 1", value=share)})
    if request.baseline is not None and request.baseline not in BASELINES:
        raise InvalidInput(
            {"baseline": Text("{value} is unknown; use {values}", value=request.baseline, values=", ".join(BASELINES))}
        )
    if request.values not in VALUES or (request.values != "path" and request.kind != "deep"):
        raise InvalidInput({"values": Text("Interventional values are for deep cards; additive ones need none")})
    if request.reweigh and (request.kind == "logistic" or request.rejects is not None):
        text = Text("Rows are weighed in additive and deep cards, and not together with inferred outcomes")
        raise InvalidInput({"reweigh": text})
    if not 0 < request.reject_factor <= 10:
        raise InvalidInput({"reject-factor": Text("{value} must lie between 0 and 10", value=request.reject_factor)})


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
    features, columns, coded = find_codes(features, columns)
    findings += coded + check_duplicates(sample.columns, schema)
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
    return _Material(features, columns, bad, findings, _weights(request, sample, bad))


def _weights(request: TrainRequest, sample: Sample, bad: np.ndarray) -> np.ndarray | None:
    if not request.reweigh:
        return None
    column = weighing_column(request.schema, request.reweigh)
    return even_weights(groups_in(column, sample.column(column.name)), bad)


def weighing_column(schema: DataSchema, name: str) -> Column:
    """The protected column rows are weighed by. Raises InvalidInput for any other."""
    known = {column.name: column for column in schema.protected}
    if name not in known:
        text = Text("{name} is no protected column; those are: {names}", name=name, names=", ".join(known) or "-")
        raise InvalidInput({"reweigh": text})
    return known[name]


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


def _pd(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(1 / (1 + np.exp(-log_odds)), 1e-9, 1 - 1e-9))


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


def _draft(
    request: TrainRequest, material: _Material, final: Fit, card: Card, metrics: dict[str, Any], sample: Sample
) -> Draft:
    data_hash = fingerprint(request.data)
    options = {
        "seed": request.seed, "central_tendency": request.central_tendency, "cutoff_pd": card.terms.cutoff_pd,
        "baseline": card.terms.baseline.method, "correlated": request.policy.correlated, "values": request.values,
        "rejects": None if request.rejects is None else fingerprint(request.rejects),
        "reject_factor": None if request.rejects is None else request.reject_factor,
        "cluster": request.cluster is not None,
    } | ({"reweigh": request.reweigh} if request.reweigh else {})  # fmt: skip
    schema = request.schema.to_json()
    mark = digest(json.dumps([data_hash, schema, options, request.kind], sort_keys=True).encode())[:8]
    head = {
        "name": request.name or f"{request.segment}-{request.kind}-{mark}", "segment": request.segment,
        "kind": request.kind, "target": request.schema.target, "schema": schema, "options": options,
        "purpose": request.purpose,
        "data": {"file": request.data.name, "sha256": data_hash, "rows": sample.rows, "bads": int(material.bad.sum())},
    }  # fmt: skip
    booster = None if final.booster is None else final.booster.save()
    return make_draft(head, card, booster, metrics, tuple(material.findings))

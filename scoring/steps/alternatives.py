"""A search for less discriminatory alternatives: versions that rank as well within a tolerance and refuse more evenly.

Variants leave features out, one more at a time from the best found so far, try the learner's other plans, and weigh the
rows so that the outcome is as frequent in every group (Kamiran and Calders 2012). Every variant is cross-fitted on the
same folds and approves the same share of applicants, so that only the mix differs. Protected columns are never inputs:
they measure, and weigh rows while a variant is fitted. What is proposed is for people to judge: a variant may lose a
feature that is needed for other reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.columns import DataSchema
from scoring.domain.fairness import even_weights, fairness_table, groups_in, least_ratio
from scoring.domain.metrics import auc, compare_aucs
from scoring.domain.policy import ScoringPolicy
from scoring.domain.version import Version
from scoring.engine import Plan
from scoring.steps.fit import PLANS, Columns, Progress, fit_folds, folds_of, take
from scoring.steps.read_sample import Sample, read_sample

ROWS_MAX = 20_000
ROUNDS = 3  # features left out at most
SHOWN = 12


@dataclass(frozen=True)
class _Material:
    version: Version
    columns: Columns
    bad: np.ndarray
    groups: dict[str, Sequence[str]]
    share: float  # of applicants that is approved
    seed: int


@dataclass(frozen=True)
class _Variant:
    """One variant: the features left out, the plan, the protected column rows were weighed by ("" for none),
    out-of-fold margins, and its ratios by protected column."""

    left_out: tuple[int, ...]
    plan: Plan | None
    reweighed: str
    margins: np.ndarray
    area: float
    ratios: dict[str, float | None]

    @property
    def ratio(self) -> float:
        """The lowest of all groups; 1 when nothing could be compared."""
        known = [ratio for ratio in self.ratios.values() if ratio is not None]
        return min(known, default=1.0)


def search_alternatives(
    version: Version, data: Path, policy: ScoringPolicy, progress: Progress = lambda _stage, _share: None, *,
    tolerance: float | None = None, seed: int = 7,
) -> dict[str, Any]:  # fmt: skip
    """The variants found, best ratio first, beside the version's own recipe. Raises InvalidInput for unfit data.

    `tolerance` is the AUC that may be given up, the policy's if None. At most 20,000 rows are used.
    """
    allowed = policy.limits.fairer_tolerance if tolerance is None else tolerance
    if version.kind not in {*PLANS, "logistic"}:
        raise InvalidInput({"model": Text("A card written by experts is not learnt: there is nothing to search")})
    sample = read_sample(data)
    material = _material(version, sample, seed)
    count = len(version.card.terms.features)
    plans: tuple[Plan | None, ...] = PLANS.get(version.kind, (None,))
    weighers = () if plans == (None,) else tuple(material.groups)
    total = len(plans) + min(ROUNDS, count - 1) * count + 2 * len(weighers)
    tried: list[_Variant] = []

    def attempt(left_out: tuple[int, ...], plan: Plan | None, reweighed: str = "") -> _Variant:
        variant = _fit(material, left_out, plan, reweighed)
        tried.append(variant)
        progress("search", min(1.0, len(tried) / total))
        return variant

    by_plan = [attempt((), plan) for plan in plans]
    base = max(by_plan, key=lambda variant: variant.area)
    best = base
    for _ in range(min(ROUNDS, count - 1)):
        found = [attempt((*best.left_out, at), base.plan) for at in range(count) if at not in best.left_out]
        fitting = [variant for variant in found if base.area - variant.area <= allowed]
        step = max(fitting, key=lambda variant: (variant.ratio, variant.area), default=None)
        if step is None or step.ratio <= best.ratio:
            break
        best = step
    for name in weighers:  # by itself, and on top of what was best without
        for left_out in dict.fromkeys(((), best.left_out)):
            attempt(left_out, base.plan, name)
    progress("search", 1.0)
    return _report(material, base, tried, allowed, policy.limits.impact_ratio_min, sample.rows)


def _material(version: Version, sample: Sample, seed: int) -> _Material:
    schema = version.schema
    bad = sample.outcome(schema.target)
    if not 0 < bad.sum() < len(bad):
        raise InvalidInput({schema.target: Text("All rows have the same outcome: nothing can be ranked")})
    columns = sample.matrix(version.card.terms.features)
    groups = _groups(schema, sample)
    if not groups:
        raise InvalidInput({"data": Text("The data of this version name no protected column: nothing can be compared")})
    passed = version.card.score_rows(columns).score >= version.card.terms.cutoff_ticks
    if len(bad) > ROWS_MAX:
        rows = np.flatnonzero(folds_of(bad, -(-len(bad) // ROWS_MAX), seed) == 0)
        columns, bad = take(columns, rows), bad[rows]
        groups = {name: [labels[at] for at in rows] for name, labels in groups.items()}
    share = float(passed.mean())
    return _Material(version, columns, bad, groups, share if 0.02 < share < 0.98 else 0.5, seed)


def _groups(schema: DataSchema, sample: Sample) -> dict[str, Sequence[str]]:
    return {
        column.name: groups_in(column, sample.columns[column.name])
        for column in schema.protected
        if column.name in sample.columns
    }


def _fit(material: _Material, left_out: tuple[int, ...], plan: Plan | None, reweighed: str) -> _Variant:
    kept = [at for at in range(len(material.columns)) if at not in left_out]
    features = [material.version.card.terms.features[at] for at in kept]
    columns = [material.columns[at] for at in kept]
    folds = fit_folds(
        material.version.kind, features, columns, material.bad, plan, material.seed, lambda _stage, _share: None,
        rows_weigh=even_weights(material.groups[reweighed], material.bad) if reweighed else None,
    )  # fmt: skip
    approved = folds.margins <= np.quantile(folds.margins, material.share)
    tables = {name: fairness_table(labels, material.bad, approved) for name, labels in material.groups.items()}
    ratios = {name: least_ratio(table) for name, table in tables.items()}
    return _Variant(left_out, plan, reweighed, folds.margins, auc(material.bad, folds.margins), ratios)


def _report(
    material: _Material, base: _Variant, tried: Sequence[_Variant], allowed: float, wanted: float, rows: int
) -> dict[str, Any]:
    names = material.version.card.terms.names

    def shown(variant: _Variant) -> dict[str, Any]:
        difference, low, high = compare_aucs(material.bad, variant.margins, base.margins)
        return {
            "left_out": [names[at] for at in variant.left_out], "plan": variant.plan.name if variant.plan else "",
            "reweighed": variant.reweighed,
            "auc": variant.area, "auc_difference": difference, "auc_difference_interval": [low, high],
            "ratios": variant.ratios, "ratio": variant.ratio, "within": base.area - variant.area <= allowed,
            "better": base.area - variant.area <= allowed and variant.ratio > base.ratio,
        }  # fmt: skip

    others = sorted((v for v in tried if v is not base), key=lambda v: (base.area - v.area > allowed, -v.ratio))
    return {
        "version": material.version.name, "rows": rows, "rows_used": len(material.bad), "tolerance": allowed,
        "impact_ratio_min": wanted, "approval_rate": material.share, "tried": len(tried), "base": shown(base),
        "alternatives": [shown(variant) for variant in others[:SHOWN]],
    }  # fmt: skip

"""Measures a version on a file with outcomes, alone or against another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.columns import Column, Feature, number_column
from scoring.domain.metrics import bootstrap, compare_aucs, measure
from scoring.domain.version import Version
from scoring.steps.figures import periods_of
from scoring.steps.fit import folds_of
from scoring.steps.read_sample import Sample, read_sample

FOLDS = 5
TINY = 1e-12


def evaluate(version: Version, data: Path, *, seed: int = 7) -> dict[str, Any]:
    """AUC, Gini, KS, Brier, log-loss, ECE and calibration slope with bootstrap intervals, by fold and by time.

    Raises InvalidInput naming column and row for data that cannot be used.
    """
    sample = read_sample(data)
    bad, pd = _scored(version, sample)
    fold = folds_of(bad, FOLDS, seed)
    report: dict[str, Any] = {
        "version": version.name,
        "sha256": version.sha256,
        "data": data.name,
        **measure(bad, pd, seed=seed).to_json(),
        "intervals": {name: _clean(ends) for name, ends in bootstrap(bad, pd, seed=seed).items()},
        "by_fold": [{"fold": k + 1, **measure(bad[fold == k], pd[fold == k], seed=seed).to_json()}
                    for k in range(FOLDS) if (fold == k).any()],
        "by_time": _by_time(version.schema.time, sample, bad, pd, seed),
        "by_grade": _by_grade(version, sample, bad),
        "unknown_categories": unknown_in(
            version.card.terms.features, sample.matrix(version.card.terms.features)
        ),
    }  # fmt: skip
    if not 0 < bad.sum() < len(bad):
        report["warning"] = "All rows have the same outcome: nothing can be ranked"
    return report


def compare(first: Version, second: Version, data: Path, *, seed: int = 7) -> dict[str, Any]:
    """Two versions on the same rows: both sets of figures, and the difference in AUC with its interval (DeLong)."""
    sample = read_sample(data)
    bad, one = _scored(first, sample)
    _, other = _scored(second, sample)
    if not 0 < bad.sum() < len(bad):
        raise InvalidInput({first.manifest["target"]: Text("All rows have the same outcome: nothing can be ranked")})
    difference, low, high = compare_aucs(bad, one, other)
    names = [first.name, second.name if second.name != first.name else f"{second.name} (b)"]
    verdict = (
        "no difference beyond chance"
        if low <= 0 <= high
        else f"{names[0] if difference > 0 else names[1]} ranks better"
    )
    return {
        "data": data.name, "a": first.name, "b": second.name,
        "metrics": {"a": measure(bad, one, seed=seed).to_json(), "b": measure(bad, other, seed=seed).to_json()},
        "auc_difference": difference, "auc_difference_interval": [low, high], "verdict": verdict,
        "rank_correlation": _rank_correlation(one, other),
        "swap": _swap(first, second, one, other, bad),
    }  # fmt: skip


def _scored(version: Version, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    bad = sample.outcome(version.manifest["target"])
    pd = version.card.score_rows(sample.matrix(version.card.terms.features)).pd
    return bad, np.clip(pd, TINY, 1 - TINY)


def _by_time(column: Column | None, sample: Sample, bad: np.ndarray, pd: np.ndarray, seed: int) -> list[dict[str, Any]]:
    if column is None or column.name not in sample.columns:
        return []
    when = number_column(column.name, column.type, sample.columns[column.name])
    return [
        {"period": name, **measure(bad[mine], pd[mine], seed=seed, resamples=50).to_json()}
        for name, mine in periods_of(column, when)
    ]


def _by_grade(version: Version, sample: Sample, bad: np.ndarray) -> list[dict[str, Any]]:
    terms = version.card.terms
    scored = version.card.score_rows(sample.matrix(terms.features))
    grades = np.asarray([terms.grade_of(int(score)) for score in scored.score])
    return [
        {"grade": grade.name, "rows": int(mine.sum()),
         "mean_pd": float(scored.pd[mine].mean()) if mine.any() else None,
         "bad_rate": float(bad[mine].mean()) if mine.any() else None}
        for grade in terms.grades
        for mine in [grades == grade.name]
    ]  # fmt: skip


def unknown_in(features: Sequence[Feature], columns: Sequence[np.ndarray]) -> dict[str, int]:
    """By category feature, how many rows have a category the version does not know (they score as "any other")."""
    found = {}
    for feature, column in zip(features, columns, strict=True):
        count = int((column == len(feature.categories)).sum()) if feature.is_category else 0
        if count:
            found[feature.name] = count
    return found


def _clean(ends: tuple[float, float]) -> list[float | None]:
    return [None if math.isnan(end) else end for end in ends]


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    ranks = [np.argsort(np.argsort(risk, kind="stable"), kind="stable").astype(float) for risk in (one, other)]
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _swap(first: Version, second: Version, one: np.ndarray, other: np.ndarray, bad: np.ndarray) -> dict[str, Any]:
    """Who would pass under one version and not under the other, at each version's own cut-off."""
    a, b = one <= first.card.terms.cutoff_pd, other <= second.card.terms.cutoff_pd
    groups = {"both_pass": a & b, "only_a_passes": a & ~b, "only_b_passes": ~a & b, "both_fail": ~a & ~b}
    return {
        name: {"rows": int(mine.sum()), "bad_rate": float(bad[mine].mean()) if mine.any() else None}
        for name, mine in groups.items()
    }

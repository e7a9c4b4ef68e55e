"""Two versions on the same cases: how far they agree, and which is better once outcomes are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring.domain.metrics import compare_aucs
from scoring.domain.watching import rate

Z = 1.96
ROWS_FOR_AUC = 30


def compare_pairs(
    pd: tuple[np.ndarray, np.ndarray], score: tuple[np.ndarray, np.ndarray], passed: tuple[np.ndarray, np.ndarray],
    grade: tuple[np.ndarray, np.ndarray], bad: np.ndarray,
) -> dict[str, Any]:  # fmt: skip
    """Paired figures of two versions, first against second; differences are second less first with 95 % intervals.

    `bad` is 0, 1 or NaN while the outcome is not known. The AUCs are compared by DeLong's method on the known ones.
    """
    rows = len(pd[0])
    known = ~np.isnan(bad)
    report: dict[str, Any] = {
        "rows": rows, "outcomes": int(known.sum()),
        "mean_pd": [float(part.mean()) for part in pd] if rows else [None, None],
        "pd_difference": _mean_difference(pd[1] - pd[0]),
        "mean_score": [float(part.mean()) for part in score] if rows else [None, None],
        "score_difference": _mean_difference(score[1] - score[0]),
        "pass_rate": [rate(int(part.sum()), rows) for part in passed],
        "same_grade": rate(int((grade[0] == grade[1]).sum()), rows),
        "rank_correlation": _spearman(score[0], score[1]),
        "swap": _swap(passed, bad),
        "auc": None,
    }  # fmt: skip
    outcome = bad[known]
    if known.sum() >= ROWS_FOR_AUC and 0 < outcome.sum() < len(outcome):
        difference, low, high = compare_aucs(outcome, pd[1][known], pd[0][known])
        report["auc"] = {"difference": difference, "low": low, "high": high}
    return report


def _mean_difference(values: np.ndarray) -> dict[str, float | None]:
    """The mean of paired differences with its 95 % interval (normal; paired cases)."""
    if len(values) < 2:
        return {"mean": float(values.mean()) if len(values) else None, "low": None, "high": None}
    mean, half = float(values.mean()), Z * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    return {"mean": mean, "low": mean - half, "high": mean + half}


def _spearman(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties sharing their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse])


def _swap(passed: tuple[np.ndarray, np.ndarray], bad: np.ndarray) -> dict[str, Any]:
    """Who passes under both, one or neither, each with the bad rate of those whose outcome is known."""
    a, b = passed
    groups = {"both": a & b, "only_first": a & ~b, "only_second": ~a & b, "neither": ~a & ~b}
    found = {}
    for name, mine in groups.items():
        known = mine & ~np.isnan(bad)
        found[name] = {"rows": int(mine.sum()), "bad": rate(int(np.nansum(bad[known])), int(known.sum()))}
    return found

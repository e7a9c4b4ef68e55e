"""Outcomes by protected group: approval, errors, and the ratio regulators look at."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scoring.domain.columns import Column, ColumnType, number_column
from scoring.domain.stability import wilson_interval

GROUP_MIN = 30
EXPECTED_MIN = 5
WEIGHT_MOST = 5.0


def fairness_table(
    labels: Sequence[str], bad: np.ndarray, approved: np.ndarray, *, small: bool = False
) -> list[dict[str, Any]]:
    """One row per group with at least 30 rows: counts, approval rate, error rates, adverse impact ratio, p-value.

    The ratio is the approval rate over that of the group with the highest (29 CFR 1607.4 D, the four-fifths rule as
    used for screening by supervisors), with a 95 % interval (Katz 1978); `p_value` is the two-sided z-test of two
    proportions against the same group, Fisher's exact test where fewer than five are expected in a cell. Where `bad` is
    NaN the outcome is not known. With `small`, smaller groups are listed too, without a ratio: it would mean nothing.
    """
    names = np.asarray(labels)
    rows: list[dict[str, Any]] = []
    for name in sorted(set(labels), key=_place):
        mine = names == name
        size = int(mine.sum())
        if size < GROUP_MIN and not small:
            continue
        goods, bads = mine & (bad == 0), mine & (bad == 1)
        low, high = wilson_interval(int(approved[mine].sum()), size)
        rows.append(
            {
                "group": str(name), "rows": size, "small": size < GROUP_MIN, "approved": int(approved[mine].sum()),
                "bad_rate": _rate(bad == 1, goods | bads), "goods": int(goods.sum()), "bads": int(bads.sum()),
                "approval_rate": float(approved[mine].mean()), "approval_low": low, "approval_high": high,
                "good_refused": _rate(~approved, goods), "bad_approved": _rate(approved, bads),
                "impact_ratio": None, "ratio_low": None, "ratio_high": None, "p_value": None,
            }
        )  # fmt: skip
    compared = [row for row in rows if not row["small"]]
    if not compared:
        return rows
    best = max(compared, key=lambda r: r["approval_rate"])
    for row in compared:
        row["impact_ratio"] = row["approval_rate"] / best["approval_rate"] if best["approval_rate"] else None
        row["ratio_low"], row["ratio_high"] = _ratio_interval(row, best)
        row["p_value"] = two_proportions(row["approved"], row["rows"], best["approved"], best["rows"])
    return rows


def least_ratio(table: Sequence[Mapping[str, Any]]) -> float | None:
    """The lowest adverse impact ratio of a table; None when nothing could be compared."""
    return min((row["impact_ratio"] for row in table if row["impact_ratio"] is not None), default=None)


def _place(label: str) -> tuple[int, float, str]:
    """Groups in reading order: bands of numbers from the lowest up, then names, then "missing"."""
    if label == "missing":
        return 2, 0.0, label
    if label.startswith("lowest"):
        return 0, -math.inf, label
    head = re.split(r"[ -]", label, maxsplit=1)[0]
    try:
        return 0, float(head), label
    except ValueError:
        return 1, 0.0, label


def _rate(what: np.ndarray, among: np.ndarray) -> float | None:
    return float(what[among].mean()) if among.any() else None


def _ratio_interval(row: Mapping[str, Any], best: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """95 % interval of a ratio of two proportions on the log scale; none when a count is zero."""
    a, n, b, m = row["approved"], row["rows"], best["approved"], best["rows"]
    if not a or not b:
        return None, None
    if row is best:
        return 1.0, 1.0
    ratio, spread = (a / n) / (b / m), math.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    return ratio * math.exp(-1.96 * spread), ratio * math.exp(1.96 * spread)


def two_proportions(a: int, n: int, b: int, m: int) -> float:
    """Two-sided p-value that a of n and b of m come from one proportion."""
    pooled = (a + b) / (n + m)
    if min(n, m) * min(pooled, 1 - pooled) < EXPECTED_MIN:
        return fisher_exact(a, n, b, m) if pooled <= 0.5 else fisher_exact(n - a, n, m - b, m)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return math.erfc(abs(a / n - b / m) / spread / math.sqrt(2)) if spread else 1.0


def fisher_exact(a: int, n: int, b: int, m: int) -> float:
    """Fisher's exact test, two-sided: the chance of every table with the same margins that is no likelier than this.

    By logarithms of factorials: exact fractions of a million rows have a million digits.
    """
    hits = a + b
    whole = _log_choose(n + m, hits)

    def chance(x: int) -> float:
        return math.exp(_log_choose(n, x) + _log_choose(m, hits - x) - whole)

    seen = chance(a) * (1 + 1e-7)
    return min(1.0, sum(p for x in range(max(0, hits - m), min(n, hits) + 1) if (p := chance(x)) <= seen))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def even_weights(labels: Sequence[str], bad: np.ndarray) -> np.ndarray:
    """Weights of rows under which the outcome is as frequent in every group as in all (Kamiran and Calders 2012).

    The mean is about one. Groups of fewer than 30 rows keep the weight one, and no row weighs more than five.
    """
    names = np.asarray(labels)
    weight = np.ones(len(bad))
    for name in sorted(set(labels)):
        mine = names == name
        if mine.sum() < GROUP_MIN:
            continue
        for value in (0.0, 1.0):
            cell = mine & (bad == value)
            if cell.any():
                weight[cell] = min(WEIGHT_MOST, float(mine.sum() * (bad == value).mean() / cell.sum()))
    return weight


def groups_in(column: Column, values: Sequence[str]) -> list[str]:
    """The group of every row: a category's label, or a band of a number. Raises InvalidInput."""
    if column.type is ColumnType.CATEGORY:
        return [value.strip() or "missing" for value in values]
    return bands_of(number_column(column.name, column.type, values))


def bands_of(column: np.ndarray) -> list[str]:
    """Numbers as group labels: each value when there are at most eight, else quartiles; "missing" apart."""
    known = column[~np.isnan(column)]
    distinct = np.unique(known)
    if len(distinct) <= 8:
        return ["missing" if math.isnan(v) else f"{v:g}" for v in column]
    q = np.unique(np.quantile(known, [0.25, 0.5, 0.75]))
    ends = ["lowest", *(f"{v:g}" for v in q), "highest"]
    cell = np.searchsorted(q, column, side="right")
    return ["missing" if math.isnan(v) else f"{ends[c]} to {ends[c + 1]}" for v, c in zip(column, cell, strict=True)]

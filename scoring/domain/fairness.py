"""Outcomes by protected group: approval, errors, and the ratio regulators look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

GROUP_MIN = 30


def fairness_table(labels: Sequence[str], bad: np.ndarray, approved: np.ndarray) -> list[dict[str, Any]]:
    """One row per group with at least 30 rows: counts, approval rate, error rates, adverse impact ratio, p-value.

    The ratio is the approval rate over that of the group with the highest (29 CFR 1607.4 D, the four-fifths rule as
    used for screening by supervisors); `p_value` is the two-sided z-test of two proportions against the same group.
    """
    names = np.asarray(labels)
    rows: list[dict[str, Any]] = []
    for name in sorted(set(labels)):
        mine = names == name
        size = int(mine.sum())
        if size < GROUP_MIN:
            continue
        goods, bads = mine & (bad == 0), mine & (bad == 1)
        rows.append(
            {
                "group": name, "rows": size, "bad_rate": float(bad[mine].mean()),
                "approval_rate": float(approved[mine].mean()),
                "good_refused": _rate(~approved, goods), "bad_approved": _rate(approved, bads),
            }
        )  # fmt: skip
    if not rows:
        return []
    best = max(rows, key=lambda r: r["approval_rate"])
    for row in rows:
        row["impact_ratio"] = row["approval_rate"] / best["approval_rate"] if best["approval_rate"] else None
        row["p_value"] = _two_proportions(row["approval_rate"], row["rows"], best["approval_rate"], best["rows"])
    return rows


def _rate(what: np.ndarray, among: np.ndarray) -> float | None:
    return float(what[among].mean()) if among.any() else None


def _two_proportions(p: float, n: int, q: float, m: int) -> float:
    pooled = (p * n + q * m) / (n + m)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return math.erfc(abs(p - q) / spread / math.sqrt(2)) if spread else 1.0


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

"""The curves of an evaluation as short lists of points: ROC with KS, gains, calibration, score by outcome.

Numbers are rounded to five digits: a curve is drawn, never computed with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scoring.domain.stability import wilson_interval

POINTS = 101
BANDS = 10
BARS = 20


def curves(bad: np.ndarray, pd: np.ndarray, points: np.ndarray) -> dict[str, Any]:
    """All curves of one sample: `bad` 0/1, `pd`, and the score in points. Empty when one class is missing."""
    if not 0 < bad.sum() < len(bad):
        return {}
    return {
        "roc": roc(bad, pd),
        "gains": gains(bad, pd),
        "calibration": calibration(bad, pd),
        "distribution": distribution(bad, points),
    }


def roc(bad: np.ndarray, pd: np.ndarray) -> dict[str, Any]:
    """Shares of goods (x) and bads (y) refused as the cut-off moves, and where their gap (KS) is widest."""
    order = np.argsort(-pd, kind="stable")
    last = np.append(np.flatnonzero(np.diff(pd[order])), len(pd) - 1)
    bads = np.append(0.0, np.cumsum(bad[order])[last] / bad.sum())
    goods = np.append(0.0, np.cumsum(1 - bad[order])[last] / (1 - bad).sum())
    widest = int(np.argmax(bads - goods))
    kept = np.unique(np.append(np.linspace(0, len(bads) - 1, POINTS).round().astype(int), widest))
    cut = float(pd[order][last[widest - 1]]) if widest else 1.0
    return {
        "goods": _round(goods[kept]), "bads": _round(bads[kept]),
        "ks": {"goods": _one(goods[widest]), "bads": _one(bads[widest]), "pd": _one(cut)},
    }  # fmt: skip


def gains(bad: np.ndarray, pd: np.ndarray) -> dict[str, Any]:
    """Of the worst x share of rows, which share of all bads is among them (the lift chart's curve), in tenths."""
    order = np.argsort(-pd, kind="stable")
    caught = np.append(0.0, np.cumsum(bad[order]) / bad.sum())
    ends = [round(len(bad) * tenth / BANDS) for tenth in range(BANDS + 1)]
    return {"rows": [_one(end / len(bad)) for end in ends], "bads": [_one(caught[end]) for end in ends]}


def calibration(bad: np.ndarray, pd: np.ndarray) -> list[dict[str, Any]]:
    """Ten bands of equal count: mean PD against the observed rate with its 95 % interval (Wilson)."""
    order = np.argsort(pd, kind="stable")
    found = []
    for part in np.array_split(order, min(BANDS, len(order))):
        rows, bads = len(part), int(bad[part].sum())
        low, high = wilson_interval(bads, rows)
        found.append({"pd": _one(pd[part].mean()), "observed": _one(bads / rows), "low": _one(low), "high": _one(high),
                      "rows": rows})  # fmt: skip
    return found


def distribution(bad: np.ndarray, points: np.ndarray) -> dict[str, Any]:
    """Goods and bads over at most twenty bars of score, as shares of their class; the ends hold the tails."""
    low, high = np.quantile(points, [0.005, 0.995])
    step = _nice((float(high) - float(low)) / BARS or 1.0)
    first = math.floor(float(low) / step) * step
    count = max(1, math.ceil((float(high) - first) / step + 1e-9))
    edges = [round(first + step * at, 6) for at in range(count + 1)]
    cell = np.clip(np.floor((points - first) / step).astype(int), 0, count - 1)
    goods = np.bincount(cell[bad == 0], minlength=count)
    bads = np.bincount(cell[bad == 1], minlength=count)
    return {"edges": edges, "goods": _round(goods / goods.sum()), "bads": _round(bads / bads.sum()),
            "good_rows": goods.tolist(), "bad_rows": bads.tolist()}  # fmt: skip


def _nice(step: float) -> float:
    """The next of 1, 2, 5, 10, ... at or above."""
    power: float = 10.0 ** math.floor(math.log10(step))
    return next(lead * power for lead in (1, 2, 5, 10) if lead * power >= step - 1e-12)


def _one(value: float) -> float:
    return round(float(value), 5)


def _round(values: Sequence[float] | np.ndarray) -> list[float]:
    return [_one(value) for value in values]

"""How well a PD ranks and how true it is. Numpy only; every function takes `bad` (0 or 1) and `pd` or a score."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


def auc(bad: np.ndarray, risk: np.ndarray) -> float:
    """Probability that a bad has the higher risk than a good, ties half (Mann-Whitney U). NaN with one class only."""
    order = np.argsort(risk, kind="stable")
    ranked = risk[order]
    _, first, counts = np.unique(ranked, return_index=True, return_counts=True)
    ranks = np.repeat(first + (counts + 1) / 2, counts)
    bads = float(bad.sum())
    goods = len(bad) - bads
    if not bads or not goods:
        return math.nan
    return float((ranks[bad[order] == 1].sum() - bads * (bads + 1) / 2) / (bads * goods))


def ks(bad: np.ndarray, risk: np.ndarray) -> float:
    """The widest gap between the distributions of bads and goods (two-sample Kolmogorov-Smirnov)."""
    order = np.argsort(-risk, kind="stable")
    sorted_bad, sorted_risk = bad[order], risk[order]
    last = np.append(np.flatnonzero(np.diff(sorted_risk)), len(bad) - 1)
    bads = np.cumsum(sorted_bad)[last] / max(bad.sum(), 1)
    goods = np.cumsum(1 - sorted_bad)[last] / max((1 - bad).sum(), 1)
    return float(np.max(np.abs(bads - goods)))


def brier(bad: np.ndarray, pd: np.ndarray) -> float:
    """Mean squared error of the PD (Brier 1950)."""
    return float(np.mean((pd - bad) ** 2))


def log_loss(bad: np.ndarray, pd: np.ndarray) -> float:
    """Mean negative log-likelihood in nats."""
    clipped = np.clip(pd, 1e-15, 1 - 1e-15)
    return float(-np.mean(bad * np.log(clipped) + (1 - bad) * np.log1p(-clipped)))


def ece(bad: np.ndarray, pd: np.ndarray, bands: int = 10) -> float:
    """Expected calibration error over bands of equal count: mean |observed rate - mean PD| weighted by rows."""
    order = np.argsort(pd, kind="stable")
    parts = [part for part in np.array_split(order, min(bands, len(order))) if len(part)]
    return float(sum(len(p) * abs(bad[p].mean() - pd[p].mean()) for p in parts) / len(bad))


def fit_calibration(bad: np.ndarray, log_odds: np.ndarray, *, slope: bool = True) -> tuple[float, float]:
    """(intercept, slope) of the logistic regression of `bad` on `log_odds` by Newton's method (Cox 1958).

    With `slope=False` the slope is held at 1. A perfect separation stops at 50 steps with a slope at most 20.
    """
    a, b = 0.0, 1.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(a + b * log_odds, -35, 35)))
        residual, weight = bad - p, np.maximum(p * (1 - p), 1e-12)
        g0, h00 = residual.sum(), weight.sum()
        if not slope:
            step = (g0 / h00, 0.0)
        else:
            g1, h01, h11 = (residual * log_odds).sum(), (weight * log_odds).sum(), (weight * log_odds**2).sum()
            determinant = h00 * h11 - h01**2
            if determinant <= 1e-12 * max(h00 * h11, 1e-300):  # a constant score has no slope to find
                return fit_calibration(bad, log_odds, slope=False)
            step = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant)
        size = max(abs(step[0]), abs(step[1]))
        shrink = min(1.0, 5.0 / size) if size else 1.0
        a, b = a + shrink * step[0], min(b + shrink * step[1], 20.0)
        if size < 1e-10:
            break
    return float(a), float(b)


@dataclass(frozen=True, slots=True)
class Metrics:
    """One evaluation. `auc_low` and `auc_high` are a 95 % bootstrap interval; `slope` is 1 for a well-spread PD."""

    rows: int
    bads: int
    bad_rate: float
    mean_pd: float
    auc: float
    auc_low: float
    auc_high: float
    gini: float
    ks: float
    brier: float
    log_loss: float
    ece: float
    slope: float
    intercept: float

    def to_json(self) -> dict[str, float | int | None]:
        """JSON-ready; NaN (one class only) becomes null."""
        raw = {name: getattr(self, name) for name in self.__slots__}
        return {k: (None if isinstance(v, float) and math.isnan(v) else v) for k, v in raw.items()}


def measure(bad: np.ndarray, pd: np.ndarray, *, seed: int = 0, resamples: int = 200) -> Metrics:
    """All figures of one sample. `bad` is 0/1, `pd` strictly between 0 and 1."""
    area = auc(bad, pd)
    low, high = bootstrap(bad, pd, seed=seed, resamples=resamples)["auc"]
    log_odds = np.log(pd) - np.log1p(-pd)
    intercept, slope = fit_calibration(bad, log_odds) if 0 < bad.sum() < len(bad) else (math.nan, math.nan)
    return Metrics(
        len(bad), int(bad.sum()), float(bad.mean()), float(pd.mean()), area, low, high, 2 * area - 1, ks(bad, pd),
        brier(bad, pd), log_loss(bad, pd), ece(bad, pd), slope, intercept,
    )  # fmt: skip


def _levels(bad: np.ndarray, pd: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(goods, bads, mean PD) of at most 2,000 levels of PD, best first: what resampling needs to know of the rows."""
    cuts = np.unique(np.quantile(pd, np.linspace(0, 1, 2001)[1:-1]))
    cell = np.searchsorted(cuts, pd, side="right")
    size = len(cuts) + 1
    rows = np.bincount(cell, minlength=size)
    bads = np.bincount(cell, weights=bad, minlength=size)
    mean = np.bincount(cell, weights=pd, minlength=size) / np.maximum(rows, 1)
    kept = rows > 0
    return rows[kept] - bads[kept], bads[kept], mean[kept]


def bootstrap(bad: np.ndarray, pd: np.ndarray, *, seed: int, resamples: int = 200) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of auc, gini, ks, brier and log_loss; goods and bads are resampled apart.

    Rows are resampled through the counts of 2,000 levels of PD, so that 150,000 rows take no longer than 2,000. The
    levels hold equal counts: the figures move by less than a tenth of the interval.
    """
    good_counts, bad_counts, mean = _levels(bad, pd)
    goods, bads = round(good_counts.sum()), round(bad_counts.sum())
    names = ("auc", "gini", "ks", "brier", "log_loss")
    if not bads or not goods:
        return dict.fromkeys(names, (math.nan, math.nan))
    rng = np.random.default_rng(seed)
    g = rng.multinomial(goods, good_counts / goods, size=resamples) / goods
    b = rng.multinomial(bads, bad_counts / bads, size=resamples) / bads
    areas = (b * (np.cumsum(g, axis=1) - g / 2)).sum(axis=1)
    rate = bads / (bads + goods)
    clipped = np.clip(mean, 1e-15, 1 - 1e-15)
    drawn = {
        "auc": areas,
        "gini": 2 * areas - 1,
        "ks": np.abs(np.cumsum(g, axis=1) - np.cumsum(b, axis=1)).max(axis=1),
        "brier": rate * (b @ (1 - mean) ** 2) + (1 - rate) * (g @ mean**2),
        "log_loss": -rate * (b @ np.log(clipped)) - (1 - rate) * (g @ np.log1p(-clipped)),
    }
    return {
        name: (float(low), float(high))
        for name, values in drawn.items()
        for low, high in [np.quantile(values, [0.025, 0.975])]
    }


def compare_aucs(bad: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """AUC of `one` less that of `other` on the same rows, with a 95 % interval by DeLong's method (1988)."""
    parts = [_placements(bad, risk) for risk in (one, other)]
    difference = auc(bad, one) - auc(bad, other)
    v10 = np.cov(np.vstack([part[0] for part in parts]))
    v01 = np.cov(np.vstack([part[1] for part in parts]))
    s = v10 / parts[0][0].size + v01 / parts[0][1].size
    spread = math.sqrt(max(s[0, 0] + s[1, 1] - 2 * s[0, 1], 0.0))
    return difference, difference - 1.96 * spread, difference + 1.96 * spread


def _placements(bad: np.ndarray, risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each bad the share of goods below it, for each good the share of bads above it (ties half)."""
    bads, goods = np.sort(risk[bad == 1]), np.sort(risk[bad == 0])
    below = (np.searchsorted(goods, bads, "left") + np.searchsorted(goods, bads, "right")) / (2 * goods.size)
    above = 1 - (np.searchsorted(bads, goods, "left") + np.searchsorted(bads, goods, "right")) / (2 * bads.size)
    return below[_unsort(risk[bad == 1])], above[_unsort(risk[bad == 0])]


def _unsort(values: np.ndarray) -> np.ndarray:
    order = np.argsort(values, kind="stable")
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return back

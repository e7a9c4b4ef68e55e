"""Weight of evidence per cell and a logistic regression on it: the baseline every other card is compared with.

Siddiqi, Intelligent Credit Scoring, 2nd ed., ch. 10. Numbers are cut into bands of at least 5 % of the rows; where a
direction is expected, neighbours that go against it are pooled (isotonic regression by pooling adjacent violators).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.domain.columns import Feature
from scoring.domain.trees import Grid, exact_edge, find_cells

SHARE_MIN = 0.05
SMOOTHING = 0.5


@dataclass(frozen=True)
class WoeFit:
    """Grids with the contribution of each cell in log-odds; the margin is `bias` plus one cell per feature."""

    grids: tuple[Grid, ...]
    margins: tuple[np.ndarray, ...]
    bias: float

    def margin(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Log-odds of bad of encoded rows."""
        total = np.full(len(columns[0]), self.bias)
        for grid, margins, column in zip(self.grids, self.margins, columns, strict=True):
            total += margins[find_cells(grid, column)]
        return total


def fit_woe(features: Sequence[Feature], columns: Sequence[np.ndarray], bad: np.ndarray, l2: float = 1.0) -> WoeFit:
    """Bands, weights of evidence, and the regression; a coefficient that would turn a sign is set to zero."""
    grids, woes = [], []
    for feature, column in zip(features, columns, strict=True):
        grid = _bands(feature, column, bad)
        grids.append(grid)
        woes.append(_woe(find_cells(grid, column), grid.cells, bad))
    design = np.column_stack([woe[find_cells(g, c)] for woe, g, c in zip(woes, grids, columns, strict=True)])
    weights, bias = _fit_positive(design, bad, l2)
    margins, mean = [], 0.0
    for at, woe in enumerate(woes):
        table = weights[at] * woe
        centre = float(table[find_cells(grids[at], columns[at])].mean())
        margins.append(table - centre)
        mean += centre
    return WoeFit(tuple(grids), tuple(margins), bias + mean)


def _bands(feature: Feature, column: np.ndarray, bad: np.ndarray) -> Grid:
    if feature.is_category:
        return Grid((), (), len(feature.categories) + 1)
    known = ~np.isnan(column)
    values = column[known]
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, 21)[1:-1])) if len(values) else np.array([])
    cuts = cuts[cuts > values.min()] if len(values) else cuts
    cuts = _thin(cuts, values)
    if feature.mono and len(cuts):
        cuts = _pool(cuts, values, bad[known], feature.mono)
    thresholds = tuple(sorted({float(np.float32(c)) for c in cuts}))
    return Grid(tuple(exact_edge(t) for t in thresholds), thresholds, 0)


def _thin(cuts: np.ndarray, values: np.ndarray) -> np.ndarray:
    kept: list[float] = []
    for cut in cuts:
        low = kept[-1] if kept else -np.inf
        inside = ((values >= low) & (values < cut)).mean()
        if inside >= SHARE_MIN and (values >= cut).mean() >= SHARE_MIN:
            kept.append(float(cut))
    return np.array(kept)


def _pool(cuts: np.ndarray, values: np.ndarray, bad: np.ndarray, sign: int) -> np.ndarray:
    cell = np.searchsorted(cuts, values, side="right")
    rows = np.bincount(cell, minlength=len(cuts) + 1).astype(float)
    bads = np.bincount(cell, weights=bad, minlength=len(cuts) + 1)
    blocks: list[list[float]] = []  # rows, bads, last cell
    for at in range(len(rows)):
        blocks.append([rows[at], bads[at], at])
        while len(blocks) > 1 and sign * (_rate(blocks[-1]) - _rate(blocks[-2])) <= 0:
            last = blocks.pop()
            blocks[-1] = [blocks[-1][0] + last[0], blocks[-1][1] + last[1], last[2]]
    return np.array([cuts[int(block[2])] for block in blocks[:-1]])


def _rate(block: list[float]) -> float:
    return block[1] / max(block[0], 1e-9)


def _woe(cells: np.ndarray, size: int, bad: np.ndarray) -> np.ndarray:
    """ln(share of bads / share of goods) per cell, smoothed; 0 for a cell without rows."""
    bads = np.bincount(cells, weights=bad, minlength=size)
    rows = np.bincount(cells, minlength=size)
    odds = bad.sum() / max(len(bad) - bad.sum(), 1)
    woe = np.log((bads + SMOOTHING * odds) / (rows - bads + SMOOTHING) / odds)
    return np.where(rows > 0, woe, 0.0)


def _fit_positive(design: np.ndarray, bad: np.ndarray, l2: float) -> tuple[np.ndarray, float]:
    active = list(range(design.shape[1]))
    while True:
        found = _newton(design[:, active], bad, l2)
        wrong = [at for at, weight in zip(active, found[1:], strict=True) if weight < 0]
        if not wrong:
            break
        worst = min(wrong, key=lambda at: found[1 + active.index(at)])
        active.remove(worst)
    weights = np.zeros(design.shape[1])
    weights[active] = found[1:]
    return weights, float(found[0])


def _newton(design: np.ndarray, bad: np.ndarray, l2: float) -> np.ndarray:
    """Newton's method with halved steps: far from the optimum a whole one may overshoot without end."""
    full = np.column_stack([np.ones(len(bad)), design])
    penalty = np.diag([0.0] + [l2] * design.shape[1])
    beta = np.zeros(full.shape[1])
    rate = bad.mean()
    beta[0] = np.log(rate / (1 - rate))

    def loss(at: np.ndarray) -> float:
        margin = full @ at
        return float(np.logaddexp(0, margin).sum() - bad @ margin + at @ penalty @ at / 2)

    now = loss(beta)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(full @ beta, -35, 35)))
        gradient = full.T @ (bad - p) - penalty @ beta
        hessian = (full * (p * (1 - p))[:, None]).T @ full + penalty
        step = np.linalg.solve(hessian, gradient)
        before = now
        while (now := loss(beta + step)) > before and np.abs(step).max() > 1e-10:
            step /= 2
        if now > before:
            break
        beta += step
        if np.abs(step).max() < 1e-10:
            break
    return beta

"""Fitting a card of any kind: the plans tried, folds, blanked rows, and calibration out of fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoring.domain.binning import WoeFit, fit_woe
from scoring.domain.columns import Feature
from scoring.domain.metrics import auc, fit_calibration, log_loss
from scoring.engine import Booster, Plan, train_booster

Columns = list[np.ndarray]
Progress = Callable[[str, float], None]

# Few, far apart, and each sensible by itself: a bounded search that cannot overfit the folds.
PLANS = {
    "additive": (
        Plan("stumps", 1, 0.1, 1500, 0.5, 0.4, 1.0, 5.0, 5.0, 64),
        Plan("pairs of cuts", 2, 0.05, 1500, 0.5, 0.5, 1.0, 5.0, 5.0, 128),
        Plan("shapes", 3, 0.08, 1200, 0.8, 0.8, 1.0, 1.0, 1.0, 256),
    ),
    "deep": (
        Plan("broad", 4, 0.04, 1500, 0.7, 1.0, 0.5, 5.0, 10.0, 256, 1),
        Plan("sharp", 4, 0.07, 2000, 0.8, 1.0, 0.7, 0.3, 0.1, 512),
    ),
}
SEARCH_ROWS = 20_000
HELD_FROM, HELD_MOST = 10_000, 10.0  # rows from which a printed shape is held back, and how much at most
BLANKS_SHARE = 0.02  # copies per blanked value, as a share of the rows ...
BLANKS_LEAST = 200  # ... but at least so many, and all together at most twice the rows
BLANKS_EFFECT = (15.0, 0.005)  # what the copies of one blanked value weigh: so many rows, or that share of them
NATURAL_MIN = 30  # a cell with fewer rows than this has not been learnt


@dataclass(frozen=True)
class Fit:
    """A fitted model before calibration: the booster, or the regression of a logistic card."""

    booster: Booster | None
    woe: WoeFit | None

    def margin(self, columns: Columns, rounds: int | None = None) -> np.ndarray:
        """Log-odds of bad of encoded rows, by the first `rounds` trees or as many as there are."""
        if self.booster is not None:
            return self.booster.margin(np.column_stack(columns), rounds)
        assert self.woe is not None
        return self.woe.margin(columns)


@dataclass(frozen=True)
class Fitted:
    """What the folds taught: the plan, rounds, calibration, and the margins each row got from folds without it."""

    plan: Plan | None
    rounds: int
    intercept: float
    slope: float
    margins: np.ndarray
    fold_aucs: tuple[float, ...]
    tried: tuple[tuple[str, float, float], ...]


def folds_of(bad: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The fold of every row, goods and bads spread evenly, by seed."""
    rng = np.random.default_rng(seed)
    fold = np.empty(len(bad), dtype=np.int64)
    for value in (0.0, 1.0):
        where = np.flatnonzero(bad == value)
        rng.shuffle(where)
        fold[where] = np.arange(len(where)) % count
    return fold


def fit_once(
    kind: str, features: Sequence[Feature], columns: Columns, bad: np.ndarray, plan: Plan | None, seed: int,
    watch: tuple[Columns, np.ndarray] | None = None, *, cluster: str | None = None,
    rows_weigh: np.ndarray | None = None,
) -> tuple[Fit, int]:  # fmt: skip
    """One fit on encoded columns; with `watch` stopped early. Gives the fit and its best rounds (0 for a regression).

    `cluster` is the address of a Dask scheduler to grow the trees on. `rows_weigh` is a weight for every row; a
    regression takes none.
    """
    if plan is None:
        return Fit(None, fit_woe(features, columns, bad)), 0
    matrix, outcome, weight = _with_blanks(features, columns, bad, seed)
    if rows_weigh is not None:
        weight = np.ones(len(outcome)) if weight is None else weight
        weight[: len(bad)] = rows_weigh
    booster, rounds = train_booster(
        features, matrix, outcome, sized(plan, kind, len(bad)), additive=kind == "additive", seed=seed, weight=weight,
        watch=None if watch is None else (np.column_stack(watch[0]), watch[1]), cluster=cluster,
    )  # fmt: skip
    return Fit(booster, None), rounds


def sized(plan: Plan, kind: str, rows: int) -> Plan:
    """The plan for a sample of that size: a small one is learnt in larger steps, and in coarser cells if printed.

    The shapes of a large additive card are held back: with so many rows in a cell it could follow every one of them.
    """
    eta = plan.eta * 2 if rows < 5000 else plan.eta
    if kind != "additive":
        return replace(plan, eta=eta)
    hold = min(max(rows / HELD_FROM, 1.0), HELD_MOST)
    bins = min(plan.bins, max(16, rows // 40))
    return replace(plan, eta=eta, bins=bins, l2=plan.l2 * hold, min_weight=plan.min_weight * hold)


def _with_blanks(
    features: Sequence[Feature], columns: Columns, bad: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The rows, and lightly weighted copies of some with one value blanked or its category made unknown.

    Without them the side a missing value takes would be an accident wherever the training data had none; with them it
    takes the side that costs least, which is the average one.
    """
    matrix = np.column_stack(columns)
    options: list[tuple[int, float]] = []
    for at, (feature, column) in enumerate(zip(features, columns, strict=True)):
        if np.isnan(column).sum() < NATURAL_MIN:
            options.append((at, np.nan))
        if feature.is_category and (column == len(feature.categories)).sum() < NATURAL_MIN:
            options.append((at, float(len(feature.categories))))
    if not options:
        return matrix, bad, None
    rng = np.random.default_rng(seed)
    each = max(BLANKS_LEAST, round(len(bad) * BLANKS_SHARE))
    each = max(10, min(each, 2 * len(bad) // len(options)))
    bads = max(1, round(each * bad.mean()))  # as many bads as elsewhere: a blank must say nothing by itself
    goods = each - bads
    picked = np.concatenate(
        [
            part
            for _ in options
            for part in (rng.choice(np.flatnonzero(bad == 0), goods), rng.choice(np.flatnonzero(bad == 1), bads))
        ]
    )
    copies = matrix[picked].copy()
    for place, (at, value) in enumerate(options):
        copies[place * each : (place + 1) * each, at] = value
    effect = max(BLANKS_EFFECT[0], BLANKS_EFFECT[1] * len(bad))
    weight = np.concatenate([np.ones(len(bad)), np.full(len(picked), min(1.0, effect / each))])
    return np.vstack([matrix, copies]), np.concatenate([bad, bad[picked]]), weight


def take(columns: Columns, rows: np.ndarray) -> Columns:
    """The rows of every column."""
    return [column[rows] for column in columns]


def join(first: Columns, second: Columns) -> Columns:
    """The rows of both, column by column."""
    return [np.concatenate(pair) for pair in zip(first, second, strict=True)]


def sized_plan(plan: Plan | None, rounds: int) -> Plan | None:
    """The plan with so many rounds; None (a regression) stays None."""
    return None if plan is None else replace(plan, rounds=rounds)


def choose_plan(
    kind: str,
    features: Sequence[Feature],
    columns: Columns,
    bad: np.ndarray,
    seed: int,
    progress: Progress,
    cluster: str | None = None,
) -> tuple[Plan | None, tuple[tuple[str, float, float], ...]]:
    """The plan with the least log-loss over folds of at most 20,000 rows, and what was tried (name, loss, AUC)."""
    plans = PLANS.get(kind)
    if plans is None:
        return None, ()
    if len(bad) > SEARCH_ROWS and len(plans) > 2:
        plans = plans[1:]  # the first is the coarsest: a thinned sample would favour it, the whole would not
    rows = np.arange(len(bad))
    if len(rows) > SEARCH_ROWS:
        rows = np.flatnonzero(folds_of(bad, -(-len(bad) // SEARCH_ROWS), seed) == 0)
    columns, bad = take(columns, rows), bad[rows]
    count = 5 if len(bad) < 8000 else 3
    fold = folds_of(bad, count, seed)
    tried = []
    for at, plan in enumerate(plans):
        margins = np.empty(len(bad))
        for k in range(count):
            inside, outside = fold != k, fold == k
            fit, best = fit_once(
                kind, features, take(columns, inside), bad[inside], plan, seed, (take(columns, outside), bad[outside]),
                cluster=cluster,
            )  # fmt: skip
            margins[outside] = fit.margin(take(columns, outside), best)
            progress("search", (at * count + k + 1) / (len(plans) * count))
        tried.append((plan.name, log_loss(bad, 1 / (1 + np.exp(-margins))), auc(bad, margins)))
    return plans[min(range(len(plans)), key=lambda at: tried[at][1])], tuple(tried)


def fit_folds(
    kind: str,
    features: Sequence[Feature],
    columns: Columns,
    bad: np.ndarray,
    plan: Plan | None,
    seed: int,
    progress: Progress,
    cluster: str | None = None,
    rows_weigh: np.ndarray | None = None,
) -> Fitted:
    """Cross-fits the plan: rounds by early stopping, and the calibration of margins from rows a fold did not see.

    The margins are taken at the mean of the best rounds, the same for all folds: each at its own best would flatter
    itself, and the slope with it, the more the fewer the rows. The card has more rows and grows on in proportion.

    `rows_weigh` counts in the fits only: the calibration takes rows as they came, so that the PD stays true.
    """
    count = 5 if len(bad) < 40_000 else 3
    fold = folds_of(bad, count, seed + 1)
    margins = np.empty(len(bad))
    fits, rounds = [], []
    for k in range(count):
        inside, outside = fold != k, fold == k
        fit, best = fit_once(
            kind, features, take(columns, inside), bad[inside], plan, seed, (take(columns, outside), bad[outside]),
            cluster=cluster, rows_weigh=None if rows_weigh is None else rows_weigh[inside],
        )  # fmt: skip
        fits.append(fit)
        rounds.append(best)
        progress("folds", (k + 1) / count)
    mean = float(np.mean(rounds))
    for k, fit in enumerate(fits):
        margins[fold == k] = fit.margin(take(columns, fold == k), max(1, round(mean)))
    areas = [auc(bad[fold == k], margins[fold == k]) for k in range(count)]
    intercept, slope = fit_calibration(bad, margins)
    if slope <= 0.05:  # nothing was learnt: keep the order, say nothing stronger
        slope = 0.05
        intercept = fit_calibration(bad, slope * margins, slope=False)[0]
    grown = max(1, round(mean * (count / (count - 1)) ** 0.5)) if plan else 0
    return Fitted(plan, grown, intercept, slope, margins, tuple(areas), ())

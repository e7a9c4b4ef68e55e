"""Small samples: the PD must not be surer than the rows allow."""

import numpy as np
import pytest

from scoring.domain.columns import ColumnType, Feature
from scoring.domain.metrics import fit_calibration, log_loss
from scoring.steps.fit import choose_plan, fit_folds, fit_once, folds_of, sized_plan, take

FEATURES = tuple(Feature(f"x{at}", ColumnType.NUMBER) for at in range(12))
ROWS = 600


def a_book(seed, rows):
    """Rows whose log-odds hang on six of twelve columns."""
    rng = np.random.default_rng(seed)
    columns = [rng.normal(size=rows) for _ in FEATURES]
    risk = sum(column * weight for column, weight in zip(columns, (1.0, -0.8, 0.6, 0.6, -0.4, 0.4), strict=False)) - 1.2
    return columns, (rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(float)


@pytest.mark.slow
def test_the_slope_holds_on_rows_never_seen():
    """Read at each fold's own best round, the slopes of these books would be 0.92 on the average."""
    slopes = []
    for seed in range(6):
        columns, bad = a_book(seed, ROWS)
        unseen, truth = a_book(seed + 100, 4000)
        plan, _ = choose_plan("deep", FEATURES, columns, bad, 7, lambda *_: None)
        folds = fit_folds("deep", FEATURES, columns, bad, plan, 7, lambda *_: None)
        fit, _ = fit_once("deep", FEATURES, columns, bad, sized_plan(plan, folds.rounds), 7)
        log_odds = folds.intercept + folds.slope * fit.margin(unseen)
        slopes.append(fit_calibration(truth, log_odds)[1])
        assert log_loss(truth, 1 / (1 + np.exp(-log_odds))) < log_loss(truth, np.full(len(truth), bad.mean()))
    assert 0.95 < np.mean(slopes) < 1.05, slopes


def test_all_folds_are_read_at_the_same_rounds():
    columns, bad = a_book(3, ROWS)
    plan, _ = choose_plan("deep", FEATURES, columns, bad, 7, lambda *_: None)
    folds = fit_folds("deep", FEATURES, columns, bad, plan, 7, lambda *_: None)
    fold = folds_of(bad, 5, 8)
    fits = []
    for k in range(5):
        inside, held = fold != k, take(columns, fold == k)
        fits.append(fit_once("deep", FEATURES, take(columns, inside), bad[inside], plan, 7, (held, bad[fold == k])))
    mean = np.mean([best for _, best in fits])
    for k, (fit, _) in enumerate(fits):
        assert np.array_equal(folds.margins[fold == k], fit.margin(take(columns, fold == k), round(mean)))
    assert len({best for _, best in fits}) > 1
    assert folds.rounds == round(mean * (5 / 4) ** 0.5)

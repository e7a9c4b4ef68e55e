"""Tables against xgboost's own TreeSHAP (`pred_contribs`) on random models and rows, missing and new categories too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.domain.columns import ColumnType, Feature
from scoring.domain.shapley import tabulate_shap
from scoring.domain.trees import exact_edge, find_cells, grids_of, read_ensemble, tabulate_additive
from scoring.engine import Booster, Plan, explain_by_shap, train_booster

FEATURES = (
    Feature("income", ColumnType.NUMBER, -1),
    Feature("late", ColumnType.NUMBER, 1),
    Feature("ratio", ColumnType.NUMBER),
    Feature("region", ColumnType.CATEGORY, 0, tuple("abcdefg")),
    Feature("age_band", ColumnType.NUMBER),
)


def sample(seed: int, rows: int = 400):
    rng = np.random.default_rng(seed)
    matrix = np.column_stack(
        [
            rng.lognormal(8, 1, rows),
            rng.poisson(0.7, rows).astype(float),
            rng.normal(0, 1, rows) * 0.1,
            rng.integers(0, 8, rows).astype(float),
            rng.integers(1, 5, rows).astype(float),
        ]
    )
    risk = matrix[:, 1] - np.log(matrix[:, 0]) + 6 + (matrix[:, 3] % 3) + matrix[:, 2] * matrix[:, 4] * 4
    bad = (rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(float)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return matrix, bad


def trained(seed: int, depth: int, *, additive: bool, rounds: int = 30):
    matrix, bad = sample(seed)
    plan = Plan("test", depth, 0.3, rounds, 0.8, 1.0, 0.8, 1.0, 1.0, 64, 2)
    booster, _ = train_booster(FEATURES, matrix, bad, plan, additive=additive, seed=seed)
    ensemble = read_ensemble(booster.save())
    grids = grids_of(ensemble, {3: 8})
    return booster, ensemble, grids


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), depth=st.integers(1, 4))
def test_deep_tables_equal_pred_contribs(seed, depth):
    booster, ensemble, grids = trained(seed, depth, additive=False)
    rows, _ = sample(seed + 1, 200)
    wanted = booster.contributions(rows)
    tables = tabulate_shap(ensemble, grids)
    cells = np.stack([find_cells(grid, column) for grid, column in zip(grids, rows.T, strict=True)])
    found = tables.rows(cells)
    assert np.abs(found.T - wanted[:, :-1]).max() < 1e-5
    assert abs(tables.bias - wanted[0, -1]) < 1e-5
    for at in range(5):
        assert np.allclose(tables.row([c[at] for c in cells]), found[:, at], atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), depth=st.integers(1, 3))
def test_additive_tables_equal_pred_contribs_and_margin(seed, depth):
    booster, ensemble, grids = trained(seed, depth, additive=True)
    rows, _ = sample(seed + 1, 200)
    bias, tables = tabulate_additive(ensemble, grids)
    parts = np.array([t[find_cells(g, c)] for t, g, c in zip(tables, grids, rows.T, strict=True)])
    assert np.abs(parts.T - booster.contributions(rows)[:, :-1]).max() < 1e-5
    assert np.abs(parts.sum(axis=0) + bias - booster.margin(rows)).max() < 1e-5


def test_deep_tables_equal_shap():
    numbers = FEATURES[:3]
    matrix, bad = sample(5)
    plan = Plan("test", 4, 0.2, 40, 1.0, 1.0, 1.0, 1.0, 1.0, 64)
    booster, _ = train_booster(numbers, matrix[:, :3], bad, plan, additive=False, seed=1)
    ensemble = read_ensemble(booster.save())
    rows, _ = sample(6, 100)
    grids = grids_of(ensemble, {})
    cells = np.stack([find_cells(grid, column) for grid, column in zip(grids, rows[:, :3].T, strict=True)])
    found = tabulate_shap(ensemble, grids).rows(cells)
    assert np.abs(found.T - explain_by_shap(booster.save(), numbers, rows[:, :3])).max() < 1e-5


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.integers(-3, 3))
def test_an_edge_decides_as_float32_does(threshold, steps):
    """Values around the threshold, in steps far finer than float32, fall on the side xgboost's cast puts them."""
    edge = exact_edge(threshold)
    near = [edge]
    for _ in range(abs(steps)):
        near.append(float(np.nextafter(near[-1], np.inf if steps > 0 else -np.inf)))
    for value in [*near, threshold, float(np.nextafter(threshold, -np.inf)), float(np.nextafter(threshold, np.inf))]:
        if abs(value) < 3.4e38:
            assert (np.float32(value) < np.float32(threshold)) == (value < edge)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_cut_model_file_is_refused(cut):
    from core.domain.errors import ModelUnavailable

    booster, _, _ = trained(1, 2, additive=True, rounds=3)
    with pytest.raises(ModelUnavailable):
        read_ensemble(booster.save()[:cut])
    assert Booster.load(FEATURES, booster.save()).margin(sample(2, 5)[0]).shape == (5,)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_interventional_tables_equal_swapping_one_feature_at_a_time(seed):
    """The definition: the mean over the background and over all orders of what a feature's own value changes."""
    from itertools import permutations

    booster, ensemble, grids = trained(seed, 4, additive=False, rounds=8)
    rows, _ = sample(seed + 1, 2)
    background, _ = sample(seed + 2, 5)

    def cells_of(matrix):
        return np.stack([find_cells(grid, column) for grid, column in zip(grids, matrix.T, strict=True)])

    tables = tabulate_shap(ensemble, grids, cells_of(background))
    found = tables.rows(cells_of(rows))
    assert abs(tables.bias - booster.margin(background).mean()) < 1e-5
    assert np.abs(found.sum(axis=0) + tables.bias - booster.margin(rows)).max() < 1e-5
    orders = list(permutations(range(5)))
    for at, row in enumerate(rows):
        mixed, gains = [], np.zeros(5)
        for order in orders:
            for other in background:
                now = other.copy()
                mixed.append(now.copy())
                for feature in order:
                    now[feature] = row[feature]
                    mixed.append(now.copy())
        steps = np.diff(booster.margin(np.array(mixed)).reshape(len(orders), len(background), 6), axis=2)
        for order, gained in zip(orders, steps.mean(axis=1), strict=True):
            gains[list(order)] += gained / len(orders)
        assert np.abs(found[:, at] - gains).max() < 1e-5


def test_interventional_tables_equal_shap():
    import shap

    numbers = FEATURES[:3]
    matrix, bad = sample(5)
    booster, _ = train_booster(
        numbers, matrix[:, :3], bad, Plan("test", 4, 0.2, 40, 1.0, 1.0, 1.0, 1.0, 1.0, 64), additive=False, seed=1
    )
    ensemble = read_ensemble(booster.save())
    grids = grids_of(ensemble, {})
    background = np.nan_to_num(sample(8, 60)[0][:, :3]).astype(np.float32).astype(float)
    rows = np.nan_to_num(sample(6, 40)[0][:, :3]).astype(np.float32).astype(float)
    cells = [
        np.stack([find_cells(grid, column) for grid, column in zip(grids, part.T, strict=True)])
        for part in (background, rows)
    ]
    theirs = shap.TreeExplainer(booster.inner, data=background, feature_perturbation="interventional")
    found = tabulate_shap(ensemble, grids, cells[0]).rows(cells[1])
    assert np.abs(found.T - theirs.shap_values(rows)).max() < 1e-5


def test_tables_read_back_and_a_cut_file_is_refused():
    from core.domain.errors import ModelUnavailable
    from scoring.domain.tablefile import tables_from_bytes, tables_to_bytes

    _, ensemble, grids = trained(3, 4, additive=False)
    tables = tabulate_shap(ensemble, grids)
    raw = tables_to_bytes(tables)
    assert raw == tables_to_bytes(tabulate_shap(ensemble, grids))
    again = tables_from_bytes(raw)
    cells = np.stack([find_cells(grid, column) for grid, column in zip(grids, sample(9, 50)[0].T, strict=True)])
    assert np.array_equal(again.rows(cells), tables.rows(cells))
    assert again.bias == tables.bias
    for cut in (0, 10, len(raw) // 2, len(raw) - 3):
        with pytest.raises(ModelUnavailable):
            tables_from_bytes(raw[:cut])


def test_the_compiled_loop_adds_up_as_the_plain_one(monkeypatch):
    from scoring.domain import shapley

    _, ensemble, grids = trained(4, 4, additive=False)
    tables = tabulate_shap(ensemble, grids)
    cells = np.stack([find_cells(grid, column) for grid, column in zip(grids, sample(10, 700)[0].T, strict=True)])
    plain = tables.rows(cells)
    monkeypatch.setattr(shapley, "COMPILE_ROWS", 1)
    assert np.abs(tables.rows(cells) - plain).max() < 1e-12

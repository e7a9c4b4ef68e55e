"""An XGBoost model in its own JSON, read without xgboost: what it takes to tabulate its trees.

Format: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html (JSON schema of the booster).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.errors import ModelUnavailable


@dataclass(frozen=True, slots=True)
class Node:
    """One node. A leaf has `feature` -1 and its `value` in log-odds; `cover` is the sum of hessians seen in training.

    A row goes left when its value is below `threshold` (compared in float32), or, at a split of categories, when its
    code is not in `right_codes`. A missing value goes where `missing_left` says.
    """

    feature: int
    threshold: float
    right_codes: frozenset[int] | None
    left: int
    right: int
    missing_left: bool
    value: float
    cover: float


@dataclass(frozen=True, slots=True)
class Ensemble:
    """All trees of a booster; the margin is `bias` + the leaves a row reaches."""

    bias: float
    trees: tuple[tuple[Node, ...], ...]
    feature_names: tuple[str, ...]


def read_ensemble(raw: bytes) -> Ensemble:
    """Reads a `binary:logistic` booster saved as JSON. Raises ModelUnavailable when it is cut, or something else."""
    try:
        learner = json.loads(raw)["learner"]
        if learner["objective"]["name"] != "binary:logistic":
            raise ModelUnavailable("The model file is not a binary:logistic booster")
        base = float(learner["learner_model_param"]["base_score"].strip("[]"))
        trees = tuple(_read_tree(tree) for tree in learner["gradient_booster"]["model"]["trees"])
        return Ensemble(math.log(base / (1 - base)), trees, tuple(learner["feature_names"]))
    except (ValueError, KeyError, TypeError, IndexError, ZeroDivisionError, AttributeError) as error:
        raise ModelUnavailable(
            f"The model file cannot be read as an XGBoost JSON model ({type(error).__name__})"
        ) from error


def _read_tree(tree: dict[str, Any]) -> tuple[Node, ...]:
    sets: dict[int, frozenset[int]] = {}
    segments = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    for node, start, size in segments:
        sets[node] = frozenset(tree["categories"][start : start + size])
    nodes = []
    for i, left in enumerate(tree["left_children"]):
        leaf = left == -1
        nodes.append(
            Node(
                feature=-1 if leaf else tree["split_indices"][i],
                threshold=tree["split_conditions"][i],
                right_codes=sets.get(i),
                left=left,
                right=tree["right_children"][i],
                missing_left=bool(tree["default_left"][i]),
                value=float(np.float32(tree["split_conditions"][i])) if leaf else 0.0,
                cover=tree["sum_hessian"][i],
            )
        )
    return tuple(nodes)


def exact_edge(threshold: float) -> float:
    """The float64 edge e with: float32(x) < threshold exactly when x < e.

    XGBoost rounds a value to float32 before it compares. Rounding is to the nearest, so the edge lies half way
    between the threshold and its float32 predecessor, where a tie goes to the even mantissa (IEEE 754 section 4.3.1).
    """
    here = np.float32(threshold)
    with np.errstate(over="ignore"):  # below the least float32 lies minus infinity: no value is smaller
        before = np.nextafter(here, np.float32(-np.inf), dtype=np.float32)
    middle = (float(here) + float(before)) / 2
    tie_rounds_up = np.float32(middle) == here
    return middle if tie_rounds_up else float(np.nextafter(middle, np.inf))


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one feature: between `edges` (ascending, a value on an edge belongs above) or one per category
    and one for any other; the last cell is "missing"."""

    edges: tuple[float, ...]
    thresholds: tuple[float, ...]
    categories: int  # number of category cells including "any other"; 0 for a number

    @property
    def cells(self) -> int:
        """How many cells there are, "missing" included."""
        return (self.categories or len(self.edges) + 1) + 1


def grids_of(ensemble: Ensemble, categories: dict[int, int]) -> list[Grid]:
    """The grid of every feature on which every split of every tree is decided by the cell alone.

    `categories` maps the position of a category feature to its number of cells without "missing".
    """
    thresholds: list[set[float]] = [set() for _ in ensemble.feature_names]
    for tree in ensemble.trees:
        for node in tree:
            if node.feature >= 0 and node.right_codes is None:
                thresholds[node.feature].add(float(np.float32(node.threshold)))
    grids = []
    for position, found in enumerate(thresholds):
        ordered = tuple(sorted(found))
        grids.append(Grid(tuple(exact_edge(t) for t in ordered), ordered, categories.get(position, 0)))
    return grids


def goes_left(node: Node, grid: Grid, position: dict[float, int]) -> np.ndarray:
    """For every cell of the node's feature: does a row in it go left? `position` finds a threshold in the grid."""
    left = np.zeros(grid.cells, dtype=bool)
    if node.right_codes is None:
        left[: position[float(np.float32(node.threshold))] + 1] = True
    else:
        left[:-1] = [code not in node.right_codes for code in range(grid.cells - 1)]
    left[-1] = node.missing_left
    return left


def find_cells(grid: Grid, column: np.ndarray) -> np.ndarray:
    """The cell of every value; NaN is in the last."""
    if grid.categories:
        cells = np.where(np.isnan(column), grid.categories, column)
        return np.clip(cells, 0, grid.categories).astype(np.int32)
    cells = np.searchsorted(np.asarray(grid.edges), column, side="right")
    return np.where(np.isnan(column), len(grid.edges) + 1, cells).astype(np.int32)


def tabulate_additive(ensemble: Ensemble, grids: list[Grid]) -> tuple[float, list[np.ndarray]]:
    """Collapses trees of one feature each: (bias, per feature the contribution of each cell), in log-odds.

    Contributions are as TreeSHAP (path dependent) gives them: the leaf less the tree's mean by cover; the means are in
    the bias. Raises ModelUnavailable when a tree uses two features.
    """
    bias = ensemble.bias
    tables = [np.zeros(grid.cells) for grid in grids]
    positions = [{t: at for at, t in enumerate(grid.thresholds)} for grid in grids]
    for tree in ensemble.trees:
        used = {node.feature for node in tree if node.feature >= 0}
        if not used:
            bias += tree[0].value
            continue
        if len(used) > 1:
            raise ModelUnavailable("The model is not additive: one of its trees uses two features")
        feature = used.pop()
        grid, position = grids[feature], positions[feature]
        mean = _mean(tree, 0)
        bias += mean
        values = np.empty(grid.cells)
        stack = [(0, np.ones(grid.cells, dtype=bool))]
        while stack:
            at, here = stack.pop()
            node = tree[at]
            if node.feature < 0:
                values[here] = node.value
                continue
            left = goes_left(node, grid, position)
            stack.append((node.left, here & left))
            stack.append((node.right, here & ~left))
        tables[feature] += values - mean
    return bias, tables


def _mean(tree: tuple[Node, ...], at: int) -> float:
    node = tree[at]
    if node.feature < 0:
        return node.value
    left, right = tree[node.left], tree[node.right]
    total = left.cover + right.cover
    return (_mean(tree, node.left) * left.cover + _mean(tree, node.right) * right.cover) / total

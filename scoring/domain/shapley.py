"""Exact TreeSHAP by table, for trees of depth up to four.

Lundberg et al., "From local explanations to global understanding with explainable AI for trees", Nature Machine
Intelligence 2 (2020), path-dependent values. The values of a leaf depend only on which features on its path the row
agrees with. So each tree is cut below its root into halves of at most eight tests (the root and seven below it), the
values of a half are tabulated for each of the 2^8 patterns of test results when the model loads, and scoring a row is
finding the patterns and adding up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from core.domain.errors import ModelUnavailable
from scoring.domain.trees import Ensemble, Grid, Node, find_cells, goes_left

DEPTH_MAX = 4
Path = tuple[tuple[int, bool], ...]  # (position of the node, does the path go left there)


@dataclass(frozen=True)
class ShapTables:
    """The tables of an ensemble.

    `codes[f][cell]` is, for every half, what the tests on feature f add to the number of its pattern; `values` holds
    the contributions of (half, pattern) one below the other, starting at `starts`, for the features `slots` of a half.
    """

    bias: float
    grids: tuple[Grid, ...]
    codes: tuple[np.ndarray, ...]
    starts: np.ndarray
    values: np.ndarray
    slots: np.ndarray

    def row(self, cells: Sequence[int]) -> np.ndarray:
        """Contributions in log-odds of one row given by its cells."""
        at = self.starts.copy()
        for code, cell in zip(self.codes, cells, strict=True):
            if code.shape[1]:
                at += code[cell]
        found = self.values[at]
        return np.bincount(self.slots.ravel(), weights=found.ravel(), minlength=len(self.grids) + 1)[:-1]

    def rows(self, columns: Sequence[np.ndarray], chunk: int = 4096) -> np.ndarray:
        """Contributions in log-odds, (features, rows), of encoded columns."""
        size = len(columns[0])
        out = np.zeros((len(self.grids), size))
        cells = [find_cells(grid, column) for grid, column in zip(self.grids, columns, strict=True)]
        for start in range(0, size, chunk):
            here = slice(start, min(start + chunk, size))
            at = np.repeat(self.starts[None, :], here.stop - here.start, axis=0)
            for code, cell in zip(self.codes, cells, strict=True):
                at += code[cell[here]]
            part = np.zeros((len(self.grids) + 1, here.stop - here.start))
            for half in range(len(self.starts)):
                found = self.values[at[:, half]]
                for place, feature in enumerate(self.slots[half]):
                    if feature < len(self.grids):
                        part[feature] += found[:, place]
            out[:, here] = part[:-1]
        return out


def tabulate_shap(ensemble: Ensemble, grids: Sequence[Grid]) -> ShapTables:
    """Tabulates every tree. Raises ModelUnavailable when a tree is deeper than four tests."""
    bias = ensemble.bias
    halves: list[tuple[tuple[Node, ...], list[int], list[Path]]] = []
    for tree in ensemble.trees:
        paths = list(_paths(tree, 0, ()))
        bias += _expected(tree, paths)
        for side in (True, False):
            mine = [path for path in paths if path and path[0][1] is side]
            if mine:
                nodes = sorted({at for path in mine for at, _ in path})
                halves.append((tree, nodes, mine))
    nowhere = len(grids)
    width = max((len({tree[at].feature for at in nodes}) for tree, nodes, _ in halves), default=1)
    codes = [np.zeros((grid.cells, len(halves)), dtype=np.int32) for grid in grids]
    starts = np.zeros(len(halves), dtype=np.int32)
    slots = np.full((len(halves), width), nowhere, dtype=np.int64)
    blocks = []
    start = 0
    for half, (tree, nodes, paths) in enumerate(halves):
        if len(nodes) > 2**DEPTH_MAX // 2 or any(len(path) > DEPTH_MAX for path in paths):
            raise ModelUnavailable(f"A tree of the model is deeper than {DEPTH_MAX} tests")
        features = sorted({tree[at].feature for at in nodes})
        slots[half, : len(features)] = features
        for bit, at in enumerate(nodes):
            codes[tree[at].feature][:, half] += goes_left(tree[at], grids[tree[at].feature]).astype(np.int32) << bit
        block = np.zeros((2 ** len(nodes), width))
        for path in paths:
            _add_leaf(block, tree, nodes, features, path)
        blocks.append(block)
        starts[half] = start
        start += len(block)
    values = np.concatenate(blocks) if blocks else np.zeros((0, width))
    return ShapTables(bias, tuple(grids), tuple(codes), starts, values, slots)


def _paths(tree: tuple[Node, ...], at: int, so_far: Path) -> Iterator[Path]:
    node = tree[at]
    if node.feature < 0:
        yield so_far
        return
    yield from _paths(tree, node.left, (*so_far, (at, True)))
    yield from _paths(tree, node.right, (*so_far, (at, False)))


def _step(tree: tuple[Node, ...], at: int, left: bool) -> int:
    return tree[at].left if left else tree[at].right


def _share(tree: tuple[Node, ...], at: int, left: bool) -> float:
    """The share of the node's training rows (by cover) that went that way."""
    one, other = tree[tree[at].left].cover, tree[tree[at].right].cover
    total = one + other
    return (one if left else other) / total if total else 0.5


def _leaf(tree: tuple[Node, ...], path: Path) -> float:
    return tree[_step(tree, *path[-1])].value if path else tree[0].value


def _expected(tree: tuple[Node, ...], paths: Sequence[Path]) -> float:
    total = 0.0
    for path in paths:
        weight = 1.0
        for at, left in path:
            weight *= _share(tree, at, left)
        total += weight * _leaf(tree, path)
    return total


def _add_leaf(block: np.ndarray, tree: tuple[Node, ...], nodes: list[int], features: list[int], path: Path) -> None:
    """Adds one leaf's Shapley values for every pattern of the half's tests."""
    patterns = np.arange(len(block))
    absent: dict[int, float] = {}
    agrees: dict[int, np.ndarray] = {}
    for at, left in path:
        feature = tree[at].feature
        bit = (patterns >> nodes.index(at)) & 1
        same = bit == (1 if left else 0)
        absent[feature] = absent.get(feature, 1.0) * _share(tree, at, left)
        agrees[feature] = agrees[feature] & same if feature in agrees else same
    value = _leaf(tree, path)
    players = list(absent)
    count = len(players)
    for player in players:
        others = [p for p in players if p != player]
        total = np.zeros(len(block))
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for team in combinations(others, size):
                product = np.full(len(block), weight)
                for p in others:
                    product = product * agrees[p] if p in team else product * absent[p]
                total += product
        block[:, features.index(player)] += value * total * (agrees[player] - absent[player])

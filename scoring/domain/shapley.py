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
from functools import cached_property
from itertools import combinations
from math import factorial

import numpy as np

from core.domain.errors import ModelUnavailable
from scoring.domain.trees import Ensemble, Grid, Node, find_cells, goes_left

DEPTH_MAX = 4
CHUNK = 4096
COMPILE_ROWS = 20_000  # below this the compiler would take longer than it saves
Path = tuple[tuple[int, bool], ...]  # (position of the node, does the path go left there)


@dataclass(frozen=True)
class ShapTables:
    """The tables of an ensemble.

    `codes[offsets[f] + cell]` is, for every half, what the tests on feature f add to the number of its pattern;
    `values` holds the contributions of (half, pattern) one below the other, starting at `starts`, for the features
    `slots` of a half (the number of features stands for an empty slot).
    """

    bias: float
    grids: tuple[Grid, ...]
    codes: np.ndarray
    offsets: np.ndarray
    starts: np.ndarray
    values: np.ndarray
    slots: np.ndarray

    @cached_property
    def _places(self) -> tuple[list[int], np.ndarray, int]:
        return self.offsets.tolist(), self.slots.ravel(), len(self.grids)

    def row(self, cells: Sequence[int]) -> np.ndarray:
        """Contributions in log-odds of one row given by its cells."""
        offsets, slots, size = self._places
        places = [cell + offset for cell, offset in zip(cells, offsets, strict=True)]
        at = self.starts + np.add.reduce(self.codes.take(places, axis=0), axis=0, dtype=np.int16)
        return np.bincount(slots, weights=self.values.take(at, axis=0).ravel(), minlength=size + 1)[:size]

    def rows(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Contributions in log-odds, (features, rows), of encoded columns."""
        size = len(columns[0])
        cells = np.empty((size, len(self.grids)), dtype=np.int32)
        for at, (grid, column) in enumerate(zip(self.grids, columns, strict=True)):
            cells[:, at] = find_cells(grid, column)
            cells[:, at] += self.offsets[at]
        out = np.zeros((len(self.grids), size))
        if not len(self.starts):
            return out
        if size >= COMPILE_ROWS:
            from scoring.domain.kernel import sum_tables

            sum_tables(cells, self.codes, self.starts, self.values, self.slots, self._testers, out)
            return out
        for start in range(0, size, CHUNK):
            self._add_chunk(cells[start : start + CHUNK], out[:, start : start + CHUNK])
        return out

    def _add_chunk(self, cells: np.ndarray, out: np.ndarray) -> None:
        at = np.repeat(self.starts[None, :], len(cells), axis=0)
        for place in cells.T:
            at += self.codes[place]
        nowhere = len(self.grids)
        for half in range(len(self.starts)):
            found = self.values[at[:, half]]
            for slot, feature in enumerate(self.slots[half]):
                if feature < nowhere:
                    out[feature] += found[:, slot]

    @cached_property
    def _testers(self) -> np.ndarray:
        """Per half the features it tests, padded with -1; what the compiled loop looks at."""
        return np.where(self.slots < len(self.grids), self.slots, -1)


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
    offsets = np.concatenate([[0], np.cumsum([grid.cells for grid in grids])])
    codes = np.zeros((int(offsets[-1]), len(halves)), dtype=np.int16)
    starts = np.zeros(len(halves), dtype=np.int64)
    slots = np.full((len(halves), width), nowhere, dtype=np.int64)
    lookup = [{t: at for at, t in enumerate(grid.thresholds)} for grid in grids]
    blocks = []
    start = 0
    for half, (tree, nodes, paths) in enumerate(halves):
        if len(nodes) > 2**DEPTH_MAX // 2 or any(len(path) > DEPTH_MAX for path in paths):
            raise ModelUnavailable(f"A tree of the model is deeper than {DEPTH_MAX} tests")
        features = sorted({tree[at].feature for at in nodes})
        slots[half, : len(features)] = features
        for bit, at in enumerate(nodes):
            feature = tree[at].feature
            tests = codes[offsets[feature] : offsets[feature + 1], half]
            tests += goes_left(tree[at], grids[feature], lookup[feature]).astype(np.int16) << bit
        block = np.zeros((2 ** len(nodes), width))
        for path in paths:
            _add_leaf(block, tree, nodes, features, path)
        blocks.append(block)
        starts[half] = start
        start += len(block)
    values = np.concatenate(blocks) if blocks else np.zeros((0, width))
    return ShapTables(bias, tuple(grids), codes, offsets[:-1], starts, values, slots)


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
    patterns = _PATTERNS[: len(block)]
    absent: dict[int, float] = {}
    agrees: dict[int, np.ndarray] = {}
    for at, left in path:
        feature = tree[at].feature
        bit = nodes.index(at)
        same = (patterns & (1 << bit)) == ((1 << bit) if left else 0)
        absent[feature] = absent.get(feature, 1.0) * _share(tree, at, left)
        agrees[feature] = agrees[feature] & same if feature in agrees else same
    players = list(absent)
    team = np.zeros(len(block), dtype=np.int64)
    for place, player in enumerate(players):
        team += agrees[player].astype(np.int64) << place
    shares = _game(tuple(absent.values())) * _leaf(tree, path)
    block[:, [features.index(player) for player in players]] += shares[team]


def _game(absent: tuple[float, ...]) -> np.ndarray:
    """(teams, players): the Shapley value of each player of a leaf worth 1, for every team of agreeing features.

    A feature that agrees multiplies by 1 when present, one that does not by 0; absent ones by their share.
    """
    count = len(absent)
    out = np.empty((2**count, count))
    for player, others, plans in _PLANS_BY_COUNT[count]:
        total = np.zeros(2**count)
        for weight, together, alone in plans:
            product = weight
            for other in alone:
                product *= absent[others[other]]
            total += product * together
        agrees = (_PATTERNS[: 2**count] >> player) & 1
        out[:, player] = total * (agrees - absent[player])
    return out


_PATTERNS = np.arange(2 ** (2**DEPTH_MAX // 2))
_Plan = tuple[int, tuple[int, ...], tuple[tuple[float, np.ndarray, tuple[int, ...]], ...]]


def _plans(count: int) -> tuple[_Plan, ...]:
    """For every player the weights of all coalitions of the others, whether all of one agree, and who is absent."""
    teams = np.arange(2**count)
    found = []
    for player in range(count):
        others = tuple(p for p in range(count) if p != player)
        plans = []
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for chosen in combinations(range(len(others)), size):
                together = np.ones(len(teams))
                for c in chosen:
                    together *= (teams >> others[c]) & 1
                plans.append((weight, together, tuple(i for i in range(len(others)) if i not in chosen)))
        found.append((player, others, tuple(plans)))
    return tuple(found)


_PLANS_BY_COUNT = {count: _plans(count) for count in range(1, DEPTH_MAX + 1)}

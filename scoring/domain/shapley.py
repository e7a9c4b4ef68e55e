"""Exact Shapley values of trees of depth up to four, by table.

Lundberg et al., "From local explanations to global understanding with explainable AI for trees", Nature Machine
Intelligence 2 (2020): path-dependent values, and interventional ones against a stored background. Either way the values
of a leaf depend only on which features on its path the row agrees with. So each tree is cut below its second level into
parts of at most five tests (the two above the cut and three below), the values of a part are tabulated for each of the
2^5 patterns of test results when the model loads, and scoring a row is finding the patterns and adding up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import factorial
from operator import add

import numpy as np

from core.domain.errors import ModelUnavailable
from scoring.domain.trees import Ensemble, Grid, Node

DEPTH_MAX = 4
CUT = 2  # levels above the cut
BITS = CUT + 2 ** (DEPTH_MAX - CUT) - 1  # tests of a part
PATTERNS = 2**BITS
CHUNK = 4096
COMPILE_ROWS = 20_000  # below this the compiler would take longer than it saves
Path = tuple[tuple[int, bool], ...]  # (position of the node, does the path go left there)


@dataclass(frozen=True)
class ShapTables:
    """The tables of an ensemble.

    `codes[offsets[f] + cell]` is, for every part, what the tests on feature f add to the number of its pattern;
    `values[part * PATTERNS + pattern]` holds the contributions for the features `slots` of a part (the number of
    features stands for an empty slot); in float32, because walking through memory is what costs, and summed in float64.
    """

    bias: float
    grids: tuple[Grid, ...]
    codes: np.ndarray
    offsets: np.ndarray
    values: np.ndarray
    slots: np.ndarray

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, int, list[int]]:
        """For one row: where the parts' values start, the values in the precision they are summed in, and slots."""
        starts = np.arange(len(self.slots), dtype=np.intp) * PATTERNS
        return starts, self.values.astype(np.float64), self.slots.ravel(), len(self.grids), self.offsets.tolist()

    def row(self, cells: Sequence[int]) -> np.ndarray:
        """Contributions in log-odds of one row given by its cells."""
        starts, values, slots, size, offsets = self._places
        # "clip" only spares numpy a copy it makes in case of an error: a cell and a pattern are never out of bounds.
        codes = self.codes.take(list(map(add, offsets, cells)), 0, None, "clip")
        parts = values.take(starts + np.bitwise_or.reduce(codes, 0), 0, None, "clip")
        return np.bincount(slots, parts.ravel(), size + 1)[:size]

    def rows(self, cells: np.ndarray) -> np.ndarray:
        """Contributions in log-odds, (features, rows), of rows given by their cells, (features, rows)."""
        size = cells.shape[1]
        out = np.zeros((len(self.grids), size))
        if not len(self.slots):
            return out
        if size >= COMPILE_ROWS:
            from scoring.domain.kernel import sum_tables

            places = cells + self.offsets[:, None].astype(np.int32)
            sum_tables(places, np.ascontiguousarray(self.codes.T), self.values, self.slots, len(self.grids), out)
            return out
        for start in range(0, size, CHUNK):
            self._add_chunk(cells[:, start : start + CHUNK], out[:, start : start + CHUNK])
        return out

    def _add_chunk(self, cells: np.ndarray, out: np.ndarray) -> None:
        patterns = np.zeros((cells.shape[1], len(self.slots)), dtype=np.uint8)
        for own, offset in zip(cells, self.offsets.tolist(), strict=True):
            patterns |= self.codes[own + offset]
        nowhere = len(self.grids)
        for part in range(len(self.slots)):
            found = self.values[part * PATTERNS + patterns[:, part].astype(np.intp)]
            for slot, feature in enumerate(self.slots[part].tolist()):
                if feature < nowhere:
                    out[feature] += found[:, slot]


@dataclass
class _Leaves:
    """All leaves with the same number of features (players) on their path, as arrays by leaf.

    A row agrees with player j of a leaf when its pattern has `wanted[:, j]` on the bits `mask[:, j]`.
    """

    part: list[int]
    slot: list[list[int]]
    mask: list[list[int]]
    wanted: list[list[int]]
    absent: list[list[float]]
    value: list[float]


def tabulate_shap(ensemble: Ensemble, grids: Sequence[Grid], background: np.ndarray | None = None) -> ShapTables:
    """Tabulates every tree. Raises ModelUnavailable when a tree is deeper than four tests.

    With `background`, cells of rows (features, rows), the values are interventional: an absent feature is drawn from
    these rows, and the bias is their mean margin. Without, they are path-dependent: absent by the cover of the nodes.
    """
    parts: list[tuple[tuple[Node, ...], list[int], list[int]]] = []  # tree, nodes by bit, features by slot
    leaves = {count: _Leaves([], [], [], [], [], []) for count in range(1, DEPTH_MAX + 1)}
    bias = ensemble.bias
    for tree in ensemble.trees:
        if tree[0].feature < 0:
            bias += tree[0].value
            continue
        for paths in _parts_of(tree):
            nodes = sorted({at for path in paths for at, _ in path})
            features = sorted({tree[at].feature for at in nodes})
            if len(nodes) > BITS or any(len(path) > DEPTH_MAX for path in paths):
                raise ModelUnavailable(f"A tree of the model is deeper than {DEPTH_MAX} tests")
            for path in paths:
                _note_leaf(leaves, len(parts), tree, nodes, features, path)
            parts.append((tree, nodes, features))
    width = max((len(features) for _, _, features in parts), default=1)
    slots = np.full((len(parts), width), len(grids), dtype=np.int64)
    for part, (_, _, features) in enumerate(parts):
        slots[part, : len(features)] = features
    codes, offsets = _tabulate_codes(parts, grids)
    seen = None if background is None else _patterns_of(codes, offsets, background)
    values = np.zeros(len(parts) * PATTERNS * width)
    for count, found in leaves.items():
        if found.part:
            bias += _add_leaves(values, width, count, found, seen)
    return ShapTables(bias, tuple(grids), codes, offsets, values.reshape(-1, width).astype(np.float32), slots)


def _parts_of(tree: tuple[Node, ...]) -> Iterator[list[Path]]:
    """The paths to the leaves, together by their first CUT steps; a path that ends sooner is a part by itself."""
    groups: dict[Path, list[Path]] = {}
    stack: list[tuple[int, Path]] = [(0, ())]
    while stack:
        at, path = stack.pop()
        node = tree[at]
        if node.feature < 0:
            groups.setdefault(path[:CUT], []).append(path)
        else:
            stack.append((node.right, (*path, (at, False))))
            stack.append((node.left, (*path, (at, True))))
    yield from groups.values()


def _note_leaf(
    leaves: dict[int, _Leaves], part: int, tree: tuple[Node, ...], nodes: list[int], features: list[int], path: Path
) -> None:
    mask: dict[int, int] = {}
    wanted: dict[int, int] = {}
    absent: dict[int, float] = {}
    for at, left in path:
        node = tree[at]
        bit = 1 << nodes.index(at)
        one, other = tree[node.left].cover, tree[node.right].cover
        share = (one if left else other) / (one + other) if one + other else 0.5
        mask[node.feature] = mask.get(node.feature, 0) | bit
        wanted[node.feature] = wanted.get(node.feature, 0) | (bit if left else 0)
        absent[node.feature] = absent.get(node.feature, 1.0) * share
    at, left = path[-1]
    found = leaves[len(mask)]
    found.part.append(part)
    found.slot.append([features.index(feature) for feature in mask])
    found.mask.append(list(mask.values()))
    found.wanted.append(list(wanted.values()))
    found.absent.append(list(absent.values()))
    found.value.append(tree[tree[at].left if left else tree[at].right].value)


def _tabulate_codes(
    parts: Sequence[tuple[tuple[Node, ...], list[int], list[int]]], grids: Sequence[Grid]
) -> tuple[np.ndarray, np.ndarray]:
    """(cells of all features, parts): the bits of a part's pattern that a cell sets; and where a feature's start."""
    offsets = np.concatenate([[0], np.cumsum([grid.cells for grid in grids])]).astype(np.intp)
    codes = np.zeros((int(offsets[-1]), len(parts)), dtype=np.uint8)
    lookup = [{t: at for at, t in enumerate(grid.thresholds)} for grid in grids]
    tests: dict[tuple[int, int], list[tuple[int, int, bool]]] = {}  # (feature, bit): part, last cell left, missing left
    for part, (tree, nodes, _) in enumerate(parts):
        for bit, at in enumerate(nodes):
            node = tree[at]
            start, grid = int(offsets[node.feature]), grids[node.feature]
            if node.right_codes is None:
                last = lookup[node.feature][float(np.float32(node.threshold))]
                tests.setdefault((node.feature, bit), []).append((part, last, node.missing_left))
            else:
                left = [code not in node.right_codes for code in range(grid.cells - 1)] + [node.missing_left]
                codes[start : start + grid.cells, part] |= np.asarray(left, dtype=np.uint8) << bit
    for (feature, bit), found in tests.items():
        where, last_left, missing = (np.asarray(part) for part in zip(*found, strict=True))
        start, size = int(offsets[feature]), grids[feature].cells
        goes: np.ndarray = np.arange(size)[:, None] <= last_left[None, :]
        goes[-1] = missing
        codes[start : start + size, where] |= goes.astype(np.uint8) << bit
    return codes, offsets[:-1]


def _patterns_of(codes: np.ndarray, offsets: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """(parts, rows): the pattern of every row in every part."""
    patterns = np.zeros((cells.shape[1], codes.shape[1]), dtype=np.uint8)
    for own, offset in zip(cells, offsets.tolist(), strict=True):
        patterns |= codes[own + offset]
    return patterns.T


def _add_leaves(values: np.ndarray, width: int, count: int, leaves: _Leaves, seen: np.ndarray | None) -> float:
    """Adds the Shapley values of leaves with `count` players for every pattern; gives what they add to the bias."""
    part, slot = np.asarray(leaves.part), np.asarray(leaves.slot)
    mask, wanted = np.asarray(leaves.mask), np.asarray(leaves.wanted)
    worth, power = np.asarray(leaves.value), 1 << np.arange(count)
    patterns = np.arange(PATTERNS)
    team = ((patterns[None, None, :] & mask[:, :, None]) == wanted[:, :, None]).transpose(0, 2, 1) @ power
    if seen is None:
        absent = np.asarray(leaves.absent)
        shares, expected = _path_game(absent), absent.prod(axis=1)
    else:
        mine = seen[part].astype(np.int64)  # (leaves, rows)
        theirs = ((mine[:, None, :] & mask[:, :, None]) == wanted[:, :, None]).transpose(0, 2, 1) @ power
        spread = np.zeros((len(part), 2**count))
        for one in range(2**count):
            spread[:, one] = (theirs == one).mean(axis=1)
        shares, expected = np.einsum("nb,abp->nap", spread, _swap_game(count)), spread[:, -1]
    shares *= worth[:, None, None]
    chosen = shares[np.arange(len(part))[:, None], team]  # (leaves, patterns, players)
    place = ((part[:, None] * PATTERNS + patterns) * width)[:, :, None] + slot[:, None, :]
    values += np.bincount(place.ravel(), weights=chosen.ravel(), minlength=len(values))
    return float(expected @ worth)


def _path_game(absent: np.ndarray) -> np.ndarray:
    """(leaves, teams, players): the Shapley value of each player of a leaf worth 1, for every team of agreeing players.

    A player that agrees multiplies by 1 when present, one that does not by 0; absent ones by their share of cover.
    """
    leaves, count = absent.shape
    teams = np.arange(2**count)
    out = np.empty((leaves, 2**count, count))
    for player in range(count):
        others = [other for other in range(count) if other != player]
        total = np.zeros((leaves, 2**count))
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for present in combinations(others, size):
                wanted = sum(1 << other for other in present)
                alone = [other for other in others if other not in present]
                product = absent[:, alone].prod(axis=1) if alone else np.ones(leaves)
                total += (weight * product)[:, None] * ((teams & wanted) == wanted)
        out[:, :, player] = total * (((teams >> player) & 1)[None, :] - absent[:, [player]])
    return out


def _swap_game(count: int) -> np.ndarray:
    """(teams, teams, players): the value of each player of a leaf worth 1 by who agrees in the row and in the other.

    A leaf is reached by a mixture of two rows when every player comes from a row that agrees (Lundberg et al. 2020,
    supplementary section "interventional"): only players that agree in exactly one of them matter.
    """
    out = np.zeros((2**count, 2**count, count))
    everyone = 2**count - 1
    for mine in range(2**count):
        for theirs in range(2**count):
            if mine | theirs != everyone:
                continue
            here, there = mine & ~theirs, theirs & ~mine
            n, m = here.bit_count(), there.bit_count()
            for player in range(count):
                if here >> player & 1:
                    out[mine, theirs, player] = factorial(n - 1) * factorial(m) / factorial(n + m)
                elif there >> player & 1:
                    out[mine, theirs, player] = -factorial(n) * factorial(m - 1) / factorial(n + m)
    return out

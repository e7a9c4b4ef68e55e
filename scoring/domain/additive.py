"""The additive card: one table of cells per feature, and the score is the base plus one cell of each."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.domain.errors import ModelUnavailable
from scoring.domain.card import Scored, ScoredRows, Terms, terms_from_json
from scoring.domain.columns import ColumnType, Feature
from scoring.domain.trees import Grid, find_cells


@dataclass(frozen=True, slots=True)
class CellTable:
    """The cells of one feature: contribution in log-odds, printed ticks, rows and bads seen in training."""

    grid: Grid
    margins: tuple[float, ...]
    ticks: tuple[int, ...]
    rows: tuple[int, ...]
    bads: tuple[int, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.margins), len(self.ticks), len(self.rows), len(self.bads)}
        if sizes != {self.grid.cells}:
            raise ModelUnavailable("The card file is damaged: a table has the wrong number of cells")
        if list(self.grid.edges) != sorted(set(self.grid.edges)):
            raise ModelUnavailable("The card file is damaged: the edges of a table do not rise")


# Name and feature, is it plain, codes of a category's labels, edges, the cell "missing", ticks and margins by cell.
_Lookup = tuple[str, Feature, bool, dict[str, int] | None, list[float], int, tuple[int, ...], tuple[float, ...]]


def codes_of(feature: Feature) -> dict[str, int] | None:
    """The cell of every label of a category; None for a number."""
    return {label: code for code, label in enumerate(feature.categories)} if feature.is_category else None


def find_cell(
    feature: Feature, codes: Mapping[str, int] | None, edges: Sequence[float], missing: int, value: Any
) -> int:
    """The cell of one value of any kind. Raises InvalidInput for a wrong one."""
    if codes is not None and type(value) is str and value in codes:
        return codes[value]
    number = feature.encode(value)
    if math.isnan(number):
        return missing
    return int(number) if codes is not None else bisect_right(edges, number)


@dataclass(frozen=True)
class AdditiveCard:
    """Terms, the bias in log-odds and one table per feature."""

    terms: Terms
    bias: float
    tables: tuple[CellTable, ...]

    @cached_property
    def base_ticks(self) -> int:
        """The ticks everybody starts with."""
        return self.terms.base_ticks(self.bias)

    @cached_property
    def _lookups(self) -> list[_Lookup]:
        return [
            (f.name, f, f.is_plain, codes_of(f), list(t.grid.edges), t.grid.cells - 1, t.ticks, t.margins)
            for f, t in zip(self.terms.features, self.tables, strict=True)
        ]

    def score(self, facts: Mapping[str, Any]) -> Scored:
        """Scores one row of facts by name; an absent fact is unknown. Raises InvalidInput for a value of wrong kind."""
        terms, known = self.terms, facts.get
        margin = self.bias
        ticks: list[int] = []
        cells: list[int] = []
        for name, feature, plain, codes, edges, missing, points, margins in self._lookups:
            value = known(name)
            if plain and type(value) is float and value - value == 0:  # finite: the common case, unrolled
                cell = bisect_right(edges, value)
            else:
                cell = find_cell(feature, codes, edges, missing, value)
            cells.append(cell)
            ticks.append(points[cell])
            margin += margins[cell]
        total = self.base_ticks + sum(ticks)
        pd = terms.pd_of_margin(margin)
        return Scored(pd, total, terms.grade_of(total), tuple(ticks), terms.rank(ticks), tuple(cells))

    def margin_rows(self, columns: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
        """Contributions in log-odds, (features, rows), and the bias. `columns` holds encoded values by feature."""
        parts = np.empty((len(self.tables), len(columns[0])))
        for at, (table, column) in enumerate(zip(self.tables, columns, strict=True)):
            parts[at] = np.asarray(table.margins)[find_cells(table.grid, column)]
        return parts, self.bias

    def score_rows(self, columns: Sequence[np.ndarray]) -> ScoredRows:
        """Scores encoded rows with contributions and reasons."""
        size = len(columns[0])
        ticks = np.empty((len(self.tables), size), dtype=np.int32)
        score = np.full(size, self.base_ticks, dtype=np.int32)
        margin = np.full(size, self.bias)
        for at, (table, column) in enumerate(zip(self.tables, columns, strict=True)):
            cells = find_cells(table.grid, column)
            np.take(np.asarray(table.ticks, dtype=np.int32), cells, out=ticks[at])
            score += ticks[at]
            margin += np.asarray(table.margins)[cells]
        pd = 1 / (1 + np.exp(-(self.terms.intercept + self.terms.slope * margin)))
        return ScoredRows(pd, score, ticks, self.terms.rank_rows(ticks))

    def cell_label(self, feature: int, cell: int) -> str:
        """The cell in words of the data: `25000 <= x < 40000`, a category, `(any other)` or `(missing)`."""
        known = self._labels.get((feature, cell))
        if known is None:
            known = label_cell(self.terms.features[feature], self.tables[feature].grid, cell)
            self._labels[feature, cell] = known
        return known

    @cached_property
    def _labels(self) -> dict[tuple[int, int], str]:
        return {}

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; `additive_from_json` reads it back exactly."""
        raw = self.terms.to_json()
        raw["bias"] = self.bias
        raw["base_ticks"] = self.base_ticks
        raw["tables"] = [
            {"edges": list(t.grid.edges), "thresholds": list(t.grid.thresholds), "margins": list(t.margins),
             "ticks": list(t.ticks), "rows": list(t.rows), "bads": list(t.bads)}
            for t in self.tables
        ]  # fmt: skip
        return raw


def label_cell(feature: Feature, grid: Grid, cell: int) -> str:
    """A cell in words of the data."""
    if cell == grid.cells - 1:
        return "(missing)"
    if grid.categories:
        return feature.categories[cell] if cell < len(feature.categories) else "(any other)"
    limits = grid.thresholds
    if not limits:
        return "(any value)"
    if cell == 0:
        return f"< {_show(feature, limits[0])}"
    least = _show(feature, limits[cell - 1])
    return f">= {least}" if cell == len(limits) else f"{least} to < {_show(feature, limits[cell])}"


def _show(feature: Feature, threshold: float) -> str:
    if feature.type is ColumnType.DATE:
        from datetime import date

        return date.fromordinal(math.ceil(threshold)).isoformat()
    return np.format_float_positional(np.float32(threshold), trim="-")


def additive_from_json(raw: dict[str, Any]) -> AdditiveCard:
    """Reads what `AdditiveCard.to_json` wrote. Raises ModelUnavailable when it is damaged or does not add up."""
    terms = terms_from_json(raw)
    try:
        tables = tuple(
            CellTable(
                Grid(
                    tuple(t["edges"]),
                    tuple(t["thresholds"]),
                    len(feature.categories) + 1 if feature.is_category else 0,
                ),
                tuple(t["margins"]),
                tuple(t["ticks"]),
                tuple(t["rows"]),
                tuple(t["bads"]),
            )
            for feature, t in zip(terms.features, raw["tables"], strict=True)
        )
        card = AdditiveCard(terms, raw["bias"], tables)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnavailable(f"The card file is damaged ({type(error).__name__}: {error})") from error
    if card.base_ticks != raw["base_ticks"]:
        raise ModelUnavailable("The card file is damaged: its base points do not follow from its calibration")
    return card

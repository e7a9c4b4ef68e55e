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
    def _lookups(self) -> list[tuple[Feature, dict[str, int] | None, list[float], int, CellTable]]:
        found = []
        for feature, table in zip(self.terms.features, self.tables, strict=True):
            codes = {label: code for code, label in enumerate(feature.categories)} if feature.is_category else None
            found.append((feature, codes, list(table.grid.edges), table.grid.cells - 1, table))
        return found

    def score(self, facts: Mapping[str, Any]) -> Scored:
        """Scores one row of facts by name; an absent fact is unknown. Raises InvalidInput for a value of wrong kind."""
        total, margin = self.base_ticks, self.bias
        ticks: list[int] = []
        cells: list[int] = []
        for feature, codes, edges, missing, table in self._lookups:
            value = facts.get(feature.name)
            if codes is not None:
                cell = codes.get(value, -1) if type(value) is str else -1
                if cell < 0:
                    code = feature.encode(value)
                    cell = missing if code != code else int(code)  # noqa: PLR0124  (NaN)
            else:
                number = value if type(value) is float and not math.isinf(value) else feature.encode(value)
                cell = bisect_right(edges, number) if number == number else missing  # noqa: PLR0124  (NaN)
            cells.append(cell)
            part = table.ticks[cell]
            ticks.append(part)
            total += part
            margin += table.margins[cell]
        terms = self.terms
        return Scored(
            terms.pd_of_margin(margin), total, terms.grade_of(total), tuple(ticks), terms.rank(ticks), tuple(cells)
        )

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
        spec, grid = self.terms.features[feature], self.tables[feature].grid
        return label_cell(spec, grid, cell)

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
    shown = [_show(feature, t) for t in grid.thresholds]
    if not shown:
        return "(any value)"
    if cell == 0:
        return f"< {shown[0]}"
    return f">= {shown[-1]}" if cell == len(shown) else f"{shown[cell - 1]} to < {shown[cell]}"


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

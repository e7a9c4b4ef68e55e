"""The deep card: interacting trees of depth up to four behind the same interface as the additive card."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from core.domain.errors import ModelUnavailable
from scoring.domain.additive import codes_of, find_cell, label_cell
from scoring.domain.card import Scored, ScoredRows, Terms, terms_from_json
from scoring.domain.columns import Feature
from scoring.domain.shapley import ShapTables, tabulate_shap
from scoring.domain.tablefile import tables_from_bytes
from scoring.domain.trees import find_cells, grids_of, read_ensemble


@dataclass(frozen=True)
class DeepCard:
    """Terms and the tabulated values of the trees.

    `background` holds encoded rows (each a value per feature, None for unknown) when the values are interventional
    against them; it is empty when they are path-dependent.
    """

    terms: Terms
    shap: ShapTables
    background: tuple[tuple[float | None, ...], ...] = ()

    @property
    def bias(self) -> float:
        """The mean margin by cover, or of the background, in log-odds."""
        return self.shap.bias

    @cached_property
    def base_ticks(self) -> int:
        """The ticks everybody starts with."""
        return self.terms.base_ticks(self.shap.bias)

    @cached_property
    def _lookups(self) -> list[tuple[str, Feature, bool, dict[str, int] | None, list[float], int]]:
        return [
            (f.name, f, f.is_plain, codes_of(f), list(grid.edges), grid.cells - 1)
            for f, grid in zip(self.terms.features, self.shap.grids, strict=True)
        ]

    @cached_property
    def _per_unit(self) -> float:
        """Ticks per unit of uncalibrated log-odds."""
        scale = self.terms.scale
        return -scale.factor * scale.tick

    def cells_of(self, facts: Mapping[str, Any]) -> list[int]:
        """The cell of every feature. Raises InvalidInput for a value of the wrong kind."""
        cells = []
        known = facts.get
        for name, feature, plain, codes, edges, missing in self._lookups:
            value = known(name)
            if plain and type(value) is float and value - value == 0:  # finite: the common case, unrolled
                cells.append(bisect_right(edges, value))
            else:
                cells.append(find_cell(feature, codes, edges, missing, value))
        return cells

    def score(self, facts: Mapping[str, Any]) -> Scored:
        """Scores one row of facts by name; an absent fact is unknown. Raises InvalidInput for a value of wrong kind."""
        terms, slope, per_unit = self.terms, self.terms.slope, self._per_unit
        cells = self.cells_of(facts)
        parts = self.shap.row(cells)
        ticks = [round(part * slope * per_unit) for part in parts.tolist()]  # to even, as numpy's rint for many rows
        total = self.base_ticks + sum(ticks)
        pd = terms.pd_of_margin(self.shap.bias + float(np.add.reduce(parts)))
        return Scored(pd, total, terms.grade_of(total), tuple(ticks), terms.rank(ticks), tuple(cells))

    def cells_rows(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """The cells of encoded columns, (features, rows)."""
        return np.stack([find_cells(grid, column) for grid, column in zip(self.shap.grids, columns, strict=True)])

    def margin_rows(self, columns: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
        """Contributions in log-odds, (features, rows), and the bias."""
        return self.shap.rows(self.cells_rows(columns)), self.shap.bias

    def score_rows(self, columns: Sequence[np.ndarray]) -> ScoredRows:
        """Scores encoded rows with contributions and reasons."""
        parts, bias = self.margin_rows(columns)
        margin = parts.sum(axis=0) + bias
        ticks = np.rint(parts * self.terms.slope * self._per_unit).astype(np.int32)
        score = (ticks.sum(axis=0) + self.base_ticks).astype(np.int32)
        pd = 1 / (1 + np.exp(-(self.terms.intercept + self.terms.slope * margin)))
        return ScoredRows(pd, score, ticks, self.terms.rank_rows(ticks))

    def score_cells(self, cells: np.ndarray) -> np.ndarray:
        """Scores in ticks of rows given by their cells, (features, rows)."""
        parts = self.shap.rows(cells)
        return self.base_ticks + np.rint(parts * self.terms.slope * self._per_unit).astype(np.int64).sum(axis=0)

    def cell_label(self, feature: int, cell: int) -> str:
        """The cell in words of the data."""
        known = self._labels.get((feature, cell))
        if known is None:
            known = label_cell(self.terms.features[feature], self.shap.grids[feature], cell)
            self._labels[feature, cell] = known
        return known

    @cached_property
    def _labels(self) -> dict[tuple[int, int], str]:
        return {}

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; the trees stay in the model file."""
        raw = self.terms.to_json()
        raw["bias"] = self.shap.bias
        raw["base_ticks"] = self.base_ticks
        if self.background:
            raw["background"] = [list(row) for row in self.background]
        return raw


def background_of(columns: Sequence[np.ndarray]) -> tuple[tuple[float | None, ...], ...]:
    """Encoded columns as the rows a card keeps."""
    matrix = np.column_stack(columns)
    return tuple(tuple(None if math.isnan(value) else value for value in row) for row in matrix.tolist())


def with_background(card: DeepCard, model: bytes, background: tuple[tuple[float | None, ...], ...]) -> DeepCard:
    """The card with interventional values against these rows, from its booster."""
    return replace(card, shap=_tabulate(card.terms, model, background), background=background)


def _tabulate(terms: Terms, model: bytes, background: tuple[tuple[float | None, ...], ...]) -> ShapTables:
    ensemble = read_ensemble(model)
    if ensemble.feature_names != tuple(f"f{i}" for i in range(len(terms.features))):
        raise ModelUnavailable("The model file has another list of features than its card")
    grids = grids_of(ensemble, {at: len(f.categories) + 1 for at, f in enumerate(terms.features) if f.is_category})
    if not background:
        return tabulate_shap(ensemble, grids)
    matrix = np.array([[math.nan if value is None else value for value in row] for row in background])
    cells = np.stack([find_cells(grid, column) for grid, column in zip(grids, matrix.T, strict=True)])
    return tabulate_shap(ensemble, grids, cells)


def deep_from_json(raw: dict[str, Any], model: bytes, tables: bytes | None = None) -> DeepCard:
    """The card of a terms file and its booster; `tables` saves tabulating the booster again.

    Raises ModelUnavailable when they do not belong together.
    """
    terms = terms_from_json(raw)
    try:
        background = tuple(tuple(row) for row in raw.get("background", ()))
        shap = _tabulate(terms, model, background) if tables is None else tables_from_bytes(tables)
    except (TypeError, ValueError) as error:
        raise ModelUnavailable(f"The card file is damaged ({type(error).__name__}: {error})") from error
    if len(shap.grids) != len(terms.features):
        raise ModelUnavailable("The file of tables has another list of features than its card")
    card = DeepCard(terms, shap, background)
    if card.base_ticks != raw.get("base_ticks"):
        raise ModelUnavailable("The model file and its card do not belong together: their base points differ")
    return card

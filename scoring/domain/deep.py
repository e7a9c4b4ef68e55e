"""The deep card: interacting trees of depth up to four behind the same interface as the additive card."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.domain.errors import ModelUnavailable
from scoring.domain.additive import label_cell
from scoring.domain.card import Scored, ScoredRows, Terms, terms_from_json
from scoring.domain.columns import Feature
from scoring.domain.shapley import ShapTables, tabulate_shap
from scoring.domain.trees import grids_of, read_ensemble


@dataclass(frozen=True)
class DeepCard:
    """Terms and the tabulated values of the trees."""

    terms: Terms
    shap: ShapTables

    @property
    def bias(self) -> float:
        """The mean margin by cover, in log-odds."""
        return self.shap.bias

    @cached_property
    def base_ticks(self) -> int:
        """The ticks everybody starts with."""
        return self.terms.base_ticks(self.shap.bias)

    @cached_property
    def _lookups(self) -> list[tuple[Feature, dict[str, int] | None, list[float], int]]:
        found = []
        for feature, grid in zip(self.terms.features, self.shap.grids, strict=True):
            codes = {label: code for code, label in enumerate(feature.categories)} if feature.is_category else None
            found.append((feature, codes, list(grid.edges), grid.cells - 1))
        return found

    def cells_of(self, facts: Mapping[str, Any]) -> tuple[int, ...]:
        """The cell of every feature. Raises InvalidInput for a value of the wrong kind."""
        cells = []
        for feature, codes, edges, missing in self._lookups:
            value = facts.get(feature.name)
            if codes is not None:
                cell = codes.get(value, -1) if type(value) is str else -1
                if cell < 0:
                    code = feature.encode(value)
                    cell = missing if math.isnan(code) else int(code)
            else:
                number = value if type(value) is float and not math.isinf(value) else feature.encode(value)
                cell = bisect_right(edges, number) if number == number else missing  # noqa: PLR0124  (NaN)
            cells.append(cell)
        return tuple(cells)

    def score(self, facts: Mapping[str, Any]) -> Scored:
        """Scores one row of facts by name; an absent fact is unknown. Raises InvalidInput for a value of wrong kind."""
        terms = self.terms
        cells = self.cells_of(facts)
        parts = self.shap.row(cells)
        ticks = terms.scale.ticks_of_part(parts * terms.slope).tolist()
        total = self.base_ticks + sum(ticks)
        pd = terms.pd_of_margin(self.shap.bias + float(parts.sum()))
        return Scored(pd, total, terms.grade_of(total), tuple(ticks), terms.rank(ticks), cells)

    def margin_rows(self, columns: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
        """Contributions in log-odds, (features, rows), and the bias."""
        return self.shap.rows(columns), self.shap.bias

    def score_rows(self, columns: Sequence[np.ndarray]) -> ScoredRows:
        """Scores encoded rows with contributions and reasons."""
        parts, bias = self.margin_rows(columns)
        margin = parts.sum(axis=0) + bias
        ticks = self.terms.scale.ticks_of_part(parts * self.terms.slope).astype(np.int32)
        score = (ticks.sum(axis=0) + self.base_ticks).astype(np.int32)
        pd = 1 / (1 + np.exp(-(self.terms.intercept + self.terms.slope * margin)))
        return ScoredRows(pd, score, ticks, self.terms.rank_rows(ticks))

    def cell_label(self, feature: int, cell: int) -> str:
        """The cell in words of the data."""
        return label_cell(self.terms.features[feature], self.shap.grids[feature], cell)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; the trees stay in the model file."""
        raw = self.terms.to_json()
        raw["bias"] = self.shap.bias
        raw["base_ticks"] = self.base_ticks
        return raw


def deep_from_json(raw: dict[str, Any], model: bytes) -> DeepCard:
    """The card of a terms file and its booster. Raises ModelUnavailable when they do not belong together."""
    terms = terms_from_json(raw)
    ensemble = read_ensemble(model)
    if ensemble.feature_names != tuple(f"f{i}" for i in range(len(terms.features))):
        raise ModelUnavailable("The model file has another list of features than its card")
    categories = {at: len(f.categories) + 1 for at, f in enumerate(terms.features) if f.is_category}
    card = DeepCard(terms, tabulate_shap(ensemble, grids_of(ensemble, categories)))
    if card.base_ticks != raw.get("base_ticks"):
        raise ModelUnavailable("The model file and its card do not belong together: their base points differ")
    return card

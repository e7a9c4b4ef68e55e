"""How a feature was spread in training, to tell later whether it has moved: at most ten cells and the missing.

The same for every kind of card: an additive card has cells of its own, a deep one has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scoring.domain.columns import Feature

CELLS = 10


def profile(features: Sequence[Feature], columns: Sequence[np.ndarray]) -> dict[str, dict[str, Any]]:
    """By feature: the edges of its cells (empty for categories) and the rows in each; the last counts the missing."""
    found = {}
    for feature, column in zip(features, columns, strict=True):
        known = column[~np.isnan(column)]
        edges: list[float] = []
        if not feature.is_category and len(known):
            cuts = np.unique(np.quantile(known, np.linspace(0, 1, CELLS + 1)[1:-1]))
            edges = [float(cut) for cut in cuts if cut > known.min()]
        entry = {"edges": edges, "rows": []}
        found[feature.name] = entry | {"rows": count_cells(feature, edges, column)}
    return found


def count_cells(feature: Feature, edges: Sequence[float], column: np.ndarray) -> list[int]:
    """Rows by cell of a profile: numbers by its edges, categories by their code; the last cell is missing."""
    size = len(feature.categories) + 1 if feature.is_category else len(edges) + 1
    missing = np.isnan(column)
    if feature.is_category:
        cells = np.where(missing, size, np.nan_to_num(column)).astype(int)
    else:
        cells = np.where(missing, size, np.searchsorted(np.asarray(edges), column, side="right"))
    return [int(count) for count in np.bincount(cells, minlength=size + 1)]


def missing_share(entry: Mapping[str, Any]) -> float:
    """The share of missing values in a profile; 0 without rows."""
    total = sum(entry["rows"])
    return entry["rows"][-1] / total if total else 0.0

"""What each feature does to the score, by band of its values: the same for every kind of card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scoring.domain.columns import ColumnType, Feature

SHAPE_BANDS = 12
SHAPE_LABELS = 15


def shapes_of(
    features: Sequence[Feature], columns: Sequence[np.ndarray], points: np.ndarray, bad: np.ndarray
) -> list[dict[str, Any]]:
    """What each feature does to the score, widest first: mean points (features, rows), rows and bad rate by band.

    A number is cut into at most a dozen bands of equal count, a category shows its commonest labels; "missing" apart.
    """
    found = [
        {"feature": feature.name, "unit": feature.unit, "cells": _cells(feature, column, own, bad)}
        for feature, column, own in zip(features, columns, points, strict=True)
    ]
    return sorted(found, key=lambda shape: -_span(shape["cells"]))


def _span(cells: Sequence[dict[str, Any]]) -> float:
    means = [cell["points"] for cell in cells]
    return max(means) - min(means) if means else 0.0


def _cells(feature: Feature, column: np.ndarray, points: np.ndarray, bad: np.ndarray) -> list[dict[str, Any]]:
    known = ~np.isnan(column)
    groups: list[tuple[str, np.ndarray]] = []
    if feature.is_category:
        labels = [*feature.categories[:SHAPE_LABELS]]
        groups += [(label, column == code) for code, label in enumerate(labels)]
        groups.append(("(any other)", known & (column >= len(labels))))
    elif known.any():
        cuts = np.unique(np.quantile(column[known], np.linspace(0, 1, SHAPE_BANDS + 1)[1:-1], method="higher"))
        band = np.searchsorted(cuts, column, side="right")
        for at in range(len(cuts) + 1):
            mine = known & (band == at)
            if mine.any():
                groups.append((_range(feature, column[mine]), mine))
    groups.append(("(missing)", ~known))
    return [
        {"cell": label, "rows": int(mine.sum()), "points": round(float(points[mine].mean()), 2),
         "bad_rate": round(float(bad[mine].mean()), 5)}
        for label, mine in groups if mine.any()
    ]  # fmt: skip


def _range(feature: Feature, values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    return show_value(feature, low) if low == high else f"{show_value(feature, low)} - {show_value(feature, high)}"


def show_value(feature: Feature, value: float) -> str:
    """A number or day of a feature in few digits."""
    if feature.type is ColumnType.DATE and not math.isnan(value):
        from datetime import date

        return date.fromordinal(int(value)).isoformat()
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"

"""Would the same applicants hear the same reasons from a card trained on other rows? Refits on bootstrap samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scoring.domain.columns import Feature
from scoring.engine import Plan
from scoring.steps.assemble import Card, assemble
from scoring.steps.fit import Columns, fit_once, take

LOOKED_AT = 4000
REFITS = ((10_000, 8), (40_000, 4))  # up to so many rows, so many refits ...
REFITS_LEAST = 2  # ... and this many beyond


def top_reason_stability(
    kind: str, features: Sequence[Feature], columns: Columns, bad: np.ndarray, plan: Plan | None, card: Card, seed: int,
    progress: Callable[[str, float], None], weight: np.ndarray | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Share of rows whose first reason stays the same after a refit on a bootstrap sample, mean over the refits.

    Counted over rows that have a reason, and again over those the card would refuse; by single feature and by group of
    correlated features (the groups of the card itself).
    """
    count = next((refits for most, refits in REFITS if len(bad) <= most), REFITS_LEAST)
    step = max(1, len(bad) // LOOKED_AT)
    shown = [column[::step] for column in columns]
    own = _tops(card, card, shown)
    refused = card.score_rows(shown).score < card.terms.cutoff_ticks
    rng = np.random.default_rng([seed, 11])
    shares: list[tuple[float, float, float, float]] = []
    for at in range(count):
        rows = rng.integers(0, len(bad), len(bad))
        progress("stability", at / count)
        if 0 < bad[rows].sum() < len(rows):
            weighs = None if weight is None else weight[rows]
            fit, _ = fit_once(kind, features, take(columns, rows), bad[rows], plan, seed + at + 1, rows_weigh=weighs)
            other = assemble(
                kind, card.terms.segment, fit, features, take(columns, rows), bad[rows],
                intercept=card.terms.intercept, slope=card.terms.slope, scale=card.terms.scale,
                bands=[(grade.name, grade.pd_max) for grade in card.terms.grades], cutoff_pd=card.terms.cutoff_pd,
                baseline=card.terms.baseline.method, correlated=1.0,
            )  # fmt: skip
            again = _tops(card, other, shown)
            shares.append(_agreement(own, again, refused))
    progress("stability", 1.0)
    means = np.mean(shares, axis=0) if shares else np.full(4, np.nan)
    told = [None if np.isnan(mean) else float(mean) for mean in means]
    return {
        "refits": len(shares), "rows": len(shown[0]), "refused": int(refused.sum()),
        "same_feature": told[0], "same_group": told[1],
        "same_feature_refused": told[2], "same_group_refused": told[3],
    }  # fmt: skip


def _tops(card: Card, other: Card, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """The feature and the group (of `card`) that lost most points by `other`; -1 where nothing lowered the score."""
    scored = other.score_rows(columns)
    change = scored.ticks - np.asarray(other.terms.baseline.ticks)[:, None]
    groups = np.stack([change[list(group)].sum(axis=0) for group in card.terms.groups])
    return (
        np.where(change.min(axis=0) < 0, change.argmin(axis=0), -1),
        np.where(groups.min(axis=0) < 0, groups.argmin(axis=0), -1),
    )


def _agreement(
    own: tuple[np.ndarray, np.ndarray], again: tuple[np.ndarray, np.ndarray], refused: np.ndarray
) -> tuple[float, float, float, float]:
    found = []
    for mine in (np.ones(len(refused), dtype=bool), refused):
        for first, second in zip(own, again, strict=True):
            counted = mine & (first >= 0)
            found.append(float((first[counted] == second[counted]).mean()) if counted.any() else np.nan)
    return found[0], found[1], found[2], found[3]

"""From a fit to a card: tables, calibration, groups of reasons, and the baseline applicants are compared with."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scoring.domain.additive import AdditiveCard, CellTable, additive_from_json
from scoring.domain.card import Baseline, Terms, grades_from_bands
from scoring.domain.checks import correlated_groups
from scoring.domain.columns import Feature
from scoring.domain.deep import DeepCard, background_of, with_background
from scoring.domain.scale import Scale
from scoring.domain.shapley import tabulate_shap
from scoring.domain.trees import Grid, find_cells, grids_of, read_ensemble, tabulate_additive
from scoring.steps.fit import Columns, Fit

Card = AdditiveCard | DeepCard
NEAR_ROWS_MIN = 50
NEAR_SHARE = 0.2
APPROVED_SHARE_MIN = 0.05
BACKGROUND_ROWS = 200


def assemble(
    kind: str, segment: str, fit: Fit, features: Sequence[Feature], columns: Columns, bad: np.ndarray, *,
    intercept: float, slope: float, scale: Scale, bands: Sequence[tuple[str, float | None]], cutoff_pd: float,
    baseline: str, correlated: float,
) -> Card:  # fmt: skip
    """The card of a fit on its training rows. Its stored form reads back to the same card."""
    empty = Baseline(baseline, tuple(0 for _ in features), 0, 0)
    alone = tuple((at,) for at in range(len(features)))
    terms = Terms(
        kind,
        segment,
        scale,
        slope,
        intercept,
        tuple(features),
        alone,
        grades_from_bands(bands, scale),
        cutoff_pd,
        empty,
    )
    card = _bare(fit, terms, columns, bad)
    scored = card.score_rows(columns)
    weight = scored.ticks.std(axis=1).tolist()
    groups = correlated_groups(columns, [not f.is_category for f in features], weight, correlated)
    method, rows = reference_rows(baseline, scored.score, terms.cutoff_ticks)
    ticks = tuple(round(float(part[rows].mean())) for part in scored.ticks)
    base = Baseline(method, ticks, card.base_ticks + sum(ticks), int(rows.sum()))
    return replace(card, terms=replace(terms, groups=groups, baseline=base))


def interventional(card: Card, fit: Fit, columns: Columns, seed: int) -> Card:
    """A deep card whose values are taken against a stored background: rows of its own baseline, drawn by seed.

    Its contributions then say by how much a value moves the score of those rows; the score itself stays the same.
    """
    assert isinstance(card, DeepCard)
    assert fit.booster is not None
    _, rows = reference_rows(card.terms.baseline.method, card.score_rows(columns).score, card.terms.cutoff_ticks)
    chosen = np.flatnonzero(rows)
    if len(chosen) > BACKGROUND_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, BACKGROUND_ROWS, replace=False))
    model = fit.booster.save()
    swapped = with_background(card, model, background_of([column[chosen] for column in columns]))
    scored = swapped.score_rows([column[rows] for column in columns])
    ticks = tuple(round(float(part.mean())) for part in scored.ticks)
    base = replace(card.terms.baseline, ticks=ticks, score=swapped.base_ticks + sum(ticks))
    return replace(swapped, terms=replace(swapped.terms, baseline=base))


def reference_rows(method: str, score: np.ndarray, cutoff: int) -> tuple[str, np.ndarray]:
    """The rows applicants are compared with, and how they were in fact chosen."""
    everyone = np.ones(len(score), dtype=bool)
    approved = score >= cutoff
    if method == "population" or approved.mean() < APPROVED_SHARE_MIN:
        return "population", everyone
    if method == "approved":
        return method, approved
    passed = np.sort(score[approved])
    wanted = min(len(passed), max(NEAR_ROWS_MIN, math.ceil(len(passed) * NEAR_SHARE)))
    return method, approved & (score <= passed[wanted - 1])


def _bare(fit: Fit, terms: Terms, columns: Columns, bad: np.ndarray) -> Card:
    features = terms.features
    if fit.woe is not None:
        return _additive(terms, fit.woe.bias, fit.woe.grids, fit.woe.margins, columns, bad)
    assert fit.booster is not None
    ensemble = read_ensemble(fit.booster.save())
    grids = grids_of(ensemble, {at: len(f.categories) + 1 for at, f in enumerate(features) if f.is_category})
    if terms.kind == "deep":
        return DeepCard(terms, tabulate_shap(ensemble, grids))
    bias, tables = tabulate_additive(ensemble, grids)
    return _additive(terms, bias, grids, tables, columns, bad)


def _additive(
    terms: Terms, bias: float, grids: Sequence[Grid], margins: Sequence[np.ndarray], columns: Columns, bad: np.ndarray
) -> AdditiveCard:
    tables = tuple(
        _table(terms, grid, part, find_cells(grid, column), bad)
        for grid, part, column in zip(grids, margins, columns, strict=True)
    )
    return AdditiveCard(terms, bias, tables)


def _table(terms: Terms, grid: Grid, margins: np.ndarray, cells: np.ndarray, bad: np.ndarray) -> CellTable:
    rows = np.bincount(cells, minlength=grid.cells)
    bads = np.bincount(cells, weights=bad, minlength=grid.cells)
    ticks = terms.scale.ticks_of_part(margins * terms.slope)
    return CellTable(
        grid,
        tuple(float(m) for m in margins),
        tuple(int(t) for t in ticks),
        tuple(int(n) for n in rows),
        tuple(int(n) for n in bads),
    )


def card_bytes(card: Card) -> bytes:
    """The card's file: sorted keys, one line per entry of the top level, exact floats."""
    raw = card.to_json()
    if isinstance(card, AdditiveCard):
        assert additive_from_json(json.loads(json.dumps(raw))) == card
    lines = [f"{json.dumps(key)}: {json.dumps(raw[key], ensure_ascii=False, sort_keys=True)}" for key in sorted(raw)]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()

"""The figures of a version: what the test showed, by time, grade and protected group, and the curves."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np

from scoring.domain.columns import Column, ColumnType, DataSchema, number_column
from scoring.domain.curves import curves
from scoring.domain.fairness import fairness_table, groups_in
from scoring.domain.metrics import measure
from scoring.domain.shapes import shapes_of
from scoring.steps.assemble import Card
from scoring.steps.fit import Columns
from scoring.steps.read_sample import Sample

PERIODS_MOST = 60  # more months or numbers than this are put together
BANDS = 12


def test_curves(card: Card, bad: np.ndarray, pd: np.ndarray, shift: float) -> dict[str, Any]:
    """Curves of held-out rows by their PD; scores are on the card's scale, which `shift` moves to its tendency."""
    scale = card.terms.scale
    log_odds = np.log(pd) - np.log1p(-pd) + shift
    return curves(bad, pd, scale.base_score - scale.factor * (math.log(scale.base_odds) + log_odds))


def feature_shapes(card: Card, columns: Columns, bad: np.ndarray) -> list[dict[str, Any]]:
    """Mean points by band of every feature over the rows."""
    return shapes_of(card.terms.features, columns, card.score_rows(columns).ticks / card.terms.scale.tick, bad)


def by_time(
    schema: DataSchema, sample: Sample, bad: np.ndarray, held_out: np.ndarray, test_pd: np.ndarray
) -> list[dict[str, Any]]:
    """Held-out rows by period: rows, observed rate, mean PD, AUC."""
    column = schema.time
    if column is None or column.name not in sample.columns:
        return []
    when = number_column(column.name, column.type, sample.columns[column.name])[held_out]
    outcome = bad[held_out]
    return [
        {"period": name, "rows": int(mine.sum()), "bad_rate": float(outcome[mine].mean()),
         "mean_pd": float(test_pd[mine].mean()), "auc": _none(measure(outcome[mine], test_pd[mine], resamples=1).auc)}
        for name, mine in periods_of(column, when)
    ]  # fmt: skip


def periods_of(column: Column, when: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """(period, its rows) in order of time, rows without a time last: months of dates, years where those are many.

    Numbers are their own period, or twelve bands of equal counts where there are more than sixty of them.
    """
    known = when[~np.isnan(when)]
    distinct, place = np.unique(known, return_inverse=True)
    if column.type is ColumnType.DATE:
        names = [date.fromordinal(int(day)).strftime("%Y-%m") for day in distinct]
        if len(set(names)) > PERIODS_MOST:
            names = [name[:4] for name in names]
    elif len(distinct) > PERIODS_MOST:
        ends = np.unique(np.quantile(known, np.linspace(0, 1, BANDS + 1), method="lower"))
        cells = np.clip(np.searchsorted(ends, distinct, side="right") - 1, 0, len(ends) - 2)
        names = [f"{ends[cell]:.10g} to {ends[cell + 1]:.10g}" for cell in cells]
    else:
        names = [f"{value:.10g}" for value in distinct]
    order = {name: at for at, name in enumerate(dict.fromkeys(names))}
    period = np.full(len(when), -1)
    period[~np.isnan(when)] = np.asarray([order[name] for name in names], dtype=np.int64)[place]
    found = [(name, period == at) for name, at in order.items()]
    return [*found, ("missing", period == -1)] if len(known) < len(when) else found


def _none(value: float) -> float | None:
    return None if math.isnan(value) else value


def by_grade(card: Card, columns: Columns, bad: np.ndarray) -> list[dict[str, Any]]:
    """Rows, mean PD and bads by grade of the final card."""
    scored = card.score_rows(columns)
    names = np.asarray([card.terms.grade_of(int(score)) for score in scored.score])
    return [
        {"grade": grade.name, "rows": int(mine.sum()), "mean_pd": float(scored.pd[mine].mean()) if mine.any() else None,
         "bad_rate_in_data": float(bad[mine].mean()) if mine.any() else None}
        for grade in card.terms.grades
        for mine in [names == grade.name]
    ]  # fmt: skip


def population(card: Card, columns: Columns) -> dict[str, float]:
    """What monitoring compares with: mean score in points, and the share at or above the cut-off."""
    score = card.score_rows(columns).score
    passed = float((score >= card.terms.cutoff_ticks).mean())
    return {"mean_score": float(card.terms.scale.points(1)) * float(score.mean()), "pass_rate": passed}


def fairness(
    schema: DataSchema,
    sample: Sample,
    rows: np.ndarray,
    bad: np.ndarray,
    cv_pd: np.ndarray,
    card: Card,
    shift: float,
) -> dict[str, Any]:
    """Approval at the cut-off by protected group, on rows scored by folds that did not see them."""
    log_odds = np.log(cv_pd) - np.log1p(-cv_pd) + shift
    approved = log_odds <= math.log(card.terms.cutoff_pd / (1 - card.terms.cutoff_pd))
    report: dict[str, Any] = {}
    for column in schema.protected:
        if column.name not in sample.columns:
            continue
        values = [v for v, mine in zip(sample.columns[column.name], rows, strict=True) if mine]
        report[column.name] = fairness_table(groups_in(column, values), bad[rows], approved)
    return report

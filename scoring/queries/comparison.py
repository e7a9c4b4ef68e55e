"""Two versions that scored the same applications: the report on live traffic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from core.db import Work
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.comparing import compare_pairs
from scoring.domain.performance import PastCase
from scoring.domain.shelf import version_at
from scoring.queries.scores import ScoreSample, VersionView, scored_by
from scoring.tables import ModelVersionRow


@dataclass(frozen=True, slots=True)
class LiveComparison:
    """`reports` by product, the first (empty name) over all; `served` counts whose score was used."""

    first: VersionView
    second: VersionView
    served: tuple[int, int]
    reports: tuple[tuple[str, dict[str, Any]], ...]


def compare_live(
    r: Work, first: VersionView, second: VersionView, *, since: date, until: date, cases: Sequence[PastCase] = ()
) -> LiveComparison:
    """Cases both versions scored with since <= day < until. Raises InvalidInput for two segments, ModelUnavailable."""
    if first.segment != second.segment:
        raise InvalidInput({"b": Text("Choose two versions of the same segment")})
    samples = [scored_by(r, view.name, since=since, until=until) for view in (first, second)]
    places = [{subject: at for at, subject in enumerate(sample.subject_ids)} for sample in samples]
    both = [subject for subject in samples[0].subject_ids if subject in places[1]]
    rows = [np.array([place[subject] for subject in both], dtype=int) for place in places]
    outcomes = {case.subject_id: case.bad for case in cases if case.bad is not None}
    bad = np.array([float(outcomes[subject]) if subject in outcomes else np.nan for subject in both])
    products = np.array([samples[0].products[at] for at in rows[0]])
    sides = [_columns(r, view, sample, at) for view, sample, at in zip((first, second), samples, rows, strict=True)]
    reports = []
    for product in ("", *sorted({str(name) for name in products if name})):
        mine = np.ones(len(both), dtype=bool) if not product else products == product
        pairs = [(one[mine], other[mine]) for one, other in zip(*sides, strict=True)]
        reports.append((product, compare_pairs(pairs[0], pairs[1], pairs[2], pairs[3], bad[mine])))
    served = (sum(samples[0].served), sum(samples[1].served))
    return LiveComparison(first, second, served, tuple(reports))


def _columns(
    r: Work, view: VersionView, sample: ScoreSample, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(PD, points, at or above the cut-off, grade) of the rows."""
    row = r.get(ModelVersionRow, view.id)
    terms = version_at(row.location, row.sha256).card.terms
    ticks = np.array(sample.ticks, dtype=np.int64)[rows]
    points = ticks * float(terms.scale.points(1))
    return np.array(sample.pd)[rows], points, ticks >= terms.cutoff_ticks, np.array(sample.grades)[rows]

"""Watching a version in use: has the population moved, are values missing, is the PD still true?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select

from core.db import Work
from core.domain.errors import ModelUnavailable
from scoring.domain.additive import AdditiveCard
from scoring.domain.metrics import measure
from scoring.domain.policy import ScoringPolicy
from scoring.domain.stability import Shift, merge_cells, stability_index, wilson_interval
from scoring.domain.version import Version
from scoring.queries.scores import ScoreSample, served_scores
from scoring.steps.replay import typed_facts
from scoring.steps.score import open_row
from scoring.tables import ModelVersionRow, MonitorReportRow

ROWS_MIN = 30


def monitor(
    w: Work, version_id: UUID, *, since: date, until: date, outcomes: Mapping[UUID, bool] | None = None
) -> MonitorReportRow:
    """Measures the served scores of a version with since <= day < until and keeps the report.

    `outcomes` maps a subject to whether it went bad by the policy's definition, for those whose window is over. The
    report names every figure beyond its threshold as an alert. Raises NotFound; a version that cannot be opened is
    itself an alert.
    """
    row = w.get(ModelVersionRow, version_id)
    policy = w.policy(ScoringPolicy)
    sample = served_scores(w, row.name, since=since, until=until)
    report: dict[str, Any] = {"rows": len(sample.pd), "alerts": []}
    try:
        version = open_row(row)
    except ModelUnavailable as error:
        report["alerts"].append(_alert("unavailable", "", error.message))
    else:
        if len(sample.pd) >= ROWS_MIN:
            report |= _population(version, sample, policy, report["alerts"])
        if outcomes:
            report["performance"] = _performance(version, sample, outcomes, report["alerts"])
    return w.add(MonitorReportRow(version_id=row.id, made_at=w.now, since=since, until=until, report=report))


def _alert(kind: str, feature: str, words: str) -> dict[str, str]:
    return {"kind": kind, "feature": feature, "text": words, "owner": "risk_manager"}


def _population(
    version: Version, sample: ScoreSample, policy: ScoringPolicy, alerts: list[dict[str, str]]
) -> dict[str, Any]:
    grades = [grade.name for grade in version.card.terms.grades]
    trained = {line["grade"]: line["rows"] for line in version.metrics()["grades"]}
    now = Counter(sample.grades)
    score = stability_index([trained.get(name, 0) for name in grades], [now[name] for name in grades])
    _judge("score", "", score, policy, alerts)
    report: dict[str, Any] = {
        "score": _shown(score),
        "grades": {name: now[name] for name in grades},
        "mean_pd": float(np.mean(sample.pd)),
        "pass_rate": float(np.mean(np.array(sample.ticks) >= version.card.terms.cutoff_ticks)),
        "reasons": dict(Counter(reason for reasons in sample.reasons for reason in reasons).most_common()),
        "missing": {},
        "features": {},
    }
    if not isinstance(version.card, AdditiveCard):
        return report
    cells = [version.card.score(typed_facts(facts)).cells for facts in sample.facts]
    for at, (feature, table) in enumerate(zip(version.card.terms.features, version.card.tables, strict=True)):
        found = Counter(row[at] for row in cells)
        counts = [found[cell] for cell in range(table.grid.cells)]
        shift = stability_index(*merge_cells(table.rows, counts))
        report["features"][feature.name] = _shown(shift)
        report["missing"][feature.name] = counts[-1] / len(cells)
        _judge("feature", feature.name, shift, policy, alerts)
    return report


def _shown(shift: Shift) -> dict[str, float]:
    return {"psi": shift.psi, "noise": shift.noise, "limit": shift.limit, "rows": shift.rows}


def _judge(kind: str, feature: str, shift: Shift, policy: ScoringPolicy, alerts: list[dict[str, str]]) -> None:
    """An index counts only beyond what chance gives at this size."""
    if shift.psi <= shift.limit or shift.psi < policy.psi_warning:
        return
    level = "alert" if shift.psi >= policy.psi_alert else "warning"
    alerts.append(
        _alert(f"{kind}_{level}", feature, f"PSI {shift.psi:.3f} over {shift.rows} rows (chance: {shift.noise:.3f})")
    )


def _performance(
    version: Version, sample: ScoreSample, outcomes: Mapping[UUID, bool], alerts: list[dict[str, str]]
) -> dict[str, Any]:
    known = [at for at, subject in enumerate(sample.subject_ids) if subject in outcomes]
    bad = np.array([float(outcomes[sample.subject_ids[at]]) for at in known])
    pd = np.array([sample.pd[at] for at in known])
    if not known:
        return {"rows": 0}
    months: dict[str, Any] = {}
    names = np.array([sample.scored_on[at].strftime("%Y-%m") for at in known])
    for name in sorted(set(names)):
        mine = names == name
        months[str(name)] = measure(bad[mine], pd[mine], resamples=100).to_json()
    by_grade = {}
    grades = np.array([sample.grades[at] for at in known])
    for grade in version.card.terms.grades:
        mine = grades == grade.name
        rows, bads = int(mine.sum()), int(bad[mine].sum())
        low, high = wilson_interval(bads, rows)
        mean = float(pd[mine].mean()) if rows else None
        by_grade[grade.name] = {"rows": rows, "bads": bads, "mean_pd": mean, "low": low, "high": high}
        if mean is not None and rows >= ROWS_MIN and not low <= mean <= high:
            words = f"grade {grade.name}: PD {mean:.2%}, observed {bads / rows:.2%} ({low:.2%} to {high:.2%})"
            alerts.append(_alert("calibration", grade.name, words))
    return {**measure(bad, pd, resamples=100).to_json(), "by_month": months, "by_grade": by_grade}


def latest_report(r: Work, version_id: UUID) -> MonitorReportRow | None:
    """The newest report of a version."""
    query = select(MonitorReportRow).where(MonitorReportRow.version_id == version_id)
    return r.session.scalars(query.order_by(MonitorReportRow.made_at.desc()).limit(1)).first()

"""Watching a version in use: has the population moved, are values missing, do people overrule it, is the PD true?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from core.db import Work
from core.domain.errors import ModelUnavailable
from core.domain.ids import uuid7
from core.domain.texts import Text
from scoring.domain.additive import AdditiveCard
from scoring.domain.performance import PastCase, PastCases, no_past_cases
from scoring.domain.policy import ScoringPolicy
from scoring.domain.profile import count_cells, missing_share
from scoring.domain.registry import LIVE
from scoring.domain.stability import Shift, merge_cells, stability_index
from scoring.domain.version import Version
from scoring.domain.watching import (
    ROWS_MIN,
    Alert,
    decisions_report,
    judge_missing,
    judge_overrides,
    judge_pass_rate,
    judge_performance,
    judge_shift,
    override_outcomes,
    performance_report,
)
from scoring.queries.scores import ScoreSample, scored_by, versions
from scoring.steps.alerts import keep_alerts
from scoring.steps.replay import typed_facts
from scoring.steps.score import open_row
from scoring.tables import ModelVersionRow, MonitorReportRow

CELLS_MAX = 12
YEARS_BACK = 4  # how old a score may be to count for performance


def watch_version(w: Work, version_id: UUID, past_cases: PastCases = no_past_cases) -> MonitorReportRow:
    """The watch of a version as of the business date: its population lately, and every case whose outcome is known."""
    days = w.policy(ScoringPolicy).limits.days
    until = w.today + timedelta(days=1)
    cases = past_cases(w, until - timedelta(days=YEARS_BACK * 366), until)
    return monitor(w, version_id, since=until - timedelta(days=days), until=until, cases=cases)


def live_version_ids(r: Work) -> list[UUID]:
    """The versions that are watched: champions, challengers and shadows."""
    return [view.id for view in versions(r) if view.status in {status.value for status in LIVE}]


def monitor(
    w: Work, version_id: UUID, *, since: date, until: date, cases: Sequence[PastCase] = (),
    outcomes: Mapping[UUID, bool] | None = None,
) -> MonitorReportRow:  # fmt: skip
    """Measures the scores of a version with since <= day < until and keeps the report with its alerts.

    Performance looks at every case of `cases` (or `outcomes`: subject -> went bad) whose outcome is known, however long
    ago this version scored it: served or not, so that a shadow is measured too. Raises NotFound; a version that cannot
    be opened is itself an alert.
    """
    row = w.get(ModelVersionRow, version_id)
    policy = w.policy(ScoringPolicy)
    sample = scored_by(w, row.name, since=since, until=until)
    alerts: list[Alert] = []
    report: dict[str, Any] = {"rows": len(sample.pd)}
    try:
        version = open_row(row)
    except ModelUnavailable as error:
        alerts.append(Alert("unavailable", "", "alert", Text("{error}", error=error.message)))
    else:
        by_subject = {case.subject_id: case for case in cases}
        known = dict(outcomes or {}) | {case.subject_id: case.bad for case in cases if case.bad is not None}
        mature = scored_by(w, row.name, since=until - timedelta(days=YEARS_BACK * 366), until=until, subjects=known)
        if len(sample.pd) >= ROWS_MIN:
            report |= _population(version, sample, policy, alerts)
        if by_subject:
            report |= _decisions(version, sample, mature, by_subject, policy, alerts)
        if known:
            report |= _performance(version, mature, known, policy, alerts)
    report["alerts"] = [alert.to_json(policy.limits.owner) for alert in alerts]
    made = MonitorReportRow(id=uuid7(), version_id=row.id, made_at=w.now, since=since, until=until, report=report)
    w.add(made)
    w.session.flush()
    keep_alerts(w, made, alerts, policy.limits.owner)
    return made


def _population(version: Version, sample: ScoreSample, policy: ScoringPolicy, alerts: list[Alert]) -> dict[str, Any]:
    terms, metrics = version.card.terms, version.metrics()
    grades = [grade.name for grade in terms.grades]
    trained = {line["grade"]: line["rows"] for line in metrics["grades"]}
    now = Counter(sample.grades)
    score = stability_index([trained.get(name, 0) for name in grades], [now[name] for name in grades])
    _keep(alerts, judge_shift("score", "", score, policy.psi_warning, policy.psi_alert))
    passed = float(np.mean(np.array(sample.ticks) >= terms.cutoff_ticks))
    before = metrics.get("population")
    if before is not None:
        _keep(alerts, judge_pass_rate(before["pass_rate"], passed, len(sample.pd), policy.limits))
    report: dict[str, Any] = {
        "score": _shown(score),
        "grades": {name: now[name] for name in grades},
        "grades_before": {name: trained.get(name, 0) for name in grades},
        "mean_pd": float(np.mean(sample.pd)),
        "mean_score": float(terms.scale.points(1)) * float(np.mean(sample.ticks)),
        "pass_rate": passed,
        "before": before,
        "reasons": dict(Counter(reason for reasons in sample.reasons for reason in reasons).most_common()),
        "features": {},
        "missing": {},
        "missing_before": {},
    }
    _features(version, sample, policy, metrics, report, alerts)
    return report


def _features(
    version: Version, sample: ScoreSample, policy: ScoringPolicy, metrics: Mapping[str, Any], report: dict[str, Any],
    alerts: list[Alert],
) -> None:  # fmt: skip
    """Shift and missing share of every feature against training, and the missing share day by day."""
    features = version.card.terms.features
    facts = [typed_facts(raw) for raw in sample.facts]
    columns = [np.array([f.encode(row.get(f.name)) for row in facts], dtype=np.float64) for f in features]
    before = metrics.get("profile") or _cells_of_card(version)
    for feature, column in zip(features, columns, strict=True):
        entry = before.get(feature.name)
        now = float(np.isnan(column).mean())
        report["missing"][feature.name] = now
        if entry is None:
            continue
        counts = count_cells(feature, entry["edges"], column)
        shift = stability_index(*merge_cells(entry["rows"], counts, CELLS_MAX))
        report["features"][feature.name] = _shown(shift)
        report["missing_before"][feature.name] = missing_share(entry)
        _keep(alerts, judge_shift("feature", feature.name, shift, policy.psi_warning, policy.psi_alert))
        _keep(alerts, judge_missing(feature.name, missing_share(entry), now, len(facts), policy.limits))
    report["by_day"] = _by_day(sample, [f.name for f in features], columns, float(version.card.terms.scale.points(1)))


def _cells_of_card(version: Version) -> dict[str, dict[str, Any]]:
    """For versions trained before profiles were kept: the cells of their tables. A deep card has none."""
    card = version.card
    if not isinstance(card, AdditiveCard):
        return {}
    return {
        feature.name: {"edges": list(table.grid.edges), "rows": list(table.rows)}
        for feature, table in zip(card.terms.features, card.tables, strict=True)
    }


def _by_day(sample: ScoreSample, names: list[str], columns: list[np.ndarray], tick: float) -> list[dict[str, Any]]:
    """Day by day: cases, mean score, and the features with missing values. It shows since when data are broken."""
    days, ticks = np.array(sample.scored_on), np.array(sample.ticks, dtype=np.float64)
    found = []
    for day in sorted(set(sample.scored_on)):
        mine = days == day
        missing = {
            name: share for name, c in zip(names, columns, strict=True) if (share := float(np.isnan(c[mine]).mean()))
        }
        found.append({"day": day.isoformat(), "rows": int(mine.sum()), "mean_score": float(ticks[mine].mean()) * tick,
                      "missing": missing})  # fmt: skip
    return found


def _decisions(
    version: Version, sample: ScoreSample, mature: ScoreSample, by_subject: Mapping[UUID, PastCase],
    policy: ScoringPolicy, alerts: list[Alert],
) -> dict[str, Any]:  # fmt: skip
    """What was decided lately on the scores that were served, and how older decisions of the kind turned out."""
    report = decisions_report(*_decided(version, sample, by_subject))
    _keep(alerts, judge_overrides(report, policy.limits))
    return {"decisions": report | override_outcomes(*_decided(version, mature, by_subject))}


def _decided(
    version: Version, sample: ScoreSample, by_subject: Mapping[UUID, PastCase]
) -> tuple[list[PastCase], list[bool]]:
    """The cases of served scores, and whether their score passes."""
    cutoff = version.card.terms.cutoff_ticks
    served = [
        (by_subject[subject], ticks >= cutoff)
        for subject, ticks, used in zip(sample.subject_ids, sample.ticks, sample.served, strict=True)
        if used and subject in by_subject
    ]
    return [case for case, _ in served], [passed for _, passed in served]


def _performance(
    version: Version, mature: ScoreSample, outcomes: Mapping[UUID, bool], policy: ScoringPolicy, alerts: list[Alert]
) -> dict[str, Any]:
    """Outcomes take a year to be known: they are looked for among all scores the version has given."""
    bad = np.array([float(outcomes[subject]) for subject in mature.subject_ids])
    months = [day.strftime("%Y-%m") for day in mature.scored_on]
    names = [grade.name for grade in version.card.terms.grades]
    report = performance_report(bad, np.array(mature.pd), months, mature.grades, names)
    if report["rows"]:
        test = version.metrics().get("test") or {}
        alerts += judge_performance(report, test.get("auc"), policy.limits)
    return {"performance": report | {"bad_dpd": policy.bad_dpd, "window_months": policy.window_months}}


def _keep(alerts: list[Alert], found: Alert | None) -> None:
    if found is not None:
        alerts.append(found)


def _shown(shift: Shift) -> dict[str, float]:
    return {"psi": shift.psi, "noise": shift.noise, "limit": shift.limit, "rows": shift.rows}

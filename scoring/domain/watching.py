"""What watching finds, on plain arrays: overrides, performance once outcomes are known, and the alerts of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.texts import Text
from scoring.domain.metrics import bootstrap, measure
from scoring.domain.performance import APPROVE, DECLINE, PastCase
from scoring.domain.policy import WatchLimits
from scoring.domain.stability import Shift, wilson_interval

ROWS_MIN = 30
RESAMPLES = 200
RANKED_LEAST = 5


@dataclass(frozen=True, slots=True)
class Alert:
    """One figure beyond its threshold. `kind` and `feature` name it: the same alert of a later report is the same."""

    kind: str
    feature: str
    level: str
    words: Text
    value: float | None = None
    threshold: float | None = None

    def to_json(self, owner: str) -> dict[str, Any]:
        """As a report keeps it."""
        return {
            "kind": self.kind, "feature": self.feature, "level": self.level, "owner": owner, "text": str(self.words),
            "msgid": self.words.msgid, "params": dict(self.words.params), "value": self.value,
            "threshold": self.threshold,
        }  # fmt: skip


def judge_shift(kind: str, feature: str, shift: Shift, warning: float, alert: float) -> Alert | None:
    """An index counts only beyond what chance gives at this size."""
    if shift.psi <= shift.limit or shift.psi < warning:
        return None
    level = "alert" if shift.psi >= alert else "warning"
    words = Text("PSI {psi} over {rows} cases; chance alone gives {noise}", psi=round(shift.psi, 3), rows=shift.rows,
                 noise=round(shift.noise, 3))  # fmt: skip
    return Alert(f"{kind}_{level}", feature, level, words, shift.psi, alert if level == "alert" else warning)


def judge_missing(feature: str, before: float, now: float, rows: int, limits: WatchLimits) -> Alert | None:
    """More values missing than in training, beyond the limit and beyond chance (one-sided 95 % by Wilson)."""
    low, _ = wilson_interval(round(now * rows), rows)
    if now - before <= limits.missing_rise or low <= before:
        return None
    words = Text("Missing in {now} % of cases; it was {before} % in training", now=round(now * 100, 1),
                 before=round(before * 100, 1))  # fmt: skip
    return Alert("missing", feature, "alert", words, now, before + limits.missing_rise)


def judge_pass_rate(before: float, now: float, rows: int, limits: WatchLimits) -> Alert | None:
    """The share at or above the cut-off against that in training."""
    low, high = wilson_interval(round(now * rows), rows)
    if abs(now - before) <= limits.approval_shift or low <= before <= high:
        return None
    words = Text("{now} % of cases pass the cut-off; it was {before} % in training", now=round(now * 100, 1),
                 before=round(before * 100, 1))  # fmt: skip
    return Alert("pass_rate", "", "warning", words, now, before)


def rate(hits: int, rows: int) -> dict[str, Any]:
    """A rate with its counts and 95 % interval (Wilson); None without rows."""
    low, high = wilson_interval(hits, rows)
    return {"rows": rows, "hits": hits, "rate": hits / rows if rows else None, "low": low, "high": high}


def decisions_report(cases: Sequence[PastCase], passes: Sequence[bool]) -> dict[str, Any]:
    """Approval and override rates of decided cases.

    A low-side override is a person's approval below the cut-off, a high-side override a person's refusal at or above
    it (Siddiqi, ch. 12).
    """
    decided = [(case, passed) for case, passed in zip(cases, passes, strict=True) if case.outcome in {APPROVE, DECLINE}]
    approved = [case for case, _ in decided if case.outcome == APPROVE]
    low = [case for case, passed in decided if case.by_person and case.outcome == APPROVE and not passed]
    high = [case for case, passed in decided if case.by_person and case.outcome == DECLINE and passed]
    return {
        "decided": len(decided),
        "approval": rate(len(approved), len(decided)),
        "by_person": rate(sum(case.by_person for case, _ in decided), len(decided)),
        "low_side": rate(len(low), len(decided)),
        "high_side": rate(len(high), len(decided)),
        "against_rules": rate(sum(case.override for case, _ in decided), len(decided)),
    }


def override_outcomes(cases: Sequence[PastCase], passes: Sequence[bool]) -> dict[str, Any]:
    """Bad rates of approved cases whose outcome is known: by a person below the cut-off, and at or above it.

    Outcomes take a year, so these are older cases than those the rates of `decisions_report` are about.
    """
    lent = [(case, passed) for case, passed in zip(cases, passes, strict=True) if case.outcome == APPROVE]
    low = [case for case, passed in lent if case.by_person and not passed]
    within = [case for case, passed in lent if passed]
    return {"low_side_bad": _bad_rate(low), "within_bad": _bad_rate(within)}


def _bad_rate(cases: Sequence[PastCase]) -> dict[str, Any]:
    known = [case.bad for case in cases if case.bad is not None]
    return rate(sum(known), len(known))


def judge_overrides(report: dict[str, Any], limits: WatchLimits) -> Alert | None:
    """Too many people against the score: either the score or its use is wrong."""
    rows = report["decided"]
    hits = report["low_side"]["hits"] + report["high_side"]["hits"]
    if rows < ROWS_MIN or hits / rows <= limits.overrides_max:
        return None
    words = Text("{n} of {rows} decisions went against the score", n=hits, rows=rows)
    return Alert("overrides", "", "warning", words, hits / rows, limits.overrides_max)


def performance_report(
    bad: np.ndarray, pd: np.ndarray, months: Sequence[str], grades: Sequence[str], names: Sequence[str]
) -> dict[str, Any]:
    """Figures of cases whose outcome is known, in all, by month scored and by grade, with 95 % intervals."""
    if not len(bad):
        return {"rows": 0}
    month, grade = np.asarray(months), np.asarray(grades)
    by_month = {str(name): _monthly(bad[month == name], pd[month == name]) for name in np.unique(month)}
    by_grade = {}
    for name in names:
        mine = grade == name
        rows, bads = int(mine.sum()), int(bad[mine].sum())
        by_grade[name] = {"bads": bads, "mean_pd": float(pd[mine].mean()) if rows else None,
                          "observed": bads / rows if rows else None, **rate(bads, rows)}  # fmt: skip
    return {**_figures(bad, pd), "by_month": by_month, "by_grade": by_grade}


def _monthly(bad: np.ndarray, pd: np.ndarray) -> dict[str, Any]:
    """As for all, but no ranking of fewer than five bads or goods: its interval would pretend to know."""
    found = _figures(bad, pd)
    if min(bad.sum(), len(bad) - bad.sum()) < RANKED_LEAST:
        found |= dict.fromkeys(("auc", "auc_low", "auc_high", "gini", "ks"))
    return found


def _figures(bad: np.ndarray, pd: np.ndarray) -> dict[str, Any]:
    intervals = bootstrap(bad, pd, seed=0, resamples=RESAMPLES)
    clean = {name: [None if np.isnan(end) else end for end in ends] for name, ends in intervals.items()}
    return {**measure(bad, pd, resamples=RESAMPLES).to_json(), "intervals": clean}


def judge_performance(report: dict[str, Any], test_auc: float | None, limits: WatchLimits) -> list[Alert]:
    """Ranking worse than in the test, and PDs outside the interval of what was observed."""
    found = []
    area, high = report.get("auc") or 0.0, report.get("auc_high") or 1.0
    if test_auc is not None and high < test_auc and test_auc - area > limits.auc_fall:
        words = Text("AUC {now}; it was {before} in the test", now=round(area, 3), before=round(test_auc, 3))
        found.append(Alert("auc", "", "alert", words, area, test_auc - limits.auc_fall))
    for name, line in report.get("by_grade", {}).items():
        pd = line["mean_pd"]
        if pd is None or line["rows"] < ROWS_MIN or line["low"] <= pd <= line["high"]:
            continue
        words = Text(
            "Grade {grade}: PD {pd} %, observed {observed} % ({low} to {high} %)", grade=name, pd=round(pd * 100, 2),
            observed=round(line["observed"] * 100, 2), low=round(line["low"] * 100, 2),
            high=round(line["high"] * 100, 2),
        )  # fmt: skip
        found.append(Alert("calibration", name, "alert", words, line["observed"], pd))
    return found

"""The model card of a version, in the words of a validator: purpose, data, method, performance, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scoring.domain.card import Terms

_METHODS = {
    "additive": "Gradient-boosted trees (XGBoost), one feature per tree, collapsed into one table of cells per "
    "feature. The score is the sum of printed points.",
    "deep": "Gradient-boosted trees (XGBoost) of depth up to four; contributions are exact path-dependent "
    "TreeSHAP values.",
    "logistic": "Logistic regression on weights of evidence, collapsed into one table of cells per feature.",
    "expert": "A table of points written by experts; no data were used.",
}
_BASELINES = {
    "cells": "the mean of each feature's cells, unweighted",
    "near_cutoff": "approved rows near the cut-off",
    "approved": "all approved rows",
    "population": "all rows",
}


def model_card(head: Mapping[str, Any], metrics: Mapping[str, Any], terms: Terms) -> str:
    """Markdown, from the manifest's head, the metrics and the terms. No dates: the same version gives the same text."""
    data, test, folds = head["data"], metrics["test"], metrics["cross_validation"]
    tendency = head["options"]["central_tendency"]
    stated = (
        f"PD set to a long-run share of bads of {tendency:.2%}."
        if tendency is not None
        else "PD at the share of bads in the data; state a central tendency before use if the data are oversampled."
    )
    lines = [
        f"# {head['name']}",
        "",
        head.get("purpose") or "Draft version. Purpose, and who should not use it, are to be stated before approval.",
        "",
        f"- Segment {head['segment']}, kind {head['kind']}. {_METHODS[head['kind']]}",
        _data_line(data),
        f"- Outcome: `{head['target']}` = 1. {stated}",
        f"- Points: {terms.scale.base_score:g} at {terms.scale.base_odds:g} goods per bad, PDO {terms.scale.pdo:g}.",
        f"- Cut-off at PD {terms.cutoff_pd:.1%} = {terms.scale.points(terms.cutoff_ticks)} points.",
        f"- Reasons compare with {_BASELINES[terms.baseline.method]} ({terms.baseline.rows} rows).",
        "",
        "## Performance",
        "",
        "| sample | rows | bad rate | AUC (95 %) | Gini | KS | Brier | ECE | slope |",
        "|---|---|---|---|---|---|---|---|---|",
        _row(f"test ({test['split']})", test),
        _row("cross-validation", folds),
        "",
        "A table of points is not fitted, so no rows are held out."
        if head["kind"] == "expert"
        else "The test rows took no part in choosing or fitting the tested card. The final card is fitted on all rows.",
        "",
        "## Features",
        "",
        "| feature | expected direction of the PD | meaning |",
        "|---|---|---|",
    ]
    signs = {1: "rises", -1: "falls", 0: "free"}
    lines += [f"| {f.name} | {signs[f.mono]} | {f.description or '-'} |" for f in terms.features]
    lines += _stability_lines(metrics.get("stability")) + _reject_lines(metrics.get("reject_inference"))
    lines += ["", "## Findings about the data", ""]
    lines += [f"- {finding['text']}" for finding in metrics["findings"]] or ["- none"]
    lines += ["", "## Fairness at the cut-off (cross-validated)", ""]
    for name, rows in metrics["fairness"].items():
        lines += [
            f"### {name}",
            "",
            "| group | rows | bad rate | approved | ratio to best | p |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {r['group']} | {r['rows']} | {r['bad_rate']:.1%} | {r['approval_rate']:.1%} | "
            f"{'-' if r['impact_ratio'] is None else format(r['impact_ratio'], '.2f')} | {r['p_value']:.3f} |"
            for r in rows
        ]
        lines.append("")
    if not metrics["fairness"]:
        lines += ["The data hold no protected column, so nothing could be measured.", ""]
    lines += [
        "## Limits",
        "",
        "- Learnt from contracts that were granted: applicants unlike them are extrapolated.",
        f"- Not for other segments than {head['segment']}, nor for decisions without a person to appeal to.",
        "- Ranks and prices nothing by itself: affordability, rules and people decide beside it.",
        "- Watch population stability and calibration by grade; retrain when either alarms.",
        "",
    ]
    return "\n".join(lines)


def _data_line(data: Mapping[str, Any]) -> str:
    if not data["file"]:
        return "- Data: none."
    return f"- Data: `{data['file']}`, {data['rows']} rows, {data['bads']} bad, SHA-256 `{data['sha256'][:16]}...`."


def _stability_lines(found: Mapping[str, Any] | None) -> list[str]:
    if not found or found["same_feature"] is None:
        return []
    told = (
        f"Refitted on {found['refits']} bootstrap samples, the first reason stays the same for "
        f"{found['same_feature']:.1%} of {found['rows']} rows by single feature, and for {found['same_group']:.1%} by "
        "group of correlated features."
    )
    return ["", "## Stability of reasons", "", told]


def _reject_lines(found: Mapping[str, Any] | None) -> list[str]:
    if not found:
        return []
    told = (
        f"Parcelling: {found['rejects']} refused applicants got outcomes by score band, {found['factor']:g} times as "
        f"often bad as accepted ones of the same band ({found['rejects_bad_rate']:.1%} bad). An assumption, not data."
    )
    return [
        "", "## Reject inference", "", told, "",
        "| sample | rows | bad rate | AUC (95 %) | Gini | KS | Brier | ECE | slope |",
        "|---|---|---|---|---|---|---|---|---|",
        _row("test, without rejects", found["without"]), _row("test, with rejects", found["with"]),
    ]  # fmt: skip


def _row(name: str, m: Mapping[str, Any]) -> str:
    def show(key: str, form: str = ".3f") -> str:
        return "-" if m[key] is None else format(m[key], form)

    return (
        f"| {name} | {m['rows']} | {show('bad_rate', '.1%')} | {show('auc')} ({show('auc_low')} to {show('auc_high')}) "
        f"| {show('gini')} | {show('ks')} | {show('brier', '.4f')} | {show('ece', '.4f')} | {show('slope', '.2f')} |"
    )

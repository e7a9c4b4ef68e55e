"""The model card of a version, in the words of a validator: purpose, data, method, performance, limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.domain.texts import Text
from scoring.domain.card import Terms
from scoring.domain.words import (
    BASELINE_WORDS,
    KIND_WORDS,
    METHOD_WORDS,
    SEGMENT_WORDS,
    finding_text,
    group_text,
    split_text,
)

_SAMPLES = (
    Text("Sample"), Text("Rows"), Text("Bad rate"), "AUC (95 %)", "Gini", "KS", "Brier", "ECE", Text("Slope"),
)  # fmt: skip
_GROUPS = (Text("Group"), Text("Rows"), Text("Bad rate"), Text("Approved"), Text("Ratio to the best"), "p")
_SIGNS = {1: Text("rises"), -1: Text("falls"), 0: Text("free")}
Say = Callable[[str], str]


def model_card(head: Mapping[str, Any], metrics: Mapping[str, Any], terms: Terms, say: Say = str) -> str:
    """Markdown, from the manifest's head, the metrics and the terms, in the language of `say`.

    No dates: the same version gives the same text.
    """
    lines = [f"# {head['name']}", "", say(head.get("purpose") or UNSTATED), "", *_facts(head, terms, say)]
    lines += [*_title(Text("Performance"), say), *_heads(_SAMPLES, say)]
    test, folds = metrics["test"], metrics["cross_validation"]
    lines += [
        _row(Text("Held out ({split})", split=split_text(test["split"])), test, say),
        _row(Text("Cross-validation"), folds, say), "",
        say(Text("A table of points is not fitted, so no rows are held out.")
            if head["kind"] == "expert"
            else Text("The rows held out took no part in choosing or fitting the tested model. The final card is "
                      "fitted on all rows.")),
    ]  # fmt: skip
    lines += [*_title(Text("Features"), say)]
    lines += _heads((Text("Feature"), Text("Expected effect on the PD"), Text("Meaning")), say)
    lines += [f"| {f.name} | {say(_SIGNS[f.mono])} | {say(f.description) or '-'} |" for f in terms.features]
    lines += _stability_lines(metrics.get("stability"), say) + _reject_lines(metrics.get("reject_inference"), say)
    lines += [*_title(Text("Findings about the data"), say)]
    found = [finding_text(finding) for finding in metrics["findings"]] or [Text("none")]
    lines += [f"- {say(one)}" for one in found]
    lines += [*_title(Text("Fairness at the cut-off (cross-validated)"), say)]
    lines += _fairness_lines(metrics["fairness"], say)
    lines += [*_title(Text("Limits"), say), *(f"- {say(limit)}" for limit in _limits(head)), ""]
    return "\n".join(lines)


UNSTATED = Text("Draft version. Purpose, and who should not use it, are to be stated before approval.")


def _facts(head: Mapping[str, Any], terms: Terms, say: Say) -> list[str]:
    tendency, data = head["options"]["central_tendency"], head["data"]
    stated = (
        Text("PD set to a long-run share of bads of {share}.", share=f"{tendency:.2%}")
        if tendency is not None
        else Text(
            "PD at the share of bads in the data; state a central tendency before use if the data are oversampled."
        )
    )
    used = (
        Text("Data: `{file}`, {rows} rows, {bads} bad, SHA-256 `{hash}...`.", file=data["file"], rows=str(data["rows"]),
             bads=str(data["bads"]), hash=data["sha256"][:16])
        if data["file"]
        else Text("Data: none.")
    )  # fmt: skip
    segment = head["segment"]
    return [
        "- " + say(fact)
        for fact in (
            Text("Segment: {segment}. Kind: {kind}. {method}", segment=SEGMENT_WORDS.get(segment, segment),
                 kind=KIND_WORDS[head["kind"]], method=METHOD_WORDS[head["kind"]]),
            used,
            Text("Outcome: `{target}` = 1. {stated}", target=head["target"], stated=stated),
            Text("Points: {points} at {odds} goods per bad, {pdo} points double the odds.",
                 points=f"{terms.scale.base_score:g}", odds=f"{terms.scale.base_odds:g}", pdo=f"{terms.scale.pdo:g}"),
            Text("Cut-off at PD {pd} = {points} points.", pd=f"{terms.cutoff_pd:.1%}",
                 points=str(terms.scale.points(terms.cutoff_ticks))),
            Text("Reasons compare with {whom} ({rows} rows).", whom=BASELINE_WORDS[terms.baseline.method],
                 rows=str(terms.baseline.rows)),
        )
    ]  # fmt: skip


def _limits(head: Mapping[str, Any]) -> tuple[Text, ...]:
    segment = head["segment"]
    return (
        Text("Learnt from contracts that were granted: applicants unlike them are extrapolated."),
        Text("Not for other segments than this one ({segment}), nor for decisions without a person to appeal to.",
             segment=SEGMENT_WORDS.get(segment, segment)),
        Text("Decides and prices nothing by itself: affordability, rules and people decide beside it."),
        Text("Watch population stability and calibration by grade; retrain when either alarms."),
    )  # fmt: skip


def _title(name: Text, say: Say) -> list[str]:
    return ["", f"## {say(name)}", ""]


def _heads(names: Sequence[str], say: Say) -> list[str]:
    return ["| " + " | ".join(say(name) for name in names) + " |", "|---" * len(names) + "|"]


def _fairness_lines(found: Mapping[str, Any], say: Say) -> list[str]:
    if not found:
        return [say(Text("The data hold no protected column, so nothing could be measured."))]
    lines: list[str] = []
    for name, rows in found.items():
        lines += [*([""] if lines else []), f"### {name}", "", *_heads(_GROUPS, say)]
        lines += [
            f"| {say(group_text(r['group']))} | {r['rows']} | {r['bad_rate']:.1%} | {r['approval_rate']:.1%} | "
            f"{'-' if r['impact_ratio'] is None else format(r['impact_ratio'], '.2f')} | {r['p_value']:.3f} |"
            for r in rows
        ]
    return lines


def _stability_lines(found: Mapping[str, Any] | None, say: Say) -> list[str]:
    if not found or found["same_feature"] is None:
        return []
    told = Text(
        "Refitted on {refits} bootstrap samples, the first reason stays the same for {feature} of {rows} rows by "
        "single feature, and for {group} by group of correlated features.",
        refits=str(found["refits"]), feature=f"{found['same_feature']:.1%}", rows=str(found["rows"]),
        group=f"{found['same_group']:.1%}",
    )  # fmt: skip
    return [*_title(Text("Stability of reasons"), say), say(told)]


def _reject_lines(found: Mapping[str, Any] | None, say: Say) -> list[str]:
    if not found:
        return []
    told = Text(
        "Parcelling: {rejects} refused applicants got outcomes by score band, {factor} times as often bad as accepted "
        "ones of the same band ({rate} bad). An assumption, not data.",
        rejects=str(found["rejects"]), factor=f"{found['factor']:g}", rate=f"{found['rejects_bad_rate']:.1%}",
    )  # fmt: skip
    return [
        *_title(Text("Reject inference"), say), say(told), "", *_heads(_SAMPLES, say),
        _row(Text("Test, without rejects"), found["without"], say),
        _row(Text("Test, with rejects"), found["with"], say),
    ]  # fmt: skip


def _row(name: str, m: Mapping[str, Any], say: Say) -> str:
    def show(key: str, form: str = ".3f") -> str:
        return "-" if m[key] is None else format(m[key], form)

    between = Text("{low} to {high}", low=show("auc_low"), high=show("auc_high"))
    return (
        f"| {say(name)} | {m['rows']} | {show('bad_rate', '.1%')} | {show('auc')} ({say(between)}) "
        f"| {show('gini')} | {show('ks')} | {show('brier', '.4f')} | {show('ece', '.4f')} | {show('slope', '.2f')} |"
    )

"""Rules in the officer's words: each row of each table with its inputs and limits, and what applicants may be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.i18n import current_locale
from origination.domain.policy import OriginationPolicy
from origination.queries.officer import DecisionView
from origination.queries.tracker import ReasonView
from origination.web.plain_reasons import figure_text, reason_text
from origination.web.questions import label_of

OPERATORS = {
    "<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "=": "=", "!=": "≠", "in": "∈", "not in": "∉", "between": "∈",
}  # fmt: skip


def _text(name: str, value: Any) -> str:
    return ", ".join(_text(name, one) for one in value) if isinstance(value, list) else figure_text(name, value)


def rule_rows(made: DecisionView) -> list[dict[str, Any]]:
    """Every row of every table: what it looked at, its limits, whether it fired; fired ones first."""
    rows = []
    for row in made.rows:
        looked = [
            {
                "label": label_of(name),
                "value": _text(name, value),
                "limit": _limit(name, row["limits"].get(name)),
            }
            for name, value in row["inputs"].items()
        ]
        words = reason_text(ReasonView(row["row"], row["texts"], _figures(row))) if row["texts"] else ""
        rows.append({
            "id": row["row"], "table": row["table"], "stage": row["stage"], "fired": row["fired"],
            "outcome": row.get("outcome"), "looked": looked, "words": words,
        })  # fmt: skip
    return sorted(rows, key=lambda row: not row["fired"])


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the sentence of a row may mention: each input and its limit."""
    limits = {f"{name}_limit": limit[1][0] for name, limit in row["limits"].items() if limit and limit[1]}
    return {**row["inputs"], **limits}


def _limit(name: str, limit: Any) -> str:
    return f"{OPERATORS.get(limit[0], limit[0])} {_text(name, limit[1])}".strip() if limit else ""


def reason_choices(policy: OriginationPolicy, segment: str) -> list[tuple[str, str]]:
    """What an officer may tell a declined applicant, in the reader's words."""
    language = "zh" if current_locale().startswith("zh") else "en"
    return [(one, texts.get(language, one)) for one, texts in policy.officer_reasons(segment).items()]

"""What pages and reports call states, kinds and segments of versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.domain.actor import Role
from core.domain.texts import Text

STATUS_WORDS = {
    "draft": (Text("Draft"), "plain"),
    "validated": (Text("Validated"), "info"),
    "approved": (Text("Approved, not in use"), "info"),
    "champion": (Text("In use"), "good"),
    "challenger": (Text("Challenger"), "wait"),
    "shadow": (Text("Shadow"), "wait"),
    "retired": (Text("Retired"), "plain"),
}
KIND_WORDS = {
    "additive": Text("Points table (XGBoost, one feature per tree)"),
    "deep": Text("Deep trees (XGBoost)"),
    "logistic": Text("Points table (logistic regression)"),
    "expert": Text("Points table (experts)"),
}
SEGMENT_WORDS = {"consumer": Text("Consumers"), "sme": Text("Companies")}
OWNER_WORDS: dict[str, Text] = {
    Role.RISK_MANAGER.value: Text("Risk manager"),
    Role.ADMIN.value: Text("Administrator"),
    Role.AUDITOR.value: Text("Auditor"),
}
_OUT_OF_TIME = "out of time by "


def finding_text(raw: Mapping[str, Any]) -> str:
    """What a check of the data found, as a Text; versions that keep it in English only say that."""
    message, params = raw.get("msgid"), raw.get("params")
    try:
        return Text(message, **params) if message and isinstance(params, dict) else str(raw.get("text", ""))
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):  # a draft from elsewhere
        return str(raw.get("text", ""))


def split_text(split: str) -> str:
    """How the rows of a test were chosen, as a Text."""
    if split.startswith(_OUT_OF_TIME):
        return Text("out of time by {column}", column=split.removeprefix(_OUT_OF_TIME))
    return Text("stratified fifth") if split == "stratified fifth" else split

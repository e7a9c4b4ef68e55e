"""What pages and reports call states, kinds and segments of versions."""

from __future__ import annotations

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

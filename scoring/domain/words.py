"""What pages and reports call states, kinds and segments of versions."""

from __future__ import annotations

import re
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
METHOD_WORDS = {
    "additive": Text(
        "Gradient-boosted trees (XGBoost) with one feature per tree, collapsed into one table of cells per feature."
    ),
    "deep": Text("Gradient-boosted trees (XGBoost) of depth up to four; contributions are exact TreeSHAP values."),
    "logistic": Text("Logistic regression on weights of evidence, collapsed into one table of cells per feature."),
    "expert": Text("A table of points written by experts."),
}
BASELINE_WORDS = {
    "near_cutoff": Text("approved cases near the cut-off"),
    "approved": Text("all approved cases"),
    "population": Text("all cases"),
    "cells": Text("the mean of each feature's cells"),
}
SEGMENT_WORDS = {"consumer": Text("Consumers"), "sme": Text("Companies")}
OWNER_WORDS: dict[str, Text] = {
    Role.RISK_MANAGER.value: Text("Risk manager"),
    Role.ADMIN.value: Text("Administrator"),
    Role.AUDITOR.value: Text("Auditor"),
}
# What the shipped cards are for; their manifests hold the English words.
REFERENCE_PURPOSES = {
    "consumer-v1": Text(
        "Reference scorecard for instalment loans to persons, shipped so that the product works before a lender has a "
        "history of its own. Trained on the South German Credit data (1,000 contracts of 1973 to 1975, U. Groemping "
        "2019, UCI 573, CC BY 4.0). The file holds 30 % bad contracts by design; the true share was about 5 %, and the "
        "PD is set to that. Left out: amount (the file has an unknown transform of it), and what the file relates to "
        "the outcome against sense or not at all (housing, property, occupation, burden of the instalment); "
        "affordability is judged by rules beside the score. **Not for lending decisions on today's applicants without "
        "validation on the lender's own contracts.**"
    ),
    "sme-v1": Text(
        "Reference scorecard for loans to small firms, shipped so that the product works before a lender has a history "
        "of its own. Trained on US SBA 7(a)/504 loans approved from 1999 on (first records of the national file, Li, "
        "Mickel and Taylor 2018, public domain), where sector and location are recorded. The recorded term leaks the "
        "outcome and is not used. In the whole national file 17.5 % were charged off over lives of five to ten years; "
        "the PD is set to 4 % within a year. Age of the firm is left out: the file shows young firms failing less, "
        "which is how they were picked. **Not for lending decisions without validation on the lender's own "
        "contracts.**"
    ),
}
_OUT_OF_TIME = "out of time by "
_BAND = re.compile(r"(lowest|-?[\d.e+-]+) to (highest|-?[\d.e+-]+)")
_SPLITS = {str(said): said for said in (Text("stratified fifth"), Text("all rows of the file"), Text("no data"))}


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
    return _SPLITS.get(split, split)


def group_text(label: str) -> str:
    """A group of the fairness tables, as a Text where the label is no value of the data: a band, or "missing"."""
    if label == "missing":
        return Text("missing")
    band = _BAND.fullmatch(label)
    if band is None:
        return label
    low, high = band.groups()
    if low == "lowest":
        return Text("lowest to {high}", high=high)
    return Text("{low} to highest", low=low) if high == "highest" else Text("{low} to {high}", low=low, high=high)

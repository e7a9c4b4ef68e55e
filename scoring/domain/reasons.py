"""Reasons: a stable id is stored, the words come from here. One sentence for the applicant's letter, one for the
officer with the value and the comparison. "Unknown" has its own words."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.facts import CATALOGUE, from_json
from core.domain.texts import Text
from scoring.domain.words import BASELINE_WORDS

PREFIX = "SCORE_"
MISSING = "_MISSING"

# Specific to what was really scored, without telling anybody how to answer (Regulation B, 12 CFR 1002.9(b)(2)).
_LETTERS: dict[str, Text] = {
    "tenor_months": Text("The loan would run for a long time"),
    "current_account": Text("State of your current account"),
    "credit_history": Text("Your credit history"),
    "purpose": Text("The purpose of the loan"),
    "savings_band": Text("Your savings are small compared with your income"),
    "employment_band": Text("Short time in your present work"),
    "other_debtors": Text("Nobody else answers for the loan"),
    "other_plans": Text("Other instalment plans you are paying"),
    "instalment_band": Text("The instalment is high compared with your income"),
    "housing": Text("Your housing situation"),
    "property": Text("Little property that could secure the loan"),
    "occupation": Text("Your kind of work"),
    "credits_here": Text("Number of credits you have with us"),
    "dti": Text("Debt payments are high compared with income"),
    "bureau_delinquencies_24m": Text("Late payments in the last 24 months"),
    "bureau_inquiries_6m": Text("Many credit inquiries in the last 6 months"),
    "bureau_worst_dpd_24m": Text("Days in arrears in the last 24 months"),
    "employees": Text("Size of the company"),
    "amount_usd": Text("Amount of the loan"),
    "jobs_created": Text("Number of new jobs planned"),
    "jobs_retained": Text("Number of jobs kept"),
    "location": Text("Location of the company"),
    "sector": Text("Risk of the company's sector"),
    "franchise": Text("Whether the company is part of a franchise"),
    "new_business": Text("Age of the company"),
    "years_trading": Text("Years in business"),
    "dscr": Text("Cash flow is low compared with debt payments"),
    "leverage": Text("Debt is high compared with equity"),
    "revenue_growth": Text("Development of revenue"),
    "ltv": Text("The loan is high compared with the collateral"),
}
# What an applicant can change within a reasonable time; everything else is only explained.
ACTIONABLE = frozenset(
    {"tenor_months", "amount_usd", "amount", "instalment", "instalment_band", "other_debtors", "other_plans",
     "savings_band", "current_account", "collateral_value", "ltv", "dti", "dscr"}
)  # fmt: skip


def reason_id(feature: str, *, missing: bool = False) -> str:
    """`reason_id("tenor_months")` is `SCORE_TENOR_MONTHS`; unknown values have an id of their own."""
    return f"{PREFIX}{feature.upper()}{MISSING if missing else ''}"


def feature_of(reason: str) -> tuple[str, bool]:
    """The feature's name in lower case, and whether the reason is that its value is unknown."""
    name = reason.removeprefix(PREFIX)
    missing = name.endswith(MISSING)
    return (name.removesuffix(MISSING) if missing else name).lower(), missing


def label_of(feature: str) -> str:
    """The catalogue's words for a fact, else the feature's own name."""
    entry = CATALOGUE.get(feature)
    return entry.text if entry else feature


def value_words(feature: str, value: Any) -> str:
    """The value in words of the catalogue (a Text where it has some); empty when unknown. Raises InvalidInput."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    entry = CATALOGUE.get(feature)
    if entry is None:
        return str(value)
    try:
        return entry.text_of(value)
    except (TypeError, ValueError) as error:
        wrong = Text("{value} is not a {type}", value=repr(value)[:40], type=entry.type.value)
        raise InvalidInput({feature: wrong}) from error


def stored_words(feature: str, raw: Any) -> str:
    """`value_words` of a fact as a record keeps it."""
    if raw is None or feature not in CATALOGUE:
        return value_words(feature, raw)
    return value_words(feature, from_json(CATALOGUE[feature], raw))


def letter_text(reason: str) -> Text:
    """The sentence for the applicant."""
    feature, missing = feature_of(reason)
    if missing:
        return Text("We could not establish: {what}", what=label_of(feature))
    found = _LETTERS.get(feature)
    return found if found is not None else Text("Unfavourable compared with others: {what}", what=label_of(feature))


def officer_text(reason: str, *, value: str, points: Decimal, baseline: Decimal, method: str) -> Text:
    """The sentence for the officer: `points` is what the value earns, `baseline` what those of `method` earn."""
    feature, missing = feature_of(reason)
    lost, whom = baseline - points, BASELINE_WORDS.get(method, method)
    if missing:
        return Text(
            "{what} is unknown: {points} points, {baseline} in {whom}, so {lost} fewer",
            what=label_of(feature), points=points, baseline=baseline, whom=whom, lost=lost,
        )  # fmt: skip
    return Text(
        "{what} is {value}: {points} points, {baseline} in {whom}, so {lost} fewer",
        what=label_of(feature), value=value, points=points, baseline=baseline, whom=whom, lost=lost,
    )  # fmt: skip

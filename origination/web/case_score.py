"""The score on an officer's case: parts and reasons, what-if, what would help, and similar past cases."""

from __future__ import annotations

from typing import Any

from flask import request

from core.db import Work
from core.domain.money import Money
from core.i18n import translate
from core.web.forms import Form, read_money
from origination.domain.application import CLOSED
from origination.domain.assessment import wish_of
from origination.domain.decision import BUILT_IN
from origination.domain.remedy import officer_text
from origination.domain.supposed import INCOME_FACT
from origination.queries.officer import CaseView
from origination.queries.remedies import kept_remedies
from origination.queries.similar import similar_cases
from origination.steps.what_if import WhatIf
from scoring.domain.words import BASELINE_WORDS
from scoring.queries.scores import score_view


def score_context(r: Work, view: CaseView) -> dict[str, Any]:
    """What the panels about the score show. What would help is looked for when asked (`?help=1`), else as kept."""
    record_id = view.fact_set.score_record_id if view.fact_set else None
    if record_id is None:
        return {"score": None, "parts": (), "similar": (), "remedies": None, "income_now": None}
    score = score_view(r, record_id)
    return {
        "score": score,
        "score_baselines": BASELINE_WORDS,
        "parts": sorted(score.contributions, key=lambda part: -abs(part.change)),
        "similar": similar_cases(r, view.line.id, record_id),
        "remedies": _remedies(r, view),
        "income_now": income_of(view),
    }


def _remedies(r: Work, view: CaseView) -> list[str] | None:
    """Sentences about what would help; None: not looked for."""
    kept = kept_remedies(r, view.line.id, view.assessment)
    if kept is None and request.args.get("help") and view.line.status not in CLOSED:
        from origination.steps.remedies import remedies_of

        kept = remedies_of(r, view.line.id)
    if kept is None:
        return None
    asked = wish_of(view.answers, view.product)
    return [translate(officer_text(one, asked)) for one in kept]


def income_of(view: CaseView) -> Money | None:
    """The income a what-if starts from: a person's month, a company's year."""
    found = view.answers.get(INCOME_FACT[view.product.segment])
    return found if isinstance(found, Money) else None


def read_income(form: Form, currency: str) -> Money | None:
    """The income typed into the what-if; None when left empty."""
    found = form.read(read_money, "if_income", currency)
    form.check()
    return found


def what_context(found: WhatIf) -> dict[str, Any]:
    """The result of a what-if for its panel."""
    reasons = [translate(BUILT_IN[one]) if one in BUILT_IN else one for one in found.reason_ids]
    return {"found": found, "reasons": reasons}

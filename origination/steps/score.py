"""Freezing the facts of an assessment and having them scored. No model, no score: the case goes to a person."""

from __future__ import annotations

import hashlib
import json
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import ModelUnavailable, ProviderUnavailable
from core.domain.facts import CATALOGUE, facts_from_json, facts_to_json
from core.domain.ids import uuid7
from core.domain.texts import Text
from origination.domain.application import ApplicationStatus, frozen_answers
from origination.domain.assessment import Case, scoring_facts, wish_of
from origination.domain.facts import OwnBook, base_facts
from origination.domain.policy import OriginationPolicy
from origination.queries.evidence import evidence_of
from origination.queries.rows import answers_of, keep_newest, product_of, report_of
from origination.steps.case import move, open_case
from origination.steps.own_book import own_book
from origination.steps.trace import shared_facts
from origination.tables.application import ApplicationRow
from origination.tables.decision import FactSetRow

_MILLIONTH = Decimal("0.000001")


def score_case(w: Work, application_id: UUID) -> FactSetRow:
    """Freezes the facts, scores them, and moves the application to SCORED; without a usable model to REFERRED.

    Sensitive values (birth date, identity numbers) are left out of what is frozen; what follows from them (age) is in.
    Raises ProviderUnavailable before the bureau was asked, IllegalTransition before the identity checks have passed.
    """
    w.actor.require(Role.SYSTEM, Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id)
    facts, base, own = _facts(w, row)
    kept = FactSetRow(
        id=uuid7(), application_id=row.id, assessment=row.assessment, base=facts_to_json(base), own=own_to_json(own),
        facts=facts_to_json(facts), sha256=facts_hash(facts_to_json(facts)), frozen_at=w.now, frozen_on=w.today,
        score_reasons=[],
    )  # fmt: skip
    keep_newest(w, kept)
    try:
        _score(w, row, kept, facts)
    except ModelUnavailable as error:
        kept.score_error = error.message
        move(w, row, ApplicationStatus.REFERRED, "application.not_scored", facts=kept.sha256, error=error.message)
        return kept
    move(
        w, row, ApplicationStatus.SCORED, "application.scored", facts=kept.sha256, grade=kept.grade,
        points=str(kept.points), version=kept.score_version, record=str(kept.score_record_id),
    )  # fmt: skip
    return kept


def _facts(w: Work, row: ApplicationRow) -> tuple[dict[str, Any], dict[str, Any], OwnBook]:
    report = report_of(w, row)
    if report is None:
        raise ProviderUnavailable(Text("The credit bureau has not answered yet"))
    found = evidence_of(w, row)
    product, own = product_of(w, row), own_book(w, row, fact_conflicts=len(found.differences))
    answers = frozen_answers(row.segment, answers_of(row))
    evidence = dict(found.facts) | shared_facts(w, row)
    base = base_facts(answers, product, facts_from_json(report.facts), own, day=w.today, evidence=evidence)
    base = {name: value for name, value in base.items() if not CATALOGUE[name].sensitive}
    case = Case(base, product, own, w.today, None, None)
    return scoring_facts(case, wish_of(answers, product), w.policy(OriginationPolicy)), base, own


def _score(w: Work, row: ApplicationRow, kept: FactSetRow, facts: dict[str, Any]) -> None:
    # Heavy libraries are loaded when the first case is scored, not when a web worker starts.
    from scoring.steps.score import score

    found = score(w, segment=row.segment, facts=facts, subject_id=row.id, product=row.product_code)
    kept.pd = Decimal(str(found.pd)).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN)
    kept.points = found.points
    kept.grade = found.grade
    kept.score_version = found.version
    kept.score_sha256 = found.sha256
    kept.score_record_id = found.record_id
    kept.score_reasons = [
        {
            "id": reason.id,
            "feature": reason.feature,
            "lost": str(reason.lost),
            "letter": {"msgid": reason.letter.msgid, "params": reason.letter.params},
        }
        for reason in found.reasons
    ]


def facts_hash(facts: dict[str, Any]) -> str:
    """SHA-256 of facts as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def own_to_json(own: OwnBook) -> dict[str, Any]:
    """The own book as kept with the facts."""
    return {
        "exposure_minor": own.exposure.minor,
        "currency": own.exposure.currency,
        "loans": own.loans,
        "other_applications_30d": own.other_applications_30d,
        "fact_conflicts": own.fact_conflicts,
    }

"""A score that is not kept: for an officer's what-if and an applicant's quote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.db import Work
from core.domain.errors import ModelUnavailable
from scoring.steps.score import live_versions, open_row


@dataclass(frozen=True, slots=True)
class Preview:
    """Points, PD and grade by the champion; nothing is recorded."""

    points: Decimal
    pd: float
    grade: str
    version: str


def preview(w: Work, *, segment: str, facts: Mapping[str, Any], product: str | None = None) -> Preview:
    """Scores facts with the segment's champion without keeping a record. Raises ModelUnavailable without one."""
    rows = live_versions(w, segment, product)
    if not rows:
        raise ModelUnavailable(f"There is no approved scorecard for {segment}")
    version = open_row(rows[0])
    scored = version.card.score(facts)
    return Preview(version.card.terms.scale.points(scored.score), scored.pd, scored.grade, rows[0].name)

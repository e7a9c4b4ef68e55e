"""A score that is not kept: for an officer's what-if and an applicant's quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.db import Work
from core.domain.errors import ModelUnavailable
from scoring.domain.counterfactual import Bound, Counterfactual, find_changes
from scoring.domain.registry import VersionStatus, check_facts
from scoring.domain.version import Version
from scoring.steps.score import live_versions, open_row


@dataclass(frozen=True, slots=True)
class Preview:
    """Points, PD and grade by the champion, and whether they reach its cut-off; nothing is recorded."""

    points: Decimal
    pd: float
    grade: str
    version: str
    passes: bool
    features: tuple[str, ...]


def changes_reaching(
    w: Work, *, segment: str, facts: Mapping[str, Any], bounds: Sequence[Bound],
    passes: Callable[[Mapping[str, Any]], bool], product: str | None = None, limit: int = 3,
) -> tuple[Counterfactual, ...]:  # fmt: skip
    """Up to `limit` sets of changes that bring the champion's score to its cut-off and that `passes` accepts.

    Raises ModelUnavailable without a champion.
    """
    name, version = _champion(w, segment, product)
    card = version.card
    check_facts(name, card.terms.names, segment, facts)
    return find_changes(card, facts, bounds, limit=limit, passes=passes)


def _champion(w: Work, segment: str, product: str | None) -> tuple[str, Version]:
    kept: dict[tuple[str, str | None], tuple[str, Version]] = w.session.info.setdefault("champions", {})
    if (segment, product) not in kept:
        kept[segment, product] = _find_champion(w, segment, product)
    return kept[segment, product]


def _find_champion(w: Work, segment: str, product: str | None) -> tuple[str, Version]:
    rows = live_versions(w, segment, product)
    if not rows or rows[0].status != VersionStatus.CHAMPION:
        raise ModelUnavailable(f"There is no approved scorecard for {segment}")
    return rows[0].name, open_row(rows[0])


def preview(w: Work, *, segment: str, facts: Mapping[str, Any], product: str | None = None) -> Preview:
    """Scores facts with the segment's champion without keeping a record. Raises ModelUnavailable without one."""
    name, version = _champion(w, segment, product)
    terms = version.card.terms
    check_facts(name, terms.names, segment, facts)
    scored = version.card.score(facts)
    passed = scored.score >= terms.cutoff_ticks
    return Preview(terms.scale.points(scored.score), scored.pd, scored.grade, name, passed, terms.names)

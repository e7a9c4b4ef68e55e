"""A stored score told again: the same points, parts and reasons, from the record alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core.db import Work
from core.domain.texts import Text
from scoring.domain.reasons import label_of, letter_text, officer_text, stored_words
from scoring.tables import ScoreRecordRow


@dataclass(frozen=True, slots=True)
class PartView:
    """One feature's part of a score: its points, those of comparable approved cases, the value in words."""

    feature: str
    label: str
    value: str
    points: Decimal
    baseline: Decimal

    @property
    def change(self) -> Decimal:
        """Points against the baseline."""
        return self.points - self.baseline


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason in words: for the letter and, with value and comparison, for the officer."""

    id: str
    lost: Decimal
    letter: Text
    officer: Text


@dataclass(frozen=True, slots=True)
class Explanation:
    """baseline_score + sum of changes = points; the version and its hash say which card it was."""

    points: Decimal
    pd: Decimal
    grade: str
    baseline_score: Decimal
    cutoff: Decimal
    parts: tuple[PartView, ...]
    reasons: tuple[ReasonLine, ...]
    version: str
    sha256: str
    scored_at: datetime


def explanation(r: Work, record_id: UUID) -> Explanation:
    """The explanation of a stored score, strongest parts first. Raises NotFound."""
    row = r.get(ScoreRecordRow, record_id)
    scale = Decimal(1).scaleb(-row.decimals)

    def shown(ticks: int) -> Decimal:
        return ticks * scale

    parts = tuple(
        PartView(name, label_of(name), stored_words(name, row.facts.get(name)), shown(c["ticks"]), shown(c["baseline"]))
        for c in row.contributions
        for name in [c["feature"]]
    )
    by_feature = {part.feature: part for part in parts}
    reasons = []
    for reason in row.reasons:
        part = by_feature[reason["feature"]]
        words = officer_text(reason["id"], value=part.value, points=part.points, baseline=part.baseline)
        reasons.append(ReasonLine(reason["id"], shown(reason["lost"]), letter_text(reason["id"]), words))
    return Explanation(
        points=shown(row.score_ticks),
        pd=Decimal(str(row.pd)),
        grade=row.grade,
        baseline_score=shown(row.baseline["score"]),
        cutoff=shown(row.baseline["cutoff_ticks"]),
        parts=tuple(sorted(parts, key=lambda part: -abs(part.change))),
        reasons=tuple(reasons),
        version=row.version,
        sha256=row.sha256,
        scored_at=row.scored_at,
    )

"""What scoring gives back: the score, its parts, and its reasons, all adding up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.domain.texts import Text
from scoring.domain.card import Scored, Terms
from scoring.domain.reasons import ACTIONABLE, label_of, letter_text, officer_text, reason_id


@dataclass(frozen=True, slots=True)
class Contribution:
    """One feature's part: `points` here, `baseline` in comparable approved cases; `cell` in words of the data."""

    feature: str
    label: str
    value: str
    cell: str
    points: Decimal
    baseline: Decimal

    @property
    def change(self) -> Decimal:
        """Points against the baseline: negative lowered the score."""
        return self.points - self.baseline


@dataclass(frozen=True, slots=True)
class Reason:
    """One factor that lowered the score. `lost` counts the points of its whole group; `str()` gives the stable id."""

    id: str
    feature: str
    lost: Decimal
    missing: bool
    actionable: bool
    letter: Text
    officer: Text

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """A score. base_points + sum of points = points; baseline_score + sum of changes = points. ValueError if not."""

    pd: float
    points: Decimal
    grade: str
    reasons: tuple[Reason, ...]
    contributions: tuple[Contribution, ...]
    version: str
    sha256: str
    record_id: UUID | None
    base_points: Decimal
    baseline_score: Decimal
    cutoff_points: Decimal

    def __post_init__(self) -> None:
        parts = self.base_points + sum((c.points for c in self.contributions), Decimal(0))
        changes = self.baseline_score + sum((c.change for c in self.contributions), Decimal(0))
        if not self.points == parts == changes:
            raise ValueError(f"the parts do not add up to the score: {self.points}, {parts}, {changes}")


def result_of(
    terms: Terms, scored: Scored, *, base_ticks: int, values: tuple[str, ...], cells: tuple[str, ...], version: str,
    sha256: str, record_id: UUID | None,
) -> ScoreResult:  # fmt: skip
    """The result of a scored row; `values` and `cells` are texts by feature."""
    shown = terms.scale.points
    contributions = tuple(
        Contribution(f.name, label_of(f.name), value, cell, shown(ticks), shown(base))
        for f, value, cell, ticks, base in zip(
            terms.features, values, cells, scored.ticks, terms.baseline.ticks, strict=True
        )
    )
    reasons = []
    for at, lost in scored.reasons:
        part = contributions[at]
        missing = part.value == ""
        name = reason_id(part.feature, missing=missing)
        words = officer_text(
            name, value=part.value or part.cell, points=part.points, baseline=part.baseline,
            method=terms.baseline.method,
        )  # fmt: skip
        actionable = part.feature in ACTIONABLE
        reasons.append(Reason(name, part.feature, shown(lost), missing, actionable, letter_text(name), words))
    return ScoreResult(
        scored.pd, shown(scored.score), scored.grade, tuple(reasons), contributions, version, sha256, record_id,
        shown(base_ticks), shown(terms.baseline.score), shown(terms.cutoff_ticks),
    )  # fmt: skip

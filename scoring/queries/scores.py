"""What pages and commands may ask about versions and scores: frozen views."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from scoring.domain.reasons import label_of, letter_text, officer_text, stored_words
from scoring.domain.result import Contribution, Reason
from scoring.domain.shelf import version_at
from scoring.domain.version import Version
from scoring.tables import ModelVersionRow, ScoreRecordRow


@dataclass(frozen=True, slots=True)
class VersionView:
    """One line of the registry."""

    id: UUID
    name: str
    segment: str
    product: str | None
    kind: str
    status: str
    sha256: str
    features: tuple[str, ...]
    test_auc: float | None
    challenger_share: Decimal | None
    trained_by: str
    trained_by_id: UUID | None
    registered_at: datetime
    validated_by: str | None
    approved_by: str | None
    approved_at: datetime | None
    note: str
    metrics: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A stored score as it was given. baseline_score + sum of changes = points."""

    id: UUID
    subject_id: UUID
    version: str
    sha256: str
    place: str
    served: bool
    pd: float
    points: Decimal
    grade: str
    base_points: Decimal
    baseline_score: Decimal
    baseline_method: str
    cutoff_points: Decimal
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]
    scored_at: datetime
    scored_on: date


def versions(r: Work, segment: str | None = None) -> tuple[VersionView, ...]:
    """The registry, newest first."""
    query = select(ModelVersionRow).order_by(ModelVersionRow.registered_at.desc(), ModelVersionRow.name)
    if segment is not None:
        query = query.where(ModelVersionRow.segment == segment)
    return tuple(_view(row) for row in r.session.scalars(query))


def version_view(r: Work, version_id: UUID) -> VersionView:
    """One version. Raises NotFound."""
    return _view(r.get(ModelVersionRow, version_id))


def version_id_named(r: Work, name: str) -> UUID:
    """The id of a registered version. Raises NotFound."""
    found = r.session.scalars(select(ModelVersionRow.id).where(ModelVersionRow.name == name)).first()
    if found is None:
        raise NotFound(Text("There is no registered version called {name}", name=name))
    return found


def version_named(r: Work, name: str) -> Version:
    """A registered version opened by its name. Raises NotFound, ModelUnavailable."""
    row = r.session.scalars(select(ModelVersionRow).where(ModelVersionRow.name == name)).first()
    if row is None:
        raise NotFound(Text("There is no folder and no registered version called {name}", name=name))
    return version_at(row.location, row.sha256)


def _view(row: ModelVersionRow) -> VersionView:
    return VersionView(
        row.id, row.name, row.segment, row.product, row.kind, row.status, row.sha256, tuple(row.features),
        (row.metrics.get("test") or {}).get("auc"), row.challenger_share, row.trained_by_name, row.trained_by,
        row.registered_at, row.validated_by_name, row.approved_by_name, row.approved_at, row.note, row.metrics,
    )  # fmt: skip


def score_view(r: Work, record_id: UUID) -> ScoreView:
    """A stored score with its sentences. Raises NotFound."""
    return _score_view(r.get(ScoreRecordRow, record_id))


def scores_of(r: Work, subject_id: UUID) -> tuple[ScoreView, ...]:
    """Every score of a subject, newest first, shadows and challengers too."""
    query = select(ScoreRecordRow).where(ScoreRecordRow.subject_id == subject_id)
    return tuple(
        _score_view(row)
        for row in r.session.scalars(query.order_by(ScoreRecordRow.scored_at.desc(), ScoreRecordRow.id.desc()))
    )


def _score_view(row: ScoreRecordRow) -> ScoreView:
    def shown(ticks: int) -> Decimal:
        return Decimal(ticks).scaleb(-row.decimals)

    contributions = tuple(
        Contribution(
            c["feature"],
            label_of(c["feature"]),
            stored_words(c["feature"], row.facts.get(c["feature"])),
            c["cell"],
            shown(c["ticks"]),
            shown(c["baseline"]),
        )
        for c in row.contributions
    )
    by_feature = {c.feature: c for c in contributions}
    reasons = []
    for raw in row.reasons:
        part = by_feature[raw["feature"]]
        words = officer_text(
            raw["id"], value=part.value or part.cell, points=part.points, baseline=part.baseline,
            method=row.baseline["method"],
        )  # fmt: skip
        reasons.append(
            Reason(
                raw["id"], raw["feature"], shown(raw["lost"]), raw["missing"], raw["actionable"],
                letter_text(raw["id"]), words,
            )
        )  # fmt: skip
    return ScoreView(
        row.id, row.subject_id, row.version, row.sha256, row.place, row.served, row.pd, shown(row.score_ticks),
        row.grade, shown(row.base_ticks), shown(row.baseline["score"]), row.baseline["method"],
        shown(row.baseline["cutoff_ticks"]), contributions, tuple(reasons), row.scored_at, row.scored_on,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoreSample:
    """Scores of one version between two days, as columns, for monitoring."""

    subject_ids: tuple[UUID, ...]
    scored_on: tuple[date, ...]
    served: tuple[bool, ...]
    products: tuple[str, ...]
    pd: tuple[float, ...]
    ticks: tuple[int, ...]
    grades: tuple[str, ...]
    facts: tuple[dict[str, Any], ...]
    reasons: tuple[tuple[str, ...], ...]


def scored_by(
    r: Work, version: str, *, since: date, until: date, subjects: Collection[UUID] | None = None
) -> ScoreSample:
    """Scores of the version with since <= day < until, served or not, oldest first; one per subject, its last."""
    last = (
        select(ScoreRecordRow.id)
        .where(ScoreRecordRow.version == version, ScoreRecordRow.scored_on >= since, ScoreRecordRow.scored_on < until)
        .ext(distinct_on(ScoreRecordRow.subject_id))
        .order_by(ScoreRecordRow.subject_id, ScoreRecordRow.scored_at.desc())
    )
    if subjects is not None:
        last = last.where(ScoreRecordRow.subject_id.in_(list(subjects)))
    query = select(ScoreRecordRow).where(ScoreRecordRow.id.in_(last)).order_by(ScoreRecordRow.scored_at)
    rows: Sequence[ScoreRecordRow] = r.session.scalars(query).all()
    return ScoreSample(
        tuple(row.subject_id for row in rows),
        tuple(row.scored_on for row in rows),
        tuple(row.served for row in rows),
        tuple(row.product or "" for row in rows),
        tuple(row.pd for row in rows),
        tuple(row.score_ticks for row in rows),
        tuple(row.grade for row in rows),
        tuple(row.facts for row in rows),
        tuple(tuple(reason["id"] for reason in row.reasons) for row in rows),
    )


def counts_by_version(r: Work) -> dict[str, int]:
    """How many scores each version has given."""
    query = select(ScoreRecordRow.version, func.count()).group_by(ScoreRecordRow.version)
    return {row[0]: row[1] for row in r.session.execute(query)}


def lately_served(r: Work, segment: str, since: date) -> dict[str, int]:
    """How many scores of a segment were used since a day, by version."""
    query = (
        select(ScoreRecordRow.version, func.count())
        .where(ScoreRecordRow.segment == segment, ScoreRecordRow.served, ScoreRecordRow.scored_on >= since)
        .group_by(ScoreRecordRow.version)
    )
    return {row[0]: row[1] for row in r.session.execute(query)}


def served_passes(r: Work, version: str, subjects: Collection[UUID]) -> dict[UUID, bool]:
    """Of the subjects those for whom the version's score was used: did it reach the cut-off? The last score counts."""
    query = (
        select(
            ScoreRecordRow.subject_id, ScoreRecordRow.score_ticks, ScoreRecordRow.baseline["cutoff_ticks"].as_integer()
        )
        .where(ScoreRecordRow.version == version, ScoreRecordRow.served, ScoreRecordRow.subject_id.in_(list(subjects)))
        .order_by(ScoreRecordRow.scored_at)
    )
    return {subject: ticks >= cutoff for subject, ticks, cutoff in r.session.execute(query)}

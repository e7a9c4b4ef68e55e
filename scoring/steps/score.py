"""Facts in, score with reasons out, everything kept. No usable version, no score: a person decides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import defer

from core.db import Work
from core.domain.errors import LendingError, ModelUnavailable
from core.domain.facts import CATALOGUE, to_json
from core.domain.ids import uuid7
from scoring.domain.card import Scored
from scoring.domain.columns import Feature
from scoring.domain.reasons import value_words
from scoring.domain.registry import LIVE, VersionStatus, check_facts
from scoring.domain.result import ScoreResult, result_of
from scoring.domain.shelf import version_at
from scoring.domain.version import Version
from scoring.tables import ModelVersionRow, ScoreRecordRow

log = structlog.get_logger()


def score(
    w: Work, *, segment: str, facts: Mapping[str, Any], subject_id: UUID, product: str | None = None
) -> ScoreResult:
    """Scores the facts with the segment's champion, or with the challenger when the subject falls into its share.

    Every live version scores and is recorded; exactly one record is served. A shadow or challenger that cannot score
    is logged and left out. Raises ModelUnavailable when there is no champion, or the version to be served cannot be
    opened, has other features than the registry says or needs what an application does not give; InvalidInput when a
    fact has the wrong kind.
    """
    rows = live_versions(w, segment, product)
    champion = next((row for row in rows if row.status == VersionStatus.CHAMPION), None)
    if champion is None:
        raise ModelUnavailable(f"There is no approved scorecard for {segment}")
    served = _pick(rows, champion, subject_id)
    result: ScoreResult | None = None
    for row in rows:
        try:
            found = _score_one(w, row, facts, subject_id, product, served=row is served)
        except LendingError as error:
            if row is served:
                raise
            log.warning("score_not_recorded", version=row.name, error=error.message)
            continue
        if row is served:
            result = found
    assert result is not None
    return result


@cache
def _live() -> Select[Any]:
    """Made once: to build the statement costs as much as to ask. Not at import, for then tables are still to come."""
    return (
        select(ModelVersionRow)
        .where(
            ModelVersionRow.segment == bindparam("segment"),
            ModelVersionRow.status.in_([status.value for status in LIVE]),
            or_(ModelVersionRow.product.is_(None), ModelVersionRow.product == bindparam("product")),
        )
        .options(defer(ModelVersionRow.metrics))  # long, and no score needs it
    )


def live_versions(w: Work, segment: str, product: str | None) -> list[ModelVersionRow]:
    """Champion first, then challengers and shadows, by name. A champion of the product goes before the segment's."""
    found: Iterable[ModelVersionRow] = w.session.scalars(_live(), {"segment": segment, "product": product})
    rows = sorted(found, key=lambda r: (r.status != VersionStatus.CHAMPION, r.product is None, r.name))
    champions = [row for row in rows if row.status == VersionStatus.CHAMPION]
    return champions[:1] + [row for row in rows if row.status != VersionStatus.CHAMPION]


def _pick(rows: list[ModelVersionRow], champion: ModelVersionRow, subject_id: UUID) -> ModelVersionRow:
    """The version whose score counts: by the subject's own hash, so that asking again changes nothing."""
    point = Decimal(int.from_bytes(hashlib.sha256(subject_id.bytes).digest()[:4])) / 2**32
    for row in rows:
        if row.status == VersionStatus.CHALLENGER and row.challenger_share:
            if point < row.challenger_share:
                return row
            point -= row.challenger_share
    return champion


def open_row(row: ModelVersionRow) -> Version:
    """The version of a registry row. Raises ModelUnavailable when its files or features are not what the row says."""
    version = version_at(row.location, row.sha256)
    if list(version.card.terms.names) != row.features:
        raise ModelUnavailable(f"{row.name} has other features than the registry says")
    return version


def _score_one(
    w: Work, row: ModelVersionRow, facts: Mapping[str, Any], subject_id: UUID, product: str | None, *, served: bool
) -> ScoreResult:
    version = open_row(row)
    terms = version.card.terms
    check_facts(row.name, terms.names, row.segment, facts)
    scored = version.card.score(facts)
    record_id = uuid7()
    values = tuple(value_words(feature.name, feature.known(facts.get(feature.name))) for feature in terms.features)
    cells = tuple(version.card.cell_label(at, cell) for at, cell in enumerate(scored.cells))
    result = result_of(
        terms, scored, base_ticks=version.card.base_ticks, values=values, cells=cells, version=row.name,
        sha256=row.sha256, record_id=record_id,
    )  # fmt: skip
    kept = _record(w, row, version, scored, result, facts, subject_id, served=served)
    kept.product = product
    w.add(kept)
    return result


def _record(
    w: Work, row: ModelVersionRow, version: Version, scored: Scored, result: ScoreResult, facts: Mapping[str, Any],
    subject_id: UUID, *, served: bool,
) -> ScoreRecordRow:  # fmt: skip
    terms = version.card.terms
    assert result.record_id is not None
    return ScoreRecordRow(
        id=result.record_id, version_id=row.id, version=row.name, sha256=row.sha256, segment=row.segment,
        subject_id=subject_id, place=row.status, served=served, facts=kept_facts(terms.features, facts),
        pd=scored.pd, score_ticks=scored.score, decimals=terms.scale.decimals, grade=scored.grade,
        base_ticks=version.card.base_ticks,
        contributions=[
            {"feature": c.feature, "value": c.value, "cell": c.cell, "ticks": ticks, "baseline": base}
            for c, ticks, base in zip(result.contributions, scored.ticks, terms.baseline.ticks, strict=True)
        ],
        baseline={"method": terms.baseline.method, "score": terms.baseline.score, "rows": terms.baseline.rows,
                  "cutoff_ticks": terms.cutoff_ticks},
        reasons=[
            {"id": r.id, "feature": r.feature, "lost": lost, "missing": r.missing, "actionable": r.actionable}
            for r, (_, lost) in zip(result.reasons, scored.reasons, strict=True)
        ],
        scored_at=w.now, scored_on=w.today,
    )  # fmt: skip


def kept_facts(features: tuple[Feature, ...], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts the card looked at, as JSON: those of the catalogue in its form, others as they are."""
    kept: dict[str, Any] = {}
    for feature in features:
        value = facts.get(feature.name)
        if value is None:
            kept[feature.name] = None
        elif feature.name in CATALOGUE:
            kept[feature.name] = to_json(value)
        elif isinstance(value, str | int | float | bool):
            kept[feature.name] = value
        else:
            kept[feature.name] = str(value)
    return kept

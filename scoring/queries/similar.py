"""Past scores that came about in the same way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from core.db import Work
from scoring.tables import ScoreRecordRow

LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Near:
    """A past score and how far its parts lie from the one asked about, in points over all features."""

    subject_id: UUID
    points: Decimal
    grade: str
    distance: Decimal


def nearest_scores(r: Work, record_id: UUID, *, but: Collection[UUID] = ()) -> tuple[Near, ...]:
    """Scores of the same version by the sum of differences of their contributions, the nearest first.

    The thousand nearest by score are looked at, leaving out the subject itself and those of `but`; one score a subject.
    Raises NotFound.
    """
    row = r.get(ScoreRecordRow, record_id)
    query = (
        select(
            ScoreRecordRow.subject_id, ScoreRecordRow.score_ticks, ScoreRecordRow.grade, ScoreRecordRow.contributions
        )
        .where(
            ScoreRecordRow.version_id == row.version_id, ScoreRecordRow.subject_id != row.subject_id,
            ScoreRecordRow.subject_id.not_in(list(but)),
        )
        .order_by(func.abs(ScoreRecordRow.score_ticks - row.score_ticks), ScoreRecordRow.scored_at.desc())
        .limit(LOOKED_AT)
    )  # fmt: skip
    mine = {part["feature"]: part["ticks"] for part in row.contributions}
    found: dict[UUID, Near] = {}
    for subject_id, ticks, grade, parts in r.session.execute(query):
        gap = sum(abs(part["ticks"] - mine.get(part["feature"], 0)) for part in parts)
        near = Near(subject_id, _points(ticks, row.decimals), grade, _points(gap, row.decimals))
        if subject_id not in found or near.distance < found[subject_id].distance:
            found[subject_id] = near
    return tuple(sorted(found.values(), key=lambda one: (one.distance, str(one.subject_id))))


def _points(ticks: int, decimals: int) -> Decimal:
    return Decimal(int(ticks)).scaleb(-decimals)

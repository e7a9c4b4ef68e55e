"""Similar past cases of the loan book with their outcome: what became of those scored in the same way. No names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.money import Money
from origination.queries.performance import performance_sample
from origination.tables.application import ApplicationRow
from scoring.queries.similar import nearest_scores

COUNT = 5
YEARS_BACK = 6


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """One past case. `bad` by the scoring policy's definition, its performance window over; the day is its month."""

    scored_in: date
    product: str
    amount: Money
    tenor_months: int
    points: Decimal
    grade: str
    distance: Decimal
    bad: bool


def similar_cases(r: Work, application_id: UUID, record_id: UUID) -> tuple[SimilarCase, ...]:
    """The five nearest by contributions among cases old enough to have an outcome; other cases of the same applicant
    are left out. Raises NotFound."""
    own = r.get(ApplicationRow, application_id)
    mine = select(ApplicationRow.id).where(ApplicationRow.party_id == own.party_id)
    near = nearest_scores(r, record_id, but=list(r.session.scalars(mine)) if own.party_id else ())
    until = r.today + timedelta(days=1)
    cases = performance_sample(
        r, until - timedelta(days=YEARS_BACK * 366), until, only=[one.subject_id for one in near]
    )
    known = {case.subject_id: case for case in cases if case.bad is not None}
    chosen = [one for one in near if one.subject_id in known][:COUNT]
    query = select(ApplicationRow).where(ApplicationRow.id.in_([one.subject_id for one in chosen]))
    rows = {row.id: row for row in r.session.scalars(query)}
    return tuple(
        SimilarCase(
            scored_in=known[one.subject_id].scored_on.replace(day=1),
            product=row.product_code,
            amount=Money(row.amount_minor or 0, row.currency),
            tenor_months=row.tenor_months or 0,
            points=one.points,
            grade=one.grade,
            distance=one.distance,
            bad=bool(known[one.subject_id].bad),
        )
        for one in chosen
        if (row := rows.get(one.subject_id)) is not None
    )

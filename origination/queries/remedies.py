"""What was found to help a refused applicant."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core.db import Work
from origination.domain.remedy import Remedy, remedy_from_json
from origination.tables.remedy import RemedyRow


def kept_remedies(r: Work, application_id: UUID, assessment: int) -> tuple[Remedy, ...] | None:
    """Those kept when the assessment was refused; None when nobody has looked for any."""
    query = select(RemedyRow).where(RemedyRow.application_id == application_id, RemedyRow.assessment == assessment)
    row = r.session.scalars(query).first()
    return None if row is None else tuple(remedy_from_json(raw) for raw in row.found)


def newest_remedies(r: Work, application_id: UUID) -> tuple[Remedy, ...]:
    """Those kept at the last refusal."""
    query = select(RemedyRow).where(RemedyRow.application_id == application_id)
    row = r.session.scalars(query.order_by(RemedyRow.assessment.desc()).limit(1)).first()
    return () if row is None else tuple(remedy_from_json(raw) for raw in row.found)

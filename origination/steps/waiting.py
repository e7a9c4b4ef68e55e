"""Cases that stand still without anybody having to act: a bureau was down, or a process died in between."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core.db import Work
from origination.domain.application import ApplicationStatus
from origination.tables.application import ApplicationRow

_NOBODY = (
    ApplicationStatus.SUBMITTED.value,
    ApplicationStatus.KYC_PASSED.value,
    ApplicationStatus.SCORED.value,
    ApplicationStatus.APPROVED.value,
)


def waiting_for_bureau(r: Work, limit: int = 1000) -> list[UUID]:
    """The oldest first."""
    query = select(ApplicationRow.id).where(ApplicationRow.status.in_(_NOBODY)).order_by(ApplicationRow.moved_at)
    return list(r.session.scalars(query.limit(limit)))

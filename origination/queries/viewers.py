"""Who of the staff looked at one's own cases and contact data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from core.db import Work
from core.domain.actor import Role
from core.tables import AuditEventRow, UserRow
from origination.queries.applicant import my_applications
from origination.queries.borrower import my_loans

CASE, CONTACT = "case", "contact"


@dataclass(frozen=True, slots=True)
class Look:
    """One look: when, in which role (people are not named to applicants), at what; a draft has no reference."""

    at: datetime
    roles: tuple[Role, ...]
    what: str
    reference: str | None


def who_looked(r: Work, limit: int = 200) -> tuple[Look, ...]:
    """The first look of a person at a case on each business day, and every contact shown in full; newest first."""
    cases = {str(one.id): one.reference for one in my_applications(r)}
    loans = {str(one.id): one.reference for one in my_loans(r)}
    query = (
        select(AuditEventRow, UserRow.roles_held)
        .outerjoin(UserRow, UserRow.id == AuditEventRow.actor_id)
        .where(
            or_(
                and_(AuditEventRow.subject_type == "case_view", AuditEventRow.subject_id.in_(list(cases))),
                and_(
                    AuditEventRow.subject_type == "loan", AuditEventRow.subject_id.in_(list(loans)),
                    AuditEventRow.action == "loan.contact_shown",
                ),
            )
        )
        .order_by(AuditEventRow.at.desc(), AuditEventRow.seq.desc())
        .limit(limit)
    )  # fmt: skip
    return tuple(
        Look(
            event.at, tuple(Role(one) for one in event.data.get("roles") or held or ()),
            CASE if event.subject_type == "case_view" else CONTACT, (cases | loans)[event.subject_id],
        )
        for event, held in r.session.execute(query).all()
    )  # fmt: skip

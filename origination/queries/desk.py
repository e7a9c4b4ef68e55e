"""What officers keep for their work: colleagues to hand a case to, saved views, words not sent, notes that name one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.actor import Role
from core.tables import UserRow
from origination.tables.application import ApplicationRow, CaseNoteRow
from origination.tables.desk import CaseDraftRow, CaseMentionRow, QueueViewRow

MENTIONS_MAX = 20


def colleagues(r: Work) -> tuple[tuple[UUID, str], ...]:
    """Everybody who decides cases, by name."""
    query = select(UserRow.id, UserRow.name).where(
        UserRow.active, UserRow.roles_held.overlap([Role.OFFICER.value, Role.APPROVER.value])
    )
    return tuple((one.id, one.name) for one in r.session.execute(query.order_by(UserRow.name)))


def my_views(r: Work) -> tuple[QueueViewRow, ...]:
    """The actor's saved views, by name."""
    query = select(QueueViewRow).where(QueueViewRow.user_id == r.actor.id).order_by(QueueViewRow.name)
    return tuple(r.session.scalars(query))


@dataclass(frozen=True, slots=True)
class Mention:
    """A note that names the reader and was not looked at yet."""

    application_id: UUID
    reference: str | None
    applicant_name: str | None
    author: str
    text: str
    written_at: datetime


def my_mentions(r: Work) -> tuple[Mention, ...]:
    """Unread notes that name the actor, the newest first, at most 20."""
    query = (
        select(
            ApplicationRow.id, ApplicationRow.reference, ApplicationRow.applicant_name, CaseNoteRow.author_name,
            CaseNoteRow.text, CaseMentionRow.written_at,
        )
        .join(CaseNoteRow, CaseNoteRow.id == CaseMentionRow.note_id)
        .join(ApplicationRow, ApplicationRow.id == CaseMentionRow.application_id)
        .where(CaseMentionRow.user_id == r.actor.id, CaseMentionRow.read_at.is_(None))
        .order_by(CaseMentionRow.written_at.desc())
        .limit(MENTIONS_MAX)
    )  # fmt: skip
    return tuple(Mention(*one) for one in r.session.execute(query))


def named_me(r: Work, application_id: UUID) -> frozenset[UUID]:
    """The notes on a case that name the actor, read or not."""
    mine = (CaseMentionRow.application_id == application_id, CaseMentionRow.user_id == r.actor.id)
    return frozenset(r.session.scalars(select(CaseMentionRow.note_id).where(*mine)))


def draft_of(r: Work, application_id: UUID) -> dict[str, str]:
    """What the actor typed on a case and has not sent: field -> words."""
    mine = (CaseDraftRow.application_id == application_id, CaseDraftRow.user_id == r.actor.id)
    kept = r.session.scalar(select(CaseDraftRow.fields).where(*mine))
    found: dict[str, str] = {} if kept is None else json.loads(kept)
    return found

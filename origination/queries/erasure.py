"""Requests for deletion: one's own, all that are open, and what stands against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from core.db import Work
from core.domain.actor import Role
from core.tables import UserRow
from origination.domain.application import CLOSED, ApplicationStatus
from origination.domain.retention import Ground, Obstacle, RetentionPolicy, obstacles
from origination.tables.application import ApplicationRow
from origination.tables.privacy import ErasureRequestRow
from repayment.queries.loans import loan_list

OPEN, ERASED, REFUSED = "open", "erased", "refused"
_LOANS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class ErasureView:
    """One request. `obstacles` are what stands against it today, or the grounds it was refused on."""

    id: UUID
    account_id: UUID
    account_name: str
    status: str
    drafts_erased: int
    asked_at: datetime
    due_on: date
    answered_at: datetime | None
    answered_name: str | None
    obstacles: tuple[Obstacle, ...]
    removed: dict[str, int]


def applications_of(w: Work, account: UserRow) -> Sequence[ApplicationRow]:
    """Every application that is the account's own: entered from it, or of its person."""
    mine = [ApplicationRow.owner_user_id == account.id]
    if account.party_id is not None:
        mine.append(ApplicationRow.party_id == account.party_id)
    return w.session.scalars(select(ApplicationRow).where(or_(*mine)).order_by(ApplicationRow.id)).all()


def parties_of(account: UserRow, rows: Sequence[ApplicationRow]) -> tuple[UUID, ...]:
    """The parties the account borrows as."""
    return tuple(sorted({one for one in (account.party_id, *(row.party_id for row in rows)) if one is not None}))


def obstacles_of(w: Work, account: UserRow) -> tuple[Obstacle, ...]:
    """What stands against the deletion of everything held on an account today."""
    rows = applications_of(w, account)
    parties = parties_of(account, rows)
    loans = loan_list(w, borrower_ids=parties, limit=_LOANS_MAX) if parties else ()
    sent = [row for row in rows if row.submitted_on is not None]
    return obstacles(
        w.policy(RetentionPolicy),
        [(one.reference, one.closed_on) for one in loans],
        [
            (row.reference or "", row.moved_at.date() if ApplicationStatus(row.status) in CLOSED else None)
            for row in sent
        ],
        day=w.today,
    )


def my_erasure(r: Work) -> ErasureView | None:
    """One's own newest request, None when there is none."""
    query = select(ErasureRequestRow).where(ErasureRequestRow.user_id == r.actor.id)
    row = r.session.scalars(query.order_by(ErasureRequestRow.asked_at.desc(), ErasureRequestRow.id.desc())).first()
    return None if row is None else _view(r, row)


def erasure_requests(r: Work, *, is_open: bool, limit: int, offset: int = 0) -> tuple[tuple[ErasureView, ...], int]:
    """The open requests, the oldest first, or the answered ones, the newest first; and how many there are."""
    r.actor.require(Role.ADMIN)
    where = (ErasureRequestRow.status == OPEN) == is_open
    order = ErasureRequestRow.asked_at.asc() if is_open else ErasureRequestRow.answered_at.desc()
    query = select(ErasureRequestRow).where(where).order_by(order, ErasureRequestRow.id).limit(limit).offset(offset)
    total = r.session.scalar(select(func.count()).select_from(ErasureRequestRow).where(where)) or 0
    return tuple(_view(r, row) for row in r.session.scalars(query)), total


def _view(r: Work, row: ErasureRequestRow) -> ErasureView:
    account = r.get(UserRow, row.user_id)
    found = obstacles_of(r, account) if row.status == OPEN else tuple(_kept(one) for one in row.grounds)
    return ErasureView(
        row.id, account.id, account.name, row.status, row.drafts_erased, row.asked_at, row.due_on, row.answered_at,
        row.answered_name, found, row.removed,
    )  # fmt: skip


def _kept(raw: dict[str, Any]) -> Obstacle:
    until = raw["until_on"]
    return Obstacle(Ground(raw["ground"]), raw["reference"], None if until is None else date.fromisoformat(until))

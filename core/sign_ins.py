"""Sign-ins kept on the server: a copied cookie dies with logout, disabling, or the end of its time."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from core.db import Work
from core.domain.ids import uuid7
from core.tables import UserSessionRow

COOKIE_KEY = "sid"
# NIST SP 800-63B AAL2: 30 minutes idle, 12 hours overall. Applicants are AAL1, where the lender may choose.
STAFF_IDLE, STAFF_OVERALL = timedelta(minutes=30), timedelta(hours=12)
APPLICANT_IDLE, APPLICANT_OVERALL = timedelta(hours=2), timedelta(hours=24)
TOUCH_EVERY = timedelta(minutes=1)


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def begin(w: Work, user_id: UUID, *, address: str | None, device: str | None) -> str:
    """Starts a sign-in and returns the token for the cookie (256 random bits)."""
    token = secrets.token_urlsafe(32)
    w.add(
        UserSessionRow(
            id=uuid7(), user_id=user_id, token_hash=token_hash(token), started_at=w.now, seen_at=w.now,
            address=address, device=(device or "")[:200] or None,
        )
    )  # fmt: skip
    return token


def is_live(row: UserSessionRow, now: datetime, *, staff: bool) -> bool:
    """Not ended, not idle too long, not too old."""
    idle, overall = (STAFF_IDLE, STAFF_OVERALL) if staff else (APPLICANT_IDLE, APPLICANT_OVERALL)
    return row.ended_at is None and now - row.seen_at <= idle and now - row.started_at <= overall


def find(w: Work, token: str) -> UserSessionRow | None:
    """The sign-in a token belongs to, live or not."""
    return w.session.scalars(select(UserSessionRow).where(UserSessionRow.token_hash == token_hash(token))).first()


def touch(w: Work, session_id: UUID) -> None:
    """Notes that it is in use."""
    w.session.execute(update(UserSessionRow).where(UserSessionRow.id == session_id).values(seen_at=w.now))


def end(w: Work, token: str) -> None:
    """Ends one sign-in."""
    live = update(UserSessionRow).where(
        UserSessionRow.token_hash == token_hash(token), UserSessionRow.ended_at.is_(None)
    )
    w.session.execute(live.values(ended_at=w.now))


def end_all(w: Work, user_id: UUID, *, but: str | None = None) -> int:
    """Ends every sign-in of a user except the one with token `but`; returns how many were open."""
    query = update(UserSessionRow).where(UserSessionRow.user_id == user_id, UserSessionRow.ended_at.is_(None))
    if but is not None:
        query = query.where(UserSessionRow.token_hash != token_hash(but))
    return w.session.execute(query.values(ended_at=w.now)).rowcount  # type: ignore[attr-defined]


def is_known_place(w: Work, user_id: UUID, *, address: str | None, device: str | None) -> bool:
    """Whether the user signed in from this address or with this browser before, or never signed in at all."""
    query = select(UserSessionRow.address, UserSessionRow.device).where(UserSessionRow.user_id == user_id)
    before = w.session.execute(query).all()
    short = (device or "")[:200] or None
    return not before or any(row.address == address or row.device == short for row in before)


def of_user(w: Work, user_id: UUID, limit: int = 20) -> tuple[UserSessionRow, ...]:
    """Sign-ins, newest first."""
    query = select(UserSessionRow).where(UserSessionRow.user_id == user_id)
    return tuple(w.session.scalars(query.order_by(UserSessionRow.started_at.desc()).limit(limit)))

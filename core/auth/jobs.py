"""Housekeeping of sign-in: nothing about people is kept longer than it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete, exists, or_, select

from core import audit
from core.auth.throttle import FORGET_AFTER, IN_A_ROW_MAX
from core.db import Work
from core.domain.texts import Text
from core.jobs import Job, JobContext
from core.tables import SignInThrottleRow, UserRow, UserSessionRow

SIGN_INS_KEPT = timedelta(days=90)
UNCONFIRMED_KEPT = timedelta(days=7)


def tidy(w: Work) -> dict[str, int]:
    """Deletes old counters, old sign-ins and accounts whose address nobody confirmed; returns how many of each."""
    counters = delete(SignInThrottleRow).where(
        SignInThrottleRow.failed_at < w.now - 2 * FORGET_AFTER, SignInThrottleRow.failures < IN_A_ROW_MAX
    )
    ended = or_(UserSessionRow.ended_at < w.now - SIGN_INS_KEPT, UserSessionRow.seen_at < w.now - SIGN_INS_KEPT)
    unconfirmed = select(UserRow).where(
        UserRow.confirmed_at.is_(None), UserRow.created_at < w.now - UNCONFIRMED_KEPT, UserRow.party_id.is_(None),
        ~exists().where(UserSessionRow.user_id == UserRow.id),
    )  # fmt: skip
    nobody = w.session.scalars(unconfirmed.with_for_update(skip_locked=True)).all()
    for row in nobody:
        audit.record(w, "user.never_confirmed", "user", row.id)
        w.session.delete(row)
    return {
        "counters": w.session.execute(counters).rowcount,  # type: ignore[attr-defined]
        "sign_ins": w.session.execute(delete(UserSessionRow).where(ended)).rowcount,  # type: ignore[attr-defined]
        "never_confirmed": len(nobody),
    }


def run_tidy(context: JobContext) -> Mapping[str, int]:
    """`tidy` in one transaction."""
    with context.database.work() as w:
        return tidy(w)


JOBS = [
    Job(
        "tidy_sign_ins",
        {"hour": 3, "minute": 20},
        run_tidy,
        Text("Tidying of sign-ins"),
        {
            "counters": Text("counters of wrong passwords"),
            "sign_ins": Text("old sign-ins"),
            "never_confirmed": Text("accounts never confirmed"),
        },
    )
]

"""Leaving a draft: a signed link by mail that leads back to it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from core import outbox
from core.db import Work
from core.domain.actor import Role
from core.tables import UserRow
from origination.steps.case import SUBJECT, open_case
from origination.steps.draft import RESUME, make_link


def mail_resume_link(w: Work, application_id: UUID, link: Callable[[str], str], *, days: int = 30) -> str:
    """Mails the applicant a link to their application and returns the address. At most one mail a minute.

    `link` makes the address of a token. Raises NotFound for somebody else's application.
    """
    w.actor.require(Role.APPLICANT)
    row = open_case(w, application_id)
    user = w.get(UserRow, w.actor.id)
    token = make_link(w, row.id, RESUME, days=days)
    outbox.send_to_address(
        w, "application_link", user.email, locale=user.locale or row.locale,
        dedupe_key=f"application_link:{row.id}:{w.now:%Y%m%d%H%M}",
        context={"user": user, "link": link(token), "days": days}, subject=(SUBJECT, row.id), is_demo=user.is_demo,
    )  # fmt: skip
    return user.email

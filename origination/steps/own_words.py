"""Words typed on a case and not sent yet, and notes that name a colleague: both follow a person to any device."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from origination.domain.mentions import mentions_in
from origination.queries.desk import colleagues, draft_of
from origination.steps.case import SUBJECT
from origination.tables.application import ApplicationRow, CaseNoteRow
from origination.tables.desk import CaseDraftRow, CaseMentionRow

OFFICERS = (Role.OFFICER, Role.APPROVER)
FIELDS_MAX = 20
LENGTH_MAX = 4000


def save_draft(w: Work, application_id: UUID, fields: Mapping[str, str]) -> None:
    """Keeps what was typed so far, field by field, for this person and case; empty fields are forgotten.

    Raises NotFound, InvalidInput for more than anybody types.
    """
    w.actor.require(*OFFICERS)
    w.get(ApplicationRow, application_id)
    kept = draft_of(w, application_id) | {name: words for name, words in fields.items() if words.strip()}
    kept = {name: words for name, words in kept.items() if fields.get(name, words).strip()}
    if len(kept) > FIELDS_MAX or any(len(name) > 80 or len(words) > LENGTH_MAX for name, words in kept.items()):
        raise InvalidInput({"draft": Text("Write 1 to {n} characters", n=LENGTH_MAX)})
    if not kept:
        drop_draft(w, application_id)
        return
    values = {"fields": json.dumps(kept, ensure_ascii=False), "saved_at": w.now}
    mine = insert(CaseDraftRow).values(application_id=application_id, user_id=w.actor.id, **values)
    w.session.execute(mine.on_conflict_do_update(index_elements=["application_id", "user_id"], set_=values))


def drop_draft(w: Work, application_id: UUID, names: Iterable[str] | None = None) -> None:
    """Forgets what was typed, all of it or some fields: it was sent."""
    if names is not None and set(draft_of(w, application_id)) - set(names):
        save_draft(w, application_id, dict.fromkeys(names, ""))
        return
    mine = (CaseDraftRow.application_id == application_id, CaseDraftRow.user_id == w.actor.id)
    w.session.execute(delete(CaseDraftRow).where(*mine))


def tell_named(w: Work, note: CaseNoteRow, also: UUID | None = None) -> tuple[str, ...]:
    """Puts a note before the colleagues it names and the one chosen beside it; returns the words nobody is called.

    Raises InvalidInput (`tell`) for somebody who decides no cases.
    """
    known = colleagues(w)
    found = mentions_in(note.text, [name for _, name in known])
    ids = {user_id for user_id, name in known if name in found.named}
    if also is not None:
        if also not in {user_id for user_id, _ in known}:
            raise InvalidInput({"tell": Text("Choose a colleague")})
        ids.add(also)
    w.session.flush()
    for user_id in sorted(ids - {w.actor.id}):
        w.add(
            CaseMentionRow(
                id=uuid7(), note_id=note.id, application_id=note.application_id, user_id=user_id, written_at=w.now
            )
        )
    if ids:
        told = [name for user_id, name in known if user_id in ids]
        audit.record(w, "application.named", SUBJECT, note.application_id, note=str(note.id), told=told)
    return found.unknown


def read_mentions(w: Work, application_id: UUID) -> None:
    """The actor has opened the case: notes that name them are read."""
    mine = (CaseMentionRow.application_id == application_id, CaseMentionRow.user_id == w.actor.id)
    w.session.execute(update(CaseMentionRow).where(*mine, CaseMentionRow.read_at.is_(None)).values(read_at=w.now))

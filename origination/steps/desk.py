"""What officers do around a case without deciding it: take it, note something, ask for and judge documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from origination.domain.application import CLOSED, ApplicationStatus
from origination.domain.papers import BANK_FILE, papers_for
from origination.queries.rows import product_of
from origination.steps.case import SUBJECT, open_case
from origination.steps.evidence import read_bank_files
from origination.steps.tell import tell_papers
from origination.tables.application import ApplicationDocumentRow, ApplicationRow, CaseNoteRow

OFFICERS = (Role.OFFICER, Role.APPROVER)
NOTE_LENGTH_MAX = 4000
PAPER_NOTE_MAX = 500


def take_case(w: Work, application_id: UUID) -> ApplicationRow:
    """Puts a case on one's own desk. Raises Conflict when a colleague took it before."""
    w.actor.require(*OFFICERS)
    row = open_case(w, application_id)
    if row.assigned_to not in {None, w.actor.id}:
        raise Conflict(Text("A colleague took this case before you."))
    if row.assigned_to is None:
        row.assigned_to = w.actor.id
        audit.record(w, "application.taken", SUBJECT, row.id)
    return row


def put_back(w: Work, application_id: UUID) -> ApplicationRow:
    """Takes a case from its desk again, one's own or an absent colleague's."""
    w.actor.require(*OFFICERS)
    row = open_case(w, application_id)
    if row.assigned_to is not None:
        audit.record(w, "application.put_back", SUBJECT, row.id, was=str(row.assigned_to))
        row.assigned_to = None
    return row


def add_note(w: Work, application_id: UUID, text: str, *, pinned: bool = False) -> CaseNoteRow:
    """A note for colleagues; applicants never see it. Raises InvalidInput for an empty or overlong one."""
    w.actor.require(*OFFICERS)
    row = open_case(w, application_id)
    words = text.strip()
    if not words or len(words) > NOTE_LENGTH_MAX:
        raise InvalidInput({"note": Text("Write 1 to {n} characters", n=NOTE_LENGTH_MAX)})
    note = CaseNoteRow(
        id=uuid7(), application_id=row.id, author_id=w.actor.id, author_name=w.actor.name, text=words, pinned=pinned,
        written_at=w.now,
    )  # fmt: skip
    audit.record(w, "application.noted", SUBJECT, row.id, note=str(note.id), pinned=pinned)
    return w.add(note)


def request_papers(
    w: Work, application_id: UUID, kinds: Sequence[str], note: str = ""
) -> tuple[ApplicationDocumentRow, ...]:
    """Asks the applicant for documents, by mail and on their page, in their language.

    Raises InvalidInput: none chosen, a kind of another segment, one that is asked for already, an overlong note;
    IllegalTransition for a closed application.
    """
    w.actor.require(*OFFICERS)
    row = open_case(w, application_id)
    if ApplicationStatus(row.status) in CLOSED or row.party_id is None:
        raise IllegalTransition(SUBJECT, row.status, "asked for documents")
    known = {*papers_for(row.segment), *product_of(w, row).documents}
    if not kinds or not set(kinds) <= known:
        raise InvalidInput({"kinds": Text("Choose the documents to ask for")})
    if len(note) > PAPER_NOTE_MAX:
        raise InvalidInput({"paper_note": Text("Write at most {n} characters", n=PAPER_NOTE_MAX)})
    query = select(ApplicationDocumentRow).where(
        ApplicationDocumentRow.application_id == row.id,
        ApplicationDocumentRow.status == "requested",
        ApplicationDocumentRow.kind.in_(kinds),
    )
    already = w.session.scalars(query).first()
    if already is not None:
        text = Text("Asked for already on {on}; it has not come yet", on=already.requested_at.date())
        raise InvalidInput({"kinds": text})
    asked = tuple(
        w.add(
            ApplicationDocumentRow(
                id=uuid7(), application_id=row.id, kind=kind, status="requested", requested_at=w.now,
                note=note.strip() or None, requested_by=w.actor.name,
            )
        )
        for kind in dict.fromkeys(kinds)
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "application.paper_requested", SUBJECT, row.id, kinds=[one.kind for one in asked])
    tell_papers(w, row, "papers_requested", asked, turn=w.now.isoformat())
    return asked


def request_paper(w: Work, application_id: UUID, kind: str) -> ApplicationDocumentRow:
    """Asks for one document. Raises as `request_papers`, under `kind`."""
    try:
        return request_papers(w, application_id, [kind])[0]
    except InvalidInput as refused:
        raise InvalidInput({"kind": next(iter(refused.fields.values()))}) from None


def judge_paper(
    w: Work, application_id: UUID, paper_id: UUID, *, accepted: bool, reason: str = "", expires_on: date | None = None
) -> ApplicationDocumentRow:
    """Accepts a document or sends it back, with the reason the applicant reads; `expires_on` as the document says.

    Raises InvalidInput for a rejection without a reason, IllegalTransition for one that was judged or never came.
    """
    w.actor.require(*OFFICERS)
    row = open_case(w, application_id)
    item = w.lock(ApplicationDocumentRow, paper_id)
    if item.application_id != row.id or item.status != "received":
        raise IllegalTransition("document", item.status, "accepted" if accepted else "rejected")
    if accepted and expires_on is not None and expires_on < w.clock.today():
        raise InvalidInput({"expires_on": Text("This document has run out. Send it back and ask for a valid one.")})
    if not accepted and len(reason.strip()) < 5:
        raise InvalidInput({"reason": Text("Tell the applicant what is wrong with it and what to send instead")})
    item.status = "accepted" if accepted else "rejected"
    item.reason = None if accepted else reason.strip()
    item.judged_at, item.judged_by = w.now, w.actor.name
    item.expires_on = expires_on if accepted else None
    item.reminders = 0  # from now on those that it runs out
    audit.record(w, "application.paper_judged", SUBJECT, row.id, kind=item.kind, accepted=accepted)
    if not accepted:
        if item.kind == BANK_FILE:
            read_bank_files(w, row)
        tell_papers(w, row, "paper_rejected", (item,), turn=str(item.id))
    return item

"""What officers do around a case without deciding it: take it, note something, ask for and judge documents."""

from __future__ import annotations

from uuid import UUID

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from origination.domain.application import CLOSED, ApplicationStatus
from origination.queries.rows import product_of
from origination.steps.case import SUBJECT, open_case
from origination.tables.application import ApplicationDocumentRow, ApplicationRow, CaseNoteRow

OFFICERS = (Role.OFFICER, Role.APPROVER)
NOTE_LENGTH_MAX = 4000


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


def request_paper(w: Work, application_id: UUID, kind: str) -> ApplicationDocumentRow:
    """Asks the applicant for a document of the product's list. Raises InvalidInput for a kind it does not know."""
    w.actor.require(*OFFICERS)
    row = open_case(w, application_id)
    if ApplicationStatus(row.status) in CLOSED:
        raise IllegalTransition(SUBJECT, row.status, "asked for documents")
    if kind not in product_of(w, row).documents:
        raise InvalidInput({"kind": Text("Choose one of the documents of this product")})
    asked = ApplicationDocumentRow(id=uuid7(), application_id=row.id, kind=kind, status="requested", requested_at=w.now)
    audit.record(w, "application.paper_requested", SUBJECT, row.id, kind=kind)
    return w.add(asked)


def judge_paper(
    w: Work, application_id: UUID, paper_id: UUID, *, accepted: bool, reason: str = ""
) -> ApplicationDocumentRow:
    """Accepts a document or sends it back, with the reason the applicant reads.

    Raises InvalidInput for a rejection without a reason, IllegalTransition for one that was judged or never came.
    """
    w.actor.require(*OFFICERS)
    row = open_case(w, application_id)
    item = w.lock(ApplicationDocumentRow, paper_id)
    if item.application_id != row.id or item.status != "received":
        raise IllegalTransition("document", item.status, "accepted" if accepted else "rejected")
    if not accepted and len(reason.strip()) < 5:
        raise InvalidInput({"reason": Text("Tell the applicant what is wrong with it and what to send instead")})
    item.status = "accepted" if accepted else "rejected"
    item.reason = None if accepted else reason.strip()
    item.judged_at, item.judged_by = w.now, w.actor.name
    audit.record(w, "application.paper_judged", SUBJECT, row.id, kind=item.kind, accepted=accepted)
    return item

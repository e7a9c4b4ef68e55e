"""Documents of an application: received, taken back, replaced. What is kept is our own writing of what was sent."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from core import audit, documents
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotFound
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import DocumentRow
from core.uploads import CleanFile, turn
from origination.domain.application import CLOSED, ApplicationStatus
from origination.domain.papers import BANK_FILE
from origination.queries.rows import check_sight
from origination.steps.case import SUBJECT, as_system, open_case
from origination.steps.draft import UPLOAD, follow_link
from origination.steps.evidence import forget_paper, read_bank_files
from origination.tables.application import ApplicationDocumentRow, ApplicationRow

REQUESTED, RECEIVED = "requested", "received"
FILES_MAX = 30


def receive_paper(w: Work, application_id: UUID, kind: str, file: CleanFile) -> ApplicationDocumentRow:
    """Keeps a document under its kind; an open request for that kind is answered by it.

    Raises NotFound for somebody else's application, InvalidInput (`file`) when the application is closed or holds too
    many files already. Forms open in another window stay good: documents are no answers.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    row = open_case(w, application_id)
    if ApplicationStatus(row.status) in CLOSED:
        raise InvalidInput({"file": Text("This application is closed; nothing more is needed")})
    count = select(func.count()).where(ApplicationDocumentRow.application_id == row.id)
    held = w.session.scalar(count) or 0
    if held >= FILES_MAX:
        raise InvalidInput({"file": Text("There are {n} files already. Remove one first.", n=FILES_MAX)})
    kept = documents.keep(
        w, file.data, kind=kind, filename=file.filename, media_type=file.media_type, subject_type=SUBJECT,
        subject_id=row.id,
    )  # fmt: skip
    w.session.flush()
    asked = select(ApplicationDocumentRow).where(
        ApplicationDocumentRow.application_id == row.id,
        ApplicationDocumentRow.kind == kind,
        ApplicationDocumentRow.status == REQUESTED,
    )
    item = w.session.scalars(asked.order_by(ApplicationDocumentRow.requested_at).limit(1)).first()
    at = w.now
    if item is None:
        at += timedelta(microseconds=held)  # several files of one form arrive at one instant, but in an order
        item = w.add(
            ApplicationDocumentRow(id=uuid7(), application_id=row.id, kind=kind, status=RECEIVED, requested_at=at)
        )
    item.status, item.document_id, item.received_at = RECEIVED, kept.id, at
    w.session.flush()
    audit.record(w, "application.paper_received", SUBJECT, row.id, kind=kind, sha256=kept.sha256, pages=file.pages)
    if kind == BANK_FILE:
        read_bank_files(w, row)
    return item


def receive_by_link(w: Work, token: str, kind: str, file: CleanFile) -> ApplicationDocumentRow:
    """The same through an upload link, opened on a phone without signing in.

    Raises NotFound for a link that is not valid (any more), and what `receive_paper` raises.
    """
    application_id = follow_link(w, token, UPLOAD)
    with as_system(w):
        return receive_paper(w, application_id, kind, file)


def remove_paper(w: Work, application_id: UUID, paper_id: UUID) -> None:
    """Takes back a document that nobody has looked at yet; a request it answered is open again.

    Raises NotFound for somebody else's, and for one that was judged already.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    row = open_case(w, application_id)
    item = w.lock(ApplicationDocumentRow, paper_id)
    if item.application_id != row.id or item.status != RECEIVED or item.document_id is None:
        raise NotFound(Text("There is no such document, or somebody is working with it already"))
    document = w.get(DocumentRow, item.document_id)
    audit.record(w, "application.paper_removed", SUBJECT, row.id, kind=item.kind, sha256=document.sha256)
    was_asked = row.reference is not None and item.requested_at != item.received_at
    item.document_id = None
    w.session.flush()
    if item.kind == BANK_FILE:
        read_bank_files(w, row)
    forget_paper(w, row, item.id)
    if was_asked:
        item.status, item.received_at = REQUESTED, None
    else:
        w.session.delete(item)
    w.session.flush()
    documents.remove(w, document)


def turn_paper(w: Work, application_id: UUID, paper_id: UUID) -> ApplicationDocumentRow:
    """Turns a picture or PDF by a quarter to the right and keeps it so; nobody may have accepted it yet.

    Raises NotFound for somebody else's, for one that was accepted, and for a statement file.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    row = open_case(w, application_id)
    item = w.lock(ApplicationDocumentRow, paper_id)
    if item.application_id != row.id or item.document_id is None or item.status != RECEIVED or item.kind == BANK_FILE:
        raise NotFound(Text("There is no such document, or somebody is working with it already"))
    old, data = documents.read(w, item.document_id)
    kept = documents.keep(
        w, turn(data, old.media_type), kind=old.kind, filename=old.filename, media_type=old.media_type,
        subject_type=SUBJECT, subject_id=row.id,
    )  # fmt: skip
    w.session.flush()
    item.document_id = kept.id
    w.session.flush()
    documents.remove(w, old)
    audit.record(w, "application.paper_turned", SUBJECT, row.id, kind=item.kind, sha256=kept.sha256)
    return item


def read_paper(w: Work, application_id: UUID, paper_id: UUID) -> tuple[DocumentRow, bytes]:
    """One document to look at. Raises NotFound for somebody else's."""
    row = w.get(ApplicationRow, application_id)
    check_sight(w, row)
    item = w.get(ApplicationDocumentRow, paper_id)
    if item.application_id != row.id or item.document_id is None:
        raise NotFound(Text("There is no such document"))
    return documents.read(w, item.document_id)

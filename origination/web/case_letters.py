"""What was written to the applicant of a case: word for word, and as the letter it is on paper."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, send_file

from core.db import Work
from core.domain.actor import Role
from core.domain.texts import Text
from core.web.guards import allow
from core.web.work import read, work
from origination.queries.journey import messages_of_case
from origination.steps.letter import letter_of
from origination.steps.note_view import note_view
from origination.web.officer import STAFF_OF_CASES

bp = Blueprint("case_letters", __name__)
SENDING = {
    "queued": (Text("On its way"), "wait"),
    "held": (Text("Held back"), "warn"),
    "demo": (Text("Demonstration: not sent"), "info"),
    "sent": (Text("Sent"), "good"),
    "failed": (Text("Could not be sent"), "bad"),
}


def letters_context(r: Work, application_id: UUID) -> dict[str, Any]:
    """The messages about the case, newest first, with how their sending stands."""
    return {"written": messages_of_case(r, application_id), "sending": SENDING}


@bp.get("/officer/cases/<uuid:application_id>/messages/<uuid:message_id>.pdf")
@allow(*STAFF_OF_CASES)
def of_case(application_id: UUID, message_id: UUID) -> Response:
    """One message as a letter, for those who work on the case."""
    with work() as w:
        note_view(w, application_id)
    return _letter(application_id, message_id)


@bp.get("/applications/<uuid:application_id>/messages/<uuid:message_id>.pdf")
@allow(Role.APPLICANT)
def mine(application_id: UUID, message_id: UUID) -> Response:
    """One message about one's own application as a letter."""
    return _letter(application_id, message_id)


def _letter(application_id: UUID, message_id: UUID) -> Response:
    with read() as r:
        name, content = letter_of(r, application_id, message_id)
    return send_file(io.BytesIO(content), mimetype="application/pdf", download_name=name)

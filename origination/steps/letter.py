"""What was written about an application, on paper: the words of a message under the lender's letterhead."""

from __future__ import annotations

from uuid import UUID

from core import letters
from core.db import Work
from origination.queries.journey import message_of_case
from origination.queries.rows import check_sight
from origination.tables.application import ApplicationRow


def letter_of(w: Work, application_id: UUID, message_id: UUID) -> tuple[str, bytes]:
    """(name of the file, PDF). Raises NotFound for somebody else's application or a message about another one."""
    row = w.get(ApplicationRow, application_id)
    check_sight(w, row)
    message = message_of_case(w, row.id, message_id)
    return f"{row.reference or 'draft'}-{message.kind.replace('/', '-')}.pdf", letters.message_pdf(w, message)

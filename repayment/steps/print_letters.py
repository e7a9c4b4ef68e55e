"""Letters as PDF: the message's own words on the lender's paper, made after the close and not within it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core import letters, queue
from core.db import Database, Work
from core.domain.actor import SYSTEM
from core.outbox import DELIVER
from core.tables import OutboundMessageRow


def print_letters(database: Database, *, limit: int = 500) -> int:
    """Makes the PDF of letters that wait for one, each in a transaction of its own; returns how many.

    A worker killed in between leaves the others for the next run.
    """
    with database.read(SYSTEM) as r:
        query = select(OutboundMessageRow.id).where(
            OutboundMessageRow.channel == "letter",
            OutboundMessageRow.status == "queued",
            OutboundMessageRow.document_id.is_(None),
        )
        ids = list(r.session.scalars(query.order_by(OutboundMessageRow.created_at, OutboundMessageRow.id).limit(limit)))
    for message_id in ids:
        with database.work(SYSTEM) as w:
            message = w.lock(OutboundMessageRow, message_id)
            if message.document_id is None and message.status == "queued":
                letters.print_letter(w, message)
                queue.defer(w, DELIVER, queueing_lock=DELIVER)
    return len(ids)


def letter_pdf(w: Work, message_id: UUID) -> bytes:
    """The letter of a message as it is (or would be) printed. Raises NotFound."""
    return letters.message_pdf(w, w.get(OutboundMessageRow, message_id))

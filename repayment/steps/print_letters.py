"""Letters as PDF: the message's own words on the lender's paper, made after the close and not within it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core import documents, queue
from core.db import Database, Work
from core.domain.actor import SYSTEM
from core.outbox import DELIVER
from core.tables import OutboundMessageRow, PartyRow


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
        ids = list(r.session.scalars(query.order_by(OutboundMessageRow.created_at).limit(limit)))
    for message_id in ids:
        with database.work(SYSTEM) as w:
            message = w.lock(OutboundMessageRow, message_id)
            if message.document_id is None and message.status == "queued":
                _attach(w, message)
                queue.defer(w, DELIVER, queueing_lock=DELIVER)
    return len(ids)


def _attach(w: Work, message: OutboundMessageRow) -> None:
    document = documents.keep(
        w, letter_pdf(w, message.id), kind="letter", filename=f"{message.kind.replace('/', '-')}-{message.id}.pdf",
        media_type="application/pdf", subject_type=message.subject_type or "message",
        subject_id=message.subject_id or message.id,
    )  # fmt: skip
    w.session.flush()
    message.document_id = document.id


def letter_pdf(w: Work, message_id: UUID) -> bytes:
    """The letter of a message as it is (or would be) printed. Raises NotFound."""
    message = w.get(OutboundMessageRow, message_id)
    party = None if message.party_id is None else w.get(PartyRow, message.party_id)
    settings = documents.settings_in_use()
    html = documents.render_html(
        "message/letter.html",
        lang="zh" if message.locale.startswith("zh") else "en",
        title=message.title,
        paragraphs=[part.strip() for part in message.body.split("\n\n") if part.strip()],
        address=[line.strip() for line in message.recipient.splitlines() if line.strip()],
        name="" if party is None else party.name,
        lender=settings.lender_name,
        on=message.created_at.astimezone(settings.time_zone).date(),
        reference=str(message.id),
    )
    return documents.render_pdf(html, title=message.title, at=message.created_at)

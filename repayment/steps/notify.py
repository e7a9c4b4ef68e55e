"""Messages about a loan, written into the outbox in the step's own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects import postgresql

from core import queue
from core.db import Work
from core.domain.ids import uuid7
from core.outbox import CONTACT_BY_CHANNEL, DELIVER, contact_value, render_message, send_later
from core.tables import OutboundMessageRow, PartyRow
from repayment.tables import LoanRow


def notify(
    w: Work,
    loan: LoanRow | Any,
    kind: str,
    channel: str,
    dedupe_key: str,
    *,
    not_before: datetime | None = None,
    **context: Any,
) -> UUID | None:
    """One message to the borrower, in the borrower's language. None when it was written before."""
    party = w.get(PartyRow, loan.borrower_id)
    message = send_later(
        w, kind, party, channel=channel, dedupe_key=dedupe_key, subject=("loan", loan.id), not_before=not_before,
        context={"loan": loan, "product": product_name(loan.product, party.locale), **context},
    )  # fmt: skip
    return None if message is None else message.id


@dataclass(frozen=True, slots=True)
class LoanMessage:
    """One message of many."""

    loan_id: UUID
    party: PartyRow
    kind: str
    channel: str
    dedupe_key: str
    context: Mapping[str, Any]
    not_before: datetime | None


def write_messages(w: Work, messages: Sequence[LoanMessage]) -> None:
    """Many messages at once, otherwise as `core.outbox.send_later` writes one: a close may have thousands."""
    rows = []
    for message in messages:
        party = message.party
        recipient = contact_value(party, CONTACT_BY_CHANNEL[message.channel])
        context = {"now": w.now, "party": party, **message.context}
        title, body = render_message(message.kind, message.channel, party.locale, context)
        status = "demo" if party.is_demo else "queued" if recipient else "failed"
        rows.append({
            "id": uuid7(), "channel": message.channel, "kind": message.kind, "locale": party.locale,
            "party_id": party.id, "subject_type": "loan", "subject_id": message.loan_id,
            "recipient": recipient or "", "title": title, "body": body, "document_id": None,
            "dedupe_key": message.dedupe_key, "status": status, "attempts": 0, "not_before": message.not_before,
            "created_at": w.now,
            "last_error": None if recipient else f"no {CONTACT_BY_CHANNEL[message.channel]} on file",
        })  # fmt: skip
    if rows:
        statement = postgresql.insert(OutboundMessageRow.__table__)  # type: ignore[arg-type]
        w.session.execute(statement.on_conflict_do_nothing(index_elements=["dedupe_key"]), rows)
    if any(row["status"] == "queued" and row["not_before"] is None for row in rows):
        queue.defer(w, DELIVER, queueing_lock=DELIVER)


def product_name(names: dict[str, str], locale: str) -> str:
    """The product as the reader knows it."""
    return names.get("zh" if locale.startswith("zh") else "en") or next(iter(names.values()), "")


def stop_dunning(w: Work, loan: LoanRow, why: str) -> int:
    """Holds back reminders that are written but have not left; returns how many."""
    query = (
        update(OutboundMessageRow)
        .where(
            OutboundMessageRow.subject_id == loan.id,
            OutboundMessageRow.kind.startswith("dunning/"),
            OutboundMessageRow.status == "queued",
        )
        .values(status="held", last_error=f"stopped: {why}")
    )
    return int(w.session.execute(query, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]

"""Messages about a loan, written into the outbox in the step's own transaction."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from core.db import Work
from core.domain.money import Money
from core.outbox import send_later
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


def due_context(on: date, minor: int, currency: str) -> dict[str, Any]:
    """What reminders say about a due sum."""
    return {"due_on": on, "due": Money(minor, currency)}

"""Dispute, hardship, moratorium, no contact, hand-over: each stops dunning; a moratorium also late charges."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from repayment.steps.notify import stop_dunning
from repayment.tables import LoanHoldRow, LoanRow


class HoldKind(StrEnum):
    """Why reminders rest. MORATORIUM (a statutory breathing space) also stops late fees and penalty interest."""

    DISPUTE = "DISPUTE"
    HARDSHIP = "HARDSHIP"
    MORATORIUM = "MORATORIUM"
    CEASE_CONTACT = "CEASE_CONTACT"
    HAND_OVER = "HAND_OVER"  # lawyers or an agency have it; see steps.hand_over


def place_hold(w: Work, loan_id: UUID, *, kind: HoldKind, reason: str, until_on: date | None = None) -> UUID:
    """Places a hold from today on, until a day or until released.

    Raises InvalidInput for a missing reason, an end before today, or a hold of that kind that stands already.
    """
    w.actor.require(Role.COLLECTOR, Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    if not reason.strip():
        raise InvalidInput({"reason": Text("Say why the loan is put on hold")})
    if until_on is not None and until_on < w.today:
        raise InvalidInput({"until_on": Text("The end of the hold is before today")})
    loan = w.lock(LoanRow, loan_id)
    standing = select(LoanHoldRow).where(
        LoanHoldRow.loan_id == loan_id, LoanHoldRow.kind == kind.value, LoanHoldRow.released_on.is_(None),
        (LoanHoldRow.until_on.is_(None)) | (LoanHoldRow.until_on >= w.today),
    )  # fmt: skip
    if w.session.scalars(standing).first() is not None:
        raise InvalidInput({"kind": Text("The loan has such a hold already")})
    row = w.add(
        LoanHoldRow(
            id=uuid7(), loan_id=loan_id, kind=kind.value, from_on=w.today, until_on=until_on, reason=reason.strip(),
            actor_name=w.actor.name, recorded_at=w.now,
        )
    )  # fmt: skip
    loan.row_version += 1
    stop_dunning(w, loan, kind.value.lower())
    audit.record(w, "loan.hold_placed", "loan", loan_id, kind=kind.value, until_on=until_on)
    return row.id


def release_hold(w: Work, hold_id: UUID) -> None:
    """Ends a hold today. Raises NotFound, InvalidInput when it has ended already."""
    w.actor.require(Role.COLLECTOR, Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    hold = w.get(LoanHoldRow, hold_id)
    loan = w.lock(LoanRow, hold.loan_id)
    if hold.released_on is not None:
        raise InvalidInput({"hold_id": Text("This hold has ended already")})
    hold.released_on = w.today
    loan.row_version += 1
    audit.record(w, "loan.hold_released", "loan", loan.id, kind=hold.kind)

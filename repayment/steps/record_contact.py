"""A contact with a borrower: counted against the cap, refused in quiet hours and against the borrower's wish."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import PartyRow
from repayment.domain.dunning import DunningPolicies, DunningPolicy, not_before
from repayment.queries.load_life import terms_of
from repayment.tables import ContactRecordRow, DunningActionRow, LoanHoldRow, LoanRow

CHANNELS = ("call", "visit", "email", "sms", "letter", "incoming")
OUTCOMES = ("reached", "no_answer", "wrong_number", "left_message", "promise", "dispute", "hardship", "refused")


def record_contact(
    w: Work, loan_id: UUID, *, channel: str, outcome: str, note: str = "", next_step_on: date | None = None
) -> UUID:
    """Logs a contact. `incoming` (the borrower called) is always allowed and not counted.

    Raises InvalidInput for an unknown channel or outcome, NotAllowed at the cap, in quiet hours, or while the
    borrower has asked not to be contacted; the message names the rule.
    """
    w.actor.require(Role.COLLECTOR, Role.OFFICER, Role.APPROVER, Role.SYSTEM)
    if channel not in CHANNELS or outcome not in OUTCOMES:
        raise InvalidInput({"channel": Text("Choose a channel and an outcome from the list")})
    loan = w.lock(LoanRow, loan_id)
    if channel != "incoming":
        _check_allowed(w, loan)
    row = w.add(
        ContactRecordRow(
            id=uuid7(), loan_id=loan_id, contacted_on=w.today, contacted_at=w.now, channel=channel, outcome=outcome,
            note=note.strip()[:2000], next_step_on=next_step_on, actor_name=w.actor.name,
        )
    )  # fmt: skip
    audit.record(w, "loan.contact", "loan", loan_id, channel=channel, outcome=outcome)
    return row.id


def _check_allowed(w: Work, loan: LoanRow) -> None:
    policy = w.policy(DunningPolicies).named(terms_of(loan).dunning_policy)
    party = w.get(PartyRow, loan.borrower_id)
    cease = select(LoanHoldRow.id).where(
        LoanHoldRow.loan_id == loan.id, LoanHoldRow.kind.in_(["CEASE_CONTACT", "MORATORIUM"]),
        LoanHoldRow.released_on.is_(None), (LoanHoldRow.until_on.is_(None)) | (LoanHoldRow.until_on >= w.today),
    )  # fmt: skip
    if w.session.scalar(cease) is not None:
        raise NotAllowed(Text("The borrower may not be contacted: a hold on contact stands"))
    if not_before(policy, w.now, ZoneInfo(party.time_zone)) is not None:
        raise NotAllowed(
            Text(
                "It is outside the hours for contact ({start} to {end}) where the borrower lives",
                start=policy.quiet_until.strftime("%H:%M"), end=policy.quiet_from.strftime("%H:%M"),
            )
        )  # fmt: skip
    count = contacts_recent(w, loan.id, policy, w.today)
    if count >= policy.contacts_max:
        raise NotAllowed(
            Text("{count} contacts in {days} days: the limit is reached", count=count, days=policy.contacts_days)
        )


def contacts_recent(w: Work, loan_id: UUID, policy: DunningPolicy, today: date) -> int:
    """Contacts and reminders in the policy's window that ends today."""
    first = today - timedelta(days=policy.contacts_days - 1)
    made = select(func.count()).where(
        ContactRecordRow.loan_id == loan_id, ContactRecordRow.contacted_on >= first,
        ContactRecordRow.channel != "incoming",
    )  # fmt: skip
    sent = select(func.coalesce(func.sum(func.jsonb_array_length(DunningActionRow.channels)), 0)).where(
        DunningActionRow.loan_id == loan_id, DunningActionRow.acted_on >= first
    )
    return int(w.session.scalar(made) or 0) + int(w.session.scalar(sent) or 0)

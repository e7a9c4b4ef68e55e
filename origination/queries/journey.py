"""What happened to an application after it was sent: its moves with their moments, and the messages about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from core.tables import AuditEventRow, OutboundMessageRow
from origination.domain.application import ApplicationStatus
from origination.queries.applicant import my_party_ids, own_row
from origination.tables.contract import ContractRow, SigningCodeRow
from origination.tables.decision import ReviewRequestRow

SUBJECT = "application"


def reached_at(r: Work, application_id: UUID) -> Mapping[ApplicationStatus, datetime]:
    """When each state was reached last, of the states it has been in."""
    query = select(AuditEventRow.at, AuditEventRow.data).where(
        AuditEventRow.subject_type == SUBJECT,
        AuditEventRow.subject_id == str(application_id),
        AuditEventRow.data.has_key("after"),
    )
    known = {status.value: status for status in ApplicationStatus}
    rows = r.session.execute(query.order_by(AuditEventRow.seq)).all()
    return {known[data["after"]]: at for at, data in rows if data["after"] in known}


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as it was written."""

    id: UUID
    channel: str
    title: str
    body: str
    status: str
    created_at: datetime


# Codes and links open something: they are never shown again.
_SECRET = ("signing_code", "application_link", "account_confirm", "account_reset", "account_invite")


def messages_about(r: Work, application_id: UUID) -> tuple[MessageView, ...]:
    """Messages about one's own application, newest first. Raises NotFound for another's."""
    return messages_of_case(r, own_row(r, application_id).id)


def messages_of_case(r: Work, application_id: UUID) -> tuple[MessageView, ...]:
    """The same for whoever works on the case."""
    return _messages(r, _about(r, application_id))


def message_of_case(r: Work, application_id: UUID, message_id: UUID) -> OutboundMessageRow:
    """One of these messages. Raises NotFound for any other, and for one that opens something."""
    row = r.session.scalars(
        select(OutboundMessageRow).where(
            OutboundMessageRow.id == message_id, OutboundMessageRow.kind.not_in(_SECRET), _about(r, application_id)
        )
    ).first()
    if row is None:
        raise NotFound(Text("There is no such message"))
    return row


def _about(r: Work, application_id: UUID) -> ColumnElement[bool]:
    contracts = r.session.scalars(select(ContractRow.id).where(ContractRow.application_id == application_id))
    return OutboundMessageRow.subject_id.in_([application_id, *contracts])


def my_messages(r: Work, limit: int = 100) -> tuple[MessageView, ...]:
    """Everything that was written to the person who asks, newest first."""
    parties = my_party_ids(r)
    if not parties:
        return ()
    return _messages(r, OutboundMessageRow.party_id.in_(parties), limit)


def everything_written(r: Work) -> tuple[MessageView, ...]:
    """Every message to the person who asks, those about the account among them, newest first."""
    to_me = OutboundMessageRow.party_id.in_(my_party_ids(r))
    about_account = and_(OutboundMessageRow.subject_type == "user", OutboundMessageRow.subject_id == r.actor.id)
    return _messages(r, or_(to_me, about_account), None)


def _messages(r: Work, where: Any, limit: int | None = 100) -> tuple[MessageView, ...]:
    query = select(OutboundMessageRow).where(where, OutboundMessageRow.kind.not_in(_SECRET))
    rows = r.session.scalars(
        query.order_by(OutboundMessageRow.created_at.desc(), OutboundMessageRow.id.desc()).limit(limit)
    )
    return tuple(MessageView(row.id, row.channel, row.title, row.body, row.status, row.created_at) for row in rows)


@dataclass(frozen=True, slots=True)
class ContractView:
    """The contract of an application. `code_sent_to` is the masked address of the newest code, if one was sent."""

    id: UUID
    application_id: UUID
    reference: str
    status: str
    locale: str
    content_sha256: str
    made_on: date
    signed_at: datetime | None
    evidence: Mapping[str, Any] | None
    loan_id: UUID | None
    code_sent_to: str | None
    code_sent_at: datetime | None


def my_contract(r: Work, application_id: UUID) -> ContractView | None:
    """The contract that counts of one's own application, None before there is one. Raises NotFound for another's."""
    row = own_row(r, application_id)
    query = select(ContractRow).where(ContractRow.application_id == row.id, ContractRow.status != "void")
    contract = r.session.scalars(query).first()
    return None if contract is None else _contract(r, contract)


def contract_of_loan(r: Work, loan_id: UUID) -> ContractView:
    """The contract behind one's own loan. Raises NotFound."""
    contract = r.session.scalars(select(ContractRow).where(ContractRow.loan_id == loan_id)).first()
    if contract is None:
        raise NotFound(Text("There is no such contract"))
    own_row(r, contract.application_id)
    return _contract(r, contract)


def _contract(r: Work, row: ContractRow) -> ContractView:
    codes = select(SigningCodeRow).where(SigningCodeRow.contract_id == row.id).order_by(SigningCodeRow.sent_at.desc())
    code = r.session.scalars(codes.limit(1)).first()
    return ContractView(
        id=row.id,
        application_id=row.application_id,
        reference=row.reference,
        status=row.status,
        locale=row.locale,
        content_sha256=row.content_sha256,
        made_on=row.made_on,
        signed_at=row.signed_at,
        evidence=row.evidence,
        loan_id=row.loan_id,
        code_sent_to=None if code is None or code.used else code.sent_to,
        code_sent_at=None if code is None or code.used else code.sent_at,
    )


def open_review(r: Work, application_id: UUID) -> tuple[datetime, date] | None:
    """When a person was asked to look again and until when they have; None when nobody is asked."""
    query = select(ReviewRequestRow).where(
        ReviewRequestRow.application_id == application_id, ReviewRequestRow.closed_at.is_(None)
    )
    row = r.session.scalars(query.order_by(ReviewRequestRow.asked_at.desc()).limit(1)).first()
    return None if row is None else (row.asked_at, row.due_on)

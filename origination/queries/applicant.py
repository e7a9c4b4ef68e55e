"""What applicants see of their own applications. Another person's application does not exist for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.fact import FactValue
from core.domain.facts import facts_from_json
from core.domain.money import Money
from core.domain.party import PartyKind
from core.domain.texts import Text
from core.tables import SignedLinkRow, UserRow
from origination.domain.accounts import YearAccounts
from origination.domain.application import ApplicationStatus, OwnerEntry
from origination.domain.product import Product
from origination.queries.evidence import years_of
from origination.queries.products import product_version
from origination.tables.application import ApplicationDocumentRow, ApplicationRow, ConsentRow

REQUESTED, RECEIVED, ACCEPTED, REJECTED = "requested", "received", "accepted", "rejected"
UPLOAD_PURPOSE = "application.upload"


@dataclass(frozen=True, slots=True)
class PaperView:
    """One item of the document list."""

    id: UUID
    kind: str
    status: str
    reason: str | None
    document_id: UUID | None
    requested_at: datetime
    received_at: datetime | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """One application of the person who asks. `typed` and `errors` are what a draft's pages refused, by section."""

    id: UUID
    reference: str | None
    status: ApplicationStatus
    product: Product
    answers: Mapping[str, FactValue]
    typed: Mapping[str, Any]
    errors: Mapping[str, Mapping[str, list[str]]]
    owners: tuple[OwnerEntry, ...]
    consents: Mapping[str, datetime]
    papers: tuple[PaperView, ...]
    years: tuple[YearAccounts, ...]
    row_version: int
    assessment: int
    locale: str
    created_at: datetime
    moved_at: datetime
    submitted_at: datetime | None
    submitted_on: date | None
    due_at: datetime | None
    party_id: UUID | None
    amount: Money | None
    tenor_months: int | None

    @property
    def segment(self) -> str:
        """consumer or sme."""
        return self.product.segment

    @property
    def is_draft(self) -> bool:
        """Not sent yet."""
        return self.status is ApplicationStatus.DRAFT


def own_row(r: Work, application_id: UUID) -> ApplicationRow:
    """The row of one's own application. Raises NotFound for any other."""
    row = r.session.get(ApplicationRow, application_id)
    who = r.actor
    mine = row is not None and (
        (who.id is not None and row.owner_user_id == who.id)
        or (who.party_id is not None and row.party_id == who.party_id)
    )
    if row is None or not mine:
        raise NotFound(Text("There is no such application"))
    return row


def my_application(r: Work, application_id: UUID) -> ApplicationView:
    """One's own application. Raises NotFound for any other."""
    return view_of(r, own_row(r, application_id))


def my_applications(r: Work) -> tuple[ApplicationView, ...]:
    """All of one's own, newest first."""
    who = r.actor
    if who.id is None:
        return ()
    mine = [ApplicationRow.owner_user_id == who.id]
    if who.party_id is not None:
        mine.append(ApplicationRow.party_id == who.party_id)
    query = select(ApplicationRow).where(or_(*mine)).order_by(ApplicationRow.created_at.desc())
    return tuple(view_of(r, row) for row in r.session.scalars(query))


def my_party_ids(r: Work) -> tuple[UUID, ...]:
    """The parties one borrows as: oneself, and the companies one has applied for."""
    who = r.actor
    found = {who.party_id} if who.party_id is not None else set()
    if who.id is not None:
        query = select(ApplicationRow.party_id).where(
            ApplicationRow.owner_user_id == who.id, ApplicationRow.party_id.is_not(None)
        )
        found |= set(r.session.scalars(query))
    return tuple(sorted(party_id for party_id in found if party_id is not None))


def view_of(r: Work, row: ApplicationRow) -> ApplicationView:
    """The row as a frozen view."""
    draft = json.loads(row.draft)
    raw = json.loads(row.answers) if row.answers is not None else draft.get("answers", {})
    return ApplicationView(
        id=row.id,
        reference=row.reference,
        status=ApplicationStatus(row.status),
        product=product_version(r, row.product_code, row.product_version),
        answers=facts_from_json(raw),
        typed=draft.get("typed", {}),
        errors=draft.get("errors", {}),
        owners=tuple(_owner(owner) for owner in row.owners),
        consents=_consents(r, row.id),
        papers=papers_of(r, row.id),
        years=tuple(year.accounts for year in years_of(r, row)) if row.segment == "sme" else (),
        row_version=row.row_version,
        assessment=row.assessment,
        locale=row.locale,
        created_at=row.created_at,
        moved_at=row.moved_at,
        submitted_at=row.submitted_at,
        submitted_on=row.submitted_on,
        due_at=row.due_at,
        party_id=row.party_id,
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
        tenor_months=row.tenor_months,
    )


def _owner(row: Any) -> OwnerEntry:
    return OwnerEntry(
        name=row.name, kind=PartyKind(row.kind), share=row.share, birth_on=row.birth_on, country=row.country,
        identity_kind=row.identity_kind, identity_number=row.identity_number, of=row.of, controls=row.controls,
    )  # fmt: skip


def _consents(r: Work, application_id: UUID) -> dict[str, datetime]:
    query = select(ConsentRow.kind, ConsentRow.agreed_at).where(ConsentRow.application_id == application_id)
    return dict(r.session.execute(query).all())


def papers_of(r: Work, application_id: UUID) -> tuple[PaperView, ...]:
    """The document list, oldest first."""
    query = select(ApplicationDocumentRow).where(ApplicationDocumentRow.application_id == application_id)
    return tuple(
        PaperView(
            row.id, row.kind, row.status, row.reason, row.document_id, row.requested_at, row.received_at, row.note
        )
        for row in r.session.scalars(query.order_by(ApplicationDocumentRow.requested_at, ApplicationDocumentRow.id))
    )


def account_email(r: Work) -> str:
    """Where links and letters to the person who asks are sent. Raises NotFound for a visitor."""
    return r.get(UserRow, r.actor.id).email


def view_by_link(r: Work, token: str) -> ApplicationView:
    """The application an upload link belongs to. Raises NotFound for a link that is not valid (any more)."""
    link = r.session.get(SignedLinkRow, hashlib.sha256(token.encode()).digest())
    if link is None or link.purpose != UPLOAD_PURPOSE or link.expires_at <= r.now:
        raise NotFound(Text("This link is not valid any more. Ask for a new one."))
    return view_of(r, r.get(ApplicationRow, link.subject_id))

"""Drafts as a task list, where an application stands, offers, and the reasons of a decision as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.money import Money
from origination.domain.application import (
    ApplicationStatus,
)
from origination.domain.decision import BUILT_IN
from origination.domain.policy import OriginationPolicy
from origination.domain.product import Product
from origination.domain.rules import Outcome
from origination.queries.rows import (
    check_sight,
    kyc_check_of,
    latest_decision,
    offers_of,
    product_of,
)
from origination.tables.application import ApplicationDocumentRow, ApplicationRow
from origination.tables.decision import DecisionRow
from origination.tables.offer import OfferRow
from repayment.domain.caps import CapOutcome

REASONS_MAX = 4


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """One application in a list."""

    id: UUID
    reference: str | None
    segment: str
    product: str
    status: ApplicationStatus
    applicant_name: str | None
    amount: Money | None
    tenor_months: int | None
    created_at: datetime
    submitted_at: datetime | None
    moved_at: datetime
    due_at: datetime | None
    is_demo: bool


def line_of(row: ApplicationRow) -> ApplicationLine:
    """The line of a row."""
    return ApplicationLine(
        id=row.id,
        reference=row.reference,
        segment=row.segment,
        product=row.product_code,
        status=ApplicationStatus(row.status),
        applicant_name=row.applicant_name,
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
        tenor_months=row.tenor_months,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        moved_at=row.moved_at,
        due_at=row.due_at,
        is_demo=row.is_demo,
    )


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One item of the checklist."""

    id: UUID
    kind: str
    status: str
    reason: str | None
    document_id: UUID | None
    requested_at: datetime
    received_at: datetime | None
    note: str | None = None
    requested_by: str | None = None
    expires_on: date | None = None
    reminders: int = 0


def documents_of(r: Work, row: ApplicationRow) -> tuple[DocumentLine, ...]:
    """The checklist, oldest first."""
    query = select(ApplicationDocumentRow).where(ApplicationDocumentRow.application_id == row.id)
    return tuple(
        DocumentLine(
            d.id,
            d.kind,
            d.status,
            d.reason,
            d.document_id,
            d.requested_at,
            d.received_at,
            d.note,
            d.requested_by,
            d.expires_on,
            d.reminders,
        )
        for d in r.session.scalars(query.order_by(ApplicationDocumentRow.requested_at, ApplicationDocumentRow.kind))
    )


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A reason as the applicant reads it: the words by locale with places for figures, and the figures."""

    id: str
    texts: Mapping[str, str]
    params: Mapping[str, Any]

    def template(self, locale: str) -> str:
        """The words in the reader's language."""
        return self.texts.get("zh" if locale.lower().startswith("zh") else "en", self.id)


def reasons_of(r: Work, made: DecisionRow, limit: int | None = REASONS_MAX) -> tuple[ReasonView, ...]:
    """The reasons of a decision in order, at most `limit`: the values found and the limits stand in `params`. With a
    limit, as applicants are told: of a refusal by rules only what refused, not what merely asked for a person."""
    policy = r.policy(OriginationPolicy)
    rows = {row["row"]: row for row in made.record["rows"]}
    views = []
    for reason_id in made.reasons if limit is None else _refusing(made)[:limit]:
        row = rows.get(reason_id)
        told = made.record.get("told", {}).get(reason_id) or policy.reason_texts(reason_id)
        texts = dict(row["texts"]) if row else dict(told)
        if not texts and reason_id in BUILT_IN:
            texts = {"en": str(BUILT_IN[reason_id]), "msgid": BUILT_IN[reason_id].msgid}
        params: dict[str, Any] = {}
        for name, value in (row["inputs"] if row else {}).items():
            params[name] = value
            operands = row["limits"][name][1] if row else []
            params[f"{name}_limit"] = operands[0] if operands else None
        views.append(ReasonView(reason_id, texts, params))
    return tuple(views)


def _refusing(made: DecisionRow) -> list[str]:
    if made.kind != "automatic" or made.outcome != Outcome.DECLINE.value:
        return made.reasons
    refused = {one["id"] for one in made.record["reasons"] if one["outcome"] == Outcome.DECLINE.value}
    return [one for one in made.reasons if one in refused]


@dataclass(frozen=True, slots=True)
class OfferView:
    """One offer."""

    id: UUID
    number: int
    status: str
    amount: Money
    tenor_months: int
    amortisation: str
    rate_annual: Decimal
    instalment: Money
    total: Money
    paid_out: Money
    cost_effective: Decimal
    cost_nominal: Decimal
    expires_on: date
    quote: Mapping[str, Any]
    caps: tuple[CapOutcome, ...] = ()


def offer_view(row: OfferRow) -> OfferView:
    """The view of a row."""

    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    return OfferView(
        id=row.id,
        number=row.number,
        status=row.status,
        amount=money(row.amount_minor),
        tenor_months=row.tenor_months,
        amortisation=row.amortisation,
        rate_annual=row.rate_annual,
        instalment=money(row.instalment_minor),
        total=money(row.total_minor),
        paid_out=money(row.paid_out_minor),
        cost_effective=row.cost_effective,
        cost_nominal=row.cost_nominal,
        expires_on=row.expires_on,
        quote=row.quote,
        caps=CapOutcome.read_all(row.caps or ()),
    )


@dataclass(frozen=True, slots=True)
class StatusView:
    """Where an application stands, for the one who sent it. `can_ask_person`: only a computer has decided so far."""

    line: ApplicationLine
    row_version: int
    product: Product
    offers: tuple[OfferView, ...]
    documents: tuple[DocumentLine, ...]
    decided_at: datetime | None
    is_automatic: bool
    is_counter: bool
    reasons: tuple[ReasonView, ...]
    can_ask_person: bool


def status(r: Work, application_id: UUID) -> StatusView:
    """The tracker. Reasons are told only once it is declined, or a counter-offer was made."""
    row = r.get(ApplicationRow, application_id)
    check_sight(r, row)
    made = latest_decision(r, row)
    declined = row.status == ApplicationStatus.DECLINED.value
    told: tuple[ReasonView, ...] = ()
    if made is not None and declined:
        told = reasons_of(r, made)
    elif made is not None and made.is_counter:
        told = reasons_of(r, decline_before(r, made))
    return StatusView(
        line=line_of(row),
        row_version=row.row_version,
        product=product_of(r, row),
        offers=tuple(offer_view(one) for one in offers_of(r, row)),
        documents=documents_of(r, row),
        decided_at=None if made is None else made.decided_at,
        is_automatic=made is not None and made.kind == "automatic",
        is_counter=made is not None and made.is_counter,
        reasons=told,
        can_ask_person=can_ask_person(r, row),
    )


def can_ask_person(r: Work, row: ApplicationRow) -> bool:
    """True when what stands now was decided by a computer alone: a refusal, an offer, or failed identity checks."""
    made = latest_decision(r, row)
    if row.status == ApplicationStatus.OFFERED.value:
        return made is not None and made.kind == "automatic"
    if row.status != ApplicationStatus.DECLINED.value:
        return False
    if made is not None:
        return made.kind == "automatic"
    check = kyc_check_of(r, row)
    return check is not None and check.actor_id is None and check.outcome == "FAIL"


def decline_before(r: Work, made: DecisionRow) -> DecisionRow:
    """The decision on the wish that a counter-offer answers."""
    decisions = r.children(DecisionRow, application_id=made.application_id)
    return next(one for one in decisions if one.number == made.number - 1)

"""Everything held on the person who asks, as one JSON-ready dict: GDPR Art. 15 and 20, PIPL Art. 45.

Scores and their reasons belong to it. Left out on purpose: identity checks and screening alerts, for telling of them
may be tipping off (Directive (EU) 2015/849 Art. 39; China's Anti-Money Laundering Law, Art. 56), what colleagues wrote
for each other (notes, verdicts, reasons of holds), and comparisons with other people's applications. Of other people
stands only what the person typed about owners of a company, the identity number masked and the birthday left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import sign_ins
from core.db import Work
from core.domain.facts import facts_to_json
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import translate
from core.tables import DocumentRow, PartyRow, UserRow
from origination.queries.applicant import ApplicationView, my_applications, my_party_ids
from origination.queries.borrower import my_loan, my_loans
from origination.queries.journey import everything_written
from origination.queries.reason_words import reason_text
from origination.queries.tracker import status
from origination.tables.application import ApplicationDocumentRow, ConsentRow
from origination.tables.contract import ContractRow
from origination.tables.decision import BureauReportRow, FactSetRow, ReviewRequestRow
from origination.tables.evidence import AccountFiguresRow, DocumentedFactRow
from origination.tables.offer import OfferRow

EVERYTHING = 1_000_000
# (which paper, application id, paper or None) -> address of the download.
Link = Callable[[str, UUID, UUID | None], str]


def my_data(r: Work, link: Link) -> dict[str, Any]:
    """The whole copy. Keys in English; texts as they were told; sums as decimal text with currency, days and instants
    in ISO 8601. `link` gives the address of a paper. Raises NotFound for a visitor."""
    account = r.get(UserRow, r.actor.id)
    found = {
        "made_at": r.now,
        "account": _account(r, account),
        "people_and_companies": [_party(r.get(PartyRow, one)) for one in my_party_ids(r)],
        "applications": [_application(r, one, link) for one in my_applications(r)],
        "loans": [_loan(r, one.id) for one in my_loans(r)],
        "messages": [_of(one, "channel", "title", "body", "created_at") for one in everything_written(r)],
    }
    plain: dict[str, Any] = json.loads(json.dumps(found, default=_plain))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": str(value.amount), "currency": value.currency}
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _of(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _account(r: Work, row: UserRow) -> dict[str, Any]:
    return _of(row, "email", "name", "locale", "theme", "created_at", "confirmed_at", "last_login_at") | {
        "second_step": bool(row.tf_primary_method),
        "sign_ins": [
            _of(one, "started_at", "seen_at", "ended_at", "address", "device")
            for one in sign_ins.of_user(r, row.id, EVERYTHING)
        ],
    }


def _party(row: PartyRow) -> dict[str, Any]:
    names = ("kind", "name", "name_latin", "birth_on", "country", "locale", "time_zone", "identity_kind")
    return _of(row, *names, "identity_number", "created_at") | {
        "contacts": [
            _of(one, "kind", "value", "opted_out", "created_at")
            for one in sorted(row.contacts, key=lambda one: one.created_at)
        ]
    }


def _application(r: Work, view: ApplicationView, link: Link) -> dict[str, Any]:
    return _of(view, "reference", "segment", "created_at", "submitted_at", "amount", "tenor_months", "locale") | {
        "product": view.product.code,
        "status": view.status.value,
        "answers": facts_to_json(view.answers),
        "typed_and_refused": {name: typed for name, typed in view.typed.items() if name != "owners"},
        "owners": [
            _of(one, "name", "kind", "share", "of", "controls", "country")
            | {"identity_number": masked(one.identity_number)}
            for one in view.owners
        ],
        "yearly_accounts": [
            _of(one, "ends_on", "currency", "audited", "declared") | {"figures": dict(one.figures)}
            for one in view.years
        ],
        "consents": _rows(r, ConsentRow, view, "kind", "text", "text_sha256", "locale", "agreed_at", "address"),
        "documents": _documents(r, view, link),
        "read_from_documents": _read(r, view),
        "bureau_reports": _rows(
            r, BureauReportRow, view, "provider", "report_reference", "found", "facts", "reported_at"
        ),
        "scores": _scores(r, view),
        "decision": _decision(r, view),
        "asked_to_look_again": _rows(r, ReviewRequestRow, view, "text", "asked_at", "due_on", "closed_at"),
        "offers": _rows(
            r, OfferRow, view, "number", "status", "amount_minor", "currency", "tenor_months", "amortisation",
            "rate_annual", "instalment_minor", "total_minor", "paid_out_minor", "cost_effective", "cost_nominal",
            "made_at", "expires_on", "accepted_at", "caps",
        ),
        "contracts": [
            one | {"download": link("contract", view.id, None) if one["signed_at"] else None}
            for one in _rows(
                r, ContractRow, view, "reference", "status", "locale", "made_on", "signed_at", "content_sha256"
            )
        ],
    }  # fmt: skip


def masked(number: str | None) -> str | None:
    """The last four characters of a number; none of a short one."""
    if number is None:
        return None
    plain = "".join(number.split())
    return "•••• " + plain[-4:] if len(plain) > 6 else "••••"


def _rows(r: Work, row_class: Any, view: ApplicationView, *names: str) -> list[dict[str, Any]]:
    query = select(row_class).where(row_class.application_id == view.id).order_by(row_class.id)
    return [_of(row, *names) for row in r.session.scalars(query)]


def _documents(r: Work, view: ApplicationView, link: Link) -> list[dict[str, Any]]:
    query = (
        select(ApplicationDocumentRow, DocumentRow)
        .outerjoin(DocumentRow, DocumentRow.id == ApplicationDocumentRow.document_id)
        .where(ApplicationDocumentRow.application_id == view.id)
        .order_by(ApplicationDocumentRow.requested_at, ApplicationDocumentRow.id)
    )
    return [
        _of(item, "kind", "status", "reason", "note", "requested_at", "received_at", "expires_on")
        | (
            {}
            if kept is None
            else _of(kept, "filename", "media_type", "size_bytes", "sha256")
            | {"download": link("document", view.id, item.id)}
        )
        for item, kept in r.session.execute(query).all()
    ]


def _read(r: Work, view: ApplicationView) -> dict[str, Any]:
    names = ("format", "account_masked", "currency", "from_on", "to_on", "entries", "read_at")
    query = select(AccountFiguresRow).where(AccountFiguresRow.application_id == view.id)
    return {
        "bank_accounts": [_of(row, *names) | {"figures": json.loads(row.figures)} for row in r.session.scalars(query)],
        "single_figures": _rows(r, DocumentedFactRow, view, "fact", "value", "page", "entered_at", "replaced_at"),
    }


def _scores(r: Work, view: ApplicationView) -> list[dict[str, Any]]:
    query = select(FactSetRow).where(FactSetRow.application_id == view.id, FactSetRow.points.is_not(None))
    return [
        _of(row, "points", "grade", "score_version", "frozen_at")
        | {"reasons": [_words(one) for one in row.score_reasons]}
        for row in r.session.scalars(query.order_by(FactSetRow.frozen_at))
    ]


def _words(reason: Mapping[str, Any]) -> str:
    letter = reason["letter"]
    message_id = letter["msgid"]
    return translate(Text(message_id, **letter["params"]))


def _decision(r: Work, view: ApplicationView) -> dict[str, Any] | None:
    """What the applicant is told on the page and in the letter, no more."""
    if view.submitted_at is None:
        return None
    told = status(r, view.id)
    if told.decided_at is None or not (told.reasons or told.offers or view.status.value in {"DECLINED", "BOOKED"}):
        return None
    return {
        "decided_at": told.decided_at,
        "by_computer_alone": told.is_automatic,
        "counter_offer": told.is_counter,
        "reasons": [reason_text(one) for one in told.reasons],
    }


def _loan(r: Work, loan_id: UUID) -> dict[str, Any]:
    found = my_loan(r, loan_id)
    lines = ("number", "starts_on", "due_on", "principal", "interest", "fee", "charges", "total", "paid", "open")
    used = ("kind", "value_on", "booked_on", "amount", "fees", "penalty", "interest", "principal", "credit")
    summary = ("reference", "product", "segment", "grade", "status", "principal", "outstanding", "overdue", "dpd")
    return _of(found.summary, *summary, "disbursed_on", "closed_on") | {
        "rate_annual": found.rate_annual,
        "amortisation": found.amortization,
        "contract_reference": found.contract_reference,
        "schedule": [_of(one, *lines, "balance", "status") for one in found.lines],
        "payments": [_of(one, *used, "channel", "payer", "reversed_on") for one in found.payments],
        "promises": [_of(one, "made_on", "due_on", "amount", "status") for one in found.promises],
        "holds": [_of(one, "kind", "from_on", "until_on", "released_on") for one in found.holds],
        "contacts": [_of(one, "contacted_at", "channel") for one in found.contacts],
    }

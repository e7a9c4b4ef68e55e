"""Sending an application: answers are checked as a whole and frozen, the applicant becomes a party."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core import crypto, queue
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.fact import FactValue
from core.domain.ids import uuid7
from core.domain.party import PartyKind
from core.domain.texts import Text
from core.references import next_reference
from core.tables import ContactRow, PartyRow, UserRow
from core.users import link_party
from origination.domain.application import (
    REQUIRED_CONSENTS,
    ApplicationStatus,
    OwnerEntry,
    contradictions,
    missing_answers,
)
from origination.domain.assessment import wish_of
from origination.domain.identity.check import index_number
from origination.domain.owner_lines import faults_of_lines, owner_groups, plain_party_name
from origination.domain.papers import ACCOUNTS
from origination.domain.policy import OriginationPolicy
from origination.queries.evidence import years_of
from origination.queries.rows import answers_of, consent_rows, owners_of, product_of
from origination.steps.case import move, open_case, write_answers
from origination.steps.draft import errors_again
from origination.steps.tell import tell
from origination.steps.trace import leave_traces
from origination.tables.application import ApplicationDocumentRow, ApplicationRow

ADVANCE = "advance_application"
# Where quiet hours and due days are counted for a borrower of that country; the lender's own zone otherwise.
ZONES = {"CN": "Asia/Shanghai", "DE": "Europe/Berlin", "FR": "Europe/Paris", "ES": "Europe/Madrid", "IT": "Europe/Rome"}


@dataclass(frozen=True, slots=True)
class Submitted:
    """The receipt of an application. `replayed`: it had been sent before, nothing happened now."""

    application_id: UUID
    reference: str
    replayed: bool


def submit(w: Work, application_id: UUID, *, expected_version: int | None = None) -> Submitted:
    """Sends the application. A second click, or browser-back and again, gives the same receipt and one application.

    Raises InvalidInput with everything that is missing or contradictory, by fact, section or consent; Conflict for a
    stale page; NotFound for somebody else's application.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    row = open_case(w, application_id)
    if row.reference is not None:
        return Submitted(row.id, row.reference, replayed=True)
    if expected_version is not None:
        open_case(w, application_id, expected_version=expected_version)
    answers = answers_of(row)
    _check(w, row, answers)
    _open_parties(w, row, answers)
    write_answers(row, answers)
    row.draft = "{}"
    row.reference = next_reference(w, "APP")
    row.submitted_at, row.submitted_on = w.now, w.today
    row.due_at = w.now + timedelta(days=w.policy(OriginationPolicy).review.referral_days)
    _request_documents(w, row)
    move(w, row, ApplicationStatus.SUBMITTED, "application.submitted", reference=row.reference)
    tell(w, row, "application_received")
    queue.defer(w, ADVANCE, queueing_lock=f"{ADVANCE}:{row.id}", application_id=str(row.id))
    return Submitted(row.id, row.reference, replayed=False)


def _check(w: Work, row: ApplicationRow, answers: Mapping[str, FactValue]) -> None:
    wrong: dict[str, str | list[str]] = {
        name: Text("Answer this question") for names in missing_answers(row.segment, answers).values() for name in names
    }
    wrong |= contradictions(row.segment, answers, owners_of(row), w.clock.today())
    wrong |= faults_of_lines(owners_of(row), str(answers.get("company_name", "")))
    for errors in errors_again(w, row).values():
        wrong |= errors
    if row.segment == "sme" and not row.owners:
        wrong["owners"] = Text("Enter at least one owner")
    given = consent_rows(w, row.id).keys()
    for kind in sorted(REQUIRED_CONSENTS):
        if kind.value not in given:
            wrong[f"consent_{kind.value}"] = Text("Without this consent we cannot go on")
    if wrong:
        raise InvalidInput(wrong)
    product = product_of(w, row)
    wish = wish_of(answers, product)
    product.check_wish(wish.amount, wish.tenor_months, wish.kind)


def _open_parties(w: Work, row: ApplicationRow, answers: Mapping[str, FactValue]) -> None:
    account = None if row.owner_user_id is None else w.get(UserRow, row.owner_user_id)
    party = _known_party(w, row, account, answers)
    if party is None:
        party = _new_party(w, row, answers)
    else:
        refresh_party(party, row, answers)
    row.party_id = party.id
    _add_contacts(w, party, answers)
    open_owner_parties(w, row)
    open_signatory(w, row, answers)
    leave_traces(w, row, answers)
    if account is not None and account.party_id is None and account.id == w.actor.id:
        link_party(w, account.id, party.id)


def _known_party(
    w: Work, row: ApplicationRow, account: UserRow | None, answers: Mapping[str, FactValue]
) -> PartyRow | None:
    """The account's own party when it has the same identity: another person or company is another party."""
    if account is None or account.party_id is None:
        return None
    party = w.get(PartyRow, account.party_id)
    company = row.segment == "sme"
    kind, number = (answers.get("company_id_kind" if company else "id_kind"),
                    answers.get("company_id_number" if company else "id_number"))  # fmt: skip
    index = identity_index(None if kind is None else str(kind), None if number is None else str(number))
    return party if party.kind == _kind(row).value and party.identity_index == index else None


def identity_index(kind: str | None, number: str | None) -> str | None:
    """The blind index by which the same identity is recognised without being readable; None when not known."""
    if not kind or not number:
        return None
    plain = "".join(c for c in index_number(kind, number).upper() if c.isalnum())
    return crypto.blind_index(f"{kind}:{plain}", purpose="identity")


def contact_index(kind: str, value: str) -> str:
    """The blind index of a way to reach somebody."""
    return crypto.blind_index(" ".join(value.casefold().split()), purpose=f"contact.{kind}")


def _new_party(w: Work, row: ApplicationRow, answers: Mapping[str, FactValue]) -> PartyRow:
    party = PartyRow(
        id=uuid7(), kind=_kind(row).value, name="", locale=row.locale, time_zone="Asia/Shanghai",
        is_demo=row.is_demo, created_at=w.now, contacts=[],
    )  # fmt: skip
    refresh_party(party, row, answers)
    w.add(party)
    return party


def _kind(row: ApplicationRow) -> PartyKind:
    return PartyKind.COMPANY if row.segment == "sme" else PartyKind.PERSON


def refresh_party(party: PartyRow, row: ApplicationRow, answers: Mapping[str, FactValue]) -> None:
    """The party as the answers describe it."""
    company = row.segment == "sme"
    born = answers.get("founded_on" if company else "birth_on")
    kind = answers.get("company_id_kind" if company else "id_kind")
    number = answers.get("company_id_number" if company else "id_number")
    country = answers.get("country")
    party.name = str(answers["company_name" if company else "full_name"])
    party.birth_on = born if isinstance(born, date) else None
    party.country = None if country is None else str(country)
    party.locale = row.locale
    party.time_zone = ZONES.get(str(country), "Asia/Shanghai")
    party.identity_kind = None if kind is None else str(kind)
    party.identity_number = None if number is None else str(number)
    party.identity_index = identity_index(party.identity_kind, party.identity_number)


def _add_contacts(w: Work, party: PartyRow, answers: Mapping[str, FactValue]) -> None:
    address = ", ".join(str(answers[name]) for name in ("address_line", "postal_code", "city") if name in answers)
    given = {"email": answers.get("email"), "phone": answers.get("phone"), "address": address or None}
    known = {(contact.kind, contact.value_index) for contact in party.contacts}
    for kind, value in given.items():
        if value is None:
            continue
        index = contact_index(kind, str(value))
        if (kind, index) not in known:
            party.contacts.append(
                ContactRow(
                    id=uuid7(), party_id=party.id, kind=kind, value=str(value), value_index=index, opted_out=False,
                    created_at=w.now,
                )
            )  # fmt: skip


def open_owner_parties(w: Work, row: ApplicationRow) -> None:
    """Every owner becomes a party, once for all the lines it stands in: each is identified and screened. A line that
    names the company itself (it holds shares of one of its owners) is the applicant."""
    own = plain_party_name(row.applicant_name or "")
    for party, places in owner_groups(owners_of(row)):
        lines = [row.owners[at] for at in places]
        known = next((line.party_id for line in lines if line.party_id is not None), None)
        if known is None and party.kind.value == "company" and plain_party_name(party.name) == own:
            known = row.party_id
        owner = _other_party(w, row, party.name, party.kind) if known is None else w.get(PartyRow, known)
        if owner.id != row.party_id:
            _describe_owner(owner, party)
        for line in lines:
            line.party_id = owner.id


def open_signatory(w: Work, row: ApplicationRow, answers: Mapping[str, FactValue]) -> None:
    """Who signs for a company is a party, too: an owner of that name, else somebody of their own, and screened."""
    name = str(answers.get("representative_name", "")).strip()
    if row.segment != "sme" or not name:
        row.signatory_party_id = None
        return
    owner = next((o for o in row.owners if o.kind == "person" and o.name.casefold() == name.casefold()), None)
    if owner is not None:
        row.signatory_party_id = owner.party_id
        return
    known = None if row.signatory_party_id is None else w.get(PartyRow, row.signatory_party_id)
    if known is None or known.name.casefold() != name.casefold():
        known = _other_party(w, row, name, PartyKind.PERSON)
        w.session.flush()
    row.signatory_party_id = known.id


def _other_party(w: Work, row: ApplicationRow, name: str, kind: PartyKind) -> PartyRow:
    return w.add(
        PartyRow(
            id=uuid7(), kind=kind.value, name=name, locale=row.locale, time_zone="Asia/Shanghai",
            is_demo=row.is_demo, created_at=w.now, contacts=[],
        )
    )  # fmt: skip


def _describe_owner(party: PartyRow, owner: OwnerEntry) -> None:
    party.kind, party.name = owner.kind.value, owner.name
    party.birth_on, party.country = owner.birth_on, owner.country
    party.identity_kind, party.identity_number = owner.identity_kind, owner.identity_number
    party.identity_index = identity_index(owner.identity_kind, owner.identity_number)


def _request_documents(w: Work, row: ApplicationRow) -> None:
    query = select(ApplicationDocumentRow.kind).where(ApplicationDocumentRow.application_id == row.id)
    held = set() if w.is_new(row.id) else set(w.session.scalars(query))
    declared = (ACCOUNTS,) if row.segment == "sme" and years_of(w, row) else ()  # what was typed has to be shown
    for kind in dict.fromkeys((*product_of(w, row).documents, *declared)):
        if kind not in held:
            w.add(
                ApplicationDocumentRow(
                    id=uuid7(), application_id=row.id, kind=kind, status="requested", requested_at=w.now
                )
            )

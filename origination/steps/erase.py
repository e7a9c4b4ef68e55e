"""Taking personal values out of applications, parties and accounts, for good.

What goes: answers, names, identity numbers, ways of contact, owners, documents and what was read from them, notes,
messages, the bureau's report, the content of contracts. What stays: the application as a number with its dates and sum,
decisions with the figures and rules they were made by (no name, contact or identity number is among those), scores,
the life of a loan with its ledger (payers as the bank named them), the answer to the request, the consents word for
word with their moment and network address, and the audit trail with its hashes, which names accounts as they were
called then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from core import documents
from core.db import Work
from core.domain.actor import Role
from core.domain.ids import uuid7
from core.tables import ContactRow, DocumentRow, OutboundMessageRow, PartyRow, SignedLinkRow, UserRow, UserSessionRow
from origination.domain.application import ApplicationStatus
from origination.steps.case import move
from origination.tables.application import ApplicationDocumentRow, ApplicationRow, CaseNoteRow
from origination.tables.contract import ContractRow, SigningCodeRow
from origination.tables.decision import BureauReportRow, ConditionRow, KycCheckRow, ReviewRequestRow, VerdictRow
from origination.tables.desk import CaseDraftRow, CaseMentionRow, CasePresenceRow
from origination.tables.evidence import AccountFiguresRow, ApplicationTraceRow, CompanyAccountsRow, DocumentedFactRow
from origination.tables.remedy import RemedyRow
from origination.tables.screening import ScreeningAlertRow

# In this order: later ones are referred to by earlier ones.
_GONE = (
    CasePresenceRow, CaseDraftRow, CaseMentionRow, CaseNoteRow, ApplicationTraceRow, AccountFiguresRow,
    CompanyAccountsRow, DocumentedFactRow, RemedyRow, ApplicationDocumentRow,
)  # fmt: skip
# What others refer to stays as a row, its words go.
_EMPTIED: tuple[tuple[Any, dict[str, Any]], ...] = (
    (BureauReportRow, {"raw": "", "facts": {}, "report_reference": None}),
    (KycCheckRow, {"findings": [], "reason": None}),
    (VerdictRow, {"reason": ""}),
    (ReviewRequestRow, {"text": ""}),
    (ConditionRow, {"note": None}),
    (ContractRow, {"content": "", "evidence": None, "document_id": None}),
)


def erase_application(w: Work, row: ApplicationRow) -> Counter[str]:
    """Empties one locked application; a draft is withdrawn as well. Returns how many of what went, by kind. What it
    asks before: nothing; the caller has seen that nothing stands against it."""
    if ApplicationStatus(row.status) is ApplicationStatus.DRAFT:
        move(w, row, ApplicationStatus.WITHDRAWN, "application.withdrawn", erased=True)
    gone: Counter[str] = Counter(applications=1, owners=len(row.owners))
    owners = [one.party_id for one in row.owners if one.party_id is not None]
    signatory = [] if row.signatory_party_id is None else [row.signatory_party_id]
    row.owners.clear()
    row.draft, row.answers, row.applicant_name, row.purpose = "{}", None, None, None
    row.device = row.address = row.signatory_party_id = None
    w.session.flush()
    contracts = w.session.scalars(select(ContractRow.id).where(ContractRow.application_id == row.id)).all()
    kept = w.session.scalars(select(DocumentRow).where(DocumentRow.subject_id.in_([row.id, *contracts]))).all()
    gone["documents"] = len(kept)
    erase_messages(w, OutboundMessageRow.subject_id.in_([row.id, *contracts]))
    for row_class in _GONE:
        w.session.execute(delete(row_class).where(row_class.application_id == row.id))
    for row_class, empty in _EMPTIED:
        w.session.execute(update(row_class).where(row_class.application_id == row.id).values(**empty))
    w.session.execute(delete(SigningCodeRow).where(SigningCodeRow.contract_id.in_(contracts)))
    w.session.execute(delete(SignedLinkRow).where(SignedLinkRow.subject_id == row.id))
    for one in kept:
        documents.remove(w, one)
    w.session.flush()
    gone += erase_parties(w, {*owners, *signatory} - {row.party_id})
    return +gone


def erase_parties(w: Work, party_ids: Iterable[UUID | None]) -> Counter[str]:
    """Empties parties: name, dates, identity number, ways of contact, what was compared with lists, messages."""
    gone: Counter[str] = Counter()
    for party_id in sorted(one for one in party_ids if one is not None):
        party = w.lock(PartyRow, party_id)
        gone["people_and_companies"] += 1
        gone["contacts"] += len(party.contacts)
        w.session.execute(delete(ContactRow).where(ContactRow.party_id == party_id))
        w.session.expire(party, ["contacts"])
        party.name, party.name_latin, party.birth_on, party.country = "", None, None, None
        party.identity_kind = party.identity_number = party.identity_index = None
        w.session.execute(
            update(ScreeningAlertRow)
            .where(ScreeningAlertRow.party_id == party_id)
            .values(query_name="", explanation=[], tokens=[], reason=None)
        )
        erase_messages(w, OutboundMessageRow.party_id == party_id)
    w.session.flush()
    return gone


def erase_messages(w: Work, *which: Any) -> None:
    """Empties messages; one that has not left yet is held."""
    w.session.execute(
        update(OutboundMessageRow)
        .where(or_(*which))
        .values(recipient="", title="", body="", document_id=None, last_error=None)
    )
    w.session.execute(
        update(OutboundMessageRow).where(or_(*which), OutboundMessageRow.status == "queued").values(status="held")
    )


def erase_account(w: Work, account: UserRow) -> Counter[str]:
    """Closes an applicant's account and takes out address, name, password and sign-ins. An account that also works for
    the lender stays."""
    account.party_id = None
    if not set(account.roles_held) <= {Role.APPLICANT.value}:
        return Counter()
    ended = w.session.execute(delete(UserSessionRow).where(UserSessionRow.user_id == account.id))
    account.active = False
    account.email, account.name = f"erased-{account.id}@example.invalid", ""
    account.password = account.tf_primary_method = account.tf_totp_secret = account.mf_recovery_codes = None
    account.last_login_ip = account.current_login_ip = None
    account.fs_uniquifier = uuid7().hex
    w.session.flush()
    return Counter(accounts=1, sign_ins=ended.rowcount)  # type: ignore[attr-defined]


def has_content(row: ApplicationRow) -> bool:
    """Whether anything of a person is left in it."""
    if row.status == ApplicationStatus.DRAFT.value:
        return True
    return row.answers is not None or row.draft != "{}" or row.applicant_name is not None or bool(row.owners)


def unsent(rows: Sequence[ApplicationRow]) -> list[ApplicationRow]:
    """Those never sent, with something in them."""
    return [row for row in rows if row.submitted_on is None and has_content(row)]

"""A person's rights over their data: a copy, and deletion, asked for and answered."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import audit, outbox
from core.db import Work
from core.domain.actor import Role
from core.domain.dates import add_months
from core.domain.errors import Conflict
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.i18n import ENGLISH, locale_of, speak, translate
from core.tables import OutboundMessageRow, PartyRow, UserRow
from origination.domain.retention import GROUND_WORDS, Ground, Obstacle
from origination.queries.erasure import ERASED, OPEN, REFUSED, applications_of, obstacles_of, parties_of
from origination.queries.my_data import Link, my_data
from origination.steps.erase import erase_account, erase_application, erase_messages, erase_parties, unsent
from origination.tables.application import ApplicationRow
from origination.tables.privacy import ErasureRequestRow

USER = "user"


def export_data(w: Work, link: Link) -> dict[str, Any]:
    """`my_data`, on record: who took a copy and when, with the counts of what was in it."""
    w.actor.require(Role.APPLICANT)
    found = my_data(w, link)
    parts = ("people_and_companies", "applications", "loans", "messages")
    audit.record(w, "privacy.exported", USER, _account(w).id, **{name: len(found[name]) for name in parts})
    return found


def ask_erasure(w: Work) -> ErasureRequestRow:
    """Erases at once what was never sent; the rest waits for an administrator, a month at most (GDPR Art. 12(3)).

    Asking again while a request is open erases newer drafts and changes nothing else.
    """
    w.actor.require(Role.APPLICANT)
    gone: Counter[str] = Counter()
    for row in unsent(_locked(w, w.get(UserRow, w.actor.id))):
        gone += erase_application(w, row)
    account = _account(w)
    asked = w.session.scalars(
        select(ErasureRequestRow).where(ErasureRequestRow.user_id == account.id, ErasureRequestRow.status == OPEN)
    ).first()
    if asked is None:
        asked = w.add(
            ErasureRequestRow(
                id=uuid7(), user_id=account.id, status=OPEN, drafts_erased=0, asked_at=w.now, asked_on=w.today,
                due_on=add_months(w.today, 1), grounds=[], removed={},
            )
        )  # fmt: skip
    asked.drafts_erased += gone["applications"]
    audit.record(w, "privacy.erasure_asked", USER, account.id, request=str(asked.id), drafts=gone["applications"])
    return asked


def refuse_erasure(w: Work, request_id: UUID, *, for_claims: bool = False) -> ErasureRequestRow:
    """Says no, on every ground that stands today, or because the data are needed for legal claims.

    Raises Conflict when it was answered already, or when nothing stands against it and no claims are named.
    """
    asked, account = _open_request(w, request_id)
    found = obstacles_of(w, account)
    if for_claims:
        found = (*found, Obstacle(Ground.LEGAL_CLAIMS, "", None))
    if not found:
        raise Conflict(Text("Nothing stands against it any more: erase the data"), request_id=str(request_id))
    asked.grounds = [
        {"ground": one.ground.value, "reference": one.reference, "until_on": one.until_on and one.until_on.isoformat()}
        for one in found
    ]
    _answer(w, asked, REFUSED)
    audit.record(
        w, "privacy.erasure_refused", USER, account.id, request=str(asked.id),
        grounds=sorted({one.ground.value for one in found}),
    )  # fmt: skip
    locale = _locale(w, account)
    with speak(locale_of(locale) or ENGLISH):
        grounds = [
            {"words": translate(GROUND_WORDS[one.ground]), "reference": one.reference, "until_on": one.until_on}
            for one in found
        ]
    _tell(w, account, asked, "erasure_refused", locale, grounds=grounds)
    return asked


def grant_erasure(w: Work, request_id: UUID) -> ErasureRequestRow:
    """Erases everything held on the account that may go, and closes the account. It cannot be undone.

    Raises Conflict when it was answered already, or when something stands against it.
    """
    asked, account = _open_request(w, request_id)
    rows = _locked(w, account)  # a draft sent meanwhile counts as sent
    against = obstacles_of(w, account)
    if against:
        raise Conflict(
            Text("Not erased: {ground} ({reference})", ground=against[0].words, reference=against[0].reference)
        )
    locale, address, name = _locale(w, account), account.email, account.name
    gone: Counter[str] = Counter()
    for row in rows:
        gone += erase_application(w, row)
    gone += erase_parties(w, parties_of(account, rows))
    erase_messages(w, OutboundMessageRow.subject_id == account.id)
    gone += erase_account(w, account)
    asked.removed = dict(sorted(gone.items()))
    _answer(w, asked, ERASED)
    audit.record(w, "privacy.erased", USER, account.id, request=str(asked.id), **asked.removed)
    outbox.send_to_address(
        w, "erasure_done", address, locale=locale, dedupe_key=f"erasure_done:{asked.id}", is_demo=account.is_demo,
        subject=("erasure", asked.id), context={"name": name, "asked": asked},
    )  # fmt: skip
    return asked


def _account(w: Work) -> UserRow:
    return w.lock(UserRow, w.actor.id)


def _open_request(w: Work, request_id: UUID) -> tuple[ErasureRequestRow, UserRow]:
    w.actor.require(Role.ADMIN)
    asked = w.lock(ErasureRequestRow, request_id)
    if asked.status != OPEN:
        raise Conflict(Text("This request was answered already"), request_id=str(request_id))
    return asked, w.get(UserRow, asked.user_id)


def _locked(w: Work, account: UserRow) -> list[ApplicationRow]:
    ids = [row.id for row in applications_of(w, account)]
    w.lock_all(ApplicationRow, ids)
    return [w.lock(ApplicationRow, one) for one in ids]


def _answer(w: Work, asked: ErasureRequestRow, status: str) -> None:
    asked.status, asked.answered_at = status, w.now
    asked.answered_by, asked.answered_name = w.actor.id, w.actor.name


def _locale(w: Work, account: UserRow) -> str:
    if account.locale:
        return account.locale
    return "en" if account.party_id is None else w.get(PartyRow, account.party_id).locale


def _tell(w: Work, account: UserRow, asked: ErasureRequestRow, kind: str, locale: str, **context: Any) -> None:
    key, subject = f"{kind}:{asked.id}", ("erasure", asked.id)
    given = {"name": account.name, "asked": asked, **context}
    party = None if account.party_id is None else w.get(PartyRow, account.party_id)
    if party is not None and outbox.contact_value(party, "email"):
        outbox.send_later(w, kind, party, channel="email", dedupe_key=key, subject=subject, context=given)
    else:
        outbox.send_to_address(
            w, kind, account.email, locale=locale, dedupe_key=key, subject=subject, is_demo=account.is_demo,
            context=given,
        )  # fmt: skip

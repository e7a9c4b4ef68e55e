"""What collectors see: the worklist by lateness, a borrower with the rules of contact, messages, twin payments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.db import Work
from core.domain.money import Money
from core.domain.texts import Text
from core.tables import OutboundMessageRow, PartyRow
from repayment.domain.dunning import DunningPolicies, not_before
from repayment.queries.load_life import terms_of
from repayment.queries.loans import LoanSummary, WorkItem, loan_list, worklist
from repayment.tables import LoanEventRow, LoanHoldRow, LoanRow


class Stretch(StrEnum):
    """The stages of the worklist by days past due."""

    WEEK = "1-7"
    MONTH = "8-30"
    SECOND = "31-60"
    THIRD = "61-90"
    LATER = "90+"


_LAST_DAY = {Stretch.WEEK: 7, Stretch.MONTH: 30, Stretch.SECOND: 60, Stretch.THIRD: 90}


def stretch_of(dpd: int) -> Stretch:
    """The stage of a late loan; day 90 is still 61-90."""
    return next((stretch for stretch, last in _LAST_DAY.items() if dpd <= last), Stretch.LATER)


@dataclass(frozen=True, slots=True)
class Desk:
    """The worklist: promises due today (of all stages) first, then the items of the stage asked for."""

    promised: tuple[WorkItem, ...]
    items: tuple[WorkItem, ...]
    counts: Mapping[Stretch | None, int]
    total: int


def desk(w: Work, stretch: Stretch | None = None, *, search: str = "", limit: int = 50, offset: int = 0) -> Desk:
    """Late loans of a stage (None: all), in the order they should be looked at; `search` finds reference and name."""
    every = worklist(w, limit=1_000_000)
    counts: dict[Stretch | None, int] = {None: len(every), **dict.fromkeys(Stretch, 0)}
    for item in every:
        counts[stretch_of(item.loan.dpd)] += 1
    piece = search.strip().casefold()
    found = [
        item
        for item in every
        if (stretch is None or stretch_of(item.loan.dpd) is stretch)
        and (piece in item.loan.reference.casefold() or piece in item.loan.borrower_name.casefold())
    ]
    promised = tuple(item for item in every if item.why == "PROMISE_DUE")
    rest = [item for item in found if item.why != "PROMISE_DUE"] if not piece else found
    return Desk(promised if not piece else (), tuple(rest[offset : offset + limit]), counts, len(rest))


@dataclass(frozen=True, slots=True)
class ContactWay:
    """One way to reach a borrower, masked; the whole value is for those who ask for it by name."""

    id: UUID
    kind: str
    shown: str
    opted_out: bool


@dataclass(frozen=True, slots=True)
class BorrowerView:
    """Who is to be reached, where the clock stands there, and what forbids a contact now (None: nothing).

    Income, score and identity checks are no part of it.
    """

    id: UUID
    name: str
    is_company: bool
    is_demo: bool
    locale: str
    zone: str
    local_at: datetime
    quiet_from: time
    quiet_until: time
    ways: tuple[ContactWay, ...]
    loans: tuple[LoanSummary, ...]
    blocked: Text | None


def borrower(
    w: Work, loan_id: UUID, *, contacts_recent: int, contacts_max: int, contacts_days: int = 7
) -> BorrowerView:
    """The borrower of a loan. Raises NotFound."""
    loan = w.get(LoanRow, loan_id)
    party = w.get(PartyRow, loan.borrower_id)
    policy = w.policy(DunningPolicies).named(terms_of(loan).dunning_policy)
    zone = ZoneInfo(party.time_zone)
    blocked: Text | None = None
    if _contact_ceased(w, loan_id):
        blocked = Text("No contact: a hold on contact stands")
    elif not_before(policy, w.now, zone) is not None:
        blocked = Text(
            "No contact now: outside {start} to {end} where the borrower lives",
            start=policy.quiet_until.strftime("%H:%M"), end=policy.quiet_from.strftime("%H:%M"),
        )  # fmt: skip
    elif contacts_recent >= contacts_max:
        blocked = Text(
            "No contact: {count} in {days} days, the limit is reached", count=contacts_recent, days=contacts_days
        )
    ways = ways_of(w, party.id)
    return BorrowerView(
        party.id, party.name, party.kind == "company", party.is_demo, party.locale, party.time_zone,
        w.now.astimezone(zone), policy.quiet_from, policy.quiet_until, ways,
        loan_list(w, borrower_ids=[party.id], limit=50), blocked,
    )  # fmt: skip


def _contact_ceased(w: Work, loan_id: UUID) -> bool:
    query = select(LoanHoldRow.id).where(
        LoanHoldRow.loan_id == loan_id, LoanHoldRow.kind.in_(["CEASE_CONTACT", "MORATORIUM"]),
        LoanHoldRow.released_on.is_(None), (LoanHoldRow.until_on.is_(None)) | (LoanHoldRow.until_on >= w.today),
    )  # fmt: skip
    return w.session.scalars(query.limit(1)).first() is not None


def ways_of(w: Work, party_id: UUID) -> tuple[ContactWay, ...]:
    """How a party can be reached, masked. Raises NotFound."""
    contacts = w.get(PartyRow, party_id).contacts
    return tuple(ContactWay(row.id, row.kind, mask(row.kind, row.value), row.opted_out) for row in contacts)


def masked_name(name: str) -> str:
    """The first letter of each word: `L···· W····`, `王····`."""
    return " ".join(f"{word[0]}····" for word in name.split())


def mask(kind: str, value: str) -> str:
    """`+86 ···· 5678`, `w····@example.com`, an address without its street."""
    if kind == "email":
        name, at, domain = value.partition("@")
        return f"{name[:1]}····{at}{domain}"
    if kind == "phone":
        return f"{value[:3]} ···· {value[-4:]}" if len(value) > 8 else "···· " + value[-2:]
    return "···· " + value[-12:].lstrip(", ") if len(value) > 12 else "····"


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message about a loan, word for word."""

    id: UUID
    kind: str
    channel: str
    status: str
    title: str
    body: str
    made_at: datetime
    sent_at: datetime | None
    not_before: datetime | None
    stopped: str | None


def messages_of_loan(w: Work, loan_id: UUID) -> tuple[SentMessage, ...]:
    """Reminders and other messages about a loan, latest first."""
    rows = w.session.scalars(
        select(OutboundMessageRow)
        .where(OutboundMessageRow.subject_type == "loan", OutboundMessageRow.subject_id == loan_id)
        .order_by(OutboundMessageRow.created_at.desc(), OutboundMessageRow.id.desc())
        .limit(60)
    )
    return tuple(
        SentMessage(
            row.id, row.kind, row.channel, row.status, row.title, row.body, row.created_at, row.sent_at,
            row.not_before, row.last_error if row.status == "held" else None,
        )
        for row in rows
    )  # fmt: skip


def twin_payments(w: Work, loan_id: UUID, amount: Money, value_on: date) -> int:
    """How many payments of the same amount and value date stand on the loan already."""
    query = select(LoanEventRow.id).where(
        LoanEventRow.loan_id == loan_id, LoanEventRow.minor == amount.minor, LoanEventRow.value_on == value_on,
        LoanEventRow.channel.is_not(None), LoanEventRow.voided_on.is_(None),
    )  # fmt: skip
    return len(w.session.scalars(query).all())

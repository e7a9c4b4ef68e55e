"""What officers see: the queue with its deadlines, and one case with everything known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, collate, func, literal, or_, select
from sqlalchemy.orm import defer

from core.db import Work
from core.domain.fact import FactValue
from core.domain.money import Money
from core.tables import UserRow
from origination.domain.application import AMENDABLE, ApplicationStatus, OwnerEntry
from origination.domain.decision_clock import Deadline
from origination.domain.product import Product
from origination.queries.deadlines import running_deadline
from origination.queries.rows import (
    answers_of,
    fact_set_of,
    kyc_check_of,
    offers_of,
    open_verdicts,
    owners_of,
    product_of,
    report_of,
)
from origination.queries.tracker import (
    ApplicationLine,
    DocumentLine,
    OfferView,
    ReasonView,
    documents_of,
    line_of,
    offer_view,
    reasons_of,
)
from origination.tables.application import ApplicationRow, CaseNoteRow
from origination.tables.decision import DecisionRow, FactSetRow, KycCheckRow, ReviewRequestRow, VerdictRow
from repayment.domain.caps import CapOutcome

_S = ApplicationStatus
SOON = timedelta(hours=24)


class Tab(StrEnum):
    """The tabs of the queue."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    REFERRED = "referred"
    IDENTITY = "identity"
    WAITING = "waiting"  # for the applicant or a step
    ALL = "all"


class Clock(StrEnum):
    """How a deadline stands."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


# A case whose identity is confirmed stands there only while the bureau does not answer: people see that it waits.
FOR_PEOPLE = (_S.REFERRED.value, _S.KYC_REFERRED.value, _S.KYC_PASSED.value)
WAITING = (
    _S.SUBMITTED.value, _S.SCORED.value, _S.APPROVED.value, _S.OFFERED.value, _S.ACCEPTED.value,
    _S.SIGNED.value,
)  # fmt: skip
SORTS: dict[str, tuple[Any, ...]] = {
    "due": (ApplicationRow.due_at.asc(), ApplicationRow.id),
    "newest": (ApplicationRow.submitted_at.desc(), ApplicationRow.id),
    "amount": (ApplicationRow.amount_minor.desc(), ApplicationRow.id),
    "name": (collate(ApplicationRow.search_text, "C"), ApplicationRow.id),
}


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What narrows a tab: a reference or a piece of the name, segment, deadline (late or today), colleague, amount."""

    search: str = ""
    segment: str | None = None
    due: str | None = None
    assigned: UUID | None = None
    amount_from: int | None = None  # in whole units of each currency

    @property
    def is_empty(self) -> bool:
        """True when nothing is narrowed."""
        return self == QueueFilter()


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One case of the queue; `by_law` is the running deadline of the law."""

    line: ApplicationLine
    clock: Clock
    by_law: Deadline | None
    assigned_to: UUID | None
    assigned_name: str | None
    grade: str | None
    row_version: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue with how many cases each tab holds."""

    lines: tuple[QueueLine, ...]
    total: int
    counts: Mapping[Tab, int]


def queue(
    r: Work,
    tab: Tab = Tab.REFERRED,
    wanted: QueueFilter | None = None,
    *,
    sort: str = "due",
    limit: int = 50,
    offset: int = 0,
) -> Queue:
    """Cases of a tab, narrowed; `sort` is one of SORTS. The counts of the tabs are of all cases."""
    counts, order = _counts(r), SORTS.get(sort, SORTS["due"])
    narrowed = wanted or QueueFilter()
    where = [*_tab(r, tab), *_narrow(r, narrowed)]
    # An index holds all a page is narrowed and sorted by, so that a page far behind does not read what it passes over;
    # then the rows of the page alone, without their sealed answers.
    every = select(ApplicationRow.id, literal(0) if narrowed.is_empty else func.count().over()).where(*where)
    found = r.session.execute(every.order_by(*order).limit(limit).offset(offset)).all()
    if narrowed.is_empty:
        total = counts[tab]
    elif found:
        total = int(found[0][1])
    else:
        total = int(r.session.scalar(select(func.count()).select_from(ApplicationRow).where(*where)) or 0)
    query = select(ApplicationRow).where(ApplicationRow.id.in_([one[0] for one in found])).order_by(*order)
    rows = r.session.scalars(query.options(defer(ApplicationRow.draft), defer(ApplicationRow.answers))).all()
    names = _names(r, [row.assigned_to for row in rows])
    grades = _grades(r, [row.id for row in rows])
    lines = tuple(_line(r, row, names, grades) for row in rows)
    return Queue(lines, total, counts)


def _tab(r: Work, tab: Tab) -> list[ColumnElement[bool]]:
    status = ApplicationRow.status
    narrowed: dict[Tab, list[ColumnElement[bool]]] = {
        Tab.MINE: [ApplicationRow.assigned_to == r.actor.id, status.in_(FOR_PEOPLE)],
        Tab.UNASSIGNED: [ApplicationRow.assigned_to.is_(None), status.in_(FOR_PEOPLE)],
        Tab.REFERRED: [status == _S.REFERRED.value],
        Tab.IDENTITY: [status == _S.KYC_REFERRED.value],
        Tab.WAITING: [status.in_(WAITING)],
        Tab.ALL: [status != _S.DRAFT.value],
    }
    return narrowed[tab]


def _narrow(r: Work, wanted: QueueFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.segment is not None:
        found.append(ApplicationRow.segment == wanted.segment)
    if wanted.due == "late":
        found.append(ApplicationRow.due_at <= r.now)
    elif wanted.due == "today":
        found.append(ApplicationRow.due_at.between(r.now, r.now + SOON))
    if wanted.assigned is not None:
        found.append(ApplicationRow.assigned_to == wanted.assigned)
    if wanted.amount_from is not None:
        found.append(ApplicationRow.amount_minor >= wanted.amount_from * 100)
    if wanted.search.strip():
        found.append(ApplicationRow.search_text.contains(wanted.search.strip().lower(), autoescape=True))
    return found


def _counts(r: Work) -> dict[Tab, int]:
    """How many cases each tab holds: one walk over the index of the queue for all of them."""
    columns = [func.count().filter(and_(*_tab(r, tab))).label(tab.value) for tab in Tab]
    row = r.session.execute(select(*columns).select_from(ApplicationRow)).one()
    return {tab: int(getattr(row, tab.value)) for tab in Tab}


def _names(r: Work, ids: list[UUID | None]) -> dict[UUID, str]:
    query = select(UserRow.id, UserRow.name).where(UserRow.id.in_({one for one in ids if one}))
    return {row.id: row.name for row in r.session.execute(query)}


def _grades(r: Work, ids: list[UUID]) -> dict[UUID, str | None]:
    query = (
        select(FactSetRow.application_id, FactSetRow.grade)
        .where(FactSetRow.application_id.in_(ids))
        .order_by(FactSetRow.frozen_at)
    )
    return {row.application_id: row.grade for row in r.session.execute(query)}


def _line(r: Work, row: ApplicationRow, names: Mapping[UUID, str], grades: Mapping[UUID, str | None]) -> QueueLine:
    return QueueLine(
        line_of(row),
        clock_of(row.due_at, r.now),
        running_deadline(r, row),
        row.assigned_to,
        names.get(row.assigned_to) if row.assigned_to else None,
        grades.get(row.id),
        row.row_version,
    )


def clock_of(due_at: datetime | None, now: datetime) -> Clock:
    """RED past the deadline, AMBER on its last day."""
    if due_at is None or due_at - now > SOON:
        return Clock.GREEN
    return Clock.RED if due_at <= now else Clock.AMBER


def next_case(r: Work, *, after: UUID | None = None) -> UUID | None:
    """The case to take next: one's own or nobody's that waits for a person, the most urgent first."""
    query = select(ApplicationRow.id).where(
        ApplicationRow.status.in_(FOR_PEOPLE),
        or_(ApplicationRow.assigned_to == r.actor.id, ApplicationRow.assigned_to.is_(None)),
    )
    if after is not None:
        query = query.where(ApplicationRow.id != after)
    return r.session.scalars(query.order_by(ApplicationRow.due_at.asc(), ApplicationRow.id).limit(1)).first()


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision with every row it looked at."""

    id: UUID
    number: int
    kind: str
    outcome: str
    is_counter: bool
    override: bool
    amount: Money
    tenor_months: int
    amortisation: str
    rate_annual: Decimal | None
    price: tuple[tuple[str, Decimal], ...]
    reasons: tuple[ReasonView, ...]
    rows: tuple[Mapping[str, Any], ...]
    facts: Mapping[str, Any]
    amount_max: Money | None
    actor_name: str
    reason: str | None
    policy_sha256: str
    decided_at: datetime
    assessment: int
    caps: tuple[CapOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteView:
    """A colleague's note."""

    id: UUID
    author: str
    text: str
    pinned: bool
    written_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewAsked:
    """An applicant asked a person to look again: in their words, when, and the day by which a person answers."""

    text: str
    asked_at: datetime
    due_on: date


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything about one case. `verdicts` wait for a second person; what is of an older assessment is void."""

    line: ApplicationLine
    row_version: int
    assessment: int
    party_id: UUID | None
    product: Product
    answers: Mapping[str, FactValue]
    owners: tuple[OwnerEntry, ...]
    documents: tuple[DocumentLine, ...]
    kyc: KycCheckRow | None
    bureau: Any
    fact_set: FactSetRow | None
    decisions: tuple[DecisionView, ...]
    verdicts: tuple[VerdictRow, ...]
    offers: tuple[OfferView, ...]
    notes: tuple[NoteView, ...]
    review: ReviewAsked | None
    assigned_to: UUID | None
    clock: Clock
    can_amend: bool

    @property
    def decision(self) -> DecisionView | None:
        """The newest decision of the present assessment."""
        return next((one for one in self.decisions if one.assessment == self.assessment), None)


def case(r: Work, application_id: UUID) -> CaseView:
    """The officer's page of an application. Raises NotFound."""
    row = r.get(ApplicationRow, application_id)
    made = r.session.scalars(
        select(DecisionRow).where(DecisionRow.application_id == row.id).order_by(DecisionRow.number.desc())
    )
    review = r.session.scalars(
        select(ReviewRequestRow).where(ReviewRequestRow.application_id == row.id, ReviewRequestRow.closed_at.is_(None))
    ).first()
    return CaseView(
        line=line_of(row),
        row_version=row.row_version,
        assessment=row.assessment,
        party_id=row.party_id,
        product=product_of(r, row),
        answers=answers_of(row),
        owners=owners_of(row),
        documents=documents_of(r, row),
        kyc=kyc_check_of(r, row),
        bureau=report_of(r, row),
        fact_set=fact_set_of(r, row),
        decisions=tuple(decision_view(r, one) for one in made),
        verdicts=tuple(open_verdicts(r, row)),
        offers=tuple(offer_view(one) for one in offers_of(r, row)),
        notes=_notes(r, row),
        review=None if review is None else ReviewAsked(review.text, review.asked_at, review.due_on),
        assigned_to=row.assigned_to,
        clock=clock_of(row.due_at, r.now),
        can_amend=ApplicationStatus(row.status) in AMENDABLE,
    )


def decision_view(r: Work, made: DecisionRow) -> DecisionView:
    """One decision as pages show it."""
    limit = made.record.get("amount_max_minor")
    return DecisionView(
        id=made.id,
        number=made.number,
        kind=made.kind,
        outcome=made.outcome,
        is_counter=made.is_counter,
        override=made.override,
        amount=Money(made.amount_minor, made.currency),
        tenor_months=made.tenor_months,
        amortisation=made.amortisation,
        rate_annual=made.rate_annual,
        price=tuple((part["name"], Decimal(part["rate"])) for part in made.price),
        reasons=reasons_of(r, made, None),
        rows=tuple(made.record["rows"]),
        facts=made.record["facts"],
        amount_max=None if limit is None else Money(limit, made.currency),
        actor_name=made.actor_name,
        reason=made.reason,
        policy_sha256=made.policy_sha256,
        decided_at=made.decided_at,
        assessment=made.assessment,
        caps=CapOutcome.read_all(made.record.get("caps", ())),
    )


def _notes(r: Work, row: ApplicationRow) -> tuple[NoteView, ...]:
    query = select(CaseNoteRow).where(CaseNoteRow.application_id == row.id)
    order = query.order_by(CaseNoteRow.pinned.desc(), CaseNoteRow.written_at.desc())
    return tuple(NoteView(n.id, n.author_name, n.text, n.pinned, n.written_at) for n in r.session.scalars(order))

"""Offers: made from an approval, accepted by the applicant, expired by the day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, NotFound
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.texts import Text
from origination.domain.application import ApplicationStatus
from origination.domain.assessment import Case, assess, wish_of
from origination.domain.offer import Quote, Terms, Wish, choose_wishes, quote, quote_to_dict
from origination.domain.policy import OriginationPolicy
from origination.queries.rows import (
    accepted_offer,
    answers_of,
    case_of,
    fact_set_of,
    keep_offers,
    latest_decision,
    offers_of,
    product_of,
)
from origination.queries.tracker import decline_before, offer_view
from origination.steps.case import SUBJECT, as_system, move, open_case
from origination.steps.notices import tell_lapsed
from origination.steps.tell import sentences, tell
from origination.tables.application import ApplicationRow
from origination.tables.contract import ContractRow
from origination.tables.decision import DecisionRow
from origination.tables.offer import OfferRow
from repayment.domain.schedule_request import Amortization

OPEN, ACCEPTED, EXPIRED, VOID = "open", "accepted", "expired", "void"


def make_offers(w: Work, application_id: UUID) -> tuple[OfferRow, ...]:
    """One to three offers from the approval, dated today: what was approved, and neighbours that the rules pass too.

    Every offer is held against the legal ceilings of cost of today, and keeps the outcome. When what was approved is
    above one (a law came into force meanwhile) none is made, and the case goes back to a person.
    Raises IllegalTransition unless the application is APPROVED by a decision of its present assessment.
    """
    w.actor.require(Role.SYSTEM, Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id)
    made, kept = latest_decision(w, row), fact_set_of(w, row)
    if row.status != ApplicationStatus.APPROVED.value or made is None or kept is None or made.outcome != "APPROVE":
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.OFFERED.value)
    policy = w.policy(OriginationPolicy)
    case = case_of(w, row, kept, product_of(w, row))
    approved = Wish(Money(made.amount_minor, made.currency), made.tenor_months, Amortization(made.amortisation))

    def passes(wish: Wish) -> bool:
        return wish == approved or assess(case, wish, policy).is_approved

    def priced(wish: Wish) -> Quote:
        return quote(case.product, _terms(case, made, wish, approved, policy), w.today, case.ceilings)

    first = priced(approved)
    if first.caps_exceeded:
        above = [one.to_dict() for one in first.caps_exceeded]
        move(w, row, ApplicationStatus.REFERRED, "application.above_ceiling", decision=str(made.id), caps=above)
        return ()
    wishes = choose_wishes(case.product, approved, passes, policy.offers.count_max)
    quotes = [first, *(one for one in map(priced, wishes[1:]) if not one.caps_exceeded)]
    offers = tuple(_keep(w, row, made, at, one, policy) for at, one in enumerate(quotes, start=1))
    keep_offers(w, row, offers)
    move(
        w, row, ApplicationStatus.OFFERED, "application.offered", decision=str(made.id),
        offers=[str(one.id) for one in offers], expires_on=offers[0].expires_on.isoformat(),
    )  # fmt: skip
    asked = wish_of(answers_of(row), case.product)
    tell(
        w, row, "counter_offer" if made.is_counter else "offer_made", str(made.number),
        offers=[offer_view(one) for one in offers],
        reasons=sentences(w, row, decline_before(w, made)) if made.is_counter else [],
        expires_on=offers[0].expires_on, asked=asked, automatic=made.kind == "automatic",
    )  # fmt: skip
    return offers


def _terms(case: Case, made: DecisionRow, wish: Wish, approved: Wish, policy: OriginationPolicy) -> Terms:
    """The price of the approval for what was approved; without a score a person approves at the highest rate."""
    if wish == approved:
        rate = made.rate_annual if made.rate_annual is not None else case.product.rate_range[1]
    else:
        found = assess(case, wish, policy).price
        assert found is not None
        rate = found.rate_annual
    return Terms(wish.amount, wish.tenor_months, wish.kind, rate)


def _keep(
    w: Work, row: ApplicationRow, made: DecisionRow, number: int, offered: Quote, policy: OriginationPolicy
) -> OfferRow:
    terms = offered.terms
    return w.add(
        OfferRow(
            id=uuid7(), application_id=row.id, assessment=row.assessment, decision_id=made.id, number=number,
            status=OPEN, amount_minor=terms.amount.minor, currency=terms.amount.currency,
            tenor_months=terms.tenor_months, amortisation=terms.kind.value, rate_annual=terms.rate_annual,
            instalment_minor=offered.instalment.minor, total_minor=offered.total.minor,
            paid_out_minor=offered.paid_out.minor, cost_effective=offered.cost_effective,
            cost_nominal=offered.cost_nominal, quote=quote_to_dict(offered), made_at=w.now, made_on=w.today,
            expires_on=policy.offers.expires_on(w.today), caps=[one.to_dict() for one in offered.caps],
        )
    )  # fmt: skip


def accept_offer(w: Work, application_id: UUID, offer_id: UUID, *, expected_version: int | None = None) -> OfferRow:
    """The applicant takes one offer. Taking the same one again changes nothing.

    Raises NotFound for an offer of somebody else, Conflict for one that has expired or that a change made void, and
    when another one was accepted.
    """
    w.actor.require(Role.APPLICANT, Role.SYSTEM)
    row = open_case(w, application_id)
    found = w.lock(OfferRow, offer_id)
    if found.application_id != row.id:
        raise NotFound(Text("There is no such offer"))
    if found.status == ACCEPTED:
        return found
    if expected_version is not None:
        open_case(w, application_id, expected_version=expected_version)
    if found.status == VOID or found.assessment != row.assessment:
        raise Conflict(Text("Your application was changed, so this offer does not hold any more"))
    if found.status == EXPIRED or found.expires_on < w.today:
        raise Conflict(
            Text("This offer was valid until {day}. Ask us for a new one.", day=found.expires_on),
            expires_on=found.expires_on.isoformat(),
        )
    move(
        w, row, ApplicationStatus.ACCEPTED, "application.accepted", offer=str(found.id),
        amount=found.amount_minor, currency=found.currency,
    )  # fmt: skip
    found.status, found.accepted_at = ACCEPTED, w.now
    return found


def reconsider_offer(w: Work, application_id: UUID) -> ApplicationRow:
    """Before signing, the applicant wants to choose again: the accepted offer is open once more.

    A drafted contract is void then. Raises IllegalTransition when nothing is accepted or it is signed already.
    """
    w.actor.require(Role.APPLICANT, Role.SYSTEM)
    row = open_case(w, application_id)
    taken = accepted_offer(w, row)
    void_draft_contract(w, row)
    move(w, row, ApplicationStatus.OFFERED, "application.reconsidered", offer=None if taken is None else str(taken.id))
    if taken is not None:
        taken.status, taken.accepted_at = OPEN, None
    w.session.flush()
    return row


def due_to_expire(w: Work, limit: int = 500) -> list[UUID]:
    """Applications whose time has run out: drafts past their day, offers past their last day, signed by nobody."""
    drafts = select(ApplicationRow.id).where(
        ApplicationRow.status == ApplicationStatus.DRAFT.value, ApplicationRow.due_at < w.now
    )
    offered = (
        select(ApplicationRow.id)
        .join(OfferRow, OfferRow.application_id == ApplicationRow.id)
        .where(
            ApplicationRow.status.in_((ApplicationStatus.OFFERED.value, ApplicationStatus.ACCEPTED.value)),
            OfferRow.assessment == ApplicationRow.assessment,
            OfferRow.status.in_((OPEN, ACCEPTED)),
            OfferRow.expires_on < w.today,
        )
        .distinct()
    )
    return [*w.session.scalars(drafts.limit(limit)), *w.session.scalars(offered.limit(limit))]


def expire(w: Work, application_id: UUID) -> bool:
    """Closes one application whose time has run out; False when it has not (any more)."""
    w.actor.require(Role.SYSTEM, Role.ADMIN)
    with as_system(w):
        row = open_case(w, application_id)
        if row.status == ApplicationStatus.DRAFT.value:
            if row.due_at is None or row.due_at >= w.now:
                return False
        elif not _all_run_out(w, row, w.today):
            return False
        void_draft_contract(w, row)
        for one in offers_of(w, row):
            one.status = EXPIRED
        lapsed = row.status != ApplicationStatus.DRAFT.value
        move(w, row, ApplicationStatus.EXPIRED, "application.expired")
        if lapsed:
            tell_lapsed(w, row)
    return True


def _all_run_out(w: Work, row: ApplicationRow, today: date) -> bool:
    if row.status not in {ApplicationStatus.OFFERED.value, ApplicationStatus.ACCEPTED.value}:
        return False
    return all(one.expires_on < today for one in offers_of(w, row) if one.status in {OPEN, ACCEPTED})


def void_draft_contract(w: Work, row: ApplicationRow) -> None:
    """A contract that nobody has signed no longer holds."""
    for contract in w.children(ContractRow, application_id=row.id, lock=True):
        if contract.status == "drafted":
            contract.status = "void"
    w.session.flush()


def void_offers(w: Work, row: ApplicationRow, why: str) -> int:
    """Open and accepted offers no longer hold; returns how many."""
    void_draft_contract(w, row)
    live = [one for one in offers_of(w, row) if one.status in {OPEN, ACCEPTED}]
    for one in live:
        one.status = VOID
    if live:
        audit.record(w, "application.offers_voided", SUBJECT, row.id, why=why, count=len(live))
    return len(live)

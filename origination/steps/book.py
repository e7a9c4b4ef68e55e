"""A signed contract becomes a loan, and the money is handed to disbursement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition, NotAllowed
from core.domain.money import Money
from core.domain.texts import Text
from origination.domain.application import ApplicationStatus
from origination.domain.offer import Terms, request_schedule
from origination.domain.product import Product
from origination.queries.group import parties_of_case
from origination.queries.rows import accepted_offer, ceilings_for, fact_set_of, kyc_check_of, product_of
from origination.steps.case import SUBJECT, as_system, move, open_case
from origination.steps.conditions import check_conditions
from origination.steps.screening import screen_by_id
from origination.tables.application import ApplicationRow
from origination.tables.contract import ContractRow
from origination.tables.offer import OfferRow
from repayment.domain.opening import LoanOpening
from repayment.domain.policies import ServicingPolicy
from repayment.domain.schedule_request import Amortization
from repayment.domain.terms import LoanTerms
from repayment.steps.disburse import disburse
from repayment.steps.open_loan import open_loan


@dataclass(frozen=True, slots=True)
class Held:
    """Not paid out: so many names alert when screened anew, and a person has to look first. The signature stands."""

    alerts: int


@dataclass(frozen=True, slots=True)
class Booked:
    """The loan that came of it, and what reaches the borrower. `replayed`: it was booked before."""

    loan_id: UUID
    reference: str
    paid_out: Money
    replayed: bool = False


def book(w: Work, application_id: UUID, *, on: date | None = None) -> Booked | Held:
    """Opens the loan of a signed application and pays it out on that business day (today). Doing it twice books once.

    Everybody of the case is screened anew; an alert nobody has cleared holds the payout, and is kept for a person.
    Raises IllegalTransition unless it is SIGNED, NotAllowed when the identity checks do not stand, when no sanctions
    list is loaded, or while a condition of the approval is open.
    """
    w.actor.require(Role.SYSTEM, Role.OFFICER, Role.APPROVER, Role.APPLICANT)
    with as_system(w):
        row = open_case(w, application_id)
        contract = _signed_contract(w, row)
        offer = accepted_offer(w, row)
        if contract is None or offer is None:
            raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.BOOKED.value)
        day = on or w.today
        if contract.loan_id is not None:
            paid = disburse(w, contract.loan_id, on=day, key=f"contract:{contract.id}")
            return Booked(contract.loan_id, paid.reference, paid.paid_out, replayed=True)
        _check_kyc(w, row)
        check_conditions(w, row)
        if alerts := _screen_anew(w, row):
            return Held(alerts)
        opened = open_loan(w, loan_opening(w, row, offer, contract, day))
        contract.loan_id = opened.loan_id
        move(
            w, row, ApplicationStatus.BOOKED, "application.booked", loan=str(opened.loan_id),
            reference=opened.reference,
        )  # fmt: skip
        paid = disburse(w, opened.loan_id, on=day, key=f"contract:{contract.id}")
    return Booked(opened.loan_id, opened.reference, paid.paid_out)


def _signed_contract(w: Work, row: ApplicationRow) -> ContractRow | None:
    found = w.children(ContractRow, application_id=row.id)
    return next((one for one in found if one.status == "signed"), None)


def _check_kyc(w: Work, row: ApplicationRow) -> None:
    check = kyc_check_of(w, row)
    if check is None or check.outcome != "PASS":
        raise NotAllowed(Text("The identity checks have not passed. Settle them first."))


def _screen_anew(w: Work, row: ApplicationRow) -> int:
    """How many alerts of the people and companies of the case are not cleared now: lists change between check and
    payout (OFAC and EU law bind at the payment)."""
    found = screen_by_id(w, *sorted(parties_of_case(w, row)))
    if found:
        audit.record(w, "application.payout_held", SUBJECT, row.id, alerts=[str(one.id) for one in found])
    return len(found)


def loan_opening(w: Work, row: ApplicationRow, offer: OfferRow, contract: ContractRow, day: date) -> LoanOpening:
    """What the loan book needs, from the accepted offer and the version of the product it was made with."""
    product, kept = product_of(w, row), fact_set_of(w, row)
    assert row.party_id is not None
    terms = Terms(
        Money(offer.amount_minor, offer.currency), offer.tenor_months, Amortization(offer.amortisation),
        offer.rate_annual,
    )  # fmt: skip
    return LoanOpening(
        borrower_id=row.party_id,
        segment=row.segment,
        product=dict(product.names),
        product_version=f"{product.code} v{product.version}",
        request=request_schedule(product, terms, day),
        terms=loan_terms(w.policy(ServicingPolicy), product, offer, ceilings_for(w, product).lender_type),
        grade=None if kept is None else kept.grade,
        contract_reference=contract.reference,
    )


def loan_terms(policy: ServicingPolicy, product: Product, offer: OfferRow, lender_type: str = "") -> LoanTerms:
    """The servicing terms, frozen: the product's own, completed by what its jurisdiction asks for (waterfall, caps)."""
    terms = policy.terms_for(
        product.jurisdiction,
        grace_days=product.late.grace_days,
        late_fee=product.late.late_fee,
        penalty_rate_annual=product.late.penalty_rate_annual(offer.rate_annual),
        dunning_policy=product.dunning_policy,
        prepayment_fee_rate=product.prepayment_fee_rate,
        withdrawal_days=product.withdrawal_days,
    )
    short = min(terms.prepayment_fee_rate, product.prepayment_fee_rate_short)
    return replace(terms, rounding=product.rounding.mode, prepayment_fee_rate_short=short, lender_type=lender_type)

"""From rows to the values the domain works on, and the rows of an assessment that count. Used by steps and pages."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.actor import STAFF, Role
from core.domain.errors import NotFound
from core.domain.fact import FactValue
from core.domain.facts import facts_from_json
from core.domain.money import Money
from core.domain.party import PartyKind
from core.domain.texts import Text
from origination.domain.application import OwnerEntry
from origination.domain.assessment import Case, Score
from origination.domain.facts import OwnBook
from origination.domain.lender import LenderProfile
from origination.domain.product import Product, read_product
from origination.tables.application import ApplicationRow, ConsentRow
from origination.tables.decision import BureauReportRow, DecisionRow, FactSetRow, KycCheckRow, VerdictRow
from origination.tables.offer import OfferRow
from origination.tables.product import ProductRow
from repayment.domain.caps import CapPolicy, Ceilings

ACCEPTED_OFFER = "accepted"
A = TypeVar("A", BureauReportRow, DecisionRow, FactSetRow, KycCheckRow)


def product_of(w: Work, row: ApplicationRow) -> Product:
    """The version of the product this application was made with. A version never changes: one look a work."""
    found = _products(w).get((row.product_code, row.product_version))
    if found is not None:
        return found
    query = select(ProductRow).where(ProductRow.code == row.product_code, ProductRow.version == row.product_version)
    return kept_product(w, w.session.scalars(query).one())


def kept_product(w: Work, row: ProductRow) -> Product:
    """The product of a row, remembered for the rest of this work."""
    return _products(w).setdefault((row.code, row.version), read_product(row.body))


def _products(w: Work) -> dict[tuple[str, int], Product]:
    found: dict[tuple[str, int], Product] = w.session.info.setdefault("products", {})
    return found


def answers_of(row: ApplicationRow) -> dict[str, FactValue]:
    """The typed answers: those frozen at submission, else those of the draft."""
    if row.answers is not None:
        return facts_from_json(json.loads(row.answers))
    return facts_from_json(json.loads(row.draft).get("answers", {}))


def owners_of(row: ApplicationRow) -> tuple[OwnerEntry, ...]:
    """The owners as entered."""
    return tuple(
        OwnerEntry(
            name=owner.name,
            kind=PartyKind(owner.kind),
            share=owner.share,
            birth_on=owner.birth_on,
            country=owner.country,
            identity_kind=owner.identity_kind,
            identity_number=owner.identity_number,
            of=owner.of,
            controls=owner.controls,
        )
        for owner in row.owners
    )


def check_sight(w: Work, row: ApplicationRow) -> None:
    """Raises NotFound unless the actor is staff, the system, or the applicant whose application this is."""
    actor = w.actor
    if actor.has(Role.SYSTEM, *STAFF):
        return
    own = (actor.id is not None and actor.id == row.owner_user_id) or (
        actor.party_id is not None and actor.party_id == row.party_id
    )
    if not own:
        raise NotFound(Text("There is no such application"))


def keep_newest(w: Work, kept: A) -> A:
    """Adds a row of an assessment and remembers it for the rest of this work: the steps after ask for it often."""
    w.add(kept)
    w.session.info.setdefault("newest", {})[type(kept), kept.application_id, kept.assessment] = kept
    return kept


def _remembered(w: Work, row: ApplicationRow, row_class: type[A]) -> A | None:
    found: A | None = w.session.info.get("newest", {}).get((row_class, row.id, row.assessment))
    return found


def _newest(w: Work, row: ApplicationRow, row_class: type[A], at: Any) -> A | None:
    remembered = _remembered(w, row, row_class)
    if remembered is not None or w.is_new(row.id):
        return remembered
    query = select(row_class).where(row_class.application_id == row.id, row_class.assessment == row.assessment)
    return w.session.scalars(query.order_by(at.desc(), row_class.id.desc()).limit(1)).first()


def report_of(w: Work, row: ApplicationRow) -> BureauReportRow | None:
    """The report of the assessment that counts."""
    return _newest(w, row, BureauReportRow, BureauReportRow.reported_at)


def fact_set_of(w: Work, row: ApplicationRow) -> FactSetRow | None:
    """The facts of the assessment that counts."""
    return _newest(w, row, FactSetRow, FactSetRow.frozen_at)


def score_in(kept: FactSetRow) -> Score | None:
    """The score kept with the facts, None when none could be had."""
    if kept.pd is None or kept.points is None or kept.grade is None:
        return None
    return Score(kept.pd, kept.points, kept.grade)


def own_from_json(raw: dict[str, Any]) -> OwnBook:
    """The own book as it was when the facts were frozen."""
    return OwnBook(
        Money(raw["exposure_minor"], raw["currency"]),
        raw["loans"],
        raw["other_applications_30d"],
        raw["fact_conflicts"],
    )


def latest_decision(w: Work, row: ApplicationRow, *, kind: str | None = None) -> DecisionRow | None:
    """The newest decision of the assessment that counts, of one kind if named."""
    remembered = _remembered(w, row, DecisionRow)
    if remembered is not None and kind in {None, remembered.kind}:
        return remembered
    if remembered is None and w.is_new(row.id):
        return None
    query = select(DecisionRow).where(DecisionRow.application_id == row.id, DecisionRow.assessment == row.assessment)
    if kind is not None:
        query = query.where(DecisionRow.kind == kind)
    return w.session.scalars(query.order_by(DecisionRow.number.desc()).limit(1)).first()


def kyc_check_of(w: Work, row: ApplicationRow) -> KycCheckRow | None:
    """The newest identity check of the assessment that counts."""
    return _newest(w, row, KycCheckRow, KycCheckRow.checked_at)


def case_of(w: Work, row: ApplicationRow, kept: FactSetRow, product: Product) -> Case:
    """The case as it was frozen, with the outcome of the identity checks that counts now."""
    check = kyc_check_of(w, row)
    return Case(
        base=facts_from_json(kept.base),
        product=product,
        own=own_from_json(kept.own),
        day=kept.frozen_on,
        kyc_outcome=None if check is None else check.outcome,
        score=score_in(kept),
        ceilings=ceilings_for(w, product),
    )


def ceilings_for(w: Work, product: Product) -> Ceilings:
    """The legal ceilings of cost that bind a loan of this product made today."""
    lender_type = product.lender_type or w.policy(LenderProfile).type
    return w.policy(CapPolicy).ceilings(product.jurisdiction, lender_type, w.today)


def keep_offers(w: Work, row: ApplicationRow, made: tuple[OfferRow, ...]) -> None:
    """Remembers the offers of an application for the rest of this work."""
    w.session.info.setdefault("offers", {})[row.id, row.assessment] = made


def _made_offers(w: Work, row: ApplicationRow) -> tuple[OfferRow, ...] | None:
    """All offers of an application that this work itself began and made offers on; None when others may exist."""
    found: tuple[OfferRow, ...] | None = w.session.info.get("offers", {}).get((row.id, row.assessment))
    return found if w.is_new(row.id) else None


def accepted_offer(w: Work, row: ApplicationRow) -> OfferRow | None:
    """The offer that was taken, if any."""
    made = _made_offers(w, row)
    if made is not None:
        return next((one for one in made if one.status == ACCEPTED_OFFER), None)
    query = select(OfferRow).where(OfferRow.application_id == row.id, OfferRow.status == ACCEPTED_OFFER)
    return w.session.scalars(query).first()


def offers_of(w: Work, row: ApplicationRow) -> tuple[OfferRow, ...]:
    """The offers of the assessment that counts, newest decision first."""
    made = _made_offers(w, row)
    if made is not None:
        return made
    query = select(OfferRow).where(OfferRow.application_id == row.id, OfferRow.assessment == row.assessment)
    return tuple(w.session.scalars(query.order_by(OfferRow.made_at.desc(), OfferRow.number)))


def consent_rows(w: Work, application_id: UUID) -> dict[str, ConsentRow]:
    """The consents given, by kind, the newest of each."""
    given = w.children(ConsentRow, application_id=application_id)
    return {row.kind: row for row in sorted(given, key=lambda row: row.agreed_at)}


def open_verdicts(w: Work, row: ApplicationRow) -> list[VerdictRow]:
    """What people have said in this assessment since the last decision of a person or request to look again."""
    query = select(VerdictRow).where(
        VerdictRow.application_id == row.id,
        VerdictRow.assessment == row.assessment,
        VerdictRow.withdrawn_at.is_(None),
    )
    return list(w.session.scalars(query.order_by(VerdictRow.said_at)))

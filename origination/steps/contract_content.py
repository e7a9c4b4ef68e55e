"""What a contract says, gathered from application, accepted offer, product and party."""

from __future__ import annotations

from collections.abc import Mapping

from core import documents
from core.db import Work
from core.domain.errors import Conflict
from core.domain.fact import FactValue
from core.domain.facts import CATALOGUE
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import ENGLISH, locale_of, speak, translate
from core.outbox import contact_value
from core.tables import PartyRow
from origination.domain.contract import ContractData, ContractParty, PartyRole, masked
from origination.domain.contract_terms import contract_data
from origination.domain.esign import masked_address
from origination.domain.identity.check import index_number
from origination.domain.lender import LenderProfile
from origination.domain.offer import Terms, request_schedule
from origination.queries.rows import accepted_offer, answers_of, product_of
from origination.steps.book import loan_terms
from origination.tables.application import ApplicationRow
from origination.tables.offer import OfferRow
from repayment.domain.policies import ServicingPolicy
from repayment.domain.schedule import Amortization, build_schedule


def gather(w: Work, row: ApplicationRow, reference: str) -> tuple[OfferRow, ContractData]:
    """The accepted offer and the contract over it, its schedule beginning today.

    Raises Conflict when no offer is accepted.
    """
    offer = accepted_offer(w, row)
    if offer is None or row.party_id is None:
        raise Conflict(Text("No offer is accepted yet. Choose one first."))
    product = product_of(w, row)
    terms = Terms(
        Money(offer.amount_minor, offer.currency),
        offer.tenor_months,
        Amortization(offer.amortisation),
        offer.rate_annual,
    )
    locale = locale_of(row.locale) or ENGLISH
    profile = w.policy(LenderProfile)
    data = contract_data(
        reference=reference,
        application_reference=row.reference or "",
        locale=locale,
        product=product,
        schedule=build_schedule(request_schedule(product, terms, w.today)),
        lender=_lender(profile, locale),
        borrower=_borrower(w.get(PartyRow, row.party_id), answers_of(row), locale),
        purpose=_word("purpose", row.purpose, locale),
        terms=loan_terms(w.policy(ServicingPolicy), product, offer),  # the very terms the loan will be opened with
        made_on=w.today,
        complaints=profile.text("complaints", locale),
    )
    return offer, data


def _lender(profile: LenderProfile, locale: str) -> ContractParty:
    return ContractParty(
        role=PartyRole.LENDER,
        is_company=True,
        name=profile.name or documents.settings_in_use().lender_name,
        identity_masked=profile.identity,
        address=profile.text("address", locale),
        email=profile.email,
        phone_masked=profile.phone,
    )


def _borrower(party: PartyRow, answers: Mapping[str, FactValue], locale: str) -> ContractParty:
    company = party.kind == "company"
    phone = contact_value(party, "phone")
    account = str(answers.get("bank_account") or "")
    return ContractParty(
        role=PartyRole.BORROWER,
        is_company=company,
        name=party.name,
        identity_label=_word("company_id_kind" if company else "id_kind", party.identity_kind, locale),
        identity_masked=masked(index_number(party.identity_kind or "", party.identity_number or "")),
        address=_address(answers, locale) or contact_value(party, "address") or "",
        email=contact_value(party, "email") or "",
        phone_masked=masked_address(phone) if phone else "",
        account_masked=masked("".join(account.split())),
        representative=str(answers.get("representative_name") or "") if company else "",
    )


def _address(answers: Mapping[str, FactValue], locale: str) -> str:
    line, city, code = (str(answers.get(name) or "").strip() for name in ("address_line", "city", "postal_code"))
    if locale.startswith("zh"):
        return " ".join(part for part in (city + line, code) if part)
    return ", ".join(part for part in (line, f"{code} {city}".strip()) if part)


def _word(fact: str, value: str | None, locale: str) -> str:
    if not value:
        return ""
    choice = next((choice for choice in CATALOGUE[fact].choices if choice.value == value), None)
    if choice is None:
        return value
    with speak(locale):
        return translate(choice.text)

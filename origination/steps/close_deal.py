"""From choosing an offer to the loan: acceptance with its contract, signature, payout; and choosing again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core import outbox, queue
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import NotFound
from core.domain.texts import Text
from core.tables import DocumentRow, PartyRow
from origination.domain.contract import ContractData
from origination.queries.rows import check_sight
from origination.steps.contract import (
    SigningResult,
    contract_data_of,
    contract_page_of,
    prepare_contract,
    seal_contract,
    sign_contract,
    void_contract,
)
from origination.steps.offer import accept_offer, reconsider_offer
from origination.tables.application import ApplicationRow
from origination.tables.contract import ContractRow

COPY = "send_contract_copy"


def take_offer(w: Work, application_id: UUID, offer_id: UUID, *, expected_version: int | None = None) -> ContractRow:
    """Accepts an offer and drafts the contract over it. Taking the same one again changes nothing.

    Raises what `accept_offer` and `prepare_contract` raise: NotFound, Conflict (expired, void), IllegalTransition.
    """
    accept_offer(w, application_id, offer_id, expected_version=expected_version)
    return prepare_contract(w, application_id)


def choose_again(w: Work, application_id: UUID) -> None:
    """Before signing: the contract is void, the offers are open once more."""
    reconsider_offer(w, application_id)
    void_contract(w, application_id, reason="chosen again")


def contract_to_read(w: Work, application_id: UUID) -> tuple[ContractData, str]:
    """Figures and page of the contract that counts. Raises NotFound when there is none, or it is somebody else's."""
    check_sight(w, w.get(ApplicationRow, application_id))
    query = select(ContractRow).where(ContractRow.application_id == application_id, ContractRow.status != "void")
    contract = w.session.scalars(query).first()
    if contract is None:
        raise NotFound(Text("There is no contract yet"))
    return contract_data_of(contract), contract_page_of(contract)


def sign_and_send(w: Work, contract_id: UUID, code: str, *, address: str) -> SigningResult:
    """Signs by code; once signed, the sealed copy is printed and mailed by a worker.

    Raises what `sign_contract` raises; a wrong code is a result.
    """
    result = sign_contract(w, contract_id, code, address=address)
    if result.signed:
        queue.defer(w, COPY, queueing_lock=f"{COPY}:{contract_id}", contract_id=str(contract_id))
    return result


def send_copy(w: Work, contract_id: UUID) -> DocumentRow:
    """Seals the signed contract, if nobody has yet, and mails the borrower a copy, once.

    Raises what `seal_contract` raises.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    sealed = seal_contract(w, contract_id)
    contract = w.get(ContractRow, contract_id)
    row = w.get(ApplicationRow, contract.application_id)
    outbox.send_later(
        w, "contract_copy", w.get(PartyRow, row.party_id), channel="email", dedupe_key=f"contract_copy:{contract.id}",
        context={"reference": contract.reference}, subject=("contract", contract.id), document_id=sealed.id,
    )  # fmt: skip
    return sealed

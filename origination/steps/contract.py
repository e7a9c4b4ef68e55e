"""The contract: made over the accepted offer, signed by one-time code, printed and sealed when somebody needs the file.

What is signed is the page of `contract_page.contract_html`; it is kept with the data behind it, so that the printed
contract is the one that was shown, whatever the templates have become.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from core import audit, crypto, documents, signing
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.outbox import contact_value, send_later
from core.references import next_reference
from core.tables import DocumentRow, PartyRow
from origination.domain.application import ApplicationStatus
from origination.domain.contract import ContractData
from origination.domain.contract_json import (
    contract_from_dict,
    contract_to_dict,
    evidence_from_dict,
    evidence_to_dict,
)
from origination.domain.esign import (
    CODE_LIFE,
    NO_CODE,
    SEND_PAUSE,
    SignatureEvidence,
    SigningCode,
    consent_text,
    masked_address,
    new_code,
)
from origination.queries.rows import check_sight
from origination.steps.case import SUBJECT, move, open_case
from origination.steps.contract_content import gather
from origination.steps.contract_page import content_sha256, contract_html, contract_pdf
from origination.tables.application import ApplicationRow
from origination.tables.contract import ContractRow, SigningCodeRow

CODES_A_DAY = 10
CODE_KEY = "signing code"
VERIFY_PATH = "/check-contract"


def prepare_contract(w: Work, application_id: UUID) -> ContractRow:
    """The contract over the accepted offer; the one already there when it is asked for again.

    Its schedule begins today. Raises NotFound, IllegalTransition unless the application is ACCEPTED.
    """
    row = open_case(w, application_id)
    live = [one for one in w.children(ContractRow, application_id=row.id) if one.status != "void"]
    if live:
        return live[0]
    if row.status != ApplicationStatus.ACCEPTED:
        raise IllegalTransition(SUBJECT, row.status, "contract")
    offer, data = gather(w, row, next_reference(w, "CTR"))
    html = contract_html(data)
    contract = w.add(
        ContractRow(
            id=uuid7(),
            application_id=row.id,
            offer_id=offer.id,
            reference=data.reference,
            status="drafted",
            locale=data.locale,
            template=data.segment,
            template_version=data.template_version,
            content_sha256=content_sha256(html),
            content=_packed(data, html),
            made_at=w.now,
            made_on=w.today,
        )
    )
    audit.record(
        w, "contract.drafted", SUBJECT, row.id, contract=contract.reference, content_sha256=contract.content_sha256
    )
    return contract


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code is on its way; `sent_to` is masked."""

    sent_to: str
    sent_at: datetime
    expires_at: datetime


def send_signing_code(w: Work, contract_id: UUID, *, shown_sha256: str | None = None) -> SentCode:
    """Sends the applicant a code that signs this contract: by text message, or by mail where no phone is known.

    `shown_sha256` is the hash of the page the applicant had in front; a code for another text is refused with Conflict.
    Raises NotFound, NotAllowed unless an applicant asks, IllegalTransition when it is signed, InvalidInput when codes
    follow each other too fast.
    """
    contract, row, party = _to_be_signed(w, contract_id)
    if shown_sha256 is not None and shown_sha256 != contract.content_sha256:
        raise Conflict(Text("The contract changed meanwhile. Read it again before you sign."))
    _check_pace(w, contract)
    channel = "sms" if contact_value(party, "phone") else "email"
    recipient = contact_value(party, "phone" if channel == "sms" else "email") or ""
    code = new_code()
    made = SigningCode.made(code, contract.content_sha256, w.now, crypto.key_for(CODE_KEY))
    sent = w.add(
        SigningCodeRow(
            id=uuid7(),
            contract_id=contract.id,
            content_sha256=contract.content_sha256,
            salt=made.salt,
            digest=made.digest,
            sent_to=masked_address(recipient),
            sent_at=w.now,
            tries=0,
            used=False,
        )
    )
    send_later(
        w, "signing_code", party, channel=channel, dedupe_key=f"signing-code:{sent.id}",
        subject=("contract", contract.id),
        context={"code": code, "reference": contract.reference, "minutes": CODE_LIFE // timedelta(minutes=1)},
    )  # fmt: skip
    audit.record(w, "contract.code_sent", SUBJECT, row.id, contract=contract.reference, to=sent.sent_to)
    return SentCode(sent.sent_to, made.sent_at, made.expires_at)


def _check_pace(w: Work, contract: ContractRow) -> None:
    day = w.now - timedelta(days=1)
    sent = [code.sent_at for code in w.children(SigningCodeRow, contract_id=contract.id) if code.sent_at > day]
    last = max(sent, default=None)
    if last is not None and w.now < last + SEND_PAUSE:
        left = int((last + SEND_PAUSE - w.now).total_seconds()) + 1
        raise InvalidInput({"code": Text("A code was sent a moment ago. Ask again in {n} seconds.", n=left)})
    if len(sent) >= CODES_A_DAY:
        raise InvalidInput({"code": Text("Too many codes were sent today. Try again tomorrow or call us.")})


@dataclass(frozen=True, slots=True)
class SigningResult:
    """Whether it is signed now; `refusal` is what to say when not. Keep the work either way: a wrong try counts."""

    evidence: SignatureEvidence | None
    refusal: Text | None

    @property
    def signed(self) -> bool:
        """True once the code was right."""
        return self.evidence is not None


def sign_contract(w: Work, contract_id: UUID, code: str, *, address: str) -> SigningResult:
    """Signs with the newest code sent. `address` is the network address of the signatory.

    A wrong code is a result, not an error, so that the try is counted. Raises NotFound, NotAllowed, IllegalTransition
    when it is signed, InvalidInput (`code`) when there is no usable code or the text is none.
    """
    contract, row, party = _to_be_signed(w, contract_id)
    codes = w.children(SigningCodeRow, contract_id=contract.id, lock=True)
    sent = max(codes, key=lambda one: one.sent_at, default=None)
    if sent is None or sent.content_sha256 != contract.content_sha256:
        raise InvalidInput({"code": NO_CODE})
    known = SigningCode(bytes(sent.salt), bytes(sent.digest), sent.sent_at, sent.tries, sent.used)
    right, after = known.tried(code, contract.content_sha256, w.now, crypto.key_for(CODE_KEY))
    sent.tries, sent.used = after.tries, after.used
    if not right:
        audit.record(w, "contract.code_wrong", SUBJECT, row.id, contract=contract.reference, tries=after.tries)
        return SigningResult(None, after.refusal)
    zone = documents.settings_in_use().time_zone
    data = contract_data_of(contract)
    evidence = SignatureEvidence(
        signer=data.borrower.representative or party.name,
        content_sha256=contract.content_sha256,
        consent=consent_text(contract.reference, contract.locale),
        sent_to=sent.sent_to,
        code_sent_at=sent.sent_at.astimezone(zone),
        signed_at=w.now.astimezone(zone),
        address=address,
    )
    contract.status, contract.signed_at, contract.signed_on = "signed", w.now, w.today
    contract.evidence = evidence_to_dict(evidence)
    move(
        w, row, ApplicationStatus.SIGNED, "contract.signed",
        contract=contract.reference, content_sha256=contract.content_sha256, address=address,
    )  # fmt: skip
    return SigningResult(evidence, None)


def _to_be_signed(w: Work, contract_id: UUID) -> tuple[ContractRow, ApplicationRow, PartyRow]:
    w.actor.require(Role.APPLICANT)
    contract = w.lock(ContractRow, contract_id)
    row = open_case(w, contract.application_id)
    if contract.status != "drafted":
        raise IllegalTransition("contract", contract.status, "signed")
    if row.status != ApplicationStatus.ACCEPTED:
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.SIGNED.value)
    return contract, row, w.get(PartyRow, row.party_id)


def void_contract(w: Work, application_id: UUID, *, reason: str) -> bool:
    """Takes back the contract of an application that is not signed yet: the offer or the facts changed.

    False when there is none. Raises IllegalTransition when it is signed.
    """
    found = w.children(ContractRow, application_id=application_id, lock=True)
    contract = next((one for one in found if one.status != "void"), None)
    if contract is None:
        return False
    if contract.status == "signed":
        raise IllegalTransition("contract", "signed", "void")
    contract.status = "void"
    audit.record(w, "contract.voided", SUBJECT, application_id, contract=contract.reference, reason=reason)
    return True


# ---------------------------------------------------------------- the file


def preview_contract(w: Work, contract_id: UUID) -> bytes:
    """The contract as PDF to read: its hash in the footer, no signature, no seal. Raises NotFound."""
    contract = _visible(w, contract_id)
    data, html = _unpacked(contract)
    return contract_pdf(data, html, at=w.now)


def seal_contract(w: Work, contract_id: UUID) -> DocumentRow:
    """The signed contract as sealed PDF, printed the first time it is asked for and kept ever after.

    Raises NotFound, IllegalTransition while it is not signed, Conflict when what is stored is not what was signed.
    """
    _visible(w, contract_id)
    w.lock(ApplicationRow, w.get(ContractRow, contract_id).application_id)  # first, as booking does: it is at work too
    contract = w.lock(ContractRow, contract_id)
    if contract.document_id is not None:
        return w.get(DocumentRow, contract.document_id)
    if contract.status != "signed" or contract.evidence is None:
        raise IllegalTransition("contract", contract.status, "sealed")
    data, html = _unpacked(contract)
    if content_sha256(html) != contract.content_sha256:
        raise Conflict(Text("The stored contract is not the one that was signed. Nothing was printed."))
    settings = documents.settings_in_use()
    evidence = evidence_from_dict(contract.evidence)
    url = settings.public_url + VERIFY_PATH
    pdf = contract_pdf(data, html, at=w.now, evidence=evidence, verify_url=url)
    keys = signing.seal_keys(settings.instance / "keys", lender=data.lender.name, at=w.now)
    sealed = signing.seal_pdf(pdf, keys, at=w.now, reason=contract.reference)
    kept = documents.keep(
        w, sealed, kind="contract", filename=f"{contract.reference}.pdf", media_type="application/pdf",
        subject_type="contract", subject_id=contract.id,
    )  # fmt: skip
    w.session.flush()
    contract.document_id = kept.id
    audit.record(
        w, "contract.sealed", SUBJECT, contract.application_id, contract=contract.reference, sha256=kept.sha256
    )
    return kept


def unsealed_contracts(w: Work, *, limit: int = 50) -> list[UUID]:
    """Signed contracts without a file, oldest first: what a job prints ahead of the first download."""
    query = select(ContractRow.id).where(ContractRow.status == "signed", ContractRow.document_id.is_(None))
    return list(w.session.scalars(query.order_by(ContractRow.signed_at).limit(limit)))


def contract_data_of(contract: ContractRow) -> ContractData:
    """The figures and parties behind a contract."""
    return _unpacked(contract)[0]


def contract_page_of(contract: ContractRow) -> str:
    """The page as shown and signed (HTML; its styles are names of packaged files)."""
    return _unpacked(contract)[1]


def _visible(w: Work, contract_id: UUID) -> ContractRow:
    contract = w.get(ContractRow, contract_id)
    check_sight(w, w.get(ApplicationRow, contract.application_id))
    return contract


def _packed(data: ContractData, html: str) -> str:
    page = base64.b64encode(gzip.compress(html.encode(), mtime=0)).decode()
    return json.dumps({"data": contract_to_dict(data), "html": page}, ensure_ascii=False)


def _unpacked(contract: ContractRow) -> tuple[ContractData, str]:
    raw = json.loads(contract.content)
    return contract_from_dict(raw["data"]), gzip.decompress(base64.b64decode(raw["html"])).decode()

"""The contract through its steps: drafted, signed by code, sealed, checked; and every way it is refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy import func, select

from core import audit, documents, signing
from core.clock import FixedClock
from core.db import Database
from core.domain.actor import Actor, Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed, NotFound
from core.tables import OutboundMessageRow
from origination.cli.contract import contract as commands
from origination.domain import esign
from origination.queries.rows import offers_of
from origination.steps.advance import advance
from origination.steps.contract import (
    CODES_A_DAY,
    contract_data_of,
    contract_page_of,
    prepare_contract,
    preview_contract,
    seal_contract,
    send_signing_code,
    sign_contract,
    unsealed_contracts,
    void_contract,
)
from origination.steps.contract_page import content_sha256
from origination.steps.offer import accept_offer
from origination.tables.application import ApplicationRow
from origination.tables.contract import ContractRow, SigningCodeRow
from tests.origination.steps.journey import KnownBureau, person, send


@dataclass(frozen=True)
class Deal:
    """A drafted contract and whose it is."""

    house: Database
    actor: Actor
    application_id: object
    contract_id: object

    def code(self) -> str:
        """Asks for a code and reads it from the message, as the applicant does."""
        with self.house.work(self.actor) as w:
            send_signing_code(w, self.contract_id)
            w.session.flush()
            query = select(OutboundMessageRow).where(OutboundMessageRow.kind == "signing_code")
            newest = w.session.scalars(
                query.order_by(OutboundMessageRow.created_at.desc(), OutboundMessageRow.id.desc())
            ).first()
            return re.search(r"\b\d{6}\b", newest.body).group()

    def sign(self, code: str):
        """Enters the code."""
        with self.house.work(self.actor) as w:
            return sign_contract(w, self.contract_id, code, address="203.0.113.7")


@pytest.fixture
def deal(house: Database, applicant: Actor) -> Deal:
    sent = send(house, applicant)
    with house.work(applicant) as w:
        advance(w, sent.application_id, bureau=KnownBureau())
    with house.work(applicant) as w:
        accept_offer(w, sent.application_id, offers_of(w, w.get(ApplicationRow, sent.application_id))[0].id)
        contract = prepare_contract(w, sent.application_id)
    return Deal(house, applicant, sent.application_id, contract.id)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_it_says_what_was_offered_and_hides_what_it_must(deal: Deal) -> None:
    with deal.house.read(deal.actor) as r:
        row = r.get(ContractRow, deal.contract_id)
        offer = offers_of(r, r.get(ApplicationRow, deal.application_id))[0]
        data, page = contract_data_of(row), contract_page_of(row)
    assert data.payable_total.minor == offer.total_minor
    assert data.rows[0].payment.minor == offer.instalment_minor
    assert data.payout.minor == offer.paid_out_minor
    assert content_sha256(page) == row.content_sha256
    assert data.borrower.name == "王小明"
    assert data.borrower.identity_masked.startswith("••••")
    assert "6222020200112233" not in page
    assert "13812345678" not in page
    assert "幸福路 1 号" in page


def test_preparing_twice_gives_the_same_contract(deal: Deal) -> None:
    with deal.house.work(deal.actor) as w:
        assert prepare_contract(w, deal.application_id).id == deal.contract_id


def test_signed_sealed_found_ours_and_kept(deal: Deal, tmp_path, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = deal.sign(deal.code()).evidence
    assert (evidence.address, evidence.sent_to, evidence.signer) == ("203.0.113.7", "+86****5678", "王小明")
    with deal.house.work(deal.actor) as w:
        assert unsealed_contracts(w) == [deal.contract_id]
        first = seal_contract(w, deal.contract_id)
    with deal.house.work(deal.actor) as w:
        assert seal_contract(w, deal.contract_id).id == first.id
        assert unsealed_contracts(w) == []
        row, pdf = documents.read(w, first.id)
        contract = w.get(ContractRow, deal.contract_id)
        actions = [event.action for event in audit.history(w, ("application", deal.application_id))]
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    assert contract.content_sha256 in text.replace("\n", "")
    assert "203.0.113.7" in text
    found = signing.verify_pdf(pdf, signing.SealKeys(settings.instance / "keys"), at=deal.house.clock.now())
    assert (found.ours, found.reason) == (True, contract.reference)
    assert row.filename == f"{contract.reference}.pdf"
    assert actions[-4:] == ["contract.drafted", "contract.code_sent", "contract.signed", "contract.sealed"]

    file = tmp_path / "contract.pdf"
    file.write_bytes(pdf)
    good = CliRunner().invoke(commands, ["verify", str(file), "--json"])
    assert (good.exit_code, json.loads(good.output)["ours"]) == (0, True)
    file.write_bytes(
        pdf.replace(b"/Producer", b"/Produced", 1) if b"/Producer" in pdf else pdf[:-20] + b"0" + pdf[-19:]
    )
    bad = CliRunner().invoke(commands, ["verify", str(file)])
    assert bad.exit_code == 1
    assert "genuine" not in bad.output


def test_a_wrong_code_counts_even_though_it_is_no_error(deal: Deal) -> None:
    code = deal.code()
    for left in (4, 3, 2, 1):
        result = deal.sign(wrong(code))
        assert (result.signed, result.refusal) == (False, f"That code is not right. Tries left: {left}")
    assert deal.sign(wrong(code)).refusal == esign.CODE_EXHAUSTED
    with pytest.raises(InvalidInput, match="too many wrong tries"):
        deal.sign(code)


def test_only_the_newest_code_counts_and_only_for_ten_minutes(deal: Deal, clock: FixedClock) -> None:
    old = deal.code()
    with pytest.raises(InvalidInput, match="a moment ago"):
        deal.code()
    clock.set(clock.at + timedelta(seconds=31))
    new = deal.code()
    assert old == new or not deal.sign(old).signed
    clock.set(clock.at + timedelta(minutes=10))
    with pytest.raises(InvalidInput, match="expired"):
        deal.sign(new)


def test_codes_are_rationed(deal: Deal, clock: FixedClock) -> None:
    for _ in range(CODES_A_DAY):
        deal.code()
        clock.set(clock.at + timedelta(minutes=1))
    with pytest.raises(InvalidInput, match="Too many codes"):
        deal.code()


def test_without_a_code_nothing_is_signed(deal: Deal) -> None:
    with pytest.raises(InvalidInput, match="No code was sent"):
        deal.sign("123456")


def test_a_code_for_a_page_that_changed_is_refused(deal: Deal) -> None:
    with deal.house.work(deal.actor) as w, pytest.raises(Conflict, match="changed meanwhile"):
        send_signing_code(w, deal.contract_id, shown_sha256="0" * 64)


def test_nobody_else_may_see_or_sign_it(deal: Deal, officer: Actor) -> None:
    stranger = person(deal.house, Role.APPLICANT, "stranger")
    for act in (
        lambda w: send_signing_code(w, deal.contract_id),
        lambda w: sign_contract(w, deal.contract_id, "123456", address="x"),
        lambda w: preview_contract(w, deal.contract_id),
        lambda w: seal_contract(w, deal.contract_id),
        lambda w: prepare_contract(w, deal.application_id),
    ):
        with deal.house.work(stranger) as w, pytest.raises(NotFound):
            act(w)
    with deal.house.work(officer) as w, pytest.raises(NotAllowed):
        send_signing_code(w, deal.contract_id)


def test_the_order_of_steps_is_kept(deal: Deal, house: Database, applicant: Actor) -> None:
    with deal.house.work(deal.actor) as w, pytest.raises(IllegalTransition):
        seal_contract(w, deal.contract_id)
    assert deal.sign(deal.code()).signed
    for act in (
        lambda w: send_signing_code(w, deal.contract_id),
        lambda w: sign_contract(w, deal.contract_id, "123456", address="x"),
        lambda w: void_contract(w, deal.application_id, reason="changed"),
    ):
        with deal.house.work(deal.actor) as w, pytest.raises(IllegalTransition):
            act(w)
    sent = send(house, applicant, amount="6000")
    with house.work(applicant) as w, pytest.raises(IllegalTransition):
        prepare_contract(w, sent.application_id)


def test_a_voided_contract_makes_room_for_another(deal: Deal) -> None:
    with deal.house.work(deal.actor) as w:
        assert void_contract(w, deal.application_id, reason="chose again")
        assert not void_contract(w, deal.application_id, reason="chose again")
        again = prepare_contract(w, deal.application_id)
        assert again.id != deal.contract_id
    with pytest.raises(IllegalTransition):
        deal.sign("123456")


def test_what_was_tampered_with_in_the_database_is_not_printed(deal: Deal) -> None:
    deal.sign(deal.code())
    with deal.house.work(deal.actor) as w:
        w.get(ContractRow, deal.contract_id).content_sha256 = "0" * 64
    with deal.house.work(deal.actor) as w, pytest.raises(Conflict, match="not the one that was signed"):
        seal_contract(w, deal.contract_id)


def test_neither_code_nor_contract_lie_readable_in_the_database(deal: Deal) -> None:
    code = deal.code()
    with deal.house.engine.connect() as connection:
        content = connection.exec_driver_sql("SELECT content FROM contract").scalar_one()
        record = connection.execute(select(SigningCodeRow.salt, SigningCodeRow.digest, SigningCodeRow.sent_to)).one()
        count = connection.execute(select(func.count()).select_from(SigningCodeRow)).scalar_one()
    assert content.startswith("v1:")
    assert "王小明" not in content
    assert code.encode() not in bytes(record.salt) + bytes(record.digest)
    assert (record.sent_to, count) == ("+86****5678", 1)

"""Names on a list stop a case until people have settled them; a signed contract becomes one loan."""

from __future__ import annotations

import csv
import re
from datetime import datetime

import pytest
from sqlalchemy import select

from core.domain.errors import IllegalTransition, InvalidInput, NotAllowed
from core.tables import OutboundMessageRow
from origination.domain.application import ApplicationStatus as S
from origination.queries.officer import Tab, queue
from origination.queries.rows import kyc_check_of, offers_of
from origination.steps.advance import advance
from origination.steps.amend import amend
from origination.steps.book import book
from origination.steps.contract import prepare_contract, send_signing_code, sign_contract
from origination.steps.kyc import check_identity, settle_identity
from origination.steps.offer import accept_offer, reconsider_offer
from origination.steps.screening_lists import SAMPLE
from origination.tables.application import ApplicationRow
from origination.tables.contract import ContractRow
from repayment.queries.exposure import Exposure, exposure_of
from tests.origination.steps.journey import KnownBureau, resident_id, send

REASON = "Compared with the document in person."


def run(house, actor, sent):
    with house.work(actor) as w:
        return advance(w, sent.application_id, bureau=KnownBureau())


def row_of(w, sent):
    return w.get(ApplicationRow, sent.application_id)


def listed_person() -> dict[str, str]:
    """The identity page of the first person of the shipped excerpt whose full date of birth it gives."""
    with (SAMPLE / "sdn.csv").open(encoding="utf-8", newline="") as file:
        people = [line for line in csv.reader(file) if len(line) > 11 and line[2] == "individual"]
    for line in people:
        found = re.match(r"DOB (\d{2} [A-Z][a-z]{2} 19[4-9]\d)", line[11])
        if found:
            born = datetime.strptime(found[1], "%d %b %Y").date()
            surname, _, given = line[1].partition(", ")
            return {
                "full_name": f"{given} {surname.title()}",
                "birth_on-year": str(born.year),
                "birth_on-month": str(born.month),
                "birth_on-day": str(born.day),
                "id_number": resident_id(f"{born:%Y%m%d}"),
            }
    raise LookupError("the excerpt names nobody with a date of birth")


def test_a_listed_name_waits_for_a_person_and_cannot_be_passed_over(house, applicant, officer):
    sent = send(house, applicant, **listed_person())
    assert run(house, applicant, sent).status is S.KYC_REFERRED
    with house.work(officer) as w:
        codes = {finding["code"] for finding in kyc_check_of(w, row_of(w, sent)).findings}
        assert "SCREENING_ALERT" in codes
        with pytest.raises(NotAllowed, match="open name alerts"):
            settle_identity(w, sent.application_id, passed=True, reason=REASON)
        with pytest.raises(InvalidInput):
            settle_identity(w, sent.application_id, passed=False, reason="no")
        settle_identity(w, sent.application_id, passed=False, reason=REASON)
        assert row_of(w, sent).status == S.DECLINED.value


def test_an_expired_document_is_settled_by_an_officer(house, applicant, officer):
    sent = send(house, applicant, id_number=resident_id())
    with house.work(applicant) as w:
        amend(w, sent.application_id, {"id_expires_on": "2026-02-01"}, reason="Forgot the date")
    assert run(house, applicant, sent).status is S.KYC_REFERRED
    with house.work(officer) as w:
        assert check_identity(w, sent.application_id).outcome == "REFER"
        kept = settle_identity(w, sent.application_id, passed=True, reason=REASON)
        assert (kept.outcome, row_of(w, sent).status) == ("PASS", S.KYC_PASSED.value)
    assert run(house, applicant, sent).status is S.OFFERED


def test_nobody_settles_an_application_they_filled_in(house, officer):
    sent = send(house, officer, **listed_person())
    assert run(house, officer, sent).status is S.KYC_REFERRED
    with house.work(officer) as w, pytest.raises(NotAllowed, match="filled in"):
        settle_identity(w, sent.application_id, passed=False, reason=REASON)


def sign(house, actor, sent) -> ContractRow:
    with house.work(actor) as w:
        offers = offers_of(w, row_of(w, sent))
        accept_offer(w, sent.application_id, offers[0].id)
        contract = prepare_contract(w, sent.application_id)
    with house.work(actor) as w:
        send_signing_code(w, contract.id)
        w.session.flush()
        body = w.session.scalars(select(OutboundMessageRow.body).where(OutboundMessageRow.kind == "signing_code")).one()
    code = re.search(r"\b\d{6}\b", body).group()
    with house.work(actor) as w:
        assert sign_contract(w, contract.id, code, address="127.0.0.1").signed
    return contract


def test_a_signed_contract_is_booked_and_paid_out_once(house, applicant):
    sent = send(house, applicant)
    run(house, applicant, sent)
    sign(house, applicant, sent)
    with house.work(applicant) as w:
        first = book(w, sent.application_id)
    with house.work(applicant) as w:
        again = book(w, sent.application_id)
    assert first.loan_id == again.loan_id
    assert again.replayed
    assert str(first.paid_out) == "20000.00"
    with house.read() as r:
        row = row_of(r, sent)
        assert row.status == S.BOOKED.value
        assert exposure_of(r, [row.party_id]) == Exposure({"CNY": 2_000_000}, 1)


def test_what_is_owed_counts_into_the_next_application(house, applicant):
    first = send(house, applicant)
    run(house, applicant, first)
    sign(house, applicant, first)
    with house.work(applicant) as w:
        book(w, first.application_id)
    second = send(house, applicant, amount="30000")
    run(house, applicant, second)
    with house.read() as r:
        from origination.queries.officer import case

        facts = case(r, second.application_id).decision.facts
        assert facts["group_exposure"] == {"minor": 5_000_000, "currency": "CNY"}
        assert facts["other_applications_30d"] == 1
        assert facts["credits_here"] == 2


def test_choosing_again_voids_the_drafted_contract(house, applicant):
    sent = send(house, applicant)
    run(house, applicant, sent)
    with house.work(applicant) as w:
        offers = offers_of(w, row_of(w, sent))
        accept_offer(w, sent.application_id, offers[0].id)
        first = prepare_contract(w, sent.application_id)
        reconsider_offer(w, sent.application_id)
        assert first.status == "void"
        accept_offer(w, sent.application_id, offers[1].id)
        assert prepare_contract(w, sent.application_id).id != first.id
        with pytest.raises(IllegalTransition):
            book(w, sent.application_id)


def test_a_case_whose_names_cannot_be_screened_waits_for_a_person(house, applicant, officer, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise MemoryError("no index")

    with monkeypatch.context() as down:
        down.setattr("origination.steps.screening.screen_party", broken)
        sent = send(house, applicant)
        assert run(house, applicant, sent).status is S.KYC_REFERRED
        with house.work(officer) as w:
            codes = {finding["code"] for finding in kyc_check_of(w, row_of(w, sent)).findings}
            assert {"SCREENING_UNAVAILABLE", "NOT_SCREENED"} <= codes
            assert queue(w, Tab.UNASSIGNED).lines[0].line.id == sent.application_id
            with pytest.raises(NotAllowed, match="Nobody can pass"):
                settle_identity(w, sent.application_id, passed=True, reason=REASON)
    with house.work(officer) as w:
        settle_identity(w, sent.application_id, passed=True, reason=REASON)
        assert row_of(w, sent).status == S.KYC_PASSED.value

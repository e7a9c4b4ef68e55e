"""Documents asked for are remembered, documents that run out are told of, once each and in the applicant's language."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from core.domain.errors import InvalidInput
from core.tables import OutboundMessageRow
from core.uploads import clean_upload
from origination.domain.evidence import EvidencePolicy
from origination.steps.desk import judge_paper, request_papers
from origination.steps.papers import receive_paper
from origination.steps.remind import ask_renewal, due_for_reminder, due_for_renewal, remind
from origination.tables.application import ApplicationDocumentRow
from tests.origination.steps.journey import send
from tests.origination.web.test_case_page import pdf


def mails(r, kind: str) -> list[OutboundMessageRow]:
    query = select(OutboundMessageRow).where(OutboundMessageRow.kind == kind)
    return list(r.session.scalars(query.order_by(OutboundMessageRow.created_at, OutboundMessageRow.id)))


def days(house) -> tuple[int, ...]:
    with house.read() as r:
        return r.policy(EvidencePolicy).reminder_days


def test_a_document_that_does_not_come_is_remembered_on_its_days_and_then_no_more(house, applicant, clock):
    sent = send(house, applicant)
    begun, waits = clock.now(), days(house)
    assert len(waits) >= 2
    for turn, wait in enumerate(waits):
        clock.set(begun + timedelta(days=wait, hours=-1))
        with house.read() as r:
            assert due_for_reminder(r) == []
        clock.set(begun + timedelta(days=wait))
        with house.work() as w:
            assert due_for_reminder(w) == [sent.application_id]
            assert remind(w, sent.application_id) == 2, "identity and income in one message"
            assert remind(w, sent.application_id) == 0
        with house.read() as r:
            told = mails(r, "papers_reminder")
            assert len(told) == turn + 1
            assert "Identity document" in told[-1].body or "身份证件" in told[-1].body
    clock.set(begun + timedelta(days=waits[-1] + 60))
    with house.read() as r:
        assert due_for_reminder(r) == []


def test_what_was_received_or_asked_for_again_starts_anew(house, applicant, officer, clock):
    sent = send(house, applicant)
    with house.work(applicant) as w:
        receive_paper(w, sent.application_id, "income", clean_upload(pdf(), "pay.pdf"))
    clock.set(clock.now() + timedelta(days=days(house)[0]))
    with house.work() as w:
        assert remind(w, sent.application_id) == 1
    with house.work(officer) as w:
        request_papers(w, sent.application_id, ["tax"], "Of the last year, please")
    with house.work() as w:
        assert remind(w, sent.application_id) == 0
    clock.set(clock.now() + timedelta(days=days(house)[0]))
    with house.work() as w:
        assert remind(w, sent.application_id) >= 1
    with house.read() as r:
        assert "Of the last year, please" in mails(r, "papers_requested")[-1].body


def accepted(house, applicant, officer, sent, expires_on: date) -> None:
    with house.work(applicant) as w:
        receive_paper(w, sent.application_id, "identity", clean_upload(pdf(), "id.pdf"))
    with house.work(officer) as w:
        query = select(ApplicationDocumentRow.id).where(
            ApplicationDocumentRow.application_id == sent.application_id, ApplicationDocumentRow.kind == "identity"
        )
        judge_paper(w, sent.application_id, w.session.scalars(query).one(), accepted=True, expires_on=expires_on)


@pytest.mark.parametrize("reminded_before", [False, True])
def test_a_document_that_runs_out_is_told_of_once(house, applicant, officer, clock, reminded_before):
    sent = send(house, applicant)
    if reminded_before:
        clock.set(clock.now() + timedelta(days=days(house)[0]))
        with house.work() as w:
            remind(w, sent.application_id)
    with house.read() as r:
        warning = r.policy(EvidencePolicy).expiry_warning_days
        ends = r.today + timedelta(days=warning + 5)
    accepted(house, applicant, officer, sent, ends)
    with house.read() as r:
        assert due_for_renewal(r) == []
    clock.set(clock.now() + timedelta(days=5))
    with house.work() as w:
        w.session.execute(text("UPDATE business_day SET open_on = open_on + 5"))
    with house.work() as w:
        assert due_for_renewal(w) == [sent.application_id]
        assert ask_renewal(w, sent.application_id) == 1
        assert ask_renewal(w, sent.application_id) == 0
        assert due_for_renewal(w) == []
    with house.read() as r:
        (told,) = mails(r, "paper_expiring")
        assert str(ends.day) in told.body


def test_a_document_that_has_run_out_is_not_accepted(house, applicant, officer, clock):
    sent = send(house, applicant)
    with pytest.raises(InvalidInput, match="run out"):
        accepted(house, applicant, officer, sent, clock.today() - timedelta(days=1))

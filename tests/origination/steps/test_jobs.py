"""What runs without anybody pressing a button."""

from __future__ import annotations

from datetime import timedelta

from core.jobs import JobContext
from core.settings import Settings
from origination.domain.application import ApplicationStatus as S
from origination.jobs import ADVANCE, COPY, run_advance, run_expiry, run_waiting
from origination.steps.advance import advance
from origination.steps.close_deal import COPY as ENQUEUED_COPY
from origination.steps.submit import ADVANCE as ENQUEUED
from origination.tables.application import ApplicationRow
from tests.origination.steps.journey import KnownBureau, send


def context(app, house) -> JobContext:
    return JobContext(app, house, Settings.from_env(), house.clock.today(), lambda **_: None)


def status_of(house, sent) -> str:
    with house.read() as r:
        return r.get(ApplicationRow, sent.application_id).status


def test_an_application_is_decided_by_the_workers_when_the_web_process_dies_after_sending(house, app, applicant):
    sent = send(house, applicant)
    assert (ENQUEUED, ENQUEUED_COPY) == (ADVANCE, COPY)
    run_advance(app, house, Settings.from_env(), str(sent.application_id))
    assert status_of(house, sent) != S.SUBMITTED.value
    run_advance(app, house, Settings.from_env(), "00000000-0000-7000-8000-000000000000")  # removed meanwhile


def test_interrupted_cases_go_on(house, app, applicant):
    sent = send(house, applicant)
    assert run_waiting(context(app, house)) == {"asked_again": 1}
    assert status_of(house, sent) != S.SUBMITTED.value
    assert run_waiting(context(app, house)) == {"asked_again": 0}


def test_offers_run_out_by_themselves(house, app, applicant, clock):
    sent = send(house, applicant)
    with house.work(applicant) as w:
        advance(w, sent.application_id, bureau=KnownBureau())
    clock.set(clock.now() + timedelta(days=15))
    assert run_expiry(context(app, house)) == {"expired": 1}
    assert status_of(house, sent) == S.EXPIRED.value

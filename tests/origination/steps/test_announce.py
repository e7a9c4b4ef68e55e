"""What an application tells other systems on its way; what identity checks found is never told."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.db import Database
from core.domain.actor import Actor, Role
from core.tables import WebhookDeliveryRow
from core.webhook import keep
from origination.domain.application import ApplicationStatus
from origination.steps.announce import KIND_OF, KINDS
from origination.steps.book import book
from origination.steps.kyc import settle_identity
from tests.origination.steps.journey import send
from tests.origination.steps.test_kyc_and_book import REASON, listed_person, run, sign

ADMIN = Actor(uuid4(), "Ada Admin", frozenset({Role.ADMIN}))


@pytest.fixture
def listening(house: Database) -> Database:
    with house.work(ADMIN) as w:
        keep.add(w, name="broker", url="http://127.0.0.1:9/", kinds=KINDS)
    return house


def told(house: Database, application_id: UUID) -> list[dict[str, Any]]:
    query = select(WebhookDeliveryRow.body).where(WebhookDeliveryRow.subject_id == str(application_id))
    with house.read() as r:
        return [json.loads(body) for body in r.session.scalars(query.order_by(WebhookDeliveryRow.seq))]


def test_an_application_on_its_way_to_a_loan(listening: Database, applicant: Actor) -> None:
    sent = send(listening, applicant)
    run(listening, applicant, sent)
    sign(listening, applicant, sent)
    with listening.work(applicant) as w:
        booked = book(w, sent.application_id)
    found = told(listening, sent.application_id)
    kinds = [one["type"].removeprefix("application.") for one in found]
    assert kinds == ["submitted", "approved", "offered", "accepted", "signed", "booked"]
    assert {one["subject"]["reference"] for one in found} == {sent.reference}
    by_kind = dict(zip(kinds, found, strict=True))
    assert by_kind["booked"]["data"]["loan_reference"] == booked.reference
    assert by_kind["booked"]["data"]["loan"] == str(booked.loan_id)
    assert by_kind["approved"]["data"]["outcome"] == "APPROVE"
    assert (by_kind["accepted"]["data"]["amount"], by_kind["accepted"]["data"]["currency"]) == (2_000_000, "CNY")
    assert "127.0.0.1" not in json.dumps(by_kind["signed"]), "where it was signed from stays inside"


def test_findings_of_screening_are_not_told(listening: Database, applicant: Actor, officer: Actor) -> None:
    sent = send(listening, applicant, **listed_person())
    run(listening, applicant, sent)
    with listening.work(officer) as w:
        settle_identity(w, sent.application_id, passed=False, reason=REASON)
    found = told(listening, sent.application_id)
    assert [one["type"] for one in found] == [
        "application.submitted", "application.referred", "application.declined",
    ]  # fmt: skip
    for one in found:
        assert set(one["data"]) <= {"before", "after"}


def test_every_kind_is_offered_and_every_status_that_people_wait_for_is_told() -> None:
    assert set(KIND_OF.values()) == set(KINDS)
    silent = set(ApplicationStatus) - set(KIND_OF)
    assert {one.value for one in silent} == {"DRAFT", "KYC_PASSED", "SCORED"}

"""Legal ceilings of cost on the way of an application: kept, looked at by a person, asked again before the offer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.domain.errors import NotAllowed
from origination.domain.application import ApplicationStatus as S
from origination.domain.rules import Outcome
from origination.queries.officer import case
from origination.queries.rows import offers_of
from origination.queries.tracker import status
from origination.steps.advance import advance
from origination.steps.replay import replay_all
from origination.steps.verdict import give_verdict
from origination.tables.application import ApplicationRow
from repayment.domain.caps import CapBasis, CapPolicy
from tests.origination.steps.journey import KnownBureau, send

REASON = "Income was confirmed by phone with the employer."


def run(house, actor, sent, **bureau):
    with house.work(actor) as w:
        return advance(w, sent.application_id, bureau=KnownBureau(**bureau))


def lower_the_ceiling(house, limit: str) -> None:
    """A law of today: licensed lenders in China may charge that much a year, compounded."""
    row = {
        "name": "A new law", "jurisdiction": "CN", "lender_type": "bank", "basis": "effective", "limit": limit,
        "valid_from": date(2020, 1, 1), "source": "of today",
    }  # fmt: skip
    house.policies = {**house.policies, CapPolicy: CapPolicy.from_toml({"caps": [row]})}


def test_an_offer_keeps_the_ceilings_it_was_held_against(house, applicant, officer):
    sent = send(house, applicant)
    assert run(house, applicant, sent).status is S.OFFERED
    with house.read() as r:
        view = status(r, sent.application_id)
        for one in view.offers:
            (held,) = one.caps
            assert (held.basis, held.limit, held.passes) == (CapBasis.NOMINAL, Decimal("0.24"), True)
        (kept,) = case(r, sent.application_id).decision.caps
        assert kept.value == view.offers[0].caps[0].value


def test_above_a_ceiling_a_person_looks_and_cannot_approve(house, applicant, officer, approver):
    lower_the_ceiling(house, "0.03")
    sent = send(house, applicant)
    assert run(house, applicant, sent).status is S.REFERRED
    with house.read() as r:
        found = case(r, sent.application_id).decision
        assert [reason.id for reason in found.reasons] == ["COST_ABOVE_CEILING"]
        assert [(one.name, one.passes) for one in found.caps] == [("A new law", False)]
        assert [one.differences for one in replay_all(r, application_id=sent.application_id)] == [()]
    for person in (officer, approver):
        with house.work(person) as w, pytest.raises(NotAllowed, match="The law does not allow this loan"):
            give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)


def test_a_law_between_approval_and_offer_sends_the_case_to_a_person(house, applicant, officer):
    sent = send(house, applicant)
    assert run(house, applicant, sent, bureau_delinquencies_24m=4).status is S.REFERRED
    with house.work(officer) as w:
        given = give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)
    assert given.decision_id is not None
    lower_the_ceiling(house, "0.03")
    with house.work() as w:
        assert advance(w, sent.application_id, bureau=KnownBureau()).status is S.REFERRED
        assert offers_of(w, w.get(ApplicationRow, sent.application_id)) == ()

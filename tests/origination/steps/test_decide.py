"""From a sent application to offers, verdicts and a signed loan, through the real steps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.audit import history, verify_chain
from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed
from core.domain.money import Money
from origination.domain.application import ApplicationStatus as S
from origination.domain.offer import Wish
from origination.domain.rules import Outcome
from origination.providers.bureau import NoBureau
from origination.queries.officer import Tab, case, queue
from origination.queries.rows import fact_set_of, latest_decision, offers_of
from origination.queries.tracker import status
from origination.steps.advance import advance
from origination.steps.amend import amend, withdraw
from origination.steps.book import book
from origination.steps.offer import accept_offer, due_to_expire, expire, reconsider_offer
from origination.steps.replay import replay_decision
from origination.steps.verdict import ask_for_person, give_verdict, withdraw_verdict
from origination.tables.application import ApplicationRow
from origination.tables.decision import DecisionRow, FactSetRow
from repayment.domain.schedule_request import Amortization
from scoring.tables import ModelVersionRow
from tests.origination.steps.journey import KnownBureau, person, resident_id, send

WHY = "SECURITY_ADDED"
REASON = "Income was confirmed by phone with the employer."


def run(house, actor, sent, **bureau):
    with house.work(actor) as w:
        return advance(w, sent.application_id, bureau=KnownBureau(**bureau))


def row_of(w, sent):
    return w.get(ApplicationRow, sent.application_id)


def test_a_clear_case_gets_its_offers_at_once(house, applicant):
    sent = send(house, applicant)
    assert run(house, applicant, sent).status is S.OFFERED
    with house.read(applicant) as r:
        view = status(r, sent.application_id)
        assert 1 <= len(view.offers) <= 3
        assert view.offers[0].amount == Money.of(20000, "CNY")
        assert view.is_automatic
        assert view.reasons == ()
    with house.read() as r:
        made = latest_decision(r, row_of(r, sent))
        assert made.outcome == "APPROVE"
        assert "birth_on" not in made.record["facts"]
        assert "age_years" in made.record["facts"]
        assert verify_chain(r)[1] == []
        actors = {event.actor_name for event in history(r, ("application", sent.application_id))}
        assert actors == {"applicant", "system"}


def test_a_company_is_decided_too(house, applicant):
    sent = send(house, applicant, "sme-equipment-eur")
    assert run(house, applicant, sent).status in {S.OFFERED, S.REFERRED, S.KYC_REFERRED}


def test_running_it_again_repeats_nothing(house, applicant):
    sent = send(house, applicant)
    bureau = KnownBureau()
    for _ in range(2):
        with house.work(applicant) as w:
            advance(w, sent.application_id, bureau=bureau)
    assert bureau.asked == 1
    with house.read() as r:
        assert len(r.session.scalars(select(DecisionRow)).all()) == 1


def test_without_a_bureau_the_case_waits_and_is_never_approved(house, applicant):
    sent = send(house, applicant)
    with house.work(applicant) as w:
        found = advance(w, sent.application_id, bureau=NoBureau())
    assert (found.status, found.waiting_for) == (S.KYC_PASSED, "bureau")
    assert run(house, applicant, sent).status is S.OFFERED


def test_without_a_score_a_person_decides(house, applicant, officer, approver):
    with house.work() as w:
        for row in w.session.scalars(select(ModelVersionRow)):
            row.status = "retired"
    sent = send(house, applicant)
    assert run(house, applicant, sent).status is S.REFERRED
    with house.read() as r:
        row = row_of(r, sent)
        assert fact_set_of(r, row).grade is None
        assert "SCORE_MISSING" in latest_decision(r, row).reasons
    with house.work(officer) as w:
        first = give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)
        assert (first.seats, first.missing) == (2, 1)
    with house.work(approver) as w:
        assert give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON).decision_id is not None
    with house.work() as w:
        advance(w, sent.application_id, bureau=KnownBureau())
        assert offers_of(w, row_of(w, sent))[0].rate_annual == max(case(w, sent.application_id).product.rates.values())


def test_a_decline_tells_up_to_four_reasons_and_can_be_looked_at_again(house, applicant, officer):
    sent = send(house, applicant)
    assert run(house, applicant, sent, bureau_worst_dpd_24m=120).status is S.DECLINED
    with house.read(applicant) as r:
        view = status(r, sent.application_id)
        assert view.can_ask_person
        reason = view.reasons[0]
        assert reason.id == "BUREAU_SERIOUS_ARREARS"
        assert reason.params["bureau_worst_dpd_24m"] == 120
        assert reason.params["bureau_worst_dpd_24m_limit"] == 90
        assert "{bureau_worst_dpd_24m}" in reason.template("zh_Hans_CN")
    with house.work(applicant) as w:
        ask_for_person(w, sent.application_id, "That was an error of the bank.")
    with house.read(officer) as r:
        assert [one.line.id for one in queue(r, Tab.REFERRED).lines] == [sent.application_id]
        assert case(r, sent.application_id).review.text == "That was an error of the bank."
    with house.work(officer) as w:
        again = give_verdict(
            w, sent.application_id, Outcome.DECLINE, reason=REASON, reason_codes=["BUREAU_SERIOUS_ARREARS"]
        )
        assert again.decision_id is not None
    with house.work(applicant) as w, pytest.raises(NotAllowed, match="looked at this application already"):
        ask_for_person(w, sent.application_id, "Again")


def test_too_heavy_a_wish_becomes_a_counter_offer_with_its_reasons(house, applicant):
    sent = send(house, applicant, amount="150000", tenor_months="12", obligations_monthly="2000")
    assert run(house, applicant, sent).status is S.OFFERED
    with house.read(applicant) as r:
        view = status(r, sent.application_id)
        assert view.is_counter
        assert view.offers[0].amount < Money.of(150000, "CNY")
        assert view.reasons[0].id == "DTI_ABOVE_LIMIT"
    with house.read() as r:
        made = r.session.scalars(select(DecisionRow).order_by(DecisionRow.number)).all()
        assert [(one.outcome, one.is_counter) for one in made] == [("DECLINE", False), ("APPROVE", True)]


def test_a_referral_within_authority_needs_one_person(house, applicant, officer):
    sent = send(house, applicant)
    assert run(house, applicant, sent, bureau_inquiries_6m=6).status is S.REFERRED
    with house.work(officer) as w:
        with pytest.raises(InvalidInput):
            give_verdict(w, sent.application_id, Outcome.APPROVE, reason="ok")
        given = give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)
        assert (given.seats, given.missing) == (1, 0)
        assert latest_decision(w, row_of(w, sent)).actor_name == "officer"


def test_an_override_needs_two_different_people(house, applicant, officer, approver):
    sent = send(house, applicant)
    run(house, applicant, sent, bureau_delinquencies_24m=7)
    with house.work(applicant) as w:
        ask_for_person(w, sent.application_id, "Please look again.")
    with house.work(officer) as w:
        with pytest.raises(InvalidInput, match="choose why"):
            give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)
        first = give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON, override_reason=WHY)
        assert (first.decision_id, first.missing) == (None, 1)
        with pytest.raises(NotAllowed, match="second person"):
            give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON, override_reason=WHY)
    with house.work(approver) as w:
        other = Wish(Money.of(10000, "CNY"), 12, Amortization.ANNUITY)
        assert (
            give_verdict(
                w, sent.application_id, Outcome.APPROVE, reason=REASON, override_reason=WHY, wish=other
            ).missing
            == 1
        )
        withdraw_verdict(w, sent.application_id)
        final = give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON, override_reason=WHY)
        assert final.decision_id is not None
        made = w.get(DecisionRow, final.decision_id)
        assert (made.kind, made.override, made.outcome) == ("person", True, "APPROVE")
        assert (made.override_reason, made.record["override"]["en"][:8]) == (WHY, "Security")


def test_what_the_law_forbids_nobody_overrides(house, applicant, officer):
    sent = send(house, applicant)
    run(house, applicant, sent, bureau_inquiries_6m=6)
    with house.work() as w:  # the applicant turns out to be dearer than the cap, as another list of costs would say
        kept = fact_set_of(w, row_of(w, sent))
        kept.pd = kept.pd.__class__("0.600000")
    with house.work(officer) as w, pytest.raises(NotAllowed, match="law does not allow"):
        give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)


def test_another_person_on_the_same_account_is_another_party(house, applicant):
    first = send(house, applicant)
    same = send(house, applicant)
    other = send(house, applicant, id_number=resident_id(serial="002"))
    with house.read() as r:
        parties = [row_of(r, sent).party_id for sent in (first, same, other)]
    assert parties[0] == parties[1] != parties[2]


def test_two_officers_at_once_one_wins_the_other_is_told(house, applicant, officer):
    sent = send(house, applicant)
    run(house, applicant, sent, bureau_inquiries_6m=6)
    second = person(house, Role.OFFICER, "second")
    with house.read(second) as r:
        seen = case(r, sent.application_id).row_version
    with house.work(officer) as w:
        give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON, expected_version=seen)
    with house.work(second) as w, pytest.raises(Conflict, match="meanwhile"):
        give_verdict(
            w, sent.application_id, Outcome.DECLINE, reason=REASON, reason_codes=["NO_INCOME"], expected_version=seen
        )


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.COLLECTOR, Role.ADMIN, Role.AUDITOR, Role.RISK_MANAGER])
def test_only_officers_and_approvers_decide(house, applicant, role):
    sent = send(house, applicant)
    run(house, applicant, sent, bureau_inquiries_6m=6)
    with house.work(person(house, role, "other")) as w, pytest.raises(NotAllowed):
        give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)


def test_nobody_decides_on_an_application_they_filled_in(house, officer):
    sent = send(house, officer)
    run(house, officer, sent, bureau_inquiries_6m=6)
    with house.work(officer) as w, pytest.raises(NotAllowed, match="filled in"):
        give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)


@pytest.mark.parametrize("bureau", [{}, {"bureau_inquiries_6m": 6}])
def test_a_changed_application_voids_score_decision_and_offers(house, applicant, officer, bureau):
    sent = send(house, applicant)
    run(house, applicant, sent, **bureau)
    with house.work(applicant) as w:
        offers = [one.id for one in offers_of(w, row_of(w, sent))]
        row = amend(w, sent.application_id, {"income_monthly": "9000"}, reason="Corrected my income")
        assert row.status == S.SUBMITTED.value
        assert fact_set_of(w, row) is None
        assert latest_decision(w, row) is None
        assert offers_of(w, row) == ()
    with house.work(applicant) as w:
        for offer_id in offers:
            with pytest.raises((Conflict, IllegalTransition)):
                accept_offer(w, sent.application_id, offer_id)
    with house.work(officer) as w, pytest.raises(IllegalTransition):
        give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)
    run(house, applicant, sent)
    with house.read() as r:
        sets = r.session.scalars(select(FactSetRow).order_by(FactSetRow.frozen_at)).all()
        assert [one.assessment for one in sets] == [1, 2]
        assert sets[1].base["income_monthly"]["minor"] == 900_000


def test_changing_nothing_voids_nothing(house, applicant):
    sent = send(house, applicant)
    run(house, applicant, sent)
    with house.work(applicant) as w:
        row = amend(w, sent.application_id, {"income_monthly": "15,000"}, reason="Same figure")
        assert row.status == S.OFFERED.value


def test_a_wrong_change_is_refused_and_changes_nothing(house, applicant):
    sent = send(house, applicant)
    run(house, applicant, sent)
    with house.work(applicant) as w:
        with pytest.raises(InvalidInput) as refused:
            amend(w, sent.application_id, {"income_monthly": "-5", "amount": "1e9", "shoe": "44"}, reason="x")
        assert set(refused.value.fields) == {"income_monthly", "amount", "shoe"}
        assert row_of(w, sent).status == S.OFFERED.value


def test_an_offer_is_accepted_once_and_can_be_reconsidered(house, applicant):
    sent = send(house, applicant)
    run(house, applicant, sent)
    with house.work(applicant) as w:
        offers = offers_of(w, row_of(w, sent))
        accept_offer(w, sent.application_id, offers[0].id)
        assert accept_offer(w, sent.application_id, offers[0].id).status == "accepted"
        with pytest.raises(IllegalTransition):
            accept_offer(w, sent.application_id, offers[1].id)
        reconsider_offer(w, sent.application_id)
        assert accept_offer(w, sent.application_id, offers[1].id).number == 2


def test_an_expired_offer_cannot_be_taken_and_closes(house, applicant, clock):
    sent = send(house, applicant)
    run(house, applicant, sent)
    clock.set(clock.now() + timedelta(days=14))
    with house.work() as w:
        assert due_to_expire(w) == []
    clock.set(clock.now() + timedelta(days=1))
    with house.work(applicant) as w, pytest.raises(Conflict, match="valid until"):
        accept_offer(w, sent.application_id, offers_of(w, row_of(w, sent))[0].id)
    with house.work() as w:
        assert due_to_expire(w) == [sent.application_id]
        assert expire(w, sent.application_id)
        assert not expire(w, sent.application_id)
        assert row_of(w, sent).status == S.EXPIRED.value


def test_withdrawing_ends_it_twice_over(house, applicant):
    sent = send(house, applicant)
    run(house, applicant, sent)
    with house.work(applicant) as w:
        withdraw(w, sent.application_id)
        assert withdraw(w, sent.application_id).status == S.WITHDRAWN.value
        assert {one.status for one in offers_of(w, row_of(w, sent))} == {"void"}


def test_nothing_is_booked_unsigned(house, applicant):
    sent = send(house, applicant)
    run(house, applicant, sent)
    with house.work() as w, pytest.raises(IllegalTransition):
        book(w, sent.application_id)


def test_every_decision_replays(house, applicant, officer):
    for changes in ({}, {"bureau_worst_dpd_24m": 120}, {"bureau_inquiries_6m": 6}):
        sent = send(house, applicant)
        run(house, applicant, sent, **changes)
    with house.read() as r:
        made = r.session.scalars(select(DecisionRow)).all()
        assert len(made) >= 3
        assert [replay_decision(r, one).differences for one in made] == [()] * len(made)

"""Who may do what in which state; the payout screened anew; conditions; deadlines of the law and their notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.db import Database, Work
from core.domain.actor import Actor, Role
from core.domain.errors import IllegalTransition, InvalidInput, LendingError, NotAllowed
from core.tables import OutboundMessageRow
from origination.domain.application import MOVES
from origination.domain.application import ApplicationStatus as S
from origination.domain.decision_clock import ClockKind, ClockState, deadline, read_clock
from origination.domain.rules import Outcome
from origination.queries.conditions import conditions_of
from origination.queries.deadlines import deadlines_of
from origination.queries.rows import offers_of
from origination.queries.tracker import reasons_of
from origination.steps.amend import withdraw
from origination.steps.book import Held, book
from origination.steps.conditions import settle_condition
from origination.steps.decide import decide_automatically
from origination.steps.kyc import check_identity, settle_identity
from origination.steps.notices import close_stale, due_for_missing, tell_missing
from origination.steps.offer import due_to_expire, expire, make_offers
from origination.steps.score import score_case
from origination.steps.screening import decide_alert, screen_by_id
from origination.steps.screening_lists import load_list
from origination.steps.verdict import ask_for_person, give_verdict, pass_on
from origination.tables.application import ApplicationRow
from origination.tables.decision import DecisionRow, ReviewRequestRow
from tests.origination.steps.journey import KnownBureau, person, send
from tests.origination.steps.test_decide import row_of, run
from tests.origination.steps.test_kyc_and_book import sign

REASON = "Income was confirmed by phone with the employer."
OFFICERS = {Role.OFFICER, Role.APPROVER}
Act = Callable[[Work, Any], object]
# What each step does, who may do it, and which states it may leave.
ACTS: dict[str, tuple[Act, set[Role], set[S]]] = {
    "check identity": (check_identity, OFFICERS | {Role.SYSTEM}, {S.SUBMITTED, S.KYC_REFERRED}),
    "settle identity": (lambda w, i: settle_identity(w, i, passed=False, reason=REASON), OFFICERS, {S.KYC_REFERRED}),
    "score": (score_case, OFFICERS | {Role.SYSTEM}, {S.KYC_PASSED}),
    "decide": (decide_automatically, OFFICERS | {Role.SYSTEM}, {S.SCORED}),
    "decline": (
        lambda w, i: give_verdict(w, i, Outcome.DECLINE, reason=REASON, reason_codes=["OTHER_OBLIGATIONS"]),
        OFFICERS, {S.REFERRED},
    ),
    "approve": (lambda w, i: give_verdict(w, i, Outcome.APPROVE, reason=REASON), OFFICERS, {S.REFERRED}),
    "pass on": (lambda w, i: pass_on(w, i, REASON), OFFICERS, set()),
    "offer": (make_offers, OFFICERS | {Role.SYSTEM}, {S.APPROVED}),
    "look again": (
        lambda w, i: ask_for_person(w, i, "Please."), {Role.APPLICANT, Role.OFFICER, Role.SYSTEM},
        {S.DECLINED, S.OFFERED},
    ),
    "book": (book, OFFICERS | {Role.SYSTEM, Role.APPLICANT}, {S.SIGNED}),
    "withdraw": (
        withdraw, {Role.APPLICANT, Role.OFFICER, Role.SYSTEM},
        {status for status, moves in MOVES.items() if S.WITHDRAWN in moves},
    ),
    "close stale": (close_stale, OFFICERS, {S.SUBMITTED, S.KYC_PASSED, S.KYC_REFERRED, S.SCORED, S.REFERRED}),
}  # fmt: skip


class Rolled(Exception):
    """Ends a work without keeping it."""


def attempt(house: Database, actor: Actor, application_id: Any, status: S, act: Act) -> tuple[str, str]:
    """(state after, name of the error) of one act tried in one state; nothing is kept."""
    after, error = status.value, ""
    try:
        with house.work(actor) as w:
            w.session.execute(update(ApplicationRow).values(status=status.value))
            try:
                act(w, application_id)
                w.session.flush()
                after = w.get(ApplicationRow, application_id).status
            except LendingError as refused:
                error = type(refused).__name__
            raise Rolled
    except Rolled:
        return after, error


@pytest.mark.parametrize("name", ACTS)
def test_every_step_moves_only_from_its_states_and_only_for_its_roles(house, applicant, officer, name):
    act, roles, states = ACTS[name]
    sent = send(house, applicant)
    run(house, applicant, sent, bureau_inquiries_6m=6)
    staff = person(house, Role.APPROVER, "tries")
    able = staff if Role.APPROVER in roles else person(house, next(iter(roles - {Role.SYSTEM})), "able")
    if able.has(Role.APPLICANT):
        able = applicant
    for status in S:
        after, error = attempt(house, able, sent.application_id, status, act)
        if after != status.value:
            assert status in states, f"{name} moved {status} to {after}"
            assert S(after) in MOVES[status]
    for role in set(Role) - roles - {Role.SYSTEM}:
        other = applicant if role is Role.APPLICANT else person(house, role, f"r-{role.value}")
        for status in states or {S.REFERRED}:
            after, error = attempt(house, other, sent.application_id, status, act)
            assert (after, error) in {(status.value, "NotAllowed"), (status.value, "NotFound")}, (role, status)


def test_the_payout_waits_for_a_person_when_a_name_alerts_since(house, applicant, officer):
    sent = send(house, applicant)
    run(house, applicant, sent)
    sign(house, applicant, sent)
    with house.read() as r:
        name = row_of(r, sent).applicant_name
    with house.work() as w:
        load_list(w, {"own.csv": f"id,name,kind,births\n1,{name},person,1990-05-17\n".encode()})
    with house.work(applicant) as w:
        held = book(w, sent.application_id)
    assert held == Held(1)
    with house.read() as r:
        assert row_of(r, sent).status == S.SIGNED.value
    with house.work(officer) as w:
        (alert,) = screen_by_id(w, row_of(w, sent).party_id)
        decide_alert(w, alert.id, true_hit=False, reason="Another person: born elsewhere, seen the passport.")
    with house.work(applicant) as w:
        assert book(w, sent.application_id).reference.startswith("LN-")


def test_nobody_is_paid_while_no_list_is_loaded(house, applicant):
    from origination.tables.screening import ScreeningListRow

    sent = send(house, applicant)
    run(house, applicant, sent)
    sign(house, applicant, sent)
    with house.work() as w:
        w.session.execute(update(ScreeningListRow).values(status="replaced"))
    with pytest.raises(NotAllowed, match="No sanctions list"), house.work(applicant) as w:
        book(w, sent.application_id)


def test_an_approval_on_conditions_is_paid_once_they_are_met(house, applicant, officer):
    sent = send(house, applicant)
    run(house, applicant, sent, bureau_inquiries_6m=6)
    with house.work(officer) as w:
        with pytest.raises(InvalidInput, match="no condition MOON"):
            give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON, conditions=["MOON"])
        given = give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON, conditions=["INCOME_PROOF"])
        assert given.missing == 0
    from origination.steps.advance import advance

    with house.work(officer) as w:
        advance(w, sent.application_id, bureau=KnownBureau())
    sign(house, applicant, sent)
    with pytest.raises(NotAllowed, match="INCOME_PROOF"), house.work(applicant) as w:
        book(w, sent.application_id)
    with house.work(officer) as w:
        (one,) = conditions_of(w, row_of(w, sent))
        settle_condition(w, sent.application_id, one.id, waived=False, note="Payslips of three months seen.")
        with pytest.raises(IllegalTransition):
            settle_condition(w, sent.application_id, one.id, waived=False, note="Payslips of three months seen.")
    with house.work(applicant) as w:
        assert not isinstance(book(w, sent.application_id), Held)


def test_who_decided_before_does_not_look_again(house, applicant, officer, approver):
    sent = send(house, applicant)
    run(house, applicant, sent, bureau_inquiries_6m=6)
    with house.work(officer) as w:
        give_verdict(w, sent.application_id, Outcome.DECLINE, reason=REASON, reason_codes=["OTHER_OBLIGATIONS"])
    with pytest.raises(NotAllowed, match="A person has looked"), house.work(applicant) as w:
        ask_for_person(w, sent.application_id, "Again, please.")
    with house.work() as w:  # a complaint taken up by the lender itself
        w.session.execute(update(ApplicationRow).values(status=S.REFERRED.value))
        w.add(ReviewRequestRow(application_id=sent.application_id, text="x", asked_at=w.now, due_on=w.today))
    with pytest.raises(NotAllowed, match="somebody else has to look again"), house.work(officer) as w:
        give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON)
    with house.work(approver) as w:
        assert give_verdict(w, sent.application_id, Outcome.APPROVE, reason=REASON).missing == 0


def test_failed_identity_checks_are_looked_at_again_by_a_person(house, applicant, officer):
    sent = send(house, applicant)
    with house.work() as w:
        check_identity(w, sent.application_id)
        row = row_of(w, sent)
        from origination.queries.rows import kyc_check_of

        check = kyc_check_of(w, row)
        check.outcome, check.actor_id, row.status = "FAIL", None, S.DECLINED.value
    with house.work(applicant) as w:
        asked = ask_for_person(w, sent.application_id, "I am of age, my birthday was mistyped.")
        assert asked.kyc_check_id is not None
        assert row_of(w, sent).status == S.KYC_REFERRED.value


# --- deadlines ---------------------------------------------------------------------------------------------------


def test_a_deadline_is_counted_from_its_day_and_by_the_strictest_law():
    """12 CFR 1002.9(a)(1): 30 days after a completed application; the lender's own promise may be shorter."""
    law = read_clock({"kind": "decision", "days": 30, "law": "12 CFR 1002.9(a)(1)(i)", "jurisdictions": ["US"]})
    own = read_clock({"kind": "decision", "days": 20, "law": "own", "valid_from": "2026-01-01"})
    start = date(2026, 3, 2)
    assert deadline([law], ClockKind.DECISION, "CN", "consumer", start) is None
    assert deadline([law, own], ClockKind.DECISION, "US", "consumer", start).due_on == date(2026, 3, 22)
    running = deadline([law], ClockKind.DECISION, "US", "consumer", start)
    assert running.due_on == date(2026, 4, 1)
    days = (date(2026, 3, 26), date(2026, 3, 27), date(2026, 4, 1), date(2026, 4, 2))
    assert [running.state(day) for day in days] == [
        ClockState.GREEN, ClockState.AMBER, ClockState.AMBER, ClockState.RED,
    ]  # fmt: skip
    assert deadline([law], ClockKind.DECISION, "US", "consumer", start, date(2026, 4, 1)).state(start) is ClockState.MET
    assert deadline([law], ClockKind.DECISION, "US", "consumer", start, date(2026, 4, 2)).state(start) is ClockState.RED


def test_an_incomplete_application_is_told_and_closed_when_nothing_comes(house, applicant, officer, clock):
    sent = send(house, applicant)
    run(house, applicant, sent, bureau_inquiries_6m=6)
    with house.read() as r:
        assert {one.kind for one in deadlines_of(r, row_of(r, sent))} == {ClockKind.DECISION, ClockKind.INCOMPLETE}
        assert due_for_missing(r) == []
    clock.set(clock.now() + timedelta(days=8))
    with house.work() as w:
        assert due_for_missing(w) == [sent.application_id]
        assert tell_missing(w, sent.application_id)
        assert tell_missing(w, sent.application_id)  # again: the same notice, written once
    with house.read() as r:
        (body,) = r.session.scalars(
            select(OutboundMessageRow.body).where(OutboundMessageRow.kind == "application_incomplete")
        )
        assert "Proof of income of the last three months" in body
        incomplete = next(one for one in deadlines_of(r, row_of(r, sent)) if one.kind is ClockKind.INCOMPLETE)
        assert incomplete.met_on is not None
    with pytest.raises(IllegalTransition), house.work(officer) as w:
        close_stale(w, sent.application_id)
    clock.set(clock.now() + timedelta(days=31))
    with house.work(officer) as w:
        assert close_stale(w, sent.application_id).status == S.EXPIRED.value
    with house.read() as r:
        kinds = set(r.session.scalars(select(OutboundMessageRow.kind)))
    assert "application_closed" in kinds


def test_a_refusal_names_what_refused_and_not_what_only_asked_for_a_person(house, applicant):
    sent = send(house, applicant, amount="150000", obligations_monthly="14000")
    run(house, applicant, sent, bureau_inquiries_6m=6, bureau_worst_dpd_24m=120)
    with house.read() as r:
        made = r.session.scalars(select(DecisionRow).order_by(DecisionRow.number)).first()
        outcomes = {one["id"]: one["outcome"] for one in made.record["reasons"]}
        assert made.outcome == "DECLINE"
        assert "REFER" in outcomes.values()
        told = reasons_of(r, made)
        assert told
        assert {outcomes[one.id] for one in told} == {"DECLINE"}
        assert len(reasons_of(r, made, None)) == len(outcomes), "officers see all"


def test_the_notice_of_what_is_missing_names_any_document_in_words(house, applicant, officer):
    from origination.steps.desk import request_papers

    sent = send(house, applicant)
    with house.work(officer) as w:
        request_papers(w, sent.application_id, ["tax", "employment"])
        assert tell_missing(w, sent.application_id)
    with house.read() as r:
        query = select(OutboundMessageRow).where(OutboundMessageRow.kind == "application_incomplete")
        (notice,) = r.session.scalars(query)
    assert {"- Last tax assessment", "- Employment contract"} <= set(notice.body.splitlines())
    assert "- tax" not in notice.body
    assert "\n\n\n" not in notice.body


def test_a_counter_offer_nobody_takes_ends_with_the_reasons(house, applicant, clock):
    sent = send(house, applicant, amount="150000", tenor_months="12", obligations_monthly="2000")
    run(house, applicant, sent)
    with house.read() as r:
        row = row_of(r, sent)
        counter = next(one for one in deadlines_of(r, row) if one.kind is ClockKind.COUNTER_OFFER)
        assert (counter.due_on - counter.started_on).days == 90
        assert offers_of(r, row)
    with house.work() as w:
        from sqlalchemy import text

        w.session.execute(text("UPDATE offer SET expires_on = expires_on - 60"))
    with house.work() as w:
        assert due_to_expire(w) == [sent.application_id]
        assert expire(w, sent.application_id)
    with house.read() as r:
        (body,) = r.session.scalars(
            select(OutboundMessageRow.body).where(OutboundMessageRow.kind == "counter_offer_lapsed")
        )
        assert "our limit is 55%" in body
        counter = next(one for one in deadlines_of(r, row_of(r, sent)) if one.kind is ClockKind.COUNTER_OFFER)
        assert counter.state(date(2026, 3, 3)) is ClockState.MET


def test_a_replay_names_a_changed_score_and_a_lost_list(house, applicant):
    from sqlalchemy import text

    from origination.steps.replay import replay_all

    sent = send(house, applicant)
    run(house, applicant, sent)
    with house.read() as r:
        assert all(one.is_equal for one in replay_all(r))
    with house.work() as w:
        w.session.execute(text("UPDATE fact_set SET pd = pd + 1"))
        w.session.execute(text("UPDATE screening_list SET sha256 = repeat('0', 64)"))
    with house.read() as r:
        said = json.dumps([one.differences for one in replay_all(r)])
    assert "pd: the model gave" in said
    assert "it was screened against is not kept" in said


def test_a_replay_works_the_figures_out_again_from_the_answers(house, applicant):
    """Answers changed behind the product's back: the figures that follow from them are named with both values."""
    from origination.steps.replay import replay_all
    from origination.tables.decision import FactSetRow

    run(house, applicant, send(house, applicant))
    with house.work() as w:
        kept = w.session.scalars(select(FactSetRow)).one()
        kept.base = kept.base | {"obligations_monthly": {"minor": 200000, "currency": "CNY"}}
        decided_on = w.session.scalars(select(DecisionRow)).one().record["facts"]["dti"]
    with house.read() as r:
        said = " ".join(next(iter(replay_all(r))).differences)
    assert "dti: worked out 0." in said
    assert f"decided on {decided_on}" in said
    assert "residual_income: worked out" in said
    assert "the kept record was changed" not in said


def test_every_kind_of_decision_replays(house, applicant, officer, approver):
    """A clear case, a counter-offer, a company, an override by two people, and a refusal by the identity checks."""
    from origination.steps.replay import replay_all

    run(house, applicant, send(house, applicant))
    run(house, applicant, send(house, applicant, amount="150000", tenor_months="12", obligations_monthly="2000"))
    run(house, applicant, send(house, applicant, "sme-equipment-eur"))
    overridden = send(house, applicant)
    run(house, applicant, overridden, bureau_delinquencies_24m=7)
    with house.work(applicant) as w:
        ask_for_person(w, overridden.application_id, "Please look again.")
    for actor in (officer, approver):
        with house.work(actor) as w:
            give_verdict(w, overridden.application_id, Outcome.APPROVE, reason=REASON, override_reason="DATA_OUTDATED")
    refused = send(house, applicant)
    with house.work() as w:
        check_identity(w, refused.application_id)
        row_of(w, refused).status = S.KYC_REFERRED.value
    with house.work(officer) as w:
        settle_identity(w, refused.application_id, passed=False, reason=REASON)
    with house.read() as r:
        found = list(replay_all(r))
    assert [one.differences for one in found if not one.is_equal] == []
    assert len(found) >= 5
    assert {one.outcome for one in found} >= {"APPROVE", "DECLINE"}

"""The queue and the verdict as officers use them, without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from core.clock import FixedClock
from core.db import Database
from core.domain.actor import Actor, Role
from origination.steps.advance import advance
from origination.tables.application import ApplicationRow
from tests.origination.steps.journey import KnownBureau, person, send
from tests.origination.web.test_policy_pages import fields_of, token


@pytest.fixture
def officer(house: Database) -> Actor:
    return person(house, Role.OFFICER, "officer")


@pytest.fixture
def approver(house: Database) -> Actor:
    return person(house, Role.APPROVER, "approver")


def referred(app, house: Database, applicant: Actor, **bureau: int) -> UUID:
    with app.app_context():
        sent = send(house, applicant)
        with house.work(applicant) as w:
            done = advance(w, sent.application_id, bureau=KnownBureau(**(bureau or {"bureau_inquiries_6m": 6})))
    assert done.status in {"REFERRED", "DECLINED"}
    return sent.application_id


def test_the_queue_is_narrowed_kept_and_shows_both_clocks(app, house, applicant, officer, browser, clock: FixedClock):
    referred(app, house, applicant)
    mine = browser(officer)
    page = mine.get("/officer/").text
    assert "30 days left" in page
    assert "In time" in page
    assert "APP-" not in mine.get("/officer/?segment=sme").text
    assert "APP-" in mine.get("/officer/?segment=consumer&from=20,000").text
    assert "APP-" not in mine.get("/officer/?from=20001").text
    clock.set(clock.now() + timedelta(days=10))
    assert "APP-" in mine.get("/officer/?due=late").text
    proof = {"csrf_token": token(mine, "/officer/")}
    saved = mine.post("/officer/views", data=proof | {"view_name": "Late ones", "arguments": "tab=referred&due=late"})
    assert saved.status_code == 303
    assert 'href="/officer/?tab=referred&amp;due=late">Late ones' in mine.get("/officer/").text
    assert mine.post("/officer/views", data=proof | {"view_name": " "}).status_code == 422


def test_several_cases_are_assigned_after_a_look_at_what_would_happen(
    app, house, applicant, officer, approver, browser
):
    first, second = referred(app, house, applicant), referred(app, house, applicant, bureau_worst_dpd_24m=120)
    mine = browser(officer)
    chosen = {"cases": [str(first), str(second)], "bulk_action": "assign", "to": str(approver.id),
              "csrf_token": token(mine, "/officer/")}  # fmt: skip
    shown = mine.post("/officer/bulk", data=chosen)
    assert shown.status_code == 200
    assert "1 of 2 chosen cases will change" in shown.text
    assert "It is closed or not sent yet" in shown.text
    with house.read() as r:
        assert r.get(ApplicationRow, first).assigned_to is None
    assert mine.post("/officer/bulk", data=chosen | {"confirmed": "yes"}).status_code == 303
    with house.read() as r:
        assert r.get(ApplicationRow, first).assigned_to == approver.id
        assert r.get(ApplicationRow, second).assigned_to is None
    for wrong in ({"bulk_action": "approve"}, {"to": ""}, {"cases": []}):
        assert mine.post("/officer/bulk", data=chosen | wrong).status_code == 422


def test_an_approval_on_conditions_waits_for_them_and_an_override_for_its_reason(
    app, house, applicant, officer, approver, browser
):
    from origination.steps.conditions import settle_condition
    from origination.steps.verdict import ask_for_person

    case_id = referred(app, house, applicant, bureau_delinquencies_24m=7)
    with app.app_context(), house.work(applicant) as w:
        ask_for_person(w, case_id, "My employer pays late since the merger.")
    page = f"/officer/cases/{case_id}"
    mine = browser(officer)
    form = fields_of(mine.get(page).text, f"{page}/verdict")
    said = form | {"verdict": "APPROVE", "reason": "Income was confirmed by phone.", "conditions": "INCOME_PROOF"}
    said.pop("override_reason", None)
    refused = mine.post(f"{page}/verdict", data=said)
    assert refused.status_code == 422
    assert "choose why" in refused.text
    assert mine.post(f"{page}/verdict", data=said | {"override_reason": "DATA_OUTDATED"}).status_code == 302
    assert f'action="{page}/verdict"' not in mine.get(page).text  # four eyes: the maker has no button
    second = browser(approver)
    waiting = second.get(page).text
    assert "Proof of income of the last three months" in waiting
    assert "Looking at this case right now: officer" in waiting
    again = fields_of(waiting, f"{page}/verdict") | {
        "verdict": "APPROVE", "reason": "Agreed, seen the payslips.", "conditions": "INCOME_PROOF",
        "override_reason": "DATA_OUTDATED",
    }  # fmt: skip
    assert second.post(f"{page}/verdict", data=again).status_code == 302
    shown = second.get(page).text
    assert "Conditions of the approval" in shown
    found = re.search(rf"{page}/conditions/([0-9a-f-]+)", shown)
    assert found
    from core.domain.errors import InvalidInput, NotAllowed

    with pytest.raises(NotAllowed, match="approver"), house.work(officer) as w:
        settle_condition(w, case_id, UUID(found[1]), waived=True, note="Not needed after all.")
    with pytest.raises(InvalidInput), house.work(officer) as w:
        settle_condition(w, case_id, UUID(found[1]), waived=False, note="ok")
    met = mine.post(
        f"{page}/conditions/{found[1]}",
        data={"csrf_token": token(mine, page), "action": "met", f"condition_{found[1]}": "Three payslips seen."},
    )
    assert met.status_code == 303
    report = browser(person(house, Role.RISK_MANAGER, "risk")).get("/policy/overrides")
    assert "A record the rules looked at is outdated or wrong" in report.text


def test_a_stale_page_names_who_was_faster_and_keeps_what_was_typed(app, house, applicant, officer, approver, browser):
    case_id = referred(app, house, applicant)
    page = f"/officer/cases/{case_id}"
    mine, other = browser(officer), browser(approver)
    form = fields_of(mine.get(page).text, f"{page}/verdict")
    theirs = fields_of(other.get(page).text, f"{page}/verdict") | {
        "verdict": "REFER",
        "reason": "Too large for me alone.",
    }
    assert other.post(f"{page}/verdict", data=theirs).status_code == 302
    late = mine.post(f"{page}/verdict", data=form | {"verdict": "APPROVE", "reason": "Looks sound to me, go."})
    assert late.status_code == 409
    assert "approver changed this application meanwhile" in late.text
    assert "Looks sound to me, go." in late.text
    assert "Too large for me alone." in late.text


def test_words_typed_on_a_case_a_colleague_has_closed_are_shown_again(
    app, house, applicant, officer, approver, browser
):
    case_id = referred(app, house, applicant)
    page = f"/officer/cases/{case_id}"
    mine, other = browser(officer), browser(approver)
    form = fields_of(mine.get(page).text, f"{page}/verdict")
    theirs = fields_of(other.get(page).text, f"{page}/verdict") | {
        "verdict": "DECLINE", "reason": "Too many other debts.", "reason_codes": "OTHER_OBLIGATIONS",
    }  # fmt: skip
    assert other.post(f"{page}/verdict", data=theirs).status_code == 302
    late = mine.post(
        f"{page}/verdict", data=form | {"verdict": "APPROVE", "reason": "Employer phoned, income is right."}
    )
    assert late.status_code == 409
    assert f'action="{page}/verdict"' not in late.text, "there is nothing left to decide"
    assert "Employer phoned, income is right." in late.text
    assert re.search(r"Last on this case: Decided \(approver, [^)]+\)", late.text)


def test_an_applicant_asks_a_person_to_look_at_an_offer_too(app, house, applicant, officer, browser):
    with app.app_context():
        sent = send(house, applicant)
        with house.work(applicant) as w:
            assert advance(w, sent.application_id, bureau=KnownBureau()).status == "OFFERED"
    page = f"/applications/{sent.application_id}"
    mine = browser(applicant)
    shown = mine.get(page).text
    assert "This offer was made by a computer" in shown
    asked = mine.post(
        f"{page}/look-again", data={"csrf_token": token(mine, page), "why": "The rate is higher than quoted."}
    )
    assert asked.status_code == 303
    with house.read() as r:
        assert r.get(ApplicationRow, sent.application_id).status == "REFERRED"
    case = browser(officer).get(f"/officer/cases/{sent.application_id}").text
    assert "The rate is higher than quoted." in case
    assert re.search(r"Asked on .* promised to be answered by", case)

"""Changes of a loan on pages: seen before they are booked, two people where one is not enough, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.domain.actor import Actor, Role
from core.domain.errors import Conflict, NotAllowed
from core.domain.ids import uuid7
from repayment.domain.state import EventKind
from repayment.queries.books import failed_checks
from repayment.queries.changes import changes_of, hand_over_of, open_proposals
from repayment.steps.propose import decide_proposal, propose
from repayment.steps.reverse_payment import reverse_payment
from repayment.tables import LoanRow
from tests.core.sign_in import token_of
from tests.repayment.house import House, cny, request_of

Browser = Callable[[str], FlaskClient]
KEY = "test-key-0001"


@pytest.fixture
def late(house: House) -> UUID:
    """30,000 over twelve months, the first two instalments missed; on 10 April 2025."""
    loan_id = house.loan(request_of("30000.00"))
    house.close_through(date(2025, 4, 9), daily=False)
    house.set_clock(date(2025, 4, 10))
    return loan_id


def send(client: FlaskClient, page: str, path: str | None = None, **fields: str) -> TestResponse:
    return client.post(path or page, data={"csrf_token": token_of(client.get(page).text), **fields})


def change(client: FlaskClient, loan_id: UUID, name: str, action: str = "preview", **fields: str) -> TestResponse:
    page = f"/collector/loans/{loan_id}/change/{name}"
    return send(client, page, action=action, key=KEY, reason="illness", **fields)


def proposals(house: House) -> list[UUID]:
    with house.database.read() as r:
        return [one.id for one in open_proposals(r)]


def test_a_small_waiver_is_booked_a_large_one_proposed(house: House, late: UUID, browser: Browser) -> None:
    client = browser("collector")
    assert "Book it" in change(client, late, "waive", component="fees", amount="20").text
    assert house.row(late).charged_minor > 0
    assert change(client, late, "waive", "book", component="fees", amount="20").status_code == 303
    too_much = change(client, late, "waive", component="penalty", amount="9999")
    assert too_much.status_code == 422
    assert "is open of this" in too_much.text
    page = change(client, late, "waive", component="interest", amount="201").text
    assert "Takes a second person" in page
    done = send(client, f"/collector/loans/{late}/change/waive", action="book", key="another-key", reason="illness",
                component="interest", amount="201")  # fmt: skip
    assert done.status_code == 303
    assert len(proposals(house)) == 1
    with house.database.read() as r:
        assert [one.amount for one in changes_of(r, late)] == [cny("20.00")]
    told = client.get(f"/collector/loans/{late}").text.partition('id="history"')[2].partition('id="messages"')[0]
    assert "Waived: CN¥20.00" in told


def test_a_plan_is_built_to_a_budget_and_decided_by_another(house: House, late: UUID, browser: Browser) -> None:
    client = browser("collector")
    page = change(client, late, "plan", "fit", budget="1500", capitalise="yes", grace_principal="0").text
    rows = int(re.search(r'id="instalments" name="instalments"[^>]*value="(\d+)"', page)[1])
    assert "No instalment exceeds" in page
    one_less = change(client, late, "plan", instalments=str(rows - 1), budget="1500", capitalise="yes").text
    assert "More than the borrower can pay" in one_less
    assert "No number of instalments" in change(client, late, "plan", "fit", budget="2").text
    before = house.lines(late)
    assert change(client, late, "plan", "book", instalments=str(rows), capitalise="yes").status_code == 303
    assert house.lines(late) == before
    (waiting,) = proposals(house)
    link = f"/collector/proposals/{waiting}"
    assert "Approve and book" not in client.get(link).text
    assert send(client, link, action="approve").status_code == 403
    approver = browser("approver")
    assert "For you to decide" in approver.get("/collector/proposals").text
    assert send(approver, link, action="refuse").status_code == 422
    assert send(approver, link, action="approve").status_code == 303
    assert len([line for line in house.lines(late) if not line.settled]) == rows
    assert send(approver, link, action="approve").status_code == 409
    page = approver.get(f"/collector/loans/{late}").text
    event = re.search(r"payments/([0-9a-f-]{36})/reverse\">Take this back", page)[1]
    taken = f"/collector/loans/{late}/payments/{event}/reverse"
    assert "Before and after" in approver.get(taken).text
    assert send(browser("collector"), taken, reason="x").status_code == 403
    assert send(approver, taken, reason="signed by mistake").status_code == 303
    assert [line.principal for line in house.lines(late)] == [line.principal for line in before]


def test_charging_off_selling_and_paying_back_take_two(house: House, late: UUID, browser: Browser) -> None:
    approver, collector = browser("approver"), browser("collector")
    assert "Propose it" in change(approver, late, "charge-off").text
    assert change(approver, late, "charge-off", "book").status_code == 303
    (waiting,) = proposals(house)
    assert "another approver decides" in approver.get(f"/collector/proposals/{waiting}").text
    assert send(approver, f"/collector/proposals/{waiting}", action="approve").status_code == 403
    second = Actor(uuid7(), "a second approver", frozenset({Role.APPROVER}))
    with house.work(second) as w:
        event = decide_proposal(w, waiting, approve=True)
    assert house.row(late).status == "CHARGED_OFF"
    assert "Charge off" not in re.findall(r"change/charge-off", collector.get(f"/collector/loans/{late}").text)
    house.pay(late, "100.00", date(2025, 4, 10))
    refused = change(collector, late, "plan", instalments="3")
    assert refused.status_code == 409
    assert "charged off" in refused.text
    with house.work(second) as w:
        reverse_payment(w, event, reason="solvent after all")
    assert house.row(late).status == "ACTIVE"
    with house.database.read() as r:
        assert failed_checks(r) == ()


def test_credit_is_paid_back_and_the_refund_taken_back(house: House, browser: Browser) -> None:
    loan_id = house.loan(request_of("1000.00", 2))
    house.pay(loan_id, "1400.00", date(2025, 1, 31))
    approver, link = browser("approver"), f"/collector/loans/{loan_id}"
    assert "Pay back credit" in approver.get(link).text
    assert change(approver, loan_id, "refund", amount="1500").status_code == 422
    assert change(approver, loan_id, "refund", "book", amount="300").status_code == 303
    assert house.row(loan_id).credit_minor == 110000
    event = re.search(r"payments/([0-9a-f-]{36})/reverse\">Take this back", approver.get(link).text)[1]
    assert send(approver, f"{link}/payments/{event}/reverse", reason="returned by the bank").status_code == 303
    assert house.row(loan_id).credit_minor == 140000
    with house.database.read() as r:
        assert failed_checks(r) == ()


def test_paying_early_is_shown_and_booked_on_the_payment_page(house: House, browser: Browser) -> None:
    loan_id = house.loan()
    client, page = browser("collector"), f"/collector/loans/{loan_id}/payment"
    fields = {"amount": "2000.00", "value_on": "2025-01-31", "channel": "cash", "payer": "Li", "key": KEY}
    shown = send(client, page, action="preview", kind="reduce_term", **fields)
    assert "Before and after" in shown.text
    assert send(client, page, action="book", kind="reduce_term", **fields).status_code == 303
    assert len(house.lines(loan_id)) < 12
    refused = send(client, page, action="preview", kind="withdrawal", **fields)
    assert refused.status_code == 422


def test_the_checklist_of_a_hand_over(house: House, late: UUID, browser: Browser) -> None:
    client, page = browser("collector"), f"/collector/loans/{late}/hand-over"
    assert "A signed contract is on file" in client.get(page).text
    ticks = {"checks": ["figures_compared", "borrower_told", "reachable_tried", "papers_complete"]}
    refused = client.post(page, data={"csrf_token": token_of(client.get(page).text), "receiver": "Law Firm"} | ticks)
    assert refused.status_code == 422
    assert 'value="Law Firm"' in refused.text
    with house.work() as w:
        w.lock(LoanRow, late).contract_reference = "CT-1"
    fields = {"csrf_token": token_of(client.get(page).text), "receiver": "Law Firm", "reason": "no answer"}
    assert client.post(page, data=fields | {"checks": ["borrower_told"]}).status_code == 422
    assert client.post(page, data=fields | ticks).status_code == 303
    assert "With lawyers or an agency" in client.get(f"/collector/loans/{late}").text
    file = send(client, page, f"{page}/export").text
    assert "L···· T····" in file
    assert "Li Test" not in file
    assert send(client, page, f"{page}/back").status_code == 303
    with house.database.read() as r:
        assert hand_over_of(r, late) is None
    assert send(client, page, f"{page}/back").status_code == 409


def test_who_may_propose_and_who_decide(house: House, late: UUID) -> None:
    applicant = Actor(uuid7(), "an applicant", frozenset({Role.APPLICANT}))
    officer = Actor(uuid7(), "an officer", frozenset({Role.OFFICER}))
    both = Actor(uuid7(), "a collector and approver", frozenset({Role.COLLECTOR, Role.APPROVER}))
    data = {"reason": "r"}
    with house.work(applicant) as w, pytest.raises(NotAllowed):
        propose(w, late, EventKind.CHARGE_OFF, data, reason="r", key="a")
    with house.work(both) as w:
        found = propose(w, late, EventKind.CHARGE_OFF, data, reason="r", key="b")
        assert found.event_id is None
    with house.work(both) as w, pytest.raises(NotAllowed, match="another approver"):
        decide_proposal(w, found.proposal_id, approve=True)
    with house.work(officer) as w, pytest.raises(NotAllowed):
        decide_proposal(w, found.proposal_id, approve=True)
    second = Actor(uuid7(), "a second approver", frozenset({Role.APPROVER}))
    with house.work(second) as w:
        decide_proposal(w, found.proposal_id, approve=False, note="too early")
    with house.work(second) as w, pytest.raises(Conflict):
        decide_proposal(w, found.proposal_id, approve=True)
    assert house.row(late).status == "ACTIVE"

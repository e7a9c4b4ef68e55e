"""From the offer to the loan through the pages: take it, read it, sign it by code, look after it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import url_for

from core.domain.actor import SYSTEM
from core.tables import OutboundMessageRow
from origination.steps.advance import advance
from tests.origination.steps.journey import KnownBureau
from tests.origination.web.pages import fill_draft, hidden_of, offered, send_form, submit_draft


@pytest.fixture
def mine(browser, applicant):
    return browser(applicant)


def newest_code(house) -> str:
    with house.read() as r:
        rows = r.session.query(OutboundMessageRow).filter_by(kind="signing_code")
        newest = max(rows, key=lambda row: row.created_at)
    return re.search(r"\b(\d{6})\b", newest.body)[1]


def take_first(client, home: str) -> None:
    page = client.get(f"{home}/offers").text
    address = re.search(rf'action="({home}/offers/[0-9a-f-]+)"', page)[1]
    answer = send_form(client, f"{home}/offers", address)
    assert answer.location == f"{home}/contract"


def sign(client, house, home: str) -> str:
    """Signs; returns the address of the loan."""
    take_first(client, home)
    assert send_form(client, f"{home}/contract", f"{home}/contract/code").status_code == 303
    answer = send_form(client, f"{home}/contract", f"{home}/contract/sign", code=newest_code(house), agree="yes")
    assert answer.location == f"{home}/signed", answer.text
    return re.search(r'href="(/loans/[0-9a-f-]+)"', client.get(answer.location).text)[1]


def test_offers_contract_signature_and_loan(mine, house, app, applicant):
    home = offered(house, app, mine, applicant)
    assert "Your offer is ready" in mine.get(home).text
    page = mine.get(f"{home}/offers").text
    assert "Legal limit of cost" in page
    assert "Fa Fa [2017] No. 22" in page
    assert page.count("Take this offer") >= 2
    assert "Valid until" in page
    loan = sign(mine, house, home)
    assert "We have paid out CN¥20,000.00" in mine.get(f"{home}/signed").text
    shown = mine.get(loan).text
    assert "Next instalment" in shown
    assert shown.count("To come") >= 24
    assert re.search(r"LN-\d{4}-\d{6}", mine.get("/loans").text)
    # A second click on Sign leads to the same receipt.
    token = hidden_of(mine.get("/apply?product=consumer-cny").text, "/apply")["csrf_token"]
    again = mine.post(f"{home}/contract/sign", data={"csrf_token": token, "code": "000000", "agree": "yes"})
    assert again.location == f"{home}/signed"


def test_a_wrong_code_is_counted_and_a_missing_tick_is_not(mine, house, app, applicant):
    home = offered(house, app, mine, applicant)
    take_first(mine, home)
    send_form(mine, f"{home}/contract", f"{home}/contract/code")
    right = newest_code(house)
    unticked = send_form(mine, f"{home}/contract", f"{home}/contract/sign", code=right)
    assert unticked.status_code == 422
    assert "Tick the box if you want to sign" in unticked.text
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    refused = send_form(mine, f"{home}/contract", f"{home}/contract/sign", code=wrong, agree="yes")
    assert refused.status_code == 422
    assert "Tries left: 4" in refused.text
    soon = send_form(mine, f"{home}/contract", f"{home}/contract/code")
    assert soon.status_code == 422
    assert "Ask again in" in soon.text


def test_the_page_that_is_signed_can_be_read_and_loads_only_our_files(mine, house, app, applicant):
    home = offered(house, app, mine, applicant)
    take_first(mine, home)
    page = mine.get(f"{home}/contract/page").text
    assert "asset:" not in page
    for address in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page):
        assert mine.get(address).headers["Content-Type"].startswith("text/css")
    assert mine.get("/paper/../../wsgi.py").status_code == 404
    assert mine.get("/paper/contract.html").status_code == 404


def test_choosing_again_voids_the_contract(mine, house, app, applicant):
    home = offered(house, app, mine, applicant)
    take_first(mine, home)
    answer = send_form(mine, f"{home}/contract", f"{home}/choose-again")
    assert answer.location == f"{home}/offers"
    assert "Take this offer" in mine.get(f"{home}/offers").text
    assert mine.get(f"{home}/contract").status_code == 404


def test_an_offer_that_ran_out_is_explained(mine, house, app, applicant, clock):
    home = offered(house, app, mine, applicant)
    page = mine.get(f"{home}/offers").text
    address = re.search(rf'action="({home}/offers/[0-9a-f-]+)"', page)[1]
    fields = hidden_of(page, address)
    clock.set(clock.now() + timedelta(days=60))
    answer = mine.post(address, data=fields)
    assert answer.status_code == 409
    assert "This offer was valid until" in answer.text


def test_a_refusal_tells_reasons_and_a_person_can_be_asked(mine, house, app):
    home = fill_draft(mine)
    assert submit_draft(mine, home).status_code == 303
    with app.app_context(), house.work(SYSTEM) as w:
        bureau = KnownBureau(bureau_worst_dpd_24m=120, bureau_delinquencies_24m=7)
        done = advance(w, UUID(home.rpartition("/")[2]), bureau=bureau)
    assert done.status == "DECLINED"
    page = mine.get(home).text
    assert "120 days late" in page
    assert "decided by a computer" in page
    empty = send_form(mine, home, f"{home}/look-again", why=" ")
    assert empty.status_code == 422
    assert "Write in a sentence" in empty.text
    assert send_form(mine, home, f"{home}/look-again", why="These payments were not mine.").status_code == 303
    assert "A person is looking at your application" in mine.get(home).text


def test_withdrawing_asks_first(mine, house, app, applicant):
    home = offered(house, app, mine, applicant)
    assert "Withdraw the application?" in mine.get(f"{home}/withdraw").text
    assert send_form(mine, f"{home}/withdraw").status_code == 303
    assert "You have withdrawn this application" in mine.get(home).text


def test_payoff_figure_and_help(mine, house, app, applicant):
    loan = sign(mine, house, offered(house, app, mine, applicant))
    # Nothing has accrued on the day of the payout: the principal closes it.
    assert "CN¥20,000.00" in mine.get(f"{loan}/payoff").text
    later = mine.get(f"{loan}/payoff?on-day=1&on-month=4&on-year=2026")
    assert "1 April 2026" in later.text
    for wrong in ("on-day=31&on-month=2&on-year=2026", "on-day=1&on-month=4&on-year=2020"):
        answer = mine.get(f"{loan}/payoff?{wrong}")
        assert answer.status_code == 422
        assert "There is a problem" in answer.text
    assert send_form(mine, f"{loan}/help", why=" ").status_code == 422
    assert send_form(mine, f"{loan}/help", why="I work less since last month.").status_code == 303
    assert "We know that paying is difficult" in mine.get(loan).text
    assert "asked for help already" in send_form(mine, f"{loan}/help", why="Again.").text
    # The demo bank is closed outside the demonstration.
    token = hidden_of(mine.get(f"{loan}/help").text, f"{loan}/help")["csrf_token"]
    assert mine.post(f"{loan}/pay", data={"csrf_token": token, "which": "due", "key": "k"}).status_code == 404


def test_somebody_elses_loan_does_not_exist(mine, browser, stranger, house, app, applicant):
    loan = sign(mine, house, offered(house, app, mine, applicant))
    other = browser(stranger)
    token = hidden_of(other.get("/apply?product=consumer-cny").text, "/apply")["csrf_token"]
    tried = 0
    for rule in app.url_map.iter_rules():
        if "loan_id" not in rule.arguments or rule.endpoint.split(".")[0] not in {"borrower", "closing"}:
            continue
        with app.test_request_context():
            address = url_for(rule.endpoint, loan_id=loan.rpartition("/")[2])
            nothing = url_for(rule.endpoint, loan_id=uuid4())
        for method in rule.methods & {"GET", "POST"}:
            for one in (address, nothing):
                assert other.open(one, method=method, data={"csrf_token": token}).status_code == 404
                tried += 1
    assert tried >= 8

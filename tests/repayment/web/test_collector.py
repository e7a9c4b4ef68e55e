"""The collector's pages: order of work, contacts and their rules, payments seen before they are booked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from core.domain.actor import SYSTEM
from repayment.queries.collector import Stretch, mask, stretch_of
from repayment.queries.loan_page import loan_page
from repayment.queries.statement import statement
from tests.core.sign_in import token_of
from tests.repayment.house import House, request_of

Browser = Callable[[str], FlaskClient]
KEY = "test-key-0001"


@pytest.fixture
def late(house: House) -> UUID:
    """A loan whose first instalment, due on 28 February 2025, is ten days late."""
    loan_id = house.loan()
    house.close_through(date(2025, 3, 9), daily=False)
    house.set_clock(date(2025, 3, 10))
    return loan_id


def send(client: FlaskClient, page: str, path: str, **fields: str):
    return client.post(path, data={"csrf_token": token_of(client.get(page).text), **fields})


def payment(client: FlaskClient, loan_id: UUID, action: str, **changes: str):
    page = f"/collector/loans/{loan_id}/payment"
    fields = {"amount": "500.00", "value_on": "2025-03-10", "kind": "payment", "channel": "cash", "payer": "Li",
              "key": KEY, "action": action, **changes}  # fmt: skip
    return send(client, page, page, **fields)


@pytest.mark.parametrize(
    ("dpd", "stage"),
    [(1, "1-7"), (7, "1-7"), (8, "8-30"), (30, "8-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"),
     (91, "90+")],
)  # fmt: skip
def test_stages_of_the_worklist(dpd: int, stage: str) -> None:
    assert stretch_of(dpd) is Stretch(stage)


def test_a_mask_keeps_no_more_than_the_end() -> None:
    assert mask("phone", "+8613812345678") == "+86 ···· 5678"
    assert mask("email", "wang@example.com") == "w····@example.com"
    assert "幸福" not in mask("address", "幸福路 1 号, 100000, 北京")


def test_the_page_of_a_payment_keeps_the_account_menu(house: House, late: UUID, browser: Browser) -> None:
    page = browser("collector").get(f"/collector/loans/{late}/payment").text
    assert 'class="tool-button" aria-label=' in page
    assert 'aria-label=""' not in page


def test_the_worklist_tells_why_a_loan_is_next(house: House, late: UUID, browser: Browser) -> None:
    client = browser("collector")
    page = client.get("/collector/").text
    assert "Amount and lateness" in page
    assert "LN-" in page
    assert "LN-" not in client.get("/collector/?stage=1-7").text
    assert "LN-" in client.get("/collector/?stage=8-30").text
    loan = f"/collector/loans/{late}"
    send(client, loan, f"{loan}/contact", outcome="promise", channel="call", promise_amount="300",
         promise_on="2025-03-10")  # fmt: skip
    assert "1 promise due today" in client.get("/collector/").text


def test_a_promise_is_logged_in_one_form_and_score_and_income_are_not_shown(
    house: House, late: UUID, browser: Browser
) -> None:
    client, loan = browser("collector"), f"/collector/loans/{late}"
    page = client.get(loan).text
    assert not re.search(r"income|score|identity check", page, re.IGNORECASE)
    assert "08:00–21:00" in page
    answer = send(client, loan, f"{loan}/contact", outcome="promise", channel="call", promise_amount="300",
                  promise_on="2025-03-12", next_step_on="2025-03-13")  # fmt: skip
    assert answer.status_code == 303
    page = client.get(loan).text
    assert "Promised: CN¥300.00 by 12 March 2025" in page
    with house.database.read() as r:
        assert loan_page(r, late).promises[0].status == "OPEN"


def test_no_contact_in_quiet_hours_but_the_borrower_may_call(house: House, late: UUID, browser: Browser) -> None:
    house.set_clock(date(2025, 3, 10), 22)
    client, loan = browser("collector"), f"/collector/loans/{late}"
    assert "outside 08:00 to 21:00" in client.get(loan).text
    refused = send(client, loan, f"{loan}/contact", outcome="reached", channel="call")
    assert refused.status_code == 403
    assert "outside the hours for contact" in refused.text
    assert send(client, loan, f"{loan}/contact", outcome="reached", channel="incoming").status_code == 303


def test_a_dispute_puts_reminders_on_hold_with_a_deadline(house: House, late: UUID, browser: Browser) -> None:
    client, loan = browser("collector"), f"/collector/loans/{late}"
    silent = send(client, loan, f"{loan}/contact", outcome="dispute", channel="call")
    assert silent.status_code == 422
    assert "Write down what the borrower said" in silent.text
    send(client, loan, f"{loan}/contact", outcome="dispute", channel="call", note="Says it was paid")
    assert "Reminders rest until 9 April 2025" in client.get(loan).text


def test_a_payment_is_seen_before_it_is_booked_and_booked_once(house: House, late: UUID, browser: Browser) -> None:
    client = browser("collector")
    seen = payment(client, late, "preview")
    assert seen.status_code == 200
    assert "What this payment does" in seen.text
    with house.database.read() as r:
        assert not loan_page(r, late).payments
    assert payment(client, late, "book").status_code == 303
    assert payment(client, late, "book").status_code == 303
    with house.database.read() as r:
        assert [str(one.amount) for one in loan_page(r, late).payments] == ["500.00"]


def test_the_same_sum_on_the_same_day_needs_a_yes(house: House, late: UUID, browser: Browser) -> None:
    client = browser("collector")
    payment(client, late, "book")
    assert "Perhaps booked already" in payment(client, late, "preview", key="test-key-0002").text
    refused = payment(client, late, "book", key="test-key-0002")
    assert refused.status_code == 422
    assert "Confirm that this is another payment" in refused.text
    assert payment(client, late, "book", key="test-key-0002", twin="yes").status_code == 303


def test_back_dating_shows_rows_entries_and_letters_that_change(house: House, browser: Browser) -> None:
    loan_id = house.loan()
    house.close_through(date(2025, 3, 9))
    house.set_clock(date(2025, 3, 10))
    due = house.lines(loan_id)[0].due_on
    seen = payment(browser("collector"), loan_id, "preview", amount="888.49", value_on=due.isoformat()).text
    assert "Dated back to 28 February 2025" in seen
    assert "reminders would not have been sent" in seen
    assert "entries of the ledger are made" in seen
    too_far = payment(browser("collector"), loan_id, "book", value_on=(due - timedelta(days=9)).isoformat())
    assert too_far.status_code == 403
    assert "at most 10 days" in too_far.text
    early = {"value_on": (due - timedelta(days=9)).isoformat()}
    shown = payment(browser("collector"), loan_id, "preview", **early).text
    assert "at most 10 days" in shown
    assert 'value="book"' not in shown
    assert 'value="book"' in payment(browser("officer"), loan_id, "preview", **early).text


@pytest.mark.parametrize("amount", ["", "-1", "NaN", "1e308", "0"])
def test_amounts_that_are_none_are_refused(house: House, late: UUID, browser: Browser, amount: str) -> None:
    assert payment(browser("collector"), late, "preview", amount=amount).status_code == 422


def test_a_reversal_needs_a_reason(house: House, late: UUID, browser: Browser) -> None:
    client = browser("collector")
    payment(client, late, "book")
    with house.database.read() as r:
        payment_id = loan_page(r, late).payments[0].id
    page = f"/collector/loans/{late}/payments/{payment_id}/reverse"
    assert send(client, page, page, reason=" ").status_code == 422
    assert send(client, page, page, reason="returned by the bank").status_code == 303
    with house.database.read() as r:
        assert loan_page(r, late).payments[0].reverse_reason == "returned by the bank"
    other = house.loan(request_of(disbursed_on=house.today))
    assert client.get(f"/collector/loans/{other}/payments/{payment_id}/reverse").status_code == 404


def test_statement_schedule_and_settlement(house: House, late: UUID, browser: Browser) -> None:
    client, loan = browser("auditor"), f"/collector/loans/{late}"
    with house.app.app_context(), house.database.read(SYSTEM) as r:
        owed = statement(r, late).closing
    assert f"{owed.amount:,}" in client.get(f"{loan}/statement").text
    pdf = client.get(f"{loan}/statement.pdf")
    assert pdf.data.startswith(b"%PDF-")
    schedule = client.get(f"{loan}/schedule").text
    assert "Level instalment: CN¥888.49" in schedule  # 10 000 at 1 % a month over 12: 888.4879
    assert client.get(f"{loan}/settlement?on=2025-03-20").status_code == 200
    assert client.get(f"{loan}/settlement?on=2025-03-01").status_code == 422
    assert client.get(f"{loan}/statement?first=2025-13-01").status_code == 422


def test_readers_do_not_write(house: House, late: UUID, browser: Browser) -> None:
    client, loan = browser("auditor"), f"/collector/loans/{late}"
    assert "Log a contact" not in client.get(loan).text
    assert client.get(f"{loan}/payment").status_code == 403
    assert browser("applicant").get(loan).status_code == 403

"""Bad input on pages: each refusal stands at its field, nothing is written, nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from repayment.tables import InstalmentRow, LedgerEntryRow, LoanEventRow
from tests.core.sign_in import token_of
from tests.repayment.house import House, request_of

Browser = Callable[[str], FlaskClient]
PAYMENT = {
    "amount": "500", "value_on": "2025-03-11", "channel": "cash", "payer": "Li Wen 李文", "kind": "payment",
    "key": "test-key-0001",
}  # fmt: skip


@pytest.fixture
def late(house: House) -> UUID:
    """10,000 over twelve months, the first instalment missed; on 11 March 2025."""
    loan_id = house.loan()
    house.close_through(date(2025, 3, 10), daily=False)
    return loan_id


def written(house: House) -> tuple[int, ...]:
    with house.database.read() as r:
        sums = [
            r.session.scalar(select(func.count()).select_from(row))
            for row in (LoanEventRow, LedgerEntryRow, InstalmentRow)
        ]
        paid = r.session.scalar(
            select(func.sum(InstalmentRow.principal_paid_minor + InstalmentRow.interest_paid_minor))
        )
    return (*(int(one or 0) for one in sums), int(paid or 0))


def post(client: FlaskClient, path: str, fields: dict[str, str], page: str | None = None) -> TestResponse:
    return client.post(path, data={"csrf_token": token_of(client.get(page or path).text), **fields})


def shown_error(page: str, field: str) -> str:
    """The message that belongs to a field, by its id."""
    found = re.search(rf'id="{field}-error"[^>]*>(.*?)</p>', page, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""


def kept(page: str, name: str) -> set[str]:
    found = re.findall(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return {unescape(value) for value in found}


BAD_PAYMENTS: list[tuple[dict[str, str], str, str]] = [
    ({"amount": ""}, "amount", "Enter the amount received"),
    ({"amount": "0"}, "amount", "more than zero"),
    ({"amount": "-5"}, "amount", "more than zero"),
    ({"amount": "1.234"}, "amount", "at most 2 decimals"),
    ({"amount": "10 EUR"}, "amount", "in CNY, not in EUR"),
    ({"amount": "€10"}, "amount", "in CNY, not in €"),
    ({"amount": "ten"}, "amount", "in digits"),
    ({"amount": "9" * 30}, "amount", "too large"),
    ({"value_on": "2025-03-12"}, "value_on", "future"),
    ({"value_on": "2025-01-30"}, "value_on", "before the disbursement"),
    ({"value_on": "2025-02-30"}, "value_on", ""),
    ({"kind": "reduce_term", "amount": "99999"}, "amount", "settlement figure"),
    ({"kind": "reduce_instalment", "amount": "10"}, "amount", ""),
    ({"kind": "settlement", "amount": "10"}, "amount", ""),
    ({"kind": "withdrawal", "amount": "10000"}, "value_on", ""),
    ({"kind": "gift"}, "kind", ""),
    ({"channel": "pigeon"}, "channel", ""),
    ({"payer": " "}, "payer", "Enter who paid"),
    ({"payer": "x" * 201}, "payer", ""),
]


def test_a_payment_that_cannot_be(house: House, late: UUID, browser: Browser) -> None:
    client, before, page = browser("collector"), written(house), f"/collector/loans/{late}/payment"
    for change, field, said in BAD_PAYMENTS:
        typed = {**PAYMENT, **change}
        for action in ("preview", "book"):
            answer = post(client, page, {**typed, "action": action})
            message = shown_error(answer.text, field)
            assert (answer.status_code, bool(message), said in message) == (422, True, True), (change, message)
            assert all(typed[name] in kept(answer.text, name) for name in ("amount", "payer", "key")), change
    assert written(house) == before


def test_a_closed_loan_takes_no_payment_and_keeps_what_was_typed(house: House, browser: Browser) -> None:
    loan_id = house.loan(request_of("1000.00", 2))
    client, page = browser("collector"), f"/collector/loans/{loan_id}/payment"
    today = {**PAYMENT, "value_on": "2025-01-31"}
    assert post(client, page, {**today, "amount": "1000", "kind": "settlement", "action": "book"}).status_code == 303
    before = written(house)
    for action in ("preview", "book"):
        refused = post(client, page, {**today, "key": "another-key-1", "action": action})
        assert refused.status_code == 409
        assert "This cannot be booked: the loan is repaid" in refused.text
        assert "Li Wen 李文" in kept(refused.text, "payer")
    assert written(house) == before


def test_what_was_taken_back_is_not_taken_back_again(house: House, late: UUID, browser: Browser) -> None:
    client, link = browser("collector"), f"/collector/loans/{late}"
    assert post(client, f"{link}/payment", {**PAYMENT, "action": "book"}).status_code == 303
    event = re.search(r"payments/([0-9a-f-]{36})/reverse", client.get(link).text)
    assert event is not None
    page = f"{link}/payments/{event[1]}/reverse"
    token = token_of(client.get(page).text)
    empty = client.post(page, data={"csrf_token": token, "reason": " "})
    assert (empty.status_code, bool(shown_error(empty.text, "reason"))) == (422, True)
    assert client.post(page, data={"csrf_token": token, "reason": "returned"}).status_code == 303
    before = written(house)
    again = client.post(page, data={"csrf_token": token, "reason": "once more"})
    assert again.status_code in {409, 422}
    assert "reversed already" in again.text
    assert written(house) == before


BAD_CHANGES: list[tuple[str, dict[str, str], str]] = [
    ("waive", {"component": "fees", "amount": "9999"}, "amount"),
    ("waive", {"component": "fees", "amount": "1.234"}, "amount"),
    ("waive", {"component": "gold", "amount": "1"}, "component"),
    ("waive", {"component": "fees", "amount": "1", "reason": ""}, "reason"),
    ("plan", {"instalments": "0"}, "instalments"),
    ("plan", {"instalments": "361"}, "instalments"),
    ("plan", {"instalments": "12", "rate": "101"}, "rate"),
    ("plan", {"instalments": "12", "first_due_on": "2025-03-01"}, "first_due_on"),
    ("plan", {"instalments": "3", "grace_principal": "3"}, "grace_principal"),
    ("refund", {"amount": "1"}, "amount"),
]


def test_a_change_that_cannot_be(house: House, late: UUID, browser: Browser) -> None:
    client, before = browser("collector"), written(house)
    for name, fields, field in BAD_CHANGES:
        typed = {"key": "test-key-0002", "reason": "illness", "action": "book", **fields}
        answer = post(client, f"/collector/loans/{late}/change/{name}", typed)
        assert (answer.status_code, bool(shown_error(answer.text, field))) == (422, True), (name, fields)
        if fields.get("amount"):
            assert fields["amount"] in kept(answer.text, "amount")
    for on in ("2025-01-30", "2025-02-30", "31/31/2025"):
        answer = client.get(f"/collector/loans/{late}/settlement", query_string={"on": on})
        assert (answer.status_code, bool(shown_error(answer.text, "on"))) == (422, True), on
    assert written(house) == before

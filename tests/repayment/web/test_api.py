"""Loans and payments as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from core import api_keys, users
from core.domain.actor import Role
from repayment.tables import LoanRow


@pytest.fixture
def loan(house):
    return house_reference(house)


def house_reference(house):
    made = house.loan()
    with house.database.read() as r:
        return r.get(LoanRow, made).reference


@pytest.fixture
def call(app, house):
    with app.app_context(), house.database.work() as w:
        desk = users.create_user(w, email="core@example.com", name="Core banking", roles={Role.COLLECTOR})
    with house.database.work() as w:
        _, token = api_keys.make_key(w, user_id=desk.id, name="core banking", scopes=["loans", "payments"])
    client = app.test_client()

    def ask(path: str, body: Any = None, key: str = "p-1"):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        url = f"/api/v1{path}" if path.startswith("/") else f"/api/v1/loans/{path}"
        return client.get(url, headers=headers) if body is None else client.post(url, json=body, headers=headers)

    return ask


def test_a_loan_its_schedule_and_what_closes_it(call, loan):
    shown = call(loan).json
    assert (shown["status"], shown["principal"], shown["currency"]) == ("ACTIVE", "10000.00", "CNY")
    rows = call(f"{loan}/schedule").json["instalments"]
    # 10,000 at 1 % a month over 12 months: 888.49 (annuity formula of any textbook).
    assert len(rows) == 12
    assert rows[0]["total"] == "888.49"
    assert sum(int(row["principal"].replace(".", "")) for row in rows) == 1_000_000
    assert call(f"{loan}/settlement").json["total"] == "10000.00"
    assert call(f"{loan}/settlement?on=2025-02-30").status_code == 422
    assert call("LN-2020-999999").status_code == 404


def test_a_payment_is_booked_once(call, loan):
    body = {"amount": "500.00", "payer": "Li Test"}
    first, again = call(f"{loan}/payments", body), call(f"{loan}/payments", body)
    assert first.status_code == 201, first.text
    assert first.json["payment_id"] == again.json["payment_id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    parts = ("fees", "penalty", "interest", "principal", "credit")
    assert sum(int(first.json[name].replace(".", "")) for name in parts) == 50_000
    assert call(f"{loan}/payments", body | {"amount": "501.00"}).status_code == 422
    assert call(f"{loan}/payments", body, key="p-2").json["payment_id"] != first.json["payment_id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 500}, "amount"), ({"amount": "-1"}, "amount"), ({"amount": "1e3"}, "amount"),
        ({"amount": "10.001"}, "amount"), ({"amount": True}, "amount"), ({"currency": "EUR"}, "currency"),
        ({"value_on": "2025-02-30"}, "value_on"), ({"value_on": "2031-01-01"}, "value_on"),
        ({"payer": " "}, "payer"), ({"channel": "pigeon"}, "channel"), ({"status": "CLOSED"}, "status"),
    ],
)  # fmt: skip
def test_bad_input_names_the_field(call, loan, change, field):
    answer = call(f"{loan}/payments", {"amount": "500.00", "payer": "Li Test"} | change)
    assert answer.status_code == 422
    assert list(answer.json["error"]["fields"]) == [field]


def test_a_list_books_what_it_can_and_says_the_rest(call, house, loan):
    other = house_reference(house)
    good = {"loan": loan, "key": "a", "amount": "500.00", "payer": "Li Test"}
    sent = [
        good, good | {"loan": "LN-2020-999999", "key": "b"}, good | {"amount": 5, "key": "c"}, good | {"key": ""},
        good | {"loan": other, "key": "d"},
    ]  # fmt: skip
    told = call("/payments", {"payments": sent}).json["payments"]
    assert [sorted(one.get("error", {}).get("fields", {})) for one in told] == [[], [], ["amount"], ["key"], []]
    assert told[1]["error"]["code"] == "not_found"
    assert [one.get("amount") for one in told] == ["500.00", None, None, None, "500.00"]
    again = call("/payments", {"payments": sent}).json["payments"]
    assert (again[0]["payment_id"], again[0]["replayed"]) == (told[0]["payment_id"], True)
    alone = call(f"{loan}/payments", {"amount": "500.00", "payer": "Li Test"}, key="a")
    assert alone.json["payment_id"] == told[0]["payment_id"]


def test_a_loan_that_refuses_holds_up_no_other(call, house, loan):
    good = {"loan": loan, "key": "x", "amount": "500.00", "payer": "Li Test"}
    assert call("/payments", {"payments": [good]}).status_code == 200
    sent = [good | {"amount": "700.00"}, good | {"key": "y"}]  # a key used before for another sum
    told = call("/payments", {"payments": sent}).json["payments"]
    assert told[0]["error"]["code"] == "idempotency_conflict"
    assert told[1]["amount"] == "500.00"


@pytest.mark.parametrize("body", [{}, {"payments": []}, {"payments": ["x"]}, {"payments": [{}] * 1001}])
def test_a_list_that_is_none_is_refused(call, body):
    answer = call("/payments", body)
    assert answer.status_code == 422
    assert list(answer.json["error"]["fields"]) == ["payments"]

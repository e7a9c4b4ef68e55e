"""Loans and payments as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from core import api_keys, users
from core.domain.actor import Role
from repayment.tables import LoanRow


@pytest.fixture
def loan(house):
    with house.database.read() as r:
        return r.get(LoanRow, house_loan(house)).reference


def house_loan(house):
    return house.loan()


@pytest.fixture
def call(app, house):
    with app.app_context(), house.database.work() as w:
        desk = users.create_user(w, email="core@example.com", name="Core banking", roles={Role.COLLECTOR})
    with house.database.work() as w:
        _, token = api_keys.make_key(w, user_id=desk.id, name="core banking", scopes=["loans", "payments"])
    client = app.test_client()

    def ask(path: str, body: Any = None, key: str = "p-1"):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        url = f"/api/v1/loans/{path}"
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

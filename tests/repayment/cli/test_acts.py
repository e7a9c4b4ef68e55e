"""Write commands of `flask loan`: what they show first is what they then book, and a refusal names its field."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from repayment.queries.books import failed_checks
from tests.repayment.house import House, request_of


def run(house: House, *args: str, given: str | None = None) -> Result:
    return house.app.test_cli_runner().invoke(args=["loan", *args], input=given)


def answer(house: House, *args: str, given: str | None = None) -> dict[str, Any]:
    done = run(house, *args, given=given)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


@pytest.fixture
def late(house: House) -> str:
    """10,000 over twelve months, the first instalment missed; on 11 March 2025."""
    loan_id = house.loan()
    house.close_through(date(2025, 3, 10), daily=False)
    return house.row(loan_id).reference


def test_a_payment_is_shown_booked_once_and_taken_back(house: House, late: str) -> None:
    shown = answer(house, "pay", late, "900", "2025-03-11", "--preview")
    assert shown["before"]["overdue"] != "0.00"
    booked = answer(house, "pay", late, "900", "2025-03-11", "--key", "bank-0001")
    assert (booked["amount"], booked["status"], booked["replayed"]) == ("900.00", "ACTIVE", False)
    assert answer(house, "pay", late, "900", "2025-03-11", "--key", "bank-0001")["replayed"] is True
    assert answer(house, "reverse", booked["event"], "--reason", "returned")["entries_reversed"] > 0
    again = run(house, "reverse", booked["event"], "--reason", "returned")
    assert again.exit_code == 1
    assert "reversed already" in again.output


def test_paying_early_and_settling(house: House, late: str) -> None:
    assert answer(house, "pay", late, "3000", "2025-03-11", "--kind", "reduce_term")["principal"] > "2000"
    figure = answer(house, "settle", late, "--json")["total"]
    closed = answer(house, "pay", late, figure, "2025-03-11", "--kind", "settlement")
    assert closed["status"] == "CLOSED_REPAID"
    refused = run(house, "pay", late, "1", "2025-03-11")
    assert (refused.exit_code, "loan_closed" in refused.output) == (1, True)


def test_a_plan_from_json_keeps_the_old_schedule_readable(house: House, late: str, tmp_path: Path) -> None:
    plan = {"instalments": 18, "annual_rate": "0.09", "capitalise_arrears": True, "reason": "illness",
            "grace": {"principal": 2}}  # fmt: skip
    shown = answer(house, "restructure", late, "--preview", given=json.dumps(plan))
    assert shown["after"]["instalments"] == 18
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    event = answer(house, "restructure", late, str(file))["event"]
    before = answer(house, "as-of", late, "2025-03-10")
    assert (before["dpd"], before["bucket"]) == (10, "1-30")
    assert len(before["instalments"]) == 12
    assert answer(house, "reverse", event, "--reason", "not signed")["status"] == "ACTIVE"
    wrong = run(house, "restructure", late, given='{"instalments": 18, "rate": "0.09", "reason": "r"}')
    assert (wrong.exit_code, "rate" in wrong.output) == (1, True)


def test_waive_charge_off_recover_sell_refund(house: House, late: str) -> None:
    assert answer(house, "waive", late, "fees", "20", "--reason", "goodwill")["status"] == "ACTIVE"
    assert "is open of this" in run(house, "waive", late, "fees", "20", "--reason", "again").output
    assert answer(house, "charge-off", late, "--reason", "insolvent", "--preview")["status"] == "CHARGED_OFF"
    assert answer(house, "charge-off", late, "--reason", "insolvent")["status"] == "CHARGED_OFF"
    assert answer(house, "pay", late, "100", "2025-03-11")["status"] == "CHARGED_OFF"
    assert answer(house, "sell", late, "1500", "--buyer", "Debt Ltd")["status"] == "SOLD"
    other = house.row(house.loan(request_of("500.00", 2, disbursed_on=date(2025, 3, 11)))).reference
    answer(house, "pay", other, "700", "2025-03-11")
    assert answer(house, "refund", other, "150")["reference"] == other
    with house.database.read() as r:
        assert failed_checks(r) == ()


@pytest.mark.parametrize(
    ("args", "field"),
    [
        (("0", "2025-03-11"), "amount"),
        (("-5", "2025-03-11"), "amount"),
        (("1.234", "2025-03-11"), "amount"),
        (("10", "2025-03-12"), "value_on"),
        (("10", "2025-01-30"), "value_on"),
        (("99999", "2025-03-11", "--kind", "reduce_term"), "amount"),
        (("10", "2025-03-11", "--kind", "settlement"), "amount"),
        (("10000", "2025-03-11", "--kind", "withdrawal"), "value_on"),
    ],
)
def test_a_refusal_names_the_field_and_writes_nothing(
    house: House, late: str, args: tuple[str, ...], field: str
) -> None:
    before = answer(house, "settle", late, "--json")
    done = run(house, "pay", late, *args) if not args[0].startswith("-") else run(house, "pay", "--", late, *args)
    assert (done.exit_code, f"{field}:" in done.output) == (1, True), done.output
    assert answer(house, "settle", late, "--json") == before

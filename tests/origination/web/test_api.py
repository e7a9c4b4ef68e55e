"""Applications as JSON: whole, all errors at once, sent twice without harm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core import api_keys, users
from core.domain.actor import Role
from origination.steps.advance import advance
from tests.origination.steps.journey import OWNERS, KnownBureau, answers_for

CONSENTS = ["data", "bureau", "electronic"]


@pytest.fixture
def send(app, house):
    with app.app_context(), house.work() as w:
        desk = users.create_user(w, email="desk@example.com", name="Desk", roles={Role.OFFICER})
    with house.work() as w:
        _, token = api_keys.make_key(w, user_id=desk.id, name="website", scopes=["applications"])
    client = app.test_client()

    def call(body: Any, key: str | None = "k-1", path: str = "", **headers: str):
        headers |= {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        if body is None:
            return client.get(f"/api/v1/applications{path}", headers=headers)
        return client.post("/api/v1/applications", json=body, headers=headers)

    return call


def whole(segment: str = "consumer", **changes: str) -> dict[str, Any]:
    answers = {name: value for page in answers_for(segment).values() for name, value in page.items()}
    born = [answers.pop(f"birth_on-{part}", None) for part in ("year", "month", "day")]
    if all(born):
        answers["birth_on"] = "-".join(born)
    product = "consumer-cny" if segment == "consumer" else "sme-equipment-eur"
    body: dict[str, Any] = {"product": product, "locale": "en", "answers": answers | changes, "consents": CONSENTS}
    return body | ({"owners": OWNERS} if segment == "sme" else {})


@pytest.mark.parametrize("segment", ["consumer", "sme"])
def test_a_whole_application_is_taken_and_followed(send, app, house, segment):
    answer = send(whole(segment))
    assert answer.status_code == 201, answer.text
    reference = answer.json["reference"]
    assert answer.headers["Location"].endswith(reference)
    shown = send(None, path=f"/{reference}").json
    assert (shown["status"], shown["amount"]) == ("SUBMITTED", "20000.00" if segment == "consumer" else "80000.00")
    with app.app_context(), house.work() as w:
        from origination.queries.find import application_id_of

        advance(w, application_id_of(w, reference), bureau=KnownBureau())
    later = send(None, path=f"/{reference}").json
    assert later["status"] in {"OFFERED", "REFERRED", "KYC_REFERRED"}
    assert [bool(later["offers"])] == [later["status"] == "OFFERED"]


def test_the_same_key_makes_one_application(send):
    first, again = send(whole()), send(whole())
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    other = send(whole(amount="30000"))
    assert other.status_code == 422
    assert other.json["error"]["code"] == "idempotency_conflict"
    assert send(whole(), key="k-2").json["reference"] != first.json["reference"]


def test_everything_wrong_is_told_at_once_and_nothing_is_kept(send, house):
    body = whole(amount="1e308", tenor_months="-1", birth_on="1990-02-30", shoe_size="42")
    del body["answers"]["email"]
    body["consents"] = ["data"]
    answer = send(body)
    assert answer.status_code == 422
    fields = answer.json["error"]["fields"]
    assert {"amount", "tenor_months", "birth_on", "shoe_size", "email", "consent_bureau"} <= set(fields)
    with house.read() as r:
        from origination.tables.application import ApplicationRow

        assert r.session.query(ApplicationRow).count() == 0
    assert send(whole()).status_code == 201, "the key of a refused request is free"


@pytest.mark.parametrize(
    ("amount", "taken"),
    [("１２,０００", True), ("2万", True), ("20,000.00", True), ("-1", False), ("NaN", False), ("1e308", False)],
)
def test_amounts_as_people_write_them(send, amount, taken):
    answer = send(whole(amount=amount))
    assert (answer.status_code == 201) is taken
    if not taken:
        assert list(answer.json["error"]["fields"]) == ["amount"]


@pytest.mark.parametrize(
    "body",
    [[], "x", {"product": 1}, {"answers": {}}, {"product": "consumer-cny", "answers": []},
     {"product": "consumer-cny", "consents": ["everything"]}, {"product": "consumer-cny", "locale": "fr"},
     {"product": "consumer-cny", "status": "APPROVED"}, {"product": "consumer-cny", "owners": ["x"]},
     {"product": "consumer-cny", "answers": {"amount": 20000.5}}],
)  # fmt: skip
def test_a_wrong_shape_is_refused_with_its_field(send, body):
    answer = send(body)
    assert answer.status_code == 422
    assert answer.json["error"]["fields"]


def test_without_an_idempotency_key_nothing_is_taken(send):
    assert "Idempotency-Key" in send(whole(), key=None).json["error"]["fields"]


def test_messages_follow_the_language_asked_for(send):
    answer = send(whole(amount="0"), **{"Accept-Language": "zh-CN"})
    assert any("\u4e00" <= c <= "\u9fff" for c in answer.json["error"]["fields"]["amount"][0])


LAST = {
    "ends_on": "2025-12-31", "audited": True, "revenue": "1,200,000", "profit": "95000", "ebitda": "18万",
    "total_assets": "900000", "total_liabilities": "520000", "equity": "380000",
}  # fmt: skip
BEFORE = {
    "ends_on": "2024-12-31", "revenue": "1050000", "profit": "-8000", "total_assets": "850000",
    "total_liabilities": "565000", "equity": "285000",
}  # fmt: skip


def test_a_company_sends_its_yearly_accounts(send, house):
    answer = send(whole("sme") | {"accounts": [LAST, BEFORE]})
    assert answer.status_code == 201, answer.text
    with house.read() as r:
        from origination.queries.find import application_id_of
        from origination.tables.evidence import CompanyAccountsRow

        mine = application_id_of(r, answer.json["reference"])
        years = r.session.query(CompanyAccountsRow).filter_by(application_id=mine).all()
        found = {
            year.ends_on.isoformat(): (year.audited, year.by_applicant, json.loads(year.figures)) for year in years
        }
    assert found["2025-12-31"][:2] == (True, True)
    assert found["2025-12-31"][2]["revenue"] == 120_000_000
    assert found["2025-12-31"][2]["ebitda"] == 18_000_000
    assert found["2024-12-31"][2]["profit"] == -800_000
    assert found["2024-12-31"][0] is False


@pytest.mark.parametrize(
    ("accounts", "field"),
    [
        ([LAST, BEFORE | {"equity": "1"}], "accounts-1-equity"),
        ([LAST | {"revenue": 1200000.5}], "accounts-0-revenue"),
        ([LAST | {"turnover": "1"}], "accounts-0-turnover"),
        ([LAST | {"audited": "yes"}], "accounts-0-audited"),
        ([LAST | {"ends_on": "2099-12-31"}], "accounts-0-ends_on"),
        ([{key: value for key, value in LAST.items() if key != "profit"}], "accounts-0-profit"),
        ([LAST, BEFORE, LAST], "accounts-2-ends_on"),
        ([LAST] * 4, "accounts"),
        ({"2025": LAST}, "accounts"),
    ],
)
def test_wrong_accounts_are_told_by_year_and_line(send, accounts, field):
    answer = send(whole("sme") | {"accounts": accounts})
    assert answer.status_code == 422
    assert field in answer.json["error"]["fields"], answer.text


def test_a_person_is_not_asked_for_accounts(send):
    assert list(send(whole() | {"accounts": [LAST]}).json["error"]["fields"]) == ["accounts"]

"""The policy editor as a browser without JavaScript uses it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from core.db import Database
from core.domain.actor import Actor, Role
from origination.domain.policy import OriginationPolicy
from origination.steps.advance import advance
from tests.origination.steps.journey import KnownBureau, person, send

_FIELD = re.compile(
    r'<input(?P<input>[^>]*)>|<textarea[^>]*name="(?P<area>[^"]+)"[^>]*>(?P<text>[^<]*)</textarea>'
    r'|<select[^>]*name="(?P<select>[^"]+)"[^>]*>(?P<options>.*?)</select>',
    re.DOTALL,
)


def fields_of(page: str, action: str) -> dict[str, str]:
    """Every field of the form sent to `action`, as a browser would send it unchanged."""
    from html import unescape

    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form, f"no form for {action}"
    found: dict[str, str] = {}
    for one in _FIELD.finditer(form[0]):
        if one["area"]:
            found[one["area"]] = unescape(one["text"])
        elif one["select"]:
            chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', one["options"])
            first = re.search(r'<option(?: value="([^"]*)")?>([^<]*)', one["options"])
            option = chosen or first
            found[one["select"]] = (
                unescape(option[1] if option and option[1] is not None else option[2]) if option else ""
            )
        else:
            attributes = dict(re.findall(r'(\w+)="([^"]*)"', one["input"]))
            if attributes.get("type") == "checkbox" and " checked" not in one["input"]:
                continue
            if "name" in attributes:
                found[attributes["name"]] = unescape(attributes.get("value", ""))
    return found


@pytest.fixture
def risk(house: Database) -> Actor:
    return person(house, Role.RISK_MANAGER, "risk")


@pytest.fixture
def admin(house: Database) -> Actor:
    return person(house, Role.ADMIN, "admin")


def token(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found
    return found[1]


def version_of(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', client.get(page).text)
    assert found
    return found[1]


def begin(client: FlaskClient) -> str:
    home = client.get("/policy/")
    assert home.status_code == 200, home.text
    started = client.post("/policy/", data=fields_of(home.text, "/policy/"))
    assert started.status_code == 303
    return started.location


def post(client: FlaskClient, page: str, action: str | None = None, /, **changes: str):
    values = fields_of(client.get(page).text, action or page) | {k: v for k, v in changes.items() if v is not None}
    return client.post(action or page, data=values)


def test_a_limit_is_changed_tested_handed_over_and_published(house, risk, admin, browser):
    mine = browser(risk)
    draft = begin(mine)
    grid = f"{draft}/tables/affordability_consumer"
    saved = post(mine, grid, **{"action": "save", "r0-fact:dti": "50%"})
    assert saved.status_code == 303, re.findall(r"field-error.*", saved.text)
    page = mine.get(draft).text
    assert "affordability_consumer › row › DTI_ABOVE_LIMIT" in page
    assert page.count("Passed") >= 5
    handed = post(mine, draft, action="submit", note="Less debt is accepted since the spring.")
    assert handed.status_code == 303, re.findall(r"field-error.*", handed.text)
    assert "somebody else has to publish" in mine.get(draft).text
    assert "Publish this version" not in mine.get(draft).text
    own = mine.post(draft, data={"csrf_token": token(mine, draft), "action": "publish"})
    assert own.status_code == 409
    published = post(browser(admin), draft, action="publish")
    assert published.status_code == 303, published.text
    with house.read() as r:
        table = next(t for t in r.policy(OriginationPolicy).tables if t.name == "affordability_consumer")
        assert table.rows[0].cells[0].operands == (0.5,)
    assert "Version 1" in mine.get("/policy/").text


@pytest.mark.parametrize(
    ("cell", "typed", "said"),
    [
        ("r0-fact:dti", "55", "write 55% or 0.55"),
        ("r0-fact:dti", "3 months", "not in months"),
        ("r0-fact:dti", "", "Type the value dti is compared with"),
        ("r1-fact:residual_income", "1500", "write it by currency"),
        ("r0-id", "lower", "id in capital letters"),
        ("r0-text.zh", "", "in English and in Chinese"),
        ("r0-text.en", "Too much {income}.", "names income, not in this row"),
    ],
)
def test_what_is_wrong_is_told_at_its_cell_and_nothing_is_lost(risk, browser, cell, typed, said):
    mine = browser(risk)
    grid = f"{begin(mine)}/tables/affordability_consumer"
    answer = post(mine, grid, **{"action": "save", cell: typed, "r2-note": "kept while I mend it"})
    assert answer.status_code == 422
    place = re.search(rf'id="{re.escape(cell)}-error".*?</p>', answer.text, re.DOTALL)
    assert place, answer.text[:2000]
    assert said in place[0]
    assert "kept while I mend it" in answer.text


def test_rows_and_columns_move_without_javascript_and_count_only_when_saved(risk, browser):
    mine = browser(risk)
    draft = begin(mine)
    grid = f"{draft}/tables/referral_consumer"
    first = fields_of(mine.get(grid).text, grid)
    ids = [first[f"r{at}-id"] for at in range(int(first["rows"]))]
    page = mine.post(grid, data=first | {"action": "down:0"}).text
    moved = fields_of(page, grid)
    assert [moved["r0-id"], moved["r1-id"]] == [ids[1], ids[0]]
    page = mine.post(grid, data=moved | {"action": "add"}).text
    page = mine.post(grid, data=fields_of(page, grid) | {"action": "column", "new_column": "employees"}).text
    assert "Not saved yet" in page
    with_column = fields_of(page, grid)
    assert "fact:employees" in with_column["columns"]
    page = mine.post(grid, data=with_column | {"action": "remove:3"}).text
    kept = mine.post(grid, data=fields_of(page, grid) | {"action": "save"})
    assert kept.status_code == 303, re.findall(r"field-error.*", kept.text)
    assert "order" in mine.get(draft).text


def test_gaps_and_overlaps_are_told_in_the_editor(risk, browser):
    mine = browser(risk)
    draft = begin(mine)
    grid = f"{draft}/tables/limit_consumer"
    answer = post(mine, grid, **{"action": "save", "r4-fact:grade": "E, A"})
    assert answer.status_code == 303
    page = mine.get(grid).text
    assert "Several rows fire at once" in page
    assert "No row covers this case" in page
    assert "grade = F" in page
    refused = post(mine, draft, action="submit", note="Trying whether it lets me do this.")
    assert refused.status_code == 422
    assert "overlaps or gaps: limit_consumer" in refused.text


def test_the_text_keeps_comments_and_says_where_it_is_wrong(risk, browser):
    mine = browser(risk)
    page = f"{begin(mine)}/text"
    text = fields_of(mine.get(page).text, page)["text"]
    assert "# --- who may decide" in text
    bad = post(mine, page, text=text.replace('dti = [">", "0.55"]', 'debt = [">", "0.55"]'))
    assert bad.status_code == 422
    assert "no fact called debt" in bad.text
    broken = post(mine, page, text=text + "\n[[table")
    assert broken.status_code == 422
    assert "not TOML" in broken.text
    assert "[[table" in broken.text
    assert post(mine, page, text=text.replace('"0.55"', '"0.54"', 1)).status_code == 303


def test_exchange_rates_prices_and_authority_have_their_own_pages(house, risk, browser):
    mine = browser(risk)
    draft = begin(mine)
    assert "Exchange rates are old" in mine.get(draft).text
    rates = f"{draft}/sections/exchange"
    page = mine.post(rates, data=fields_of(mine.get(rates).text, rates) | {"action": "add"}).text
    fresh = fields_of(page, rates) | {
        "action": "save", "r2-as_of": "2026-02-27", "r2-usd_per_unit": "CNY 0.14; EUR 1.1; USD 1",
        "r2-source": "Own desk",
    }  # fmt: skip
    assert mine.post(rates, data=fresh).status_code == 303
    assert "Exchange rates are old" not in mine.get(draft).text
    prices = f"{draft}/sections/pricing"
    wrong = post(mine, prices, **{"pricing.margin_min": "2"})
    assert wrong.status_code == 422
    assert "share from 0 to 1" in wrong.text
    assert post(mine, prices, **{"pricing.margin_min": "0.5%"}).status_code == 303
    seats = f"{draft}/sections/authority"
    assert post(mine, seats, action="save", **{"r0-seats": "2"}).status_code == 303
    said = mine.get(draft).text
    for place in ("exchange › 2026-02-27", "pricing › margin_min", "authority"):
        assert place in said


def test_a_version_is_tried_on_past_applications(app, house, risk, applicant, browser):
    for changes in ({}, {"bureau_worst_dpd_24m": 120}):
        with app.app_context():
            sent = send(house, applicant)
        with app.app_context(), house.work(applicant) as w:
            advance(w, sent.application_id, bureau=KnownBureau(**changes))
    mine = browser(risk)
    draft = begin(mine)
    post(mine, f"{draft}/tables/affordability_consumer", **{"action": "save", "r0-fact:dti": "0.05"})
    early = mine.post(f"{draft}/simulate", data=fields_of(mine.get(draft).text, f"{draft}/simulate") | {
        "since-year": "2030", "since-month": "1", "since-day": "1"})  # fmt: skip
    assert early.status_code == 422
    assert "Choose an earlier day" in early.text
    done = mine.post(f"{draft}/simulate", data=fields_of(mine.get(draft).text, f"{draft}/simulate") | {
        "since-year": "2026", "since-month": "3", "since-day": "1"})  # fmt: skip
    assert done.status_code == 303, done.text
    page = mine.get(done.location).text
    assert "Who would change" in page
    assert "DTI_ABOVE_LIMIT" in page
    assert "By age (protected)" in page


def test_a_test_case_is_taken_from_a_decided_application(app, house, risk, applicant, browser):
    with app.app_context():
        sent = send(house, applicant)
    with app.app_context(), house.work(applicant) as w:
        advance(w, sent.application_id, bureau=KnownBureau())
    mine = browser(risk)
    draft = begin(mine)
    values = {"name": "As it was", "reference": sent.reference, "facts": "", "outcome": "APPROVE"}
    version = fields_of(mine.get(draft).text, f"{draft}/simulate")
    added = mine.post(f"{draft}/cases", data=version | values)
    assert added.status_code == 303, re.findall(r"field-error.*", added.text)
    page = mine.get(draft).text
    assert "As it was" in page
    assert "Failed" not in page
    wrong = mine.post(f"{draft}/cases", data=version | {"name": "x", "facts": "shoe = 44", "outcome": "APPROVE"})
    assert wrong.status_code == 422
    assert "no fact called shoe" in wrong.text


def test_a_mistake_in_a_test_case_stays_with_that_case(house, risk, browser):
    mine = browser(risk)
    draft = begin(mine)
    form = fields_of(mine.get(draft).text, f"{draft}/cases")
    assert form["at"] == "0"
    wrong = mine.post(f"{draft}/cases", data=form | {"facts": "shoe = 44", "name": "Mine"})
    assert wrong.status_code == 422
    again = fields_of(wrong.text, f"{draft}/cases")
    assert (again["at"], again["facts"].strip(), again["name"]) == ("0", "shoe = 44", "Mine")
    assert 'href="#case-0-facts"' in wrong.text
    added = wrong.text[wrong.text.index("Add a test case") :]
    assert "shoe = 44" not in added, "the form for a new case is empty"


def test_a_table_sent_after_it_was_published_says_that_it_was_not_saved(house, risk, admin, browser):
    mine, other = browser(risk), browser(admin)
    draft = begin(mine)
    table = f"{draft}/tables/affordability_consumer"
    assert post(mine, table, **{"r0-fact:dti": "50%"}, action="save").status_code == 303
    handed = fields_of(mine.get(draft).text, f"{draft}/simulate")
    handed |= {"action": "submit", "note": "Less debt than before.", "version": version_of(mine, draft)}
    assert mine.post(draft, data=handed).status_code == 303
    late = fields_of(mine.get(table).text, table) | {"r0-fact:dti": "35%", "action": "save"}
    told = {"csrf_token": token(other, draft), "action": "publish", "version": version_of(other, draft)}
    assert other.post(draft, data=told).status_code == 303
    answer = mine.post(table, data=late)
    assert answer.status_code == 422
    assert "What stands below was not saved" in answer.text
    assert "35%" in answer.text
    assert "35%" not in mine.get(table).text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.COLLECTOR, Role.APPLICANT])
def test_others_do_not_see_the_policy(house, browser, role):
    assert browser(person(house, role, role.value)).get("/policy/").status_code == 403


def test_an_auditor_reads_and_changes_nothing(house, risk, browser):
    draft = begin(browser(risk))
    auditor = browser(person(house, Role.AUDITOR, "auditor"))
    grid = f"{draft}/tables/affordability_consumer"
    assert "Save in the draft" not in auditor.get(grid).text
    proof = {"csrf_token": token(auditor, grid)}
    assert auditor.post(grid, data=proof | {"action": "save"}).status_code == 403
    assert auditor.post(draft, data=proof | {"action": "discard"}).status_code == 403
    assert auditor.get("/policy/overrides").status_code == 200

"""Yearly accounts typed by the applicant, and held against the document by an officer."""

from __future__ import annotations

import re
from io import BytesIO
from uuid import UUID

import pytest

from core.domain.actor import Role
from origination.queries.evidence import case_evidence
from tests.origination.steps.journey import person
from tests.origination.web.pages import fill_draft, send_form, submit_draft
from tests.origination.web.test_case_page import pdf, post

PRODUCT = "sme-equipment-eur"
# Balance sheets of an invented company: 1.3 m = 0.7 m + 0.6 m, and the year before 1.2 m = 0.68 m + 0.52 m.
NEWEST = {
    "ends_on-year": "2025", "ends_on-month": "12", "ends_on-day": "31", "revenue": "2,400,000", "ebitda": "26万",
    "interest": "２０，０００", "profit": "150 000", "debt_service": "60000", "total_assets": "130万",
    "current_assets": "600,000", "receivables": "200000", "inventory": "150000", "cash": "100000",
    "total_liabilities": "700,000", "current_liabilities": "300000", "equity": "600,000",
}  # fmt: skip
BEFORE = {
    "ends_on-year": "2024", "ends_on-month": "12", "ends_on-day": "31", "revenue": "2200000", "profit": "-1万",
    "total_assets": "1200000", "total_liabilities": "680000", "equity": "520000",
}  # fmt: skip


def typed(figures: dict[str, str], **changes: str) -> dict[str, str]:
    return {f"accounts-{name}": value for name, value in (figures | changes).items()}


def shown(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def officer(house):
    return person(house, Role.OFFICER, "officer")


def test_two_years_are_entered_shown_in_ratios_and_their_documents_asked_for(app, house, applicant, officer, browser):
    client = browser(applicant)
    home = fill_draft(client, PRODUCT)
    assert "Yearly accounts" in client.get(home).text
    first = client.get(f"{home}/accounts/new").text
    assert 'value="2,400,000"' in first, "what was answered before stands there"
    answer = send_form(client, f"{home}/accounts/new", **typed(NEWEST, audited="yes"))
    assert answer.status_code == 303, shown(answer.text)[:600]
    assert 'value="2,200,000"' in client.get(f"{home}/accounts/new").text
    assert send_form(client, f"{home}/accounts/new", **typed(BEFORE)).status_code == 303
    page = shown(client.get(f"{home}/accounts").text)
    # Equity ratio 600/1300, current ratio 600/300, quick (600-150)/300, EBITDA/interest 260/20, 2.4/2.2 - 1.
    for figure in ("46.15%", "2.00", "1.50", "13.00", "9.09%", "1,300,000", "-10,000"):
        assert figure in page.replace("\N{MINUS SIGN}", "-"), figure
    assert "Annual accounts of the last two years" in client.get(f"{home}/documents").text
    assert submit_draft(client, home).status_code == 303
    case_id = UUID(home.rpartition("/")[2])
    with house.read() as r:
        found = case_evidence(r, case_id)
    assert [year.is_declared for year in found.years] == [True, True]
    assert found.documented == (), "nobody has seen a document"
    desk = shown(browser(officer).get(f"/officer/cases/{case_id}").text)
    assert "by the applicant, not checked" in desk
    assert "46.15%" in desk


def test_a_year_that_does_not_add_up_is_kept_as_typed_with_what_is_wrong(house, applicant, browser):
    client = browser(applicant)
    home = fill_draft(client, PRODUCT)
    wrong = send_form(
        client, f"{home}/accounts/new",
        **typed(NEWEST, equity="500,000", cash="2000000", interest="-5", revenue="a lot", **{"ends_on-year": "2031"}),
    )  # fmt: skip
    assert wrong.status_code == 422
    said = shown(wrong.text)
    assert "This is more than Total assets" in said
    assert "This date is in the future" in said
    assert 'value="a lot"' in wrong.text
    page = send_form(client, f"{home}/accounts/new", **typed(NEWEST, equity="500,000"))
    assert "The balance sheet does not balance: liabilities and equity are 100,000.00 away" in shown(page.text)
    again = client.get(f"{home}/accounts/new").text
    assert 'value="500,000"' in again
    assert "does not balance" in again
    assert "There is a problem" in client.get(home).text
    assert f'action="{home}/submit"' not in client.get(f"{home}/check").text, "nothing is sent while it stands so"
    assert send_form(client, f"{home}/accounts", action="remove-typed").status_code == 303
    assert submit_draft(client, home).status_code == 303


def test_a_year_is_changed_removed_and_limited_to_three(house, applicant, browser):
    client = browser(applicant)
    home = fill_draft(client, PRODUCT)
    for year in ("2025", "2024", "2023"):
        answer = send_form(client, f"{home}/accounts/new", **typed(BEFORE, **{"ends_on-year": year}))
        assert answer.status_code == 303, shown(answer.text)[:400]
    fourth = send_form(client, f"{home}/accounts/2025-12-31", **typed(BEFORE, **{"ends_on-year": "2025"}))
    assert fourth.status_code == 303, "the same year again replaces it"
    moved = send_form(client, f"{home}/accounts/2023-12-31", **typed(BEFORE, **{"ends_on-year": "2022"}))
    assert moved.status_code == 303
    page = shown(client.get(f"{home}/accounts").text)
    assert "2022" in page
    assert "2023-12-31" not in client.get(f"{home}/accounts").text
    assert "a year is missing or overlaps" in page
    assert "on the pages before" in page, "revenue of the newest year differs from the page Results"
    refused = send_form(client, f"{home}/accounts/new", **typed(BEFORE, **{"ends_on-year": "2021"}))
    assert "There are 3 years already" in shown(refused.text)
    assert send_form(client, f"{home}/accounts", action="remove-2022-12-31").status_code == 303
    assert "2022-12-31" not in client.get(f"{home}/accounts").text
    assert client.get(f"{home}/accounts/2022-12-31").status_code == 404


def test_a_page_left_open_elsewhere_overwrites_nothing(house, applicant, browser):
    client = browser(applicant)
    home = fill_draft(client, PRODUCT)
    stale = client.get(f"{home}/accounts/new").text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', stale))
    assert send_form(client, f"{home}/accounts/new", **typed(NEWEST)).status_code == 303
    answer = client.post(f"{home}/accounts/new", data=fields | typed(BEFORE))
    assert answer.status_code == 409
    assert 'value="2200000"' in answer.text
    assert "changed in another window" in answer.text


def test_an_officer_confirms_a_year_with_its_document(app, house, applicant, officer, browser):
    client = browser(applicant)
    assert client.get(f"{fill_draft(client)}/accounts").status_code == 404, "a person has no yearly accounts"
    home = fill_draft(client, PRODUCT)
    assert send_form(client, f"{home}/accounts/new", **typed(NEWEST)).status_code == 303
    assert submit_draft(client, home).status_code == 303
    case_id = UUID(home.rpartition("/")[2])
    case, desk = f"/officer/cases/{case_id}", browser(officer)
    with house.read() as r:
        before = case_evidence(r, case_id)
    assert before.documented == ()
    data = {"upload_kind": "accounts", "upload_file": (BytesIO(pdf(2)), "accounts.pdf")}
    assert post(desk, case, "evidence/upload", **data).status_code == 303
    without = post(desk, case, "evidence/accounts/confirm", ends_on="2025-12-31")
    assert without.status_code == 422
    assert "Choose the document in which you read it" in without.text
    with house.read() as r:
        paper = next(one for one in case_papers(r, case_id) if one.kind == "accounts" and one.document_id)
    chosen = {"ends_on": "2025-12-31", "agrees_2025-12-31": str(paper.id)}
    assert post(desk, case, "evidence/accounts/confirm", **chosen).status_code == 303
    with house.read() as r:
        found = case_evidence(r, case_id)
    assert [year.is_declared for year in found.years] == [False]
    assert {one.fact for one in found.documented} >= {"revenue_annual", "equity"}
    assert post(desk, case, "evidence/accounts/confirm", **chosen).status_code == 404


def case_papers(r, case_id: UUID):
    from origination.queries.tracker import documents_of
    from origination.tables.application import ApplicationRow

    return documents_of(r, r.get(ApplicationRow, case_id))

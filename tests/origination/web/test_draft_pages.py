"""A draft through its pages: nothing typed is lost, nothing is sent twice, nobody else sees it."""

from __future__ import annotations

import re
from io import BytesIO
from uuid import uuid4

import pytest
from flask import url_for
from PIL import Image
from sqlalchemy import text

from core.tables import OutboundMessageRow
from tests.origination.steps.journey import resident_id
from tests.origination.web.pages import begin, fill_draft, hidden_of, send_form


def picture() -> bytes:
    held = BytesIO()
    Image.new("RGB", (40, 30), "white").save(held, "PNG")
    return held.getvalue()


def count(house, table: str) -> int:
    with house.read() as r:
        return r.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


@pytest.fixture
def mine(browser, applicant):
    return browser(applicant)


def test_a_visitor_is_sent_to_sign_in_and_the_wish_comes_along(house, client):
    page = client.get("/apply?product=consumer-cny&amount=50000&tenor_months=24").text
    assert "/sign-in?next=/apply" in page.replace("%3F", "?").replace("%2F", "/")
    with client.session_transaction() as kept:
        assert kept["wish"]["amount"] == "50000"


def test_a_wrong_page_keeps_what_was_typed_and_says_what_to_do(mine):
    home = begin(mine)
    wrong = {"full_name": "王小明", "id_kind": "cn_resident_id", "id_number": "110101199005170018"}
    wrong |= {"birth_on-year": "1990", "birth_on-month": "2", "birth_on-day": "30"}
    answer = send_form(mine, f"{home}/part/identity", **wrong)
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    for typed in ("王小明", "110101199005170018", 'value="30"'):
        assert typed in answer.text
    again = mine.get(f"{home}/part/identity")
    assert again.status_code == 200
    assert "110101199005170018" in again.text
    assert "Enter a real date" in again.text
    assert "There is a problem" in mine.get(home).text


def test_identity_numbers_are_masked_once_saved_and_kept_when_left_empty(mine):
    home = begin(mine)
    number = resident_id()
    good = {"full_name": "王小明", "id_kind": "cn_resident_id", "id_number": number, "birth_on": "1990-05-17"}
    assert send_form(mine, f"{home}/part/identity", **good).status_code == 303
    page = mine.get(f"{home}/part/identity").text
    assert number not in page
    assert f"•••• {number[-4:]}" in page
    assert send_form(mine, f"{home}/part/identity", **(good | {"id_number": ""})).status_code == 303
    assert f"•••• {number[-4:]}" in mine.get(f"{home}/check").text


def test_a_birth_date_that_contradicts_the_number_is_found_on_the_page(mine):
    home = begin(mine)
    wrong = {"full_name": "王小明", "id_kind": "cn_resident_id", "id_number": resident_id(), "birth_on": "1991-05-17"}
    answer = send_form(mine, f"{home}/part/identity", **wrong)
    assert answer.status_code == 422
    assert "says another date of birth" in answer.text


def test_a_stale_form_shows_both_and_overwrites_nothing(mine):
    home = begin(mine)
    address = f"{home}/part/means"
    fields = hidden_of(mine.get(address).text, address)
    assert (
        mine.post(address, data=fields | {"current_account": "4", "savings": "30000", "property": "2"}).status_code
        == 303
    )
    stale = mine.post(address, data=fields | {"current_account": "1", "savings": "777", "property": "1"})
    assert stale.status_code == 409
    assert "These answers changed in another window" in stale.text
    assert 'value="777"' in stale.text
    assert "30,000" in stale.text
    assert "30,000" in mine.get(address).text
    fresh = hidden_of(stale.text, address)
    assert (
        mine.post(address, data=fresh | {"current_account": "1", "savings": "777", "property": "1"}).status_code == 303
    )


def test_a_whole_application_is_sent_once_whatever_is_clicked(mine, house):
    home = fill_draft(mine)
    check = mine.get(f"{home}/check").text
    fields = hidden_of(check, f"{home}/submit")
    first, second = (mine.post(f"{home}/submit", data=fields) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location == f"{home}/sent"
    receipt = mine.get(first.location).text
    reference = re.search(r"APP-\d{4}-\d{6}", receipt)[0]
    assert mine.get(first.location).text.count(reference) == receipt.count(reference)  # bookmarked
    assert reference in mine.get("/applications").text
    assert count(house, "application") == 1
    assert count(house, "procrastinate_jobs WHERE task_name = 'advance_application'") == 1
    # Browser-back to a page of the draft leads to the status, not to an error.
    assert mine.get(f"{home}/part/loan").location == home
    assert mine.get(f"{home}/check").location == home
    assert reference in mine.get(home).text


def test_an_unfinished_application_cannot_be_sent_and_says_where_to_go(mine):
    home = begin(mine)
    page = mine.get(f"{home}/check").text
    assert f"{home}/submit" not in page
    fields = hidden_of(mine.get(f"{home}/part/loan").text, f"{home}/part/loan")
    answer = mine.post(f"{home}/submit", data=fields)
    assert answer.status_code == 422
    assert f"{home}/part/work?return=check#income_monthly" in answer.text
    assert f"{home}/consents?return=check" in answer.text


def test_changing_an_answer_comes_back_to_the_check_page(mine):
    home = fill_draft(mine)
    page = mine.get(f"{home}/part/means?return=check").text
    fields = hidden_of(page, f"{home}/part/means")
    answer = mine.post(f"{home}/part/means", data=fields | {"current_account": "3", "savings": "1", "property": "2"})
    assert answer.location == f"{home}/check"


def test_consents_are_asked_for_one_by_one(mine, house):
    home = begin(mine)
    answer = send_form(mine, f"{home}/consents", consent_data="yes")
    assert answer.status_code == 422
    assert "Query of a credit bureau: tick this box" in answer.text
    assert count(house, "consent") == 1
    assert send_form(mine, f"{home}/consents", consent_bureau="yes", consent_electronic="yes").status_code == 303


def test_owners_are_added_removed_and_summed(mine):
    home = begin(mine, "sme-equipment-eur")
    one = {"owners-0-name": "Erika Beispiel", "owners-0-kind": "person", "owners-0-share": "60"}
    answer = send_form(mine, f"{home}/owners", **one, action="add")
    assert answer.status_code == 303
    page = mine.get(answer.location).text
    assert "Erika Beispiel" in page
    assert 'name="owners-1-name"' in page
    two = one | {"owners-1-name": "Max Beispiel", "owners-1-kind": "person", "owners-1-share": "50"}
    wrong = send_form(mine, f"{home}/owners", **two)
    assert wrong.status_code == 422
    assert "add up to 110 %" in wrong.text
    assert "Max Beispiel" in wrong.text
    good = send_form(mine, f"{home}/owners", **(two | {"owners-1-share": "40"}))
    assert good.status_code == 303
    assert "100.00%" in mine.get(f"{home}/owners").text
    send_form(mine, f"{home}/owners", **(two | {"owners-1-share": "40"}), action="remove-0")
    page = mine.get(f"{home}/owners").text
    assert "Erika Beispiel" not in page
    assert "Max Beispiel" in page


def upload(client, home: str, data: bytes, name: str, kind: str = "identity"):
    address = f"{home}/documents"
    fields = hidden_of(client.get(address).text, address) | {"kind": kind}
    answer = client.post(
        address, data=fields | {f"file-{kind}": (BytesIO(data), name)}, content_type="multipart/form-data"
    )
    answer.request.environ["wsgi.input"].close()  # the test browser keeps large bodies in a temporary file
    return answer


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "empty.pdf", "The file is empty"),
        (b"MZ\x90\x00", "photo.jpg", "programs are not accepted"),
        (b"just some words", "notes.png", "not a PDF, JPEG or PNG"),
        (b"<html><script>alert(1)</script>", "scan.pdf", "not a"),
        (b"%PDF-1.7 broken", "scan.pdf", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * (10 * 1024 * 1024), "big.png", "larger than 10 MB"),
    ],
)
def test_uploads_that_cannot_be_used_say_why(mine, house, data, name, said):
    home = begin(mine)
    answer = upload(mine, home, data, name)
    assert answer.status_code == 422
    assert said in answer.text.replace("&#39;", "'")
    assert count(house, "document") == 0


def test_no_file_and_far_too_big_files_are_explained(mine):
    home = begin(mine)
    assert "Choose a file first" in upload(mine, home, b"", "").text
    answer = upload(mine, home, b"0" * (13 * 1024 * 1024), "big.png")
    assert answer.status_code == 413
    assert "larger than 10 MB" in answer.text


def test_a_document_is_kept_shown_and_removed_by_its_owner_only(mine, browser, stranger, house):
    home = begin(mine)
    assert upload(mine, home, picture(), "card.png").status_code == 303
    address = re.search(rf'"({home}/documents/[0-9a-f-]+)"', mine.get(f"{home}/documents").text)[1]
    shown = mine.get(address)
    assert shown.status_code == 200
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    other = browser(stranger)
    assert other.get(address).status_code == 404
    token = hidden_of(other.get("/apply?product=consumer-cny").text, "/apply")["csrf_token"]
    assert other.post(f"{address}/remove", data={"csrf_token": token}).status_code == 404
    assert send_form(mine, f"{home}/documents", f"{address}/remove").status_code == 303
    assert mine.get(address).status_code == 404
    assert count(house, "document") == 0


def test_a_phone_sends_documents_by_link_without_seeing_anything(mine, client, house):
    home = begin(mine)
    send_form(mine, f"{home}/part/identity", full_name="王小明")
    assert send_form(mine, f"{home}/documents", f"{home}/documents/phone").status_code == 303
    address = re.search(r'href="http://[^/"]+(/u/[^"]+)"', mine.get(f"{home}/documents").text)[1]
    page = client.get(address)
    assert page.status_code == 200
    assert "王小明" not in page.text
    fields = hidden_of(page.text, address)
    bad = client.post(
        address, data=fields | {"kind": "income", "file-income": (BytesIO(b"nothing"), "pay.pdf")},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert bad.status_code == 422
    sent = client.post(
        address, data=fields | {"kind": "income", "file-income": (BytesIO(picture()), "pay.png")},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert sent.status_code == 303
    assert "Received" in mine.get(f"{home}/documents").text
    assert client.get("/u/no-such-token").status_code == 404


def test_a_resume_link_leads_its_owner_back_and_nobody_else(mine, browser, stranger, client, house):
    home = begin(mine)
    assert send_form(mine, f"{home}/leave").status_code == 303
    with house.read() as r:
        message = r.session.query(OutboundMessageRow).filter_by(kind="application_link").one()
    link = re.search(r"http://[^/\s]+(/resume/\S+)", message.body)[1]
    assert mine.get(link).location == home
    assert browser(stranger).get(link).status_code == 404
    assert client.get(link).location.startswith("/sign-in")
    assert mine.get("/resume/altered").status_code == 404


def test_somebody_elses_application_does_not_exist(mine, browser, stranger, app):
    home = fill_draft(mine)
    other = browser(stranger)
    application_id = home.rpartition("/")[2]
    token = hidden_of(other.get("/apply?product=consumer-cny").text, "/apply")["csrf_token"]
    tried = 0
    for rule in app.url_map.iter_rules():
        if "application_id" not in rule.arguments or rule.endpoint.split(".")[0] not in {
            "applicant", "draft", "owners", "papers", "status", "closing",
        }:  # fmt: skip
            continue
        values = {name: uuid4() for name in rule.arguments} | {"application_id": application_id}
        if "name" in values:
            values["name"] = "loan"
        with app.test_request_context():
            address = url_for(rule.endpoint, **values)
        for method in rule.methods & {"GET", "POST"}:
            answer = other.open(address, method=method, data={"csrf_token": token})
            assert answer.status_code == 404, (method, address, answer.status_code)
            tried += 1
    assert tried > 20

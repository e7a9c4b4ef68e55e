"""The applicant's documents: a statement file with its reason when refused, several at once, turned, previewed."""

from __future__ import annotations

import re
from io import BytesIO

from PIL import Image

from tests.core.statements.samples import GERMAN, half_year
from tests.origination.web.pages import begin, hidden_of, send_form
from tests.origination.web.test_case_page import png


def send(client, home: str, kind: str, *files):
    page = f"{home}/documents"
    token = hidden_of(client.get(page).text, page)["csrf_token"]
    data = {"csrf_token": token, "kind": kind, f"file-{kind}": [(BytesIO(data), name) for data, name in files]}
    return client.post(page, data=data, content_type="multipart/form-data")


def test_statement_files_are_read_or_refused_with_the_reason(browser, applicant):
    client = browser(applicant)
    home = begin(client)
    wrong = send(client, home, "bank_file", (GERMAN.replace("3500,00", "3500,01").encode(), "a.sta"))
    assert wrong.status_code == 422
    assert "EUR 3500.01" in wrong.text
    picture = send(client, home, "bank_file", (png(), "a.png"))
    assert "picture of a statement" in picture.text
    assert send(client, home, "bank_file", (half_year().encode(), "a.xml")).status_code == 303
    assert "Received" in client.get(f"{home}/documents").text


def test_several_photos_at_once_are_kept_previewed_and_turned(browser, applicant):
    client = browser(applicant)
    home = begin(client)
    assert send(client, home, "identity", (png(), "front.png"), (png(), "back.png")).status_code == 303
    page = client.get(f"{home}/documents").text
    turns = re.findall(r'action="([^"]+/turn)"', page)
    assert len(turns) == 2
    assert send_form(client, f"{home}/documents", turns[0]).status_code == 303
    sizes = {Image.open(BytesIO(client.get(one.replace("/turn", "/thumb")).data)).size for one in turns}
    assert sizes == {(80, 40), (40, 80)}


def test_companies_that_own_each_other_are_named_on_the_owners_page(browser, applicant):
    client = browser(applicant)
    home = begin(client, "sme-equipment-eur")
    lines = [
        {"name": "Alpha AG", "kind": "company", "share": "60", "birth_on": "2001-01-01"},
        {"name": "Beta AG", "kind": "company", "share": "30", "birth_on": "2001-01-01", "of": "Alpha AG"},
        {"name": "Alpha AG", "kind": "company", "share": "10", "birth_on": "2001-01-01", "of": "Beta AG"},
        {"name": "Max Beispiel", "kind": "person", "share": "130", "birth_on": "1975-04-01"},
    ]
    fields = {f"owners-{at}-{name}": value for at, line in enumerate(lines) for name, value in line.items()}
    answer = send_form(client, f"{home}/owners", **fields)
    assert answer.status_code == 422
    fields["owners-3-share"] = "50"
    too_much = send_form(client, f"{home}/owners", **fields)
    assert "add up to 110 %" in too_much.text
    assert "These companies own each other" in too_much.text
    assert "Alpha AG, Beta AG" in too_much.text

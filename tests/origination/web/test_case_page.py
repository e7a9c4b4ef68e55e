"""The officer's case page: figures beside documents, statements, owners, links, documents, timeline."""

from __future__ import annotations

import html
import re
from io import BytesIO
from uuid import UUID

import pikepdf
import pytest
from PIL import Image

from core.domain.actor import Role
from core.tables import OutboundMessageRow
from core.uploads import CleanFile
from origination.steps.advance import advance
from origination.steps.papers import receive_paper
from origination.web import case as case_pages
from tests.core.paper.pages_to_draw import two_pages
from tests.core.statements.samples import half_year
from tests.origination.steps.journey import OWNERS, KnownBureau, person
from tests.origination.web.pages import fill_draft, hidden_of, submit_draft


@pytest.fixture
def officer(house):
    return person(house, Role.OFFICER, "officer")


def case_of(house, app, client, product: str = "consumer-cny", **changes: str) -> str:
    """A submitted and assessed application; returns the address of its case page."""
    home = fill_draft(client, product, **changes)
    assert submit_draft(client, home).status_code == 303
    application_id = home.rpartition("/")[2]
    with app.app_context(), house.work() as w:
        advance(w, UUID(application_id), bureau=KnownBureau())
    return f"/officer/cases/{application_id}"


def post(client, case: str, path: str, **fields):
    page = client.get(case).text
    token = hidden_of(page, f"{case}/notes")["csrf_token"]
    version = re.search(r'name="version" value="(\d+)"', page)
    fields |= {"csrf_token": token} | ({"version": version[1]} if version else {})
    return client.post(f"{case}/{path}", data=fields, content_type="multipart/form-data")


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (80, 40), "white").save(out, "PNG")
    return out.getvalue()


def pdf(pages: int = 3) -> bytes:
    out = BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page()
        made.save(out)
    return out.getvalue()


REFERRED = {"amount": "180,000", "tenor_months": "36", "income_monthly": "60000"}


@pytest.mark.parametrize("product", ["consumer-cny", "sme-equipment-eur"])
def test_every_panel_is_there(house, app, browser, applicant, officer, product):
    page = browser(officer).get(case_of(house, app, browser(applicant), product))
    assert page.status_code == 200
    panels = ["figures", "links", "documents", "identity", "notes", "timeline"]
    for panel in panels + (["owners", "accounts"] if product.startswith("sme") else []):
        assert f'id="{panel}"' in page.text, panel
    if product.startswith("sme"):
        assert page.text.count('class="diagram-box') >= 3
        assert "Beneficial owner: more than 25% in the end" in page.text


def test_a_statement_sent_on_by_the_officer_is_read_and_flagged(house, app, browser, applicant, officer):
    client = browser(officer)
    case = case_of(house, app, browser(applicant), **REFERRED)
    bad = half_year("9000.00", "CNY").replace("<CdtDbtInd>CRDT</CdtDbtInd><Dt>", "<CdtDbtInd>DBIT</CdtDbtInd><Dt>")
    refused = post(
        client, case, "evidence/upload", upload_kind="bank_file", upload_file=(BytesIO(bad.encode()), "a.xml")
    )
    assert refused.status_code == 422
    assert "do not add up" in refused.text
    good = (BytesIO(half_year("9000.00", "CNY").encode()), "a.xml")
    assert post(client, case, "evidence/upload", upload_kind="bank_file", upload_file=good).status_code == 303
    page = client.get(case).text
    assert "1 answer differs from the documents" in page
    assert "The document shows 85 % less" in page
    assert "Balances add up" in page
    file = re.search(rf'href="({case}/evidence/papers/[0-9a-f-]+)"', page)[1]
    assert "&lt;BkToCstmrStmt&gt;" in client.get(file).text


def test_a_figure_is_read_from_a_page_and_an_answer_corrected(house, app, browser, applicant, officer):
    client = browser(officer)
    case = case_of(house, app, browser(applicant), **REFERRED)
    assert post(client, case, "evidence/upload", upload_kind="income",
                upload_file=(BytesIO(pdf()), "pay.pdf")).status_code == 303  # fmt: skip
    paper = re.search(rf'{case}/evidence/papers/([0-9a-f-]+)"', client.get(case).text)[1]
    wrong = post(client, case, "evidence/fact", fact="income_monthly", value="a lot", paper=paper)
    assert wrong.status_code == 422
    assert (
        post(client, case, "evidence/fact", fact="income_monthly", value="40,000", paper=paper, page="2").status_code
        == 303
    )
    page = client.get(case).text
    assert "The document shows 33 % less" in page
    assert "page 2" in page
    silent = post(client, case, "evidence/correct", correct_fact="income_monthly", correct_value="40000")
    assert silent.status_code == 422
    assert "Say why" in silent.text
    done = post(client, case, "evidence/correct", correct_fact="income_monthly", correct_value="40000",
                correct_reason="As in the pay slip")  # fmt: skip
    assert done.status_code == 303
    anew = client.get(case).text
    assert "Agrees" in anew
    assert "Earlier decisions" in anew, "what was decided before the change is void and still told"
    stale = client.post(f"{case}/evidence/correct", data=hidden_of(page, f"{case}/evidence/correct") | {
        "correct_fact": "income_monthly", "correct_value": "39000", "correct_reason": "A second look",
    })  # fmt: skip
    assert stale.status_code == 409
    assert re.search(r'<details class="disclosure" open>(?:(?!</details>).)*A second look', stale.text, re.DOTALL)
    looked = client.get(f"{case}/evidence/papers/{paper}?page=2&zoom=150").text
    assert looked.count("Page ") >= 3
    framed = client.get(f"{case}/evidence/papers/{paper}/sheet")
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get(case).headers["X-Frame-Options"] == "DENY"


def test_pictures_are_shown_small_and_turned(house, app, browser, applicant, officer):
    client = browser(officer)
    case = case_of(house, app, browser(applicant), **REFERRED)
    post(client, case, "evidence/upload", upload_kind="identity", upload_file=(BytesIO(png()), "id.png"))
    paper = re.search(rf'{case}/evidence/papers/([0-9a-f-]+)"', client.get(case).text)[1]
    assert Image.open(BytesIO(client.get(f"{case}/evidence/papers/{paper}/thumb").data)).size == (80, 40)
    assert post(client, case, f"evidence/papers/{paper}/turn").status_code == 303
    assert Image.open(BytesIO(client.get(f"{case}/papers/{paper}").data)).size == (40, 80)


def paper_of(client, case: str, data: bytes) -> str:
    """The address of a pay slip that the officer added."""
    sent = post(client, case, "evidence/upload", upload_kind="income", upload_file=(BytesIO(data), "pay.pdf"))
    assert sent.status_code == 303
    return re.search(rf'href="({case}/evidence/papers/[0-9a-f-]+)"', client.get(case).text)[1]


def test_every_page_of_a_text_has_its_own_picture(house, app, browser, applicant, officer):
    client = browser(officer)
    paper = paper_of(client, case_of(house, app, browser(applicant), **REFERRED), two_pages())
    strip = [html.unescape(one) for one in re.findall(r'<img src="([^"]+/thumb[?]page=[^"]+)', client.get(paper).text)]
    assert len(strip) == 2
    answers = [client.get(address) for address in strip]
    for answer in answers:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cache-Control"] == "private, max-age=3600"
        assert min(Image.open(BytesIO(answer.data)).convert("L").tobytes()) < 128
    assert answers[0].data != answers[1].data
    missing = client.get(f"{paper}/thumb?page=3")
    assert missing.headers["Content-Type"].startswith("image/svg+xml")
    assert missing.headers["Cache-Control"] == "no-store"
    assert ">No picture</text>" in missing.text
    assert ">3</text>" in missing.text


def test_pictures_of_pages_are_for_those_who_may_see_the_document(house, app, browser, applicant, officer):
    client = browser(officer)
    case = case_of(house, app, browser(applicant), **REFERRED)
    paper = paper_of(client, case, two_pages())
    for other in (applicant, person(house, Role.COLLECTOR, "collector")):
        assert browser(other).get(f"{paper}/thumb?page=1").status_code in {403, 404}
    elsewhere = case_of(house, app, browser(person(house, Role.APPLICANT, "another")), **REFERRED)
    number = paper.rpartition("/")[2]
    assert client.get(f"{elsewhere}/evidence/papers/{number}/thumb").status_code == 404
    assert client.get(f"{case}/evidence/papers/{UUID(int=0)}/thumb").status_code == 404


def test_a_long_document_shows_its_pictures_sixty_at_a_time(house, app, browser, applicant, officer):
    client = browser(officer)
    paper = paper_of(client, case_of(house, app, browser(applicant), **REFERRED), pdf(150))
    page = client.get(f"{paper}?page=75").text
    assert re.findall(r"/thumb[?]page=(\d+)", page) == [str(n) for n in range(61, 121)]
    assert "Pages 61 to 120 of 150" in page
    assert "Earlier pages" in page
    assert "Later pages" in page
    assert "Pages 121 to 150 of 150" in client.get(f"{paper}?page=999").text


def test_a_damaged_file_is_told_in_words(house, app, browser, applicant, officer):
    client = browser(officer)
    case = case_of(house, app, browser(applicant), **REFERRED)
    with app.app_context(), house.work() as w:
        broken = CleanFile(two_pages()[:500], "application/pdf", "pay.pdf", 2)
        receive_paper(w, UUID(case.rpartition("/")[2]), "income", broken)
    paper = re.search(rf'href="({case}/evidence/papers/[0-9a-f-]+)"', client.get(case).text)[1]
    page = client.get(paper)
    assert page.status_code == 200
    assert "the file is damaged" in page.text
    assert "<iframe" not in page.text
    assert "/turn" not in page.text
    assert post(client, case, paper.removeprefix(f"{case}/") + "/turn").status_code == 422
    assert ">No picture</text>" in client.get(f"{paper}/thumb").text


def test_accounts_of_a_year_and_what_is_wrong_with_them(house, app, browser, applicant, officer):
    client = browser(officer)
    case = case_of(house, app, browser(applicant), "sme-equipment-eur")
    year = {
        "ends_on-year": "2025", "ends_on-month": "12", "ends_on-day": "31", "revenue": "2,400,000", "profit": "150000",
        "total_assets": "1300000", "total_liabilities": "700000", "equity": "600000", "ebitda": "260000",
    }  # fmt: skip
    off = post(client, case, "evidence/accounts", **(year | {"equity": "500000"}))
    assert off.status_code == 422
    assert "The balance sheet does not balance" in off.text
    assert post(client, case, "evidence/accounts", **year).status_code == 303
    page = client.get(case).text
    assert "Equity ratio" in page
    assert "46.15" in page


def test_documents_are_asked_for_once_in_the_applicants_language(house, app, browser, applicant, officer):
    client = browser(officer)
    case = case_of(house, app, browser(applicant), **REFERRED)
    asked = post(client, case, "evidence/ask", kinds=["address", "tax"], paper_note="The one of July, please.")
    assert asked.status_code == 303
    again = post(client, case, "evidence/ask", kinds=["tax"])
    assert again.status_code == 422
    assert "Asked for already" in again.text
    with house.read() as r:
        (told,) = r.session.query(OutboundMessageRow).filter_by(kind="papers_requested")
    assert "Proof of address" in told.body
    assert "The one of July" in told.body
    mine = browser(applicant).get(case.replace("/officer/cases", "/applications")).text
    assert "Proof of address" in mine


def test_a_pinned_note_stands_on_top_and_the_timeline_is_filtered(house, app, browser, applicant, officer):
    client = browser(officer)
    case = case_of(house, app, browser(applicant), **REFERRED)
    post(client, case, "notes", note="Call the employer", pinned="yes")
    post(client, case, "notes", note="Later one")
    page = client.get(case).text
    assert page.index("Call the employer") < page.index("Later one")
    people = client.get(f"{case}?show=people").text
    timeline = people[people.index('id="timeline"') :]
    assert "Note" in timeline
    assert "Scored" not in timeline


def test_another_application_on_the_same_account_is_drawn(house, app, browser, applicant, stranger, officer):
    case = case_of(house, app, browser(applicant), **REFERRED)
    case_of(house, app, browser(stranger), full_name="李大海", **REFERRED)
    page = browser(officer).get(case).text
    assert "1 other application of the last 90 days" in page
    assert "Same bank account" in page
    assert "李大海" in page


def test_a_case_whose_bureau_is_down_waits_for_a_person(house, app, applicant, officer, browser, monkeypatch):
    from origination.providers.bureau import NoBureau

    client = browser(applicant)
    home = fill_draft(client)
    assert submit_draft(client, home).status_code == 303
    case_id = UUID(home.rpartition("/")[2])
    with app.app_context(), house.work() as w:
        assert advance(w, case_id, bureau=NoBureau()).waiting_for == "bureau"
    desk = browser(officer)
    page = desk.get(f"/officer/cases/{case_id}").text
    assert "The credit bureau has not answered" in page
    assert 'name="verdict"' not in page
    assert str(case_id) in desk.get("/officer/?tab=unassigned").text
    token = hidden_of(page, f"/officer/cases/{case_id}/bureau")["csrf_token"]
    monkeypatch.setattr(case_pages, "_bureau", NoBureau)
    again = desk.post(f"/officer/cases/{case_id}/bureau", data={"csrf_token": token}, follow_redirects=True)
    assert "The bureau still does not answer" in again.text
    monkeypatch.setattr(case_pages, "_bureau", KnownBureau)
    again = desk.post(f"/officer/cases/{case_id}/bureau", data={"csrf_token": token}, follow_redirects=True)
    assert "The bureau has answered" in again.text
    assert "The credit bureau has not answered" not in again.text


def test_the_case_says_how_much_could_be_lent_and_adds_the_price_up(house, app, applicant, officer, browser):
    case = case_of(house, app, browser(applicant), **REFERRED)
    page = " ".join(re.sub(r"<[^>]+>", " ", browser(officer).get(case).text).split())
    assert "Amount asked for CN¥180,000.00" in page
    assert re.search(r"Most that can be carried, over 36 months CN¥[1-9]", page)
    assert re.search(r"Most for the grade CN¥[1-9]", page)
    assert "Most of the product CN¥" in page
    build_up = re.search(r"Cost of funds ([\d.]+)% Expected loss ([\d.]+)% Cost of capital ([\d.]+)% "
                         r"Operating cost ([\d.]+)% Margin ([\d.]+)% Rate ([\d.]+)%", page)  # fmt: skip
    assert build_up
    *parts, rate = (float(one) for one in build_up.groups())
    assert abs(sum(parts) - rate) < 0.03, "five parts, each shown to two decimals"


def test_an_owner_who_was_left_out_is_added_by_an_officer(house, app, applicant, officer, browser):
    case = case_of(house, app, browser(applicant), "sme-equipment-eur")
    client, page = browser(officer), f"{case}/owners"
    shown = client.get(page)
    assert "Correct the owners" in shown.text
    typed = hidden_of(shown.text, page) | {
        f"owners-{at}-{name}": value for at, owner in enumerate(OWNERS) for name, value in owner.items()
    }
    more = client.post(page, data=typed | {"action": "add"})
    assert 'name="owners-2-name"' in more.text
    typed |= hidden_of(more.text, page) | {
        "owners-1-share": "30", "owners-2-name": "Jo Drittel", "owners-2-kind": "person", "owners-2-share": "20",
    }  # fmt: skip
    wrong = client.post(page, data=typed)
    assert wrong.status_code == 422
    assert "add up to 110 %" in wrong.text
    assert "Say why the application changes" in wrong.text
    assert 'value="Jo Drittel"' in wrong.text
    right = typed | {"owners-2-share": "10", "owners_reason": "The register names a third owner."}
    assert client.post(page, data=right).status_code == 303
    assert "Jo Drittel" in client.get(case).text
    assert client.post(page, data=right).status_code == 409, "a second press changes nothing"
    assert browser(applicant).get(page).status_code in {403, 404}


def test_the_connected_parties_and_the_size_class_stand_on_the_case(house, app, applicant, officer, browser):
    page = browser(officer).get(case_of(house, app, browser(applicant), "sme-equipment-eur")).text
    group = page[page.index('id="group"') :]
    assert "Small enterprise" in group
    assert "Erika Beispiel" in group
    assert "€80,000.00" in group

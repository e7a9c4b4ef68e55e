"""A person's copy of the data, who looked at it, and deletion asked for and answered."""

from __future__ import annotations

import json
from datetime import date, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select, text

from core.db import Row
from core.domain.actor import Role
from core.tables import AuditEventRow, BusinessDayRow, DocumentRow, OutboundMessageRow, PartyRow, UserRow
from core.users import actor_for
from origination.steps.replay import replay_all
from origination.steps.rescreen import rescreen_book
from origination.tables.application import ApplicationRow, CaseNoteRow
from origination.tables.decision import DecisionRow
from origination.tables.evidence import AccountFiguresRow
from origination.tables.privacy import ErasureRequestRow
from tests.origination.steps.journey import OWNERS, person, resident_id
from tests.origination.web.pages import begin, fill_draft, hidden_of, offered, send_form, submit_draft
from tests.origination.web.test_closing_pages import sign
from tests.origination.web.test_papers_of_the_applicant import half_year, send

PASSWORD = "violet anvil drifts north"


@pytest.fixture
def mine(browser, applicant, house, app):
    with app.app_context(), house.work() as w:
        from flask_security.utils import hash_password

        w.get(UserRow, applicant.id).password = hash_password(PASSWORD)
    return browser(applicant)


@pytest.fixture
def officer(house):
    return person(house, Role.OFFICER, "officer Huang")


@pytest.fixture
def admin(browser, house):
    return browser(person(house, Role.ADMIN, "admin"))


def sent(client, **changes: str) -> str:
    home = fill_draft(client, **changes)
    assert submit_draft(client, home).status_code == 303
    return home


def ask(client, **changes: str):
    return send_form(client, "/my-data/", "/my-data/erasure", **{"sure": "yes", "password": PASSWORD} | changes)


def answer(admin, house, do: str):
    with house.read() as r:
        asked = r.session.scalars(select(ErasureRequestRow).where(ErasureRequestRow.status == "open")).one()
    return send_form(admin, "/admin/erasures/", f"/admin/erasures/{asked.id}", do=do)


def set_day(house, day: date) -> None:
    with house.work() as w:
        row = w.session.get(BusinessDayRow, 1)
        if row is None:
            w.add(BusinessDayRow(id=1, open_on=day, moved_at=w.now))
        else:
            row.open_on = day


def export(client):
    return send_form(client, "/my-data/", "/my-data/export")


def test_the_copy_has_everything_of_this_person_and_nothing_of_others(
    house, app, mine, applicant, browser, stranger, officer
):
    home = offered(house, app, mine, applicant)
    loan = sign(mine, house, home)
    other = browser(stranger)
    sent(
        other, full_name="李外人", id_number=resident_id(serial="222"), email="wairen@example.com", phone="13900001111"
    )
    with house.work(officer) as w:
        w.add(CaseNoteRow(application_id=UUID(home[-36:]), author_name="x", text="intern: looks shy", written_at=w.now))
    answered = export(mine)
    assert answered.status_code == 200
    assert answered.mimetype == "application/json"
    assert f'filename="my-data-{house.clock.today()}.json"' in answered.headers["Content-Disposition"]
    copy = json.loads(answered.text)
    (one,) = copy["applications"]
    assert one["answers"]["full_name"] == "王小明"
    assert one["answers"]["phone"].endswith("13812345678")
    assert {consent["kind"] for consent in one["consents"]} >= {"data", "bureau", "electronic"}
    assert all(len(consent["text"]) > 20 for consent in one["consents"])
    assert one["scores"][0]["grade"]
    assert one["scores"][0]["points"]
    assert one["bureau_reports"][0]["facts"]["bureau_inquiries_6m"] == 1
    assert one["offers"]
    assert one["contracts"][0]["download"].endswith(f"{home}/contract.pdf")
    (own,) = copy["people_and_companies"]
    assert {contact["value"] for contact in own["contacts"]} >= {"xiaoming@example.com"}
    assert own["identity_number"] == one["answers"]["id_number"]
    assert copy["loans"][0]["schedule"][0]["total"]["currency"] == "CNY"
    assert len(copy["loans"][0]["schedule"]) == 24
    assert loan
    assert any("offer" in message["title"].lower() for message in copy["messages"])
    for foreign in ("李外人", "wairen", "13900001111", "looks shy", "officer Huang", "screening", "kyc"):
        assert foreign not in answered.text, foreign
    assert "wairen@example.com" in export(other).text
    with house.read() as r:
        (event,) = r.session.scalars(
            select(AuditEventRow).where(
                AuditEventRow.action == "privacy.exported", AuditEventRow.subject_id == str(applicant.id)
            )
        )
        assert event.data == {
            "people_and_companies": 1,
            "applications": 1,
            "loans": 1,
            "messages": len(copy["messages"]),
        }


def test_owners_are_named_as_typed_but_their_numbers_are_masked(mine, house):
    home = begin(mine, "sme-equipment-eur")
    lines = {f"owners-0-{name}": value for name, value in OWNERS[0].items()} | {
        "owners-0-identity_number": "nonsense-9",
        "owners-0-share": "many",
    }
    assert send_form(mine, f"{home}/owners", **lines).status_code == 422
    assert "nonsense-9" not in export(mine).text
    home = fill_draft(mine, "sme-equipment-eur")
    with house.work() as w:
        row = w.get(ApplicationRow, UUID(home[-36:]))
        row.owners[0].identity_number = "C01X00T478"
    copy = next(one for one in json.loads(export(mine).text)["applications"] if one["owners"])
    assert copy["owners"][0]["name"] == "Erika Beispiel"
    assert copy["owners"][0]["identity_number"] == "•••• T478"
    assert "birth_on" not in copy["owners"][0]


def test_a_look_is_recorded_once_a_person_and_business_day(mine, house, browser, stranger, officer):
    home = sent(mine)
    case = home.replace("/applications/", "/officer/cases/")
    assert "Nobody has looked yet" in mine.get("/my-data/").text
    desk = browser(officer)
    for _ in range(3):
        assert desk.get(case).status_code == 200
    approver = browser(person(house, Role.APPROVER, "approver Zhou"))
    assert approver.get(case).status_code == 200

    def looks() -> list[str]:
        query = (
            select(AuditEventRow.actor_name).where(AuditEventRow.action == "case.viewed").order_by(AuditEventRow.seq)
        )
        with house.read() as r:
            return list(r.session.scalars(query))

    assert looks() == ["officer Huang", "approver Zhou"]
    set_day(house, house.clock.today() + timedelta(days=1))
    assert desk.get(case).status_code == 200
    assert looks() == ["officer Huang", "approver Zhou", "officer Huang"]
    page = mine.get("/my-data/").text
    assert page.count("Credit officer") == 2
    assert page.count("Approver") == 1
    assert "Huang" not in page
    assert "Nobody has looked yet" in browser(stranger).get("/my-data/").text


def test_what_was_never_sent_is_deleted_at_once(mine, house, applicant):
    home = fill_draft(mine)
    assert send(mine, home, "bank_file", (half_year().encode(), "a.xml")).status_code == 303
    copy = json.loads(export(mine).text)["applications"][0]
    assert copy["documents"][0]["filename"] == "a.xml"
    path = urlsplit(copy["documents"][0]["download"]).path
    assert mine.get(path).status_code == 200
    assert copy["read_from_documents"]["bank_accounts"][0]["figures"]
    assert ask(mine, sure="").status_code == 422
    wrong = ask(mine, password="guess")
    assert wrong.status_code == 422
    assert "This is not your password" in wrong.text
    assert ask(mine).status_code == 303
    page = mine.get("/my-data/").text
    assert "You have asked for deletion" in page
    assert "Applications you never sent are deleted already: 1." in page
    with house.read() as r:
        row = r.get(ApplicationRow, UUID(home[-36:]))
        assert (row.status, row.draft, row.answers, row.applicant_name) == ("WITHDRAWN", "{}", None, None)
        assert r.session.scalars(select(DocumentRow)).all() == []
        assert r.session.scalars(select(AccountFiguresRow)).all() == []
    assert mine.get(path).status_code == 404
    assert mine.get(home).status_code == 200


def test_a_sent_application_is_refused_with_its_ground_and_told(mine, house, admin, applicant):
    home = sent(mine)
    begin(mine)
    ask(mine)
    with house.read() as r:
        assert r.get(ApplicationRow, UUID(home[-36:])).answers is not None
    page = admin.get("/admin/erasures/").text
    assert "An application is still being worked on" in page
    assert "Erase the data" not in page
    assert answer(admin, house, "erase").status_code == 409  # a form of before cannot do what the page does not offer
    assert send_form(mine, f"{home}/withdraw").status_code == 303
    assert "The law has a lender keep the records" in admin.get("/admin/erasures/").text
    assert answer(admin, house, "refuse").status_code == 303
    with house.read() as r:
        told = r.session.scalars(select(OutboundMessageRow).where(OutboundMessageRow.kind == "erasure_refused")).one()
        assert "The law has a lender keep the records of an application that was sent" in told.body
        assert told.recipient == "xiaoming@example.com"
        assert r.get(ApplicationRow, UUID(home[-36:])).answers is not None
    shown = mine.get("/my-data/").text
    assert "We could not delete your data" in shown
    assert "Ask for deletion" in shown
    assert "About the deletion of your data" in mine.get("/messages").text
    assert "Refused" in admin.get("/admin/erasures/").text


def test_after_the_period_everything_goes_but_what_must_stay(mine, house, app, applicant, admin, browser, officer):
    home = offered(house, app, mine, applicant)
    number = resident_id()
    case = home.replace("/applications/", "/officer/cases/")
    desk = browser(officer)
    assert send_form(mine, f"{home}/withdraw").status_code == 303
    ask(mine)
    set_day(house, house.clock.today() + timedelta(days=800))  # 25 months and more
    assert "Nothing stands against it" in admin.get("/admin/erasures/").text
    assert answer(admin, house, "refuse").status_code == 409
    assert answer(admin, house, "erase").status_code == 303
    with house.read() as r:
        row = r.get(ApplicationRow, UUID(home[-36:]))
        assert (row.draft, row.answers, row.applicant_name, row.device) == ("{}", None, None, None)
        account = r.get(UserRow, applicant.id)
        assert not account.active
        assert (account.name, account.password, account.party_id) == ("", None, None)
        for party in r.session.scalars(select(PartyRow)):
            assert (party.name, party.identity_number, party.birth_on, party.contacts) == ("", None, None, [])
        kept = r.session.scalars(select(OutboundMessageRow).where(OutboundMessageRow.body != "")).all()
        assert [one.kind for one in kept] == ["erasure_done"]
        assert kept[0].recipient == "applicant@example.com"
        assert r.session.scalars(select(DecisionRow)).all()  # and its hash, and the trail
        for table in Row.metadata.sorted_tables:
            found = r.session.scalar(text(f'SELECT string_agg(t::text, $$;$$) FROM "{table.name}" t')) or ""
            for value in ("王小明", "xiaoming", "13812345678", number):
                assert value not in found, (table.name, value)
    assert desk.get(case).status_code == 200
    with app.app_context():
        assert rescreen_book(house, None).new_alerts == 0  # nobody without a name is compared with lists
        with house.read() as r:
            (again,) = replay_all(r)
            assert again.is_equal, again.differences
    answered = admin.get("/admin/erasures/").text
    assert "Erased" in answered
    assert answer_twice(admin, house) == 409


def answer_twice(admin, house) -> int:
    with house.read() as r:
        done = r.session.scalars(select(ErasureRequestRow)).one()
    token = hidden_of(admin.get("/admin/users/invite").text, "/admin/users/invite")
    return admin.post(f"/admin/erasures/{done.id}", data=token | {"do": "erase"}).status_code


def test_strangers_and_staff_have_no_part_in_it(browser, house, officer, applicant):
    assert browser(officer).get("/my-data/").status_code == 403
    assert browser(applicant).get("/admin/erasures/").status_code == 403
    with house.read() as r:
        assert actor_for(r.get(UserRow, applicant.id)).id == applicant.id

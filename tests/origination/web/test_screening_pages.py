"""Alert queue and card, lists and threshold, as a browser without JavaScript uses them."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.db import Database
from core.domain.actor import Actor, Role
from core.domain.errors import NotAllowed
from core.tables import PartyRow
from origination.providers import index_store
from origination.steps.screening import check_no_open_alert, rescreen_parties, screen_by_id
from origination.steps.screening_threshold import threshold
from origination.tables.screening import ScreeningAlertRow
from tests.origination.steps.journey import person
from tests.origination.web.pages import send_form

WHY = "Another date of birth and another nationality"
OWN = "id,name,kind,births,countries,remarks\n{}"


@pytest.fixture(autouse=True)
def _fresh_index(monkeypatch):
    monkeypatch.setattr("origination.steps.screening_lists.INDEXES", index_store.IndexStore())


@pytest.fixture
def officer(house: Database) -> Actor:
    return person(house, Role.OFFICER, "olive")


@pytest.fixture
def risk(house: Database) -> Actor:
    return person(house, Role.RISK_MANAGER, "rose")


@pytest.fixture
def approver(house: Database) -> Actor:
    return person(house, Role.APPROVER, "albert")


@pytest.fixture
def hit(house: Database) -> ScreeningAlertRow:
    """Somebody named as an entry of the shipped excerpt, with one alert on him."""
    with house.work() as w:
        w.add(
            PartyRow(kind="person", name="Nayef Hawatmeh", birth_on=date(1933, 11, 17), country="SY", created_at=w.now)
        )
    with house.work() as w:
        rescreen_parties(w)
    with house.read() as r:
        return r.session.scalars(select(ScreeningAlertRow)).one()


def test_the_queue_filters_and_the_card_shows_what_agrees(browser, officer, hit):
    client = browser(officer)
    queue = client.get("/officer/alerts").text
    assert "Nayef Hawatmeh" in queue
    assert "Nayef Hawatmeh" not in client.get("/officer/alerts?q=somebody").text
    assert "Nayef Hawatmeh" in client.get("/officer/alerts?q=hawat&list=OFAC+SDN").text
    assert "Nayef Hawatmeh" not in client.get("/officer/alerts?state=cleared").text
    assert client.get("/officer/alerts?state=nonsense&page=-3").status_code == 200
    card = client.get(f"/officer/alerts/{hit.id}").text
    for word in ("HAWATMA", "1933-11-17", "agrees", "SDGT", "Word 1", hit.entry_id):
        assert word in card, word


def test_an_alert_is_cleared_with_a_reason_and_nothing_typed_is_lost(browser, officer, hit, house):
    client, page = browser(officer), f"/officer/alerts/{hit.id}"
    field = f"alert_reason_{hit.id}"
    refused = send_form(client, page, **{field: "no", "verdict": "clear"})
    assert refused.status_code == 422
    assert "Say why in at least 10 characters" in refused.text
    assert ">no</textarea>" in refused.text
    stale = client.get(page).text
    assert send_form(client, page, **{field: WHY, "verdict": "clear"}).status_code == 303
    token = stale.split('name="csrf_token" value="')[1].split('"')[0]
    again = client.post(page, data={"csrf_token": token, "alert_version": 1, field: WHY, "verdict": "true_hit"})
    assert again.status_code == 409
    assert "meanwhile" in again.text
    with house.work() as w:
        assert screen_by_id(w, hit.party_id) == ()
        check_no_open_alert(w, [hit.party_id])


def test_a_true_hit_needs_another_person_and_stops_the_payout(browser, officer, approver, hit, house):
    page, field = f"/officer/alerts/{hit.id}", f"alert_reason_{hit.id}"
    first = browser(officer)
    assert send_form(first, page, **{field: WHY, "verdict": "true_hit"}).status_code == 303
    assert "A second person must confirm" in first.get(page).text
    assert send_form(browser(approver), page, **{field: WHY, "verdict": "true_hit"}).status_code == 303
    with house.work() as w:
        assert [alert.id for alert in screen_by_id(w, hit.party_id)] == [hit.id]
        with pytest.raises(NotAllowed, match="HAWATM"):
            check_no_open_alert(w, [hit.party_id])


def upload(client, *entries: str, kind: str = "", **more: str):
    files = [(io.BytesIO(OWN.format("\n".join(entries) + "\n").encode()), "watch.csv")]
    return send_form(client, "/screening/lists", files=files, kind=kind, **more)


def test_a_list_is_loaded_its_changes_are_shown_and_a_damaged_file_is_refused(browser, risk, house):
    client = browser(risk)
    people = [f'{n},"Person {chr(65 + n)}, Some",person,19{n + 50},DE,note' for n in range(6)]
    assert upload(client, *people, kind="pep").status_code == 303
    changed = [people[0].replace("1950", "1951"), *people[1:5], '9,"Newman, Ann",person,1960,FR,note']
    assert upload(client, *changed).status_code == 303
    page = client.get("/screening/lists").text
    assert "Office holders (PEP)" in page
    assert "+1 ~1 −1" in page
    address = page.split(">watch</a>")[0].rsplit('href="', 1)[1].split('"')[0]
    edition = client.get(address).text
    for word in ("1950", "1951", "Newman", "new", "gone", "SHA-256"):
        assert word in edition, word
    shrunken = upload(client, people[0])
    assert shrunken.status_code == 422
    assert "only 1 entries where the edition in use has 6" in shrunken.text
    assert "A list file was refused" in client.get("/screening/lists").text
    assert upload(client, people[0], confirm_shrunken="yes").status_code == 303
    nothing = send_form(client, "/screening/lists", kind="")
    assert nothing.status_code == 422
    assert "Choose one or more list files" in nothing.text


def test_an_old_list_is_an_alarm(browser, risk, house):
    client = browser(risk)
    upload(client, '1,"Person, Some",person,1950,DE,note')
    house.clock.set(house.clock.now().replace(day=25))
    assert "watch was loaded 23 days ago" in client.get("/screening/lists").text


def test_a_confirmed_office_holder_does_not_stop_a_payout(browser, risk, officer, approver, house):
    upload(browser(risk), '1,"Beispiel, Erika",person,1960-05-05,DE,minister', kind="pep")
    with house.work() as w:
        party = w.add(
            PartyRow(kind="person", name="Erika Beispiel", birth_on=date(1960, 5, 5), country="DE", created_at=w.now)
        )
    with house.work() as w:
        rescreen_parties(w)
        assert screen_by_id(w, party.id)
    with house.read() as r:
        alert = r.session.scalars(select(ScreeningAlertRow)).one()
    for who in (officer, approver):
        form = {f"alert_reason_{alert.id}": WHY, "verdict": "true_hit"}
        assert send_form(browser(who), f"/officer/alerts/{alert.id}", **form).status_code == 303
    with house.work() as w:
        assert screen_by_id(w, party.id) == ()


def test_the_threshold_changes_by_two_people(browser, risk, approver, house, hit):
    client, page = browser(risk), "/screening/threshold"
    shown = client.get(page).text
    assert "80 %" in shown
    assert "Of the newest 1 parties, 75 % would alert 1" in client.get(page + "?try=75").text
    for wrong in ("50", "many", "", "80"):
        answer = send_form(client, page, least=wrong, reason=WHY)
        assert answer.status_code == 422, wrong
    assert send_form(client, page, least="90", reason="so").status_code == 422
    assert send_form(client, page, least="90", reason=WHY).status_code == 303
    decide = "/screening/threshold/decision"
    own = send_form(client, page, decide, verdict="agree")
    assert own.status_code == 403
    assert "second person" in own.text
    assert send_form(browser(approver), page, decide, verdict="agree").status_code == 303
    with house.read() as r:
        assert threshold(r) == pytest.approx(0.9)
    assert send_form(client, page, least="80", reason=WHY).status_code == 303
    assert send_form(client, page, decide, verdict="drop").status_code == 303
    assert "dropped" in client.get(page).text
    with house.read() as r:
        assert Decimal(str(threshold(r))) == Decimal("0.9")


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.COLLECTOR])
def test_others_see_nothing_of_it(browser, house, role, hit):
    client = browser(person(house, role, "other"))
    for page in ("/officer/alerts", f"/officer/alerts/{hit.id}", "/screening/lists", "/screening/threshold"):
        assert client.get(page).status_code == 403, page

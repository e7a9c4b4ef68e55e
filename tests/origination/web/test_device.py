"""Who applies from one browser is noticed by a number the product itself leaves there."""

from __future__ import annotations

from http.cookies import SimpleCookie
from uuid import UUID

from core.domain.actor import Role
from origination.domain.traces import TraceKind
from origination.queries.links import linked_applications
from origination.tables.application import ApplicationRow
from tests.origination.steps.journey import person
from tests.origination.web.pages import begin, fill_draft, send_form, submit_draft


def _device(house, home: str) -> str | None:
    with house.read() as r:
        return r.get(ApplicationRow, UUID(home.rpartition("/")[2])).device


def test_two_people_in_one_browser_are_linked_and_another_browser_is_not(app, house, applicant, stranger, browser):
    first = browser(applicant)
    home = fill_draft(first, income_monthly="15000")
    assert submit_draft(first, home).status_code == 303
    first.set_cookie("test-user", str(stranger.id))  # another account in the same browser
    changes = {
        "phone": "13912345678", "email": "other@example.com", "full_name": "李小红", "address_line": "别的路 9 号",
        "bank_account": "DE89370400440532013000",
    }  # fmt: skip
    second = fill_draft(first, **changes)
    assert submit_draft(first, second).status_code == 303
    assert _device(house, home) == _device(house, second)
    third = browser(person(house, Role.APPLICANT, "third"))
    assert _device(house, begin(third)) not in {None, _device(house, home)}
    with app.app_context(), house.read() as r:
        linked = linked_applications(r, UUID(second.rpartition("/")[2]), days=30)
    assert [str(one.id) for one in linked] == [home.rpartition("/")[2]]
    assert TraceKind.DEVICE in linked[0].kinds


def test_the_cookie_is_set_only_when_an_application_is_begun_and_scripts_cannot_read_it(app, applicant, browser):
    client = browser(applicant)
    assert client.get("/apply?product=consumer-cny").status_code == 200
    assert client.get_cookie("device") is None
    answer = send_form(client, "/apply?product=consumer-cny", "/apply")
    sent = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("device="))
    told = SimpleCookie(sent)["device"]
    assert told["httponly"]
    assert told["samesite"] == "Lax"
    assert told["path"] == "/"
    assert int(told["max-age"]) == 365 * 24 * 3600
    app.config["SESSION_COOKIE_SECURE"] = True  # as behind https
    try:
        answer = send_form(client, "/apply?product=consumer-cny", "/apply")
    finally:
        app.config["SESSION_COOKIE_SECURE"] = False
    sent = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-device="))
    assert "Secure" in sent


def test_a_number_that_was_made_up_counts_nothing(house, applicant, browser):
    client = browser(applicant)
    client.set_cookie("device", "0123456789abcdef0123456789abcdef")
    first = _device(house, begin(client))
    assert first != "0123456789abcdef0123456789abcdef"
    assert _device(house, begin(client)) == first

"""The administrator's pages of webhooks, through a browser without JavaScript and a real receiver."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import audit
from core.clock import FixedClock
from core.db import Database
from core.domain.actor import SYSTEM
from core.tables import WebhookDeliveryRow, WebhookRow
from core.users import ensure_demo_users
from core.webhook import deliver, events
from tests.core.receiver import Receiver, receiving
from tests.core.sign_in import token_of
from tests.core.test_webhooks import signed_by

SECRET = re.compile(r"whsec_[\w-]{43}")


@pytest.fixture
def open_app(database: Database, app_with: Callable[..., Flask]) -> Flask:
    app = app_with(demo=True, host="127.0.0.1")
    with database.work(SYSTEM) as w:
        ensure_demo_users(w)
    return app


def enter(app: Flask) -> FlaskClient:
    browser = app.test_client()
    browser.post("/demo/sign-in", data={"csrf_token": token_of(browser.get("/demo/").text), "role": "admin"})
    return browser


@pytest.fixture
def admin(open_app: Flask) -> FlaskClient:
    return enter(open_app)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def press(browser: FlaskClient, page: str, to: str, **fields: object):
    shown = browser.get(page).text
    version = re.search(r'name="version" value="(\d+)"', shown)
    hidden = {"csrf_token": token_of(shown), **({"version": version[1]} if version else {})}
    return browser.post(to, data={**hidden, **fields})


def add(browser: FlaskClient, url: str, **more: object):
    fields = {"name": "Core banking", "url": url, "kinds": ["loan.opened", "payment.received"], **more}
    return press(browser, "/admin/webhooks/", "/admin/webhooks/", **fields)


def page_of(database: Database) -> str:
    with database.read() as r:
        return f"/admin/webhooks/{r.session.scalars(select(WebhookRow.id)).one()}"


def happen(database: Database, loan: UUID | None = None) -> None:
    with database.work() as w:
        audit.record(w, "loan.opened", "loan", loan or uuid4(), currency="CNY")


def test_from_adding_to_a_taken_event(
    admin: FlaskClient, database: Database, receiver: Receiver, clock: FixedClock
) -> None:
    assert "No webhooks yet" in admin.get("/admin/webhooks/").text
    added = add(admin, receiver.url)
    assert added.status_code == 200
    secret = SECRET.search(added.text)[0]
    page = page_of(database)
    assert secret not in admin.get(page).text, "shown once"
    assert admin.get("/admin/webhooks/").text.count("Nothing sent yet") == 1

    assert press(admin, page, f"{page}/test").status_code == 303
    [(headers, body)] = receiver.got
    assert headers["Promissory-Event-Type"] == events.TEST
    assert signed_by(secret, headers, body)
    assert "Delivered: answered 200" in admin.get(page).text

    happen(database)
    shown = admin.get(f"{page}?state=queued").text
    assert "Loan: opened" in shown
    assert "&#34;currency&#34;: &#34;CNY&#34;" in shown, "the body that will be sent"
    deliver.deliver_due(database, production=False)
    assert "All that was to be told" in admin.get("/admin/system").text
    assert "Well" in admin.get("/admin/webhooks/").text

    rotated = press(admin, page, f"{page}/rotate")
    assert SECRET.search(rotated.text)[0] != secret
    assert "Both secrets sign until" in rotated.text
    with database.read() as r:
        told = [event.action for event in audit.history(r, ("webhook", page.rpartition("/")[2]))]
    assert told == ["webhook.added", "webhook.tested", "webhook.secret_rotated"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://10.0.0.1/in", "10.0.0.1 is not a public address"),
        ("http://169.254.169.254/", "not a public address"),
        ("ftp://127.0.0.1/", "must begin with https://"),
        ("hooks", "must begin with https://"),
        ("", "Enter the address that is told"),
    ],
)
def test_a_wrong_address_says_what_is_wrong_and_nothing_typed_is_lost(
    admin: FlaskClient, database: Database, url: str, said: str
) -> None:
    refused = add(admin, url, name="My own words", kinds=["loan.closed"])
    assert refused.status_code == 422
    assert refused.text.count(said) == 2, "in the summary and at the field"
    assert 'value="My own words"' in refused.text
    assert len(re.findall(r'value="[a-z.]+" checked', refused.text)) == 1
    with database.read() as r:
        assert r.session.scalars(select(WebhookRow)).all() == []


def test_all_that_is_wrong_is_told_at_once(admin: FlaskClient) -> None:
    refused = add(admin, "http://10.0.0.1/", name="", kinds=[]).text
    for said in ("is not a public address", "Name the system that is told", "Choose at least one kind of event"):
        assert refused.count(said) == 2


def test_production_takes_https_to_public_machines_only(
    open_app: Flask, admin: FlaskClient, receiver: Receiver
) -> None:
    house = open_app.extensions["promissory"]
    strict = replace(house.settings, environment="production")
    open_app.extensions["promissory"] = replace(house, settings=strict)
    for url in (receiver.url, "https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "http://2130706433/"):
        assert add(admin, url).status_code == 422, url
    assert receiver.got == []


def test_a_failed_test_says_why_and_is_not_tried_again(
    admin: FlaskClient, database: Database, receiver: Receiver
) -> None:
    add(admin, receiver.url)
    page = page_of(database)
    receiver.answers = [500]
    press(admin, page, f"{page}/test")
    assert "Not taken: answered 500 instead of 200." in admin.get(page).text
    with database.read() as r:
        assert r.session.scalars(select(WebhookDeliveryRow.status)).one() == "failed"
    assert "given up" not in admin.get("/admin/system").text
    assert "Send all that were given up again" not in admin.get(page).text


def test_tests_are_slowed_down(admin: FlaskClient, database: Database, receiver: Receiver, clock: FixedClock) -> None:
    add(admin, receiver.url)
    page = page_of(database)
    answers = [press(admin, page, f"{page}/test").status_code for _ in range(6)]
    assert answers == [303] * 6
    token = token_of(admin.get(page).text)
    refused = admin.post(f"{page}/test", data={"csrf_token": token})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "61")
    assert len(receiver.got) == 6
    clock.set(clock.now() + timedelta(seconds=61))
    assert press(admin, page, f"{page}/test").status_code == 303


def test_failed_deliveries_are_seen_and_sent_again(
    open_app: Flask, admin: FlaskClient, database: Database, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.answers = [500]
    add(admin, receiver.url)
    page = page_of(database)
    for _ in range(3):
        happen(database)
    deliver.deliver_due(database, production=False)
    shown = admin.get(page).text
    assert "Not taken since" in shown
    assert "Answered 500." in shown
    assert "Not taken just now: Core banking" in admin.get("/admin/system").text
    for _ in range(120):
        clock.set(clock.now() + timedelta(minutes=30))
        deliver.deliver_due(database, production=False)
    admin = enter(open_app)
    assert "3 deliveries were given up" in admin.get("/admin/system").text
    assert admin.get(f"{page}?state=failed").text.count("viewer-text") == 3
    receiver.answers, receiver.got = [200], []
    with database.read() as r:
        one = r.session.scalars(select(WebhookDeliveryRow.id).limit(1)).one()
    queued = press(admin, page, f"{page}/deliveries/{one}/resend")
    assert queued.location.endswith("?state=queued")
    deliver.deliver_due(database, production=False)
    assert len(receiver.got) == 1
    press(admin, page, f"{page}/resend")
    deliver.deliver_due(database, production=False)
    assert len(set(receiver.ids())) == 3
    assert admin.get(f"{page}?state=delivered").text.count("viewer-text") == 3
    assert press(admin, page, f"{page}/deliveries/{uuid4()}/resend").status_code == 404


def test_changing_stopping_and_starting(admin: FlaskClient, database: Database, receiver: Receiver) -> None:
    add(admin, "http://127.0.0.1:9/old")
    page = page_of(database)
    happen(database)
    deliver.deliver_due(database, production=False)
    assert "Not reached:" in admin.get(page).text
    changed = press(admin, page, page, name="New name", url=receiver.url, kinds=["payment.received"])
    assert changed.status_code == 303
    assert "New name" in admin.get(page).text
    with database.work() as w:
        w.session.query(WebhookDeliveryRow).update({"not_before": None})
    assert deliver.deliver_due(database, production=False) == 1, "what waited goes to the new address"
    assert press(admin, page, page, name="", url=receiver.url, kinds=["payment.received"]).status_code == 422
    stale = admin.post(
        f"{page}/state", data={"csrf_token": token_of(admin.get(page).text), "version": "1", "do": "stop"}
    )
    assert stale.status_code == 409
    assert press(admin, page, f"{page}/state", do="stop").status_code == 303
    assert "Stopped" in admin.get("/admin/webhooks/").text
    assert press(admin, page, f"{page}/state", do="start").status_code == 303
    assert press(admin, page, f"{page}/state", do="dance").status_code == 422
    token = token_of(admin.get(page).text)
    assert admin.post(f"{page}/rotate", data={"csrf_token": token, "version": "x"}).status_code == 422


def test_the_pages_speak_chinese(admin: FlaskClient, database: Database, receiver: Receiver) -> None:
    add(admin, receiver.url)
    page = page_of(database)
    happen(database)
    for path in ("/admin/webhooks/", page):
        shown = admin.get(path, headers={"Accept-Language": "zh-CN"}).text
        assert "事件推送" in shown
    assert "贷款：已建账，尚未放款" in shown


def test_an_event_of_another_webhook_is_not_found(admin: FlaskClient, database: Database, receiver: Receiver) -> None:
    add(admin, receiver.url)
    page = page_of(database)
    happen(database)
    with database.read() as r:
        one = r.session.scalars(select(WebhookDeliveryRow.id)).one()
    add(admin, receiver.url)
    with database.read() as r:
        other = next(row for row in r.session.scalars(select(WebhookRow.id)) if not page.endswith(str(row)))
    assert press(admin, page, f"/admin/webhooks/{other}/deliveries/{one}/resend").status_code == 404

"""Doors: the demo opens on loopback only, stale forms lose nothing, foreign forms do nothing."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from core.auth.jobs import tidy
from core.db import Database
from core.domain.actor import SYSTEM
from core.users import ensure_demo_users
from tests.core.sign_in import GOOD, OTHER, is_signed_in, messages, post, sign_in, sign_up, token_of, user


@pytest.fixture
def demo_app(database: Database, app_with: Callable[..., Flask]) -> Callable[..., Flask]:
    """Gives the demonstration's app, with its people; with other settings where told."""
    with database.work(SYSTEM) as w:
        ensure_demo_users(w)
    return lambda **changes: app_with(**{"demo": True, "host": "127.0.0.1", **changes})


@pytest.fixture
def open_app(demo_app: Callable[..., Flask]) -> Flask:
    return demo_app()


@pytest.mark.parametrize(
    "changes", [{"demo": False}, {"environment": "production"}, {"host": "0.0.0.0"}, {"host": "192.0.2.7"}]
)
def test_the_demo_doors_do_not_exist_elsewhere(demo_app, changes):
    browser = demo_app(**changes).test_client()
    assert browser.get("/demo/").status_code == 404
    assert browser.get("/demo/mailbox").status_code == 404
    token = token_of(browser.get("/sign-in").text)
    assert browser.post("/demo/sign-in", data={"csrf_token": token, "role": "admin"}).status_code == 404
    assert not is_signed_in(browser)


def test_the_demo_doors_are_closed_to_other_machines_and_names(open_app):
    browser = open_app.test_client()
    assert browser.get("/demo/").status_code == 200
    assert browser.get("/demo/", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    assert browser.get("/demo/", headers={"Host": "lender.example"}).status_code == 404  # DNS rebinding


def test_only_demo_people_come_in_by_the_demo_door(open_app, database):
    with database.work(SYSTEM) as w:
        real = w.session.merge(user(database, "admin@example.com"))
        real.is_demo = False
    browser = open_app.test_client()
    token = token_of(browser.get("/demo/").text)
    assert browser.post("/demo/sign-in", data={"csrf_token": token, "role": "admin"}).status_code == 404
    assert not is_signed_in(browser)


def test_the_demo_mailbox_shows_the_mail_of_whoever_signs_up(open_app, database):
    browser = open_app.test_client()
    post(browser, "/sign-up", email="wei@lender.test", password=GOOD, password_confirm=GOOD)
    assert "/confirm/" in browser.get("/demo/mailbox").text
    assert "/confirm/" in browser.get("/demo/mailbox?to=WEI@lender.test").text
    assert "/confirm/" not in browser.get("/demo/mailbox?to=other@lender.test").text
    assert len(messages(database, "account_confirm")) == 1


def test_a_form_with_a_stale_token_comes_back_whole(client):
    client.get("/sign-up")
    typed = {"email": "wei@lender.test", "note": '"><svg onload=1>', "password": GOOD, "csrf_token": "old"}
    answer = client.post("/sign-up?next=/quote", data=typed, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400
    assert 'name="email" value="wei@lender.test"' in answer.text
    assert "<svg onload" not in answer.text
    assert GOOD not in answer.text
    assert 'action="/sign-up?next=/quote"' in answer.text
    again = {
        "csrf_token": token_of(answer.text),
        "email": "wei@lender.test",
        "password": GOOD,
        "password_confirm": GOOD,
    }
    assert client.post("/sign-up", data=again).location == "/check-mail"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, {}]
)
def test_a_foreign_form_is_not_offered_again(client, headers):
    answer = client.post("/sign-up", data={"email": "wei@lender.test"}, headers=headers)
    assert answer.status_code == 400
    assert "wei@lender.test" not in answer.text


def test_what_was_typed_survives_a_sign_in_that_ran_out(client, database, clock):
    sign_up(client, database)
    token = token_of(client.get("/account").text)
    clock.set(clock.now() + timedelta(hours=3))
    kept = client.post(
        "/account/sign-ins", data={"csrf_token": token, "session": "abc"}, headers={"Origin": "http://localhost"}
    )
    assert kept.status_code == 401
    assert 'name="session" value="abc"' in kept.text
    same_browser = client
    sign_in(same_browser)
    sent = client.post("/account/sign-ins", data={"csrf_token": token_of(kept.text), "session": "abc"})
    assert sent.status_code == 404  # it got through to the step: there is no such sign-in


def test_signing_up_leads_where_it_was_to_lead(client, database):
    page = client.get("/sign-up?next=/account")
    fields = {"csrf_token": token_of(page.text), "email": "wei@lender.test", "password": GOOD, "password_confirm": GOOD}
    client.post("/sign-up?next=/account", data={**fields, "next": "/account"})
    from tests.core.sign_in import link_in

    client.get(link_in(messages(database, "account_confirm")[0]))
    assert client.get("/start").location == "/account"


def test_requests_that_send_mail_are_throttled_for_known_and_unknown_alike(app, database):
    browser = app.test_client()
    statuses = [post(browser, "/forgotten", email="nobody@lender.test").status_code for _ in range(5)]
    assert statuses[:2] == [200, 200]
    assert statuses[-1] == 429


@pytest.mark.slow
def test_known_and_unknown_accounts_take_the_same_time(app, client, database):
    """CPU time of this process: one argon2 each way. Interleaved tries, other addresses so that no wait intervenes."""
    sign_up(client, database)
    taken: dict[str, list[float]] = {"wei@lender.test": [], "nobody@lender.test": []}
    for n in range(18):
        for email, times in taken.items():
            browser = app.test_client()
            where = {"REMOTE_ADDR": f"198.51.100.{n}"}
            token = token_of(browser.get("/sign-in").text)
            began = time.process_time()
            answer = browser.post(
                "/sign-in", data={"csrf_token": token, "email": email, "password": OTHER}, environ_base=where
            )
            times.append(time.process_time() - began)
            assert answer.status_code == 200
    known, unknown = (statistics.median(times) for times in taken.values())
    assert abs(known - unknown) / known < 0.15


def test_a_forged_forwarding_header_changes_no_counter(app, client, database):
    sign_up(client, database)
    browser = app.test_client()
    for n in range(6):
        page = token_of(browser.get("/sign-in").text)
        answer = browser.post(
            "/sign-in",
            data={"csrf_token": page, "email": "wei@lender.test", "password": OTHER},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        )
    assert answer.status_code == 429


def test_answers_that_send_mail_take_a_least_time(client, database, monkeypatch):
    sign_up(client, database)
    post(client, "/sign-out")
    monkeypatch.setattr("core.auth.setup.ANSWER_SECONDS_MIN", 0.25)
    for email in ("wei@lender.test", "nobody@lender.test"):
        token = token_of(client.get("/forgotten").text)
        began = time.monotonic()
        client.post("/forgotten", data={"csrf_token": token, "email": email})
        assert time.monotonic() - began >= 0.25


def test_cookies_are_bound_to_the_host_and_hidden_from_scripts(demo_app):
    app = demo_app(public_url="https://lender.test", demo=False)
    answer = app.test_client().get("/sign-in", base_url="https://lender.test")
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if "session" in c]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert cookie.split("=")[1].split(";")[0] not in answer.text
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_signing_out_clears_what_the_browser_kept(client, database):
    sign_up(client, database)
    assert post(client, "/sign-out").headers["Clear-Site-Data"] == '"cache", "storage"'


def test_signing_out_needs_the_token(client, database):
    sign_up(client, database)
    assert client.post("/sign-out").status_code == 400
    assert is_signed_in(client)


def test_the_owner_is_told_of_a_sign_in_from_a_new_place(app, client, database):
    sign_up(client, database)
    sign_in(app.test_client())
    assert messages(database, "account_signed_in") == []
    elsewhere = app.test_client()
    token = token_of(elsewhere.get("/sign-in").text)
    fields = {"csrf_token": token, "email": "wei@lender.test", "password": GOOD}
    where = {"REMOTE_ADDR": "203.0.113.9", "HTTP_USER_AGENT": "Firefox/140 Linux"}
    assert elsewhere.post("/sign-in", data=fields, environ_base=where).location == "/start"
    (told,) = messages(database, "account_signed_in")
    assert "203.0.113.9" in told.body
    assert told.recipient == "wei@lender.test"


def test_housekeeping_keeps_nobody_who_never_came(app, client, database, clock):
    sign_up(client, database)
    post(app.test_client(), "/sign-up", email="never@lender.test", password=GOOD, password_confirm=GOOD)
    clock.set(clock.now() + timedelta(days=8))
    with database.work(SYSTEM) as w:
        done = tidy(w)
    assert done["never_confirmed"] == 1
    assert done["counters"] > 0
    assert done["sign_ins"] == 0
    assert user(database, "wei@lender.test").active
    clock.set(clock.now() + timedelta(days=91))
    with database.work(SYSTEM) as w:
        assert tidy(w)["sign_ins"] == 1


def test_a_double_click_signs_up_once(app, database):
    """Both answers are the same; the address has one account."""
    browsers = [app.test_client() for _ in range(4)]
    tokens = [token_of(browser.get("/sign-up").text) for browser in browsers]
    together = threading.Barrier(len(browsers))

    def click(n: int) -> tuple[int, str | None]:
        fields = {"email": "wei@lender.test", "password": GOOD, "password_confirm": GOOD, "csrf_token": tokens[n]}
        together.wait()
        where = {"REMOTE_ADDR": f"198.51.100.{n}"}
        answer = browsers[n].post("/sign-up", data=fields, environ_base=where)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(len(browsers)) as pool:
        answers = list(pool.map(click, range(len(browsers))))
    allowed = {(302, "/check-mail"), (429, None)}  # three mails an hour to one address
    assert set(answers) <= allowed
    assert (302, "/check-mail") in answers
    assert user(database, "wei@lender.test").confirmed_at is None

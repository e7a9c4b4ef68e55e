"""The second step: forced on staff, codes work once, recovery codes are kept by hash, guessing is counted."""

from __future__ import annotations

import html
import re
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from sqlalchemy import text

from core.db import Database
from core.domain.actor import SYSTEM, Role
from core.tables import UserRow
from core.users import create_user, reset_second_factor
from tests.core.sign_in import GOOD, is_signed_in, link_in, messages, post, sign_in, sign_up, token_of, user

STAFF = "staff@lender.test"


@pytest.fixture
def staff(app: Flask, database: Database) -> UserRow:
    from flask_security import hash_password

    with app.app_context(), database.work(SYSTEM) as w:
        row = create_user(w, email=STAFF, name="Staff Person", roles=[Role.OFFICER])
        row.password = hash_password(GOOD)
    return row


def code_for(key: str, shift: int = 0) -> str:
    return TOTP(key=key).generate(time=int(time.time()) + 30 * shift).token


def set_up(client: FlaskClient) -> str:
    """Signs in for the first time and sets the second step up; returns the key."""
    assert sign_in(client, STAFF).location.startswith("/second-step/set-up")
    assert not is_signed_in(client)
    page = post(client, "/second-step/set-up", setup="authenticator").text
    key = re.search(r"Key</dt>\s*<dd[^>]*>([A-Z0-9- ]+)<", html.unescape(page))[1]
    answer = client.post("/second-step", data={"csrf_token": token_of(page), "code": code_for(key, -1)})
    assert answer.location == "/start", answer.text
    return key


def test_staff_cannot_get_in_without_a_second_step(client, staff):
    set_up(client)
    assert is_signed_in(client)
    assert client.get("/start").location == "/account/recovery-codes"


def test_a_code_works_once_also_for_another_process(app, client, staff):
    key = set_up(client)
    used = code_for(key)
    for n, browser in enumerate((app.test_client(), app.test_client())):
        assert sign_in(browser, STAFF).location.startswith("/second-step")
        answer = post(browser, "/second-step", code=f"{used[:3]} {used[3:]}")
        assert is_signed_in(browser) is (n == 0), answer.text


def test_the_code_of_the_set_up_cannot_be_used_again(app, client, staff):
    key = set_up(client)
    browser = app.test_client()
    sign_in(browser, STAFF)
    post(browser, "/second-step", code=code_for(key, -1))
    assert not is_signed_in(browser)


def test_wrong_codes_end_the_try_and_make_the_next_wait(app, client, staff):
    key = set_up(client)
    browser = app.test_client()
    sign_in(browser, STAFF)
    for _ in range(4):
        assert post(browser, "/second-step", code="000000").status_code == 200
    post(browser, "/second-step", code="000000")
    sixth = app.test_client()
    sign_in(sixth, STAFF)
    refused = post(sixth, "/second-step", code=code_for(key))
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert not is_signed_in(sixth)
    assert sixth.get("/second-step").location == "/sign-in"  # the password must be given again


def test_recovery_codes_work_once_and_are_not_in_the_database(app, client, database, staff):
    set_up(client)
    page = post(client, "/account/recovery-codes", generate_new_codes="yes").text
    codes = re.findall(r"<li>([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})</li>", page)
    assert len(codes) == 10
    assert codes[0] not in client.get("/account/recovery-codes?show_codes=1").text  # shown once
    with database.read() as r:
        dump = str(r.session.execute(text("SELECT mf_recovery_codes, tf_totp_secret FROM user_account")).all())
    assert not any(code in dump or code.replace("-", "") in dump for code in codes)
    for spelling, works in ((codes[0].upper(), True), (codes[0], False), (codes[1].replace("-", " "), True)):
        browser = app.test_client()
        sign_in(browser, STAFF)
        post(browser, "/second-step/recovery", code=spelling)
        assert is_signed_in(browser) is works


def test_the_secret_is_encrypted_at_rest(client, database, staff):
    key = set_up(client)
    with database.read() as r:
        (kept,) = r.session.execute(text("SELECT tf_totp_secret FROM user_account")).one()
    assert kept.startswith("v1:")
    assert key.replace("-", "").replace(" ", "") not in kept


def test_a_reset_does_not_go_around_the_second_step(app, client, database, staff):
    set_up(client)
    browser = app.test_client()
    post(browser, "/forgotten", email=STAFF)
    link = link_in(messages(database, "account_reset")[-1])
    post(
        browser, link, password="copper lantern", password_confirm="copper lantern"
    )  # 12 are enough with a second step
    assert sign_in(browser, STAFF, "copper lantern").location.startswith("/second-step")
    assert not is_signed_in(browser)


def test_an_administrator_can_reset_a_lost_second_step(app, client, database, staff):
    set_up(client)
    with app.app_context(), database.work(SYSTEM) as w:
        reset_second_factor(w, staff.id)
    assert not is_signed_in(client)
    assert sign_in(client, STAFF).location.startswith("/second-step/set-up")
    assert len(messages(database, "account_changed")) == 1


def test_applicants_may_switch_it_on_and_off(app, client, database):
    sign_up(client, database)
    page = post(client, "/second-step/set-up", setup="authenticator").text
    key = re.search(r"Key</dt>\s*<dd[^>]*>([A-Z0-9- ]+)<", page)[1]
    action = re.search(r'action="(/second-step/set-up/[^"]+)"', page)[1]
    assert client.post(action, data={"csrf_token": token_of(page), "code": code_for(key, -1)}).location == "/account"
    browser = app.test_client()
    assert sign_in(browser).location.startswith("/second-step")
    post(client, "/second-step/set-up", setup="disable")
    assert user(database, "wei@lender.test").tf_totp_secret is None
    assert sign_in(app.test_client()).location == "/start"

"""Sign-up, sign-in, reset, second step: through the pages, as a browser without JavaScript sees them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.clock import FixedClock
from core.domain.actor import SYSTEM, Role
from core.tables import UserSessionRow
from core.users import disable, end_sessions, set_roles
from tests.core.sign_in import GOOD, OTHER, is_signed_in, link_in, messages, post, sign_in, sign_up, token_of, user


def test_signing_up_needs_the_mailed_link_and_signs_in_the_same_browser(client, database):
    answer = post(client, "/sign-up", email="wei@lender.test", password=GOOD, password_confirm=GOOD)
    assert answer.location == "/check-mail"
    assert not is_signed_in(client)
    client.get(link_in(messages(database, "account_confirm")[0]))
    assert is_signed_in(client)
    row = user(database, "wei@lender.test")
    assert row.roles_held == [Role.APPLICANT.value]
    assert row.party_id is None
    assert row.confirmed_at is not None


def test_a_link_opened_in_another_browser_confirms_but_does_not_sign_in(app, client, database):
    post(client, "/sign-up", email="wei@lender.test", password=GOOD, password_confirm=GOOD)
    stranger = app.test_client()
    answer = stranger.get(link_in(messages(database, "account_confirm")[0]), follow_redirects=True)
    assert not is_signed_in(stranger)
    assert "Your e-mail address is confirmed" in answer.text
    assert sign_in(client).location == "/start"


def test_roles_posted_at_sign_up_are_ignored(client, database):
    post(
        client, "/sign-up", email="wei@lender.test", password=GOOD, password_confirm=GOOD,
        roles_held="admin", roles="admin", role="admin", active="1", is_demo="1", confirmed_at="2026-01-01",
    )  # fmt: skip
    row = user(database, "wei@lender.test")
    assert row.roles_held == ["applicant"]
    assert row.confirmed_at is None
    assert not row.is_demo


def test_signing_up_twice_looks_the_same_and_tells_only_the_owner(app, client, database):
    sign_up(client, database)
    fresh, known = app.test_client(), app.test_client()
    new = post(fresh, "/sign-up", email="new@lender.test", password=GOOD, password_confirm=GOOD)
    old = post(known, "/sign-up", email="wei@lender.test", password=OTHER, password_confirm=OTHER)
    assert (new.status_code, new.location) == (old.status_code, old.location)
    assert (
        fresh.get("/check-mail").text.replace("new@", "")[:200]
        == known.get("/check-mail").text.replace("wei@", "")[:200]
    )
    with fresh.session_transaction() as a, known.session_transaction() as b:
        assert set(a) == set(b)
    assert len(messages(database, "account_exists")) == 1
    assert sign_in(app.test_client(), password=OTHER).status_code == 200  # the old password still rules


def test_unknown_and_wrong_read_the_same(app, client, database):
    sign_up(client, database)
    pages = []
    for email, password in (("wei@lender.test", OTHER), ("nobody@lender.test", OTHER)):
        answer = sign_in(app.test_client(), email, password)
        assert answer.status_code == 200
        pages.append(re.sub(r'(value|nonce)="[^"]*"', "", answer.text))
    assert pages[0] == pages[1]
    assert "The e-mail address or the password is not right" in pages[0]


def test_reset_by_mail_works_once_and_ends_all_sign_ins(app, client, database):
    sign_up(client, database)
    other = app.test_client()
    answer = post(other, "/forgotten", email="wei@lender.test")
    unknown = post(other, "/forgotten", email="nobody@lender.test")
    assert answer.status_code == unknown.status_code == 200
    mails = messages(database, "account_reset")
    assert len(mails) == 1
    link = link_in(mails[0])
    assert post(other, link, password=OTHER, password_confirm=OTHER).location == "/sign-in"
    assert not is_signed_in(client)
    assert not is_signed_in(other)  # a reset signs nobody in
    assert sign_in(other, password=OTHER).location == "/start"
    assert other.get(link).status_code == 302  # used up
    assert len(messages(database, "account_changed")) == 1


def test_changing_the_password_keeps_this_sign_in_and_ends_the_others(app, client, database):
    sign_up(client, database)
    other = app.test_client()
    sign_in(other)
    assert is_signed_in(other)
    answer = post(client, "/account/password", password=GOOD, new_password=OTHER, new_password_confirm=OTHER)
    assert answer.location == "/account"
    assert is_signed_in(client)
    assert not is_signed_in(other)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short but nice", "Use at least 15 characters"),
        ("Password1234567", "tried first"),
        ("wei.wei.wei.lender.wei", "your name, your e-mail"),
        ("abcabcabcabcabcabc", "repeats itself"),
        ("Promissory2026loan", "or our name"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(client, password, reason):
    answer = post(client, "/sign-up", email="wei@lender.test", password=password, password_confirm=password)
    assert answer.status_code == 200
    assert reason in answer.text
    assert 'value="wei@lender.test"' in answer.text  # what was typed is kept, but for the password
    assert password not in answer.text


def test_passwords_are_kept_as_argon2id_with_the_cost_owasp_asks_for(client, database):
    sign_up(client, database)
    assert user(database, "wei@lender.test").password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_passwords_equal_in_the_first_72_bytes_differ(app, client, database):
    long = "correct violet anvil drifts north and then some more words that go beyond seventy-two bytes"
    sign_up(client, database, password=long)
    assert sign_in(app.test_client(), password=long + "!").status_code == 200
    assert sign_in(app.test_client(), password=long).location == "/start"


def test_a_copied_cookie_dies_with_sign_out(app, client, database):
    sign_up(client, database)
    thief = app.test_client()
    thief.set_cookie("session", client.get_cookie("session").value)
    assert is_signed_in(thief)
    post(client, "/sign-out")
    assert not is_signed_in(client)
    assert not is_signed_in(thief)


def test_signing_in_gives_a_new_session(app, client, database):
    sign_up(client, database)
    browser = app.test_client()
    browser.get("/sign-in")
    before = browser.get_cookie("session").value
    sign_in(browser)
    old = app.test_client()
    old.set_cookie("session", before)
    assert is_signed_in(browser)
    assert not is_signed_in(old)


@pytest.mark.parametrize(
    ("staff", "idle", "overall"),
    [(True, timedelta(minutes=30), timedelta(hours=12)), (False, timedelta(hours=2), timedelta(hours=24))],
)
def test_sign_ins_end_by_idleness_and_by_age(client, database, clock: FixedClock, staff, idle, overall):
    sign_up(client, database)
    if staff:
        with database.work(SYSTEM) as w:
            set_roles(w, user(database, "wei@lender.test").id, [Role.OFFICER])
    start = clock.now()
    clock.set(start + idle)
    assert is_signed_in(client)
    clock.set(clock.now() + idle + timedelta(seconds=1))
    assert not is_signed_in(client)
    clock.set(start + timedelta(minutes=1))
    at = start
    while at < start + overall:
        clock.set(at)
        assert is_signed_in(client)
        at += idle / 2
    clock.set(start + overall + timedelta(seconds=1))
    assert not is_signed_in(client)


def test_disabling_and_ending_act_at_once(app, client, database):
    sign_up(client, database)
    who = user(database, "wei@lender.test").id
    with database.work(SYSTEM) as w:
        assert end_sessions(w, who) == 1
    assert not is_signed_in(client)
    assert sign_in(client).location == "/start"
    with database.work(SYSTEM) as w:
        disable(w, who)
    assert not is_signed_in(client)
    closed = sign_in(client)
    assert closed.status_code == 200
    assert "or the account is not open" in closed.text


def test_failures_are_counted_waits_grow_and_the_owner_gets_in_again(app, client, database, clock: FixedClock):
    sign_up(client, database)
    browser = app.test_client()
    for _ in range(5):
        assert sign_in(browser, password=OTHER).status_code == 200
    blocked = sign_in(browser, password=GOOD)
    assert blocked.status_code == 429
    assert int(blocked.headers["Retry-After"]) <= 5
    waits = []
    for _ in range(4):
        clock.set(clock.now() + timedelta(minutes=16))
        sign_in(browser, password=OTHER)
        waits.append(int(sign_in(browser, password=OTHER).headers["Retry-After"]))
    assert waits == sorted(waits)
    assert waits[-1] > waits[0]
    clock.set(clock.now() + timedelta(minutes=16))
    assert sign_in(browser).location == "/start"
    assert sign_in(app.test_client(), password=OTHER).status_code == 200  # counters began anew


def test_unknown_accounts_are_throttled_like_known_ones(app):
    browser = app.test_client()
    for _ in range(5):
        sign_in(browser, "nobody@lender.test", OTHER)
    assert sign_in(browser, "nobody@lender.test", OTHER).status_code == 429


def test_the_sign_in_is_kept_by_hash_and_can_be_listed_and_ended(app, client, database):
    sign_up(client, database)
    other = app.test_client()
    sign_in(other)
    page = client.get("/account").text
    assert page.count("Sign out there") == 1
    with client.session_transaction() as kept:
        token = kept["sid"]
    with database.read() as r:
        assert all(token.encode() not in row.token_hash for row in r.session.scalars(select(UserSessionRow)))
    client.post("/account/sign-ins", data={"csrf_token": token_of(page)})
    assert is_signed_in(client)
    assert not is_signed_in(other)


@pytest.mark.parametrize("target", ["//evil.test", "/\\evil.test", "https:evil.test", "https://evil.test/x"])
def test_no_redirect_leaves_the_house(app, client, database, target):
    sign_up(client, database)
    browser = app.test_client()
    page = browser.get("/sign-in", query_string={"next": target})
    answer = browser.post(
        "/sign-in",
        data={"csrf_token": token_of(page.text), "email": "wei@lender.test", "password": GOOD, "next": target},
    )
    assert not answer.location or re.match(r"/[^/\\]", answer.location)


def test_messages_are_in_the_readers_language(client, database):
    client.set_cookie("lang", "zh-CN")
    post(client, "/sign-up", email="wei@lender.test", password=GOOD, password_confirm=GOOD)
    assert messages(database, "account_confirm")[0].title == "请确认您的邮箱地址"


def test_links_in_mail_go_to_the_public_address_whatever_host_was_asked(client, database):
    page = client.get("/forgotten", headers={"Host": "evil.test"}).text
    sign_up(client, database)
    page = client.get("/forgotten", headers={"Host": "evil.test"}, follow_redirects=True).text
    fields = {"csrf_token": token_of(page), "email": "wei@lender.test"}
    client.post("/forgotten", data=fields, headers={"Host": "evil.test"})
    for message in messages(database, "account_reset"):
        assert "evil.test" not in message.body
    assert len(messages(database, "account_reset")) == 1

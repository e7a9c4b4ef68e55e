"""Who may see what, taken from the URL map: a new page is covered, or fails, without anybody thinking of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule

from core.db import Database, Row
from core.domain.actor import SYSTEM, Role
from core.users import DEMO_PEOPLE, ensure_demo_users
from core.web.guards import PUBLIC, SIGNED_IN, access_of
from tests.core.sign_in import token_of

# Pages of the sign-in library that were looked at; an upgrade that brings another one fails here.
LIBRARY_PAGES = {
    "change_password", "confirm_email", "forgot_password", "login", "logout", "mf_recovery", "mf_recovery_codes",
    "register", "reset_password", "send_confirmation", "tf_select", "two_factor_rescue", "two_factor_setup",
    "two_factor_setup_validate", "two_factor_token_validation", "verify",
}  # fmt: skip
# Values for the variable parts of addresses, by converter; of things that do not exist.
SAMPLES = {
    "UUIDConverter": lambda: str(uuid4()),
    "IntegerConverter": lambda: "7",
    "DateConverter": lambda: "2026-03-02",
}
# Asking for these by GET writes something by design: sign-ins are noted as seen, a quote counter is not kept.
NOT_COMPARED = {"user_session", "sign_in_throttle"}


@pytest.fixture
def open_app(database: Database, app_with: Callable[..., Flask]) -> Flask:
    app = app_with(demo=True, host="127.0.0.1")
    with database.work(SYSTEM) as w:
        ensure_demo_users(w)
    return app


@pytest.fixture
def people(open_app: Flask) -> dict[Role | None, FlaskClient]:
    """A signed-in browser per role, and one of nobody."""
    found: dict[Role | None, FlaskClient] = {None: open_app.test_client()}
    for person in DEMO_PEOPLE:
        browser = open_app.test_client()
        page = browser.get("/demo/")
        assert (
            browser.post("/demo/sign-in", data={"csrf_token": token_of(page.text), "role": person.key}).status_code
            == 302
        )
        (role,) = person.roles
        found[role] = browser
    found[None].get("/sign-in")
    return found


def rules(app: Flask) -> Iterator[Rule]:
    yield from (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def address(app: Flask, rule: Rule) -> str:
    values = {}
    for name in rule.arguments:
        kind = type(rule._converters[name]).__name__
        values[name] = SAMPLES.get(kind, lambda: "x")()
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)


def header_of(app: Flask, browser: FlaskClient) -> dict[str, str]:
    page = browser.get("/demo/")
    return {"X-CSRFToken": token_of(page.text)}


def test_every_page_says_who_may_see_it(app: Flask) -> None:
    silent = sorted({rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None})
    assert silent == []


def test_every_page_of_the_sign_in_library_was_looked_at(app: Flask) -> None:
    found = {rule.endpoint.removeprefix("security.") for rule in rules(app) if rule.endpoint.startswith("security.")}
    assert found == LIBRARY_PAGES


def test_a_page_that_does_not_say_is_refused_to_everybody(people: dict, open_app: Flask) -> None:
    """Adding a page without access is noticed at the first request, too: it fails closed."""
    view = open_app.view_functions["site.health"]
    access = view.access
    try:
        del view.access
        assert people[None].get("/health").status_code == 302
        assert people[Role.ADMIN].get("/health").status_code == 403
    finally:
        view.access = access


def test_role_by_route(people: dict[Role | None, FlaskClient], open_app: Flask) -> None:
    """Nobody: sent to sign in (what was posted waits: 401). A role not named: 403. Of machines no cookie counts."""
    wrong = []
    headers = {role: header_of(open_app, browser) for role, browser in people.items()}
    for rule in rules(open_app):
        access = access_of(open_app, rule.endpoint)
        if access == PUBLIC:
            continue
        path = address(open_app, rule)
        for_machines = hasattr(open_app.view_functions[rule.endpoint], "scope")
        for method in sorted(rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            for role, browser in people.items():
                if role is not None and not for_machines and (access == SIGNED_IN or role in access):
                    continue
                answer = browser.open(path, method=method, headers=headers[role])
                expected = 401 if for_machines else 403 if role else 302 if method == "GET" else 401
                to_sign_in = expected != 302 or "/sign-in" in answer.location
                if answer.status_code != expected or not to_sign_in:
                    wrong.append(f"{method} {path} as {role}: {answer.status_code}, expected {expected}")
    assert wrong == []


def test_those_named_get_in(people: dict[Role | None, FlaskClient], open_app: Flask) -> None:
    """Every page without variable parts opens for each role it names (a redirect to another page is fine)."""
    wrong = []
    for rule in rules(open_app):
        access = access_of(open_app, rule.endpoint)
        if rule.arguments or "GET" not in rule.methods or rule.endpoint.startswith("security."):
            continue
        for role, browser in people.items():
            if access == PUBLIC or (role and (access == SIGNED_IN or role in access)):
                answer = browser.get(rule.rule)
                if answer.status_code not in {200, 302, 303, 404}:
                    wrong.append(f"{rule.rule} as {role}: {answer.status_code}")
                if answer.status_code == 302 and role and "/sign-in" in answer.location:
                    wrong.append(f"{rule.rule} as {role}: sent to sign in")
    assert wrong == []


def test_what_does_not_exist_is_not_found(people: dict[Role | None, FlaskClient], open_app: Flask) -> None:
    """A made-up id answers 404 to everybody let in: never 403, which would tell that the thing exists, never 500."""
    wrong = []
    for rule in rules(open_app):
        access = access_of(open_app, rule.endpoint)
        kinds = {type(converter).__name__ for converter in rule._converters.values()}
        if "UUIDConverter" not in kinds or "GET" not in rule.methods or not isinstance(access, frozenset):
            continue
        for role in access:
            answer = people[role].get(address(open_app, rule))
            if answer.status_code != 404:
                wrong.append(f"{rule.rule} as {role}: {answer.status_code}")
    assert wrong == []


def test_every_unsafe_route_needs_the_token_of_its_own_session(people: dict, open_app: Flask) -> None:
    wrong = []
    foreign = header_of(open_app, people[Role.AUDITOR])
    browser = people[Role.ADMIN]
    protection = open_app.extensions["csrf"]
    for rule in rules(open_app):
        view = open_app.view_functions[rule.endpoint]
        if f"{view.__module__}.{view.__name__}" in protection._exempt_views:
            continue
        for method in sorted(rule.methods & {"POST", "PUT", "PATCH", "DELETE"}):
            for headers in ({}, foreign, {"X-CSRFToken": "x"}):
                answer = browser.open(address(open_app, rule), method=method, headers=headers)
                if answer.status_code != 400:
                    wrong.append(f"{method} {rule.rule} with {headers or 'nothing'}: {answer.status_code}")
    assert wrong == []


def test_get_changes_nothing(people: dict, open_app: Flask, database: Database) -> None:
    before = state(database)
    for rule in rules(open_app):
        if not rule.arguments and "GET" in rule.methods:
            for browser in people.values():
                browser.get(rule.rule)
    assert state(database) == before


def state(database: Database) -> dict[str, str]:
    found = {}
    with database.read() as r:
        for table in Row.metadata.sorted_tables:
            if table.name not in NOT_COMPARED:
                query = text(f'SELECT md5(string_agg(t::text, $$;$$ ORDER BY t::text)) FROM "{table.name}" t')
                found[table.name] = r.session.scalar(query)
    return found


def test_answers_to_everybody_carry_the_security_headers(people: dict, open_app: Flask) -> None:
    for rule in rules(open_app):
        if "GET" not in rule.methods:
            continue
        answer = people[None].get(address(open_app, rule))
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, rule.rule
        assert "object-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "no-store" in answer.headers["Cache-Control"], rule.rule

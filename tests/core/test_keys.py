"""Keys of machines: made by an administrator, bound to a person and to scopes, ended at once, never guessed."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from core import api_keys, users
from core.clock import FixedClock
from core.db import Database
from core.domain.actor import SYSTEM, Actor, Role
from core.domain.errors import InvalidInput, NotAllowed
from core.settings import ROOT

STAFF_MEMBER = frozenset({Role.OFFICER})


def officer(database: Database, app: Flask, roles: frozenset[Role] = STAFF_MEMBER) -> UUID:
    with app.app_context(), database.work() as w:
        return users.create_user(w, email="desk@example.com", name="Desk", roles=roles).id


def key_for(database: Database, user_id: UUID, *scopes: str, days: int = 30) -> tuple[UUID, str]:
    with database.work() as w:
        return api_keys.make_key(w, user_id=user_id, name="website", scopes=scopes, days=days)


def ask(app: Flask, token: str | None, path: str = "/api/v1/applications/APP-2026-000001"):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return app.test_client().get(path, headers=headers)


def test_a_key_opens_what_its_scope_names_and_nothing_else(database: Database, app: Flask) -> None:
    _, token = key_for(database, officer(database, app), "applications")
    assert ask(app, token).status_code == 404
    assert ask(app, token, "/api/v1/loans/LN-2026-000001").status_code == 403
    assert ask(app, None).status_code == 401
    assert ask(app, token, "/officer/").status_code == 302, "a key opens no page of people"


def test_a_revoked_an_expired_and_a_wrong_key_answer_alike(database: Database, app: Flask, clock: FixedClock) -> None:
    user = officer(database, app)
    revoked_id, revoked = key_for(database, user, "applications")
    _, short = key_for(database, user, "applications", days=1)
    with database.work() as w:
        api_keys.revoke_key(w, revoked_id)
    clock.set(clock.now() + timedelta(days=1))
    answers = {ask(app, token).text for token in (revoked, short, "prm_" + "x" * 43)}
    assert len(answers) == 1
    assert "unknown, ended or expired" in answers.pop()


def test_a_role_taken_away_acts_at_once(database: Database, app: Flask) -> None:
    user = officer(database, app)
    _, token = key_for(database, user, "applications")
    with app.app_context(), database.work() as w:
        users.set_roles(w, user, frozenset({Role.AUDITOR}))
    assert ask(app, token).status_code == 403
    with app.app_context(), database.work() as w:
        users.disable(w, user)
    assert ask(app, token).status_code == 401


def test_guessing_is_slowed_down(database: Database, app: Flask) -> None:
    answers = [ask(app, f"prm_{at}") for at in range(22)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("name", "scopes", "days", "field"),
    [
        ("", ["applications"], 30, "name"),
        ("site", [], 30, "scopes"),
        ("site", ["everything"], 30, "scopes"),
        ("site", ["payments"], 30, "scopes"),
        ("site", ["applications"], 0, "days"),
        ("site", ["applications"], 367, "days"),
    ],
)
def test_what_cannot_be_a_key_is_refused(database: Database, app: Flask, name, scopes, days, field) -> None:
    user = officer(database, app)
    with pytest.raises(InvalidInput) as refused, database.work() as w:
        api_keys.make_key(w, user_id=user, name=name, scopes=scopes, days=days)
    assert field in refused.value.fields


def test_only_an_administrator_makes_keys(database: Database, app: Flask) -> None:
    user = officer(database, app)
    with pytest.raises(NotAllowed), database.work(Actor(user, "Desk", STAFF_MEMBER)) as w:
        api_keys.make_key(w, user_id=user, name="site", scopes=["applications"])


def test_the_key_itself_is_kept_nowhere(database: Database, app: Flask) -> None:
    _, token = key_for(database, officer(database, app), "applications")
    with database.read(SYSTEM) as r:
        kept = r.session.execute(text("SELECT k::text FROM api_key k")).scalar_one()
        told = r.session.execute(text("SELECT string_agg(a.data::text, ' ') FROM audit_event a")).scalar_one()
    assert token not in kept + told
    assert token[9:] not in kept + told


def test_the_description_names_every_path_and_method(app: Flask) -> None:
    described = {
        (f"/api/v1{path}", method.upper())
        for path, item in json.loads((ROOT / "docs/openapi.json").read_text("utf-8"))["paths"].items()
        for method in item
    }
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == served


def test_keys_on_the_command_line(database: Database, app: Flask) -> None:
    officer(database, app)
    run = app.test_cli_runner().invoke
    made = run(args=["keys", "make", "desk@example.com", "--name", "site", "--scope", "applications"])
    token = made.output.strip()
    assert ask(app, token).status_code == 404
    assert "active" in run(args=["keys", "list"]).output
    assert run(args=["keys", "revoke", token]).exit_code == 0
    assert ask(app, token).status_code == 401
    assert run(args=["keys", "make", "nobody@example.com", "--name", "x", "--scope", "loans"]).exit_code == 1

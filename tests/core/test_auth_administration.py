"""Users as steps, pages and commands: roles are checked in the step itself, everything is audited."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from core import audit, users
from core.auth.setup import password_link
from core.db import Database
from core.domain.actor import SYSTEM, Actor, Role
from core.domain.errors import Conflict, InvalidInput, NotAllowed
from core.tables import AuditEventRow, OutboundMessageRow, PartyRow, UserRow
from tests.core.sign_in import GOOD, is_signed_in, link_in, messages, post, sign_in, sign_up, token_of, user

ADMIN = Actor(uuid4(), "Ada Admin", frozenset({Role.ADMIN}))
OFFICER = Actor(uuid4(), "Otto Officer", frozenset({Role.OFFICER}))


@pytest.fixture
def open_app(database: Database, app_with: Callable[..., Flask]) -> Flask:
    app = app_with(demo=True, host="127.0.0.1")
    with database.work(SYSTEM) as w:
        users.ensure_demo_users(w)
    return app


@pytest.fixture
def admin(open_app: Flask) -> FlaskClient:
    return enter(open_app, "admin")


def enter(app: Flask, key: str) -> FlaskClient:
    browser = app.test_client()
    page = browser.get("/demo/")
    browser.post("/demo/sign-in", data={"csrf_token": token_of(page.text), "role": key})
    assert is_signed_in(browser)
    return browser


def actions(database: Database, subject_id) -> list[str]:
    with database.read() as r:
        return [event.action for event in audit.history(r, ("user", subject_id))]


@pytest.mark.parametrize(
    "step",
    [
        lambda w, row: users.create_user(w, email="x@lender.test", name="X", roles=[Role.OFFICER]),
        lambda w, row: users.set_roles(w, row.id, [Role.ADMIN]),
        lambda w, row: users.disable(w, row.id),
        lambda w, row: users.enable(w, row.id),
        lambda w, row: users.end_sessions(w, row.id),
        lambda w, row: users.reset_second_factor(w, row.id),
        lambda w, row: users.link_party(w, row.id, uuid4()),
    ],
)
def test_steps_refuse_an_actor_without_the_role(database, step):
    with database.work(SYSTEM) as w:
        row = users.create_user(w, email="a@lender.test", name="A", roles=[Role.APPLICANT])
    with pytest.raises(NotAllowed), database.work(OFFICER) as w:
        step(w, row)


def test_what_is_done_to_a_user_is_audited_with_before_and_after(database):
    with database.work(ADMIN) as w:
        row = users.create_user(w, email="a@lender.test", name="A", roles=[Role.OFFICER])
        users.set_roles(w, row.id, [Role.OFFICER, Role.COLLECTOR])
        users.disable(w, row.id)
        users.enable(w, row.id)
    assert actions(database, row.id) == ["user.created", "user.roles_set", "user.disabled", "user.enabled"]
    with database.read() as r:
        event = r.session.scalars(select(AuditEventRow).where(AuditEventRow.action == "user.roles_set")).one()
    assert event.data == {"before": ["officer"], "after": ["collector", "officer"]}
    assert event.actor_name == "Ada Admin"


def test_somebody_must_remain_administrator(database):
    with database.work(SYSTEM) as w:
        one = users.create_user(w, email="a@lender.test", name="A", roles=[Role.ADMIN])
    for step in (lambda w: users.disable(w, one.id), lambda w: users.set_roles(w, one.id, [Role.OFFICER])):
        with pytest.raises(Conflict), database.work(ADMIN) as w:
            step(w)
    with database.work(SYSTEM) as w:
        two = users.create_user(w, email="b@lender.test", name="B", roles=[Role.ADMIN])
    with pytest.raises(NotAllowed), database.work(users.actor_for(two)) as w:
        users.disable(w, two.id)  # nobody shuts themselves out
    with database.work(users.actor_for(two)) as w:
        users.disable(w, one.id)


def test_input_is_refused_with_the_field(database):
    bad = [
        ({"email": "a@b.c\r\nBcc: x@y.z"}, "email"), ({"email": "none"}, "email"), ({"name": " "}, "name"),
        ({"roles": []}, "roles"), ({"roles": [Role.SYSTEM]}, "roles"),
    ]  # fmt: skip
    for change, field in bad:
        given = {"email": "a@lender.test", "name": "A", "roles": [Role.OFFICER], **change}
        with pytest.raises(InvalidInput) as caught, database.work(SYSTEM) as w:
            users.create_user(w, **given)
        assert set(caught.value.fields) == {field}


def test_an_address_has_one_account_whatever_its_case(database):
    with database.work(SYSTEM) as w:
        users.create_user(w, email="a@lender.test", name="A", roles=[Role.OFFICER])
    with pytest.raises(Conflict), database.work(SYSTEM) as w:
        users.create_user(w, email="A@lender.test", name="B", roles=[Role.OFFICER])


def test_a_party_is_linked_once_by_its_owner(database):
    with database.work(SYSTEM) as w:
        row = users.create_user(w, email="a@lender.test", name="A", roles=[Role.APPLICANT])
        parties = [w.add(PartyRow(kind="person", name="A", created_at=w.now)) for _ in range(2)]
        w.session.flush()
    owner = users.actor_for(row)
    for _ in range(2):
        with database.work(owner) as w:
            users.link_party(w, row.id, parties[0].id)
    with pytest.raises(Conflict), database.work(owner) as w:
        users.link_party(w, row.id, parties[1].id)
    assert user(database, "a@lender.test").party_id == parties[0].id


def test_an_invited_person_chooses_the_password_and_the_link_dies(open_app, admin, database):
    page = admin.get("/admin/users/invite")
    fields = {
        "csrf_token": token_of(page.text),
        "name": "Nora New",
        "email": "nora@lender.test",
        "locale": "zh_Hans_CN",
    }
    answer = admin.post("/admin/users/invite", data={**fields, "roles": ["collector", "officer"]})
    assert answer.status_code == 303, answer.text
    mail = messages(database, "account_invite")[0]
    assert mail.locale == "zh_Hans_CN"
    assert "Nora New" in mail.body
    link = link_in(mail)
    browser = open_app.test_client()
    post(browser, link, password=GOOD, password_confirm=GOOD)
    assert sign_in(browser, "nora@lender.test").location.startswith("/second-step/set-up")  # staff: forced
    assert open_app.test_client().get(link).status_code == 302
    assert user(database, "nora@lender.test").roles_held == ["collector", "officer"]


def test_a_refused_invitation_keeps_what_was_typed(admin):
    page = admin.get("/admin/users/invite")
    typed = {"name": "Nora New", "email": "admin@example.com", "locale": "en", "roles": "officer"}
    answer = admin.post("/admin/users/invite", data={"csrf_token": token_of(page.text), **typed})
    assert answer.status_code == 422
    assert "There is an account for admin@example.com already" in answer.text
    assert 'value="Nora New"' in answer.text
    assert re.search(r'value="officer" checked', answer.text)


def test_a_role_taken_away_acts_at_the_next_click(open_app, admin, database):
    officer = enter(open_app, "auditor")
    assert officer.get("/admin/audit").status_code == 200
    who = user(database, "auditor@example.com")
    page = admin.get(f"/admin/users/{who.id}")
    answer = admin.post(f"/admin/users/{who.id}/roles", data={"csrf_token": token_of(page.text), "roles": "collector"})
    assert answer.status_code == 303
    assert officer.get("/admin/audit").status_code == 403


def test_closing_an_account_ends_its_sign_ins(open_app, admin, database):
    officer = enter(open_app, "officer")
    who = user(database, "officer@example.com")
    page = admin.get(f"/admin/users/{who.id}")
    admin.post(f"/admin/users/{who.id}/state", data={"csrf_token": token_of(page.text), "do": "disable"})
    assert not is_signed_in(officer)
    assert "user.disabled" in admin.get(f"/admin/users/{who.id}").text


def test_nobody_sees_the_texts_of_account_mail_or_whole_addresses(open_app, admin, database):
    sign_up(open_app.test_client(), database, "wei@lender.test")
    page = admin.get("/admin/messages").text
    assert "w***@lender.test" in page
    assert "wei@lender.test" not in page
    assert "/confirm/" not in page


def test_a_failed_message_is_sent_again_by_a_click(admin, database):
    with database.work(SYSTEM) as w:
        row = w.add(
            OutboundMessageRow(
                channel="email", kind="x", locale="en", recipient="a@b.test", title="T", body="B", dedupe_key="k",
                status="failed", attempts=48, created_at=w.now, last_error="OSError: no",
            )
        )  # fmt: skip
    page = admin.get("/admin/messages?state=failed")
    assert "OSError: no" in page.text
    answer = admin.post(f"/admin/messages/{row.id}/resend", data={"csrf_token": token_of(page.text)})
    assert answer.status_code == 303
    with database.read() as r:
        again = r.get(OutboundMessageRow, row.id)
        assert (again.status, again.attempts) == ("queued", 0)
        assert (
            r.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver_messages'")) == 1
        )


def test_asking_for_a_job_enqueues_it_with_its_date(admin, open_app, database):
    name = next(iter(open_app.extensions["promissory"].jobs))
    page = admin.get("/admin/jobs")
    answer = admin.post(f"/admin/jobs/{name}/run", data={"csrf_token": token_of(page.text), "run_on": "2026-02-27"})
    assert answer.status_code == 303
    with database.read() as r:
        (given,) = r.session.execute(text("SELECT args FROM procrastinate_jobs WHERE task_name = 'run_job'")).one()
    assert given == {"name": name, "run_on": "2026-02-27"}
    bad = admin.post(f"/admin/jobs/{name}/run", data={"csrf_token": token_of(page.text), "run_on": "27.2.2026"})
    assert bad.status_code == 422


def forge(database: Database, statement: str) -> None:
    """What somebody with the database's own password could do."""
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        connection.execute(text(statement))
        connection.execute(text("ALTER TABLE audit_event ENABLE TRIGGER USER"))


@pytest.mark.parametrize(
    ("statement", "seen_by_chain"),
    [
        ("UPDATE audit_event SET data = '{}' WHERE action = 'user.roles_set'", True),
        ("DELETE FROM audit_event WHERE action = 'user.roles_set'", True),
        ("DELETE FROM audit_event WHERE seq >= 2", False),  # a cut tail: only the outside checkpoint tells
        ("DELETE FROM audit_event", False),
    ],
)
def test_tampering_is_found_on_page_and_command(app, database, clock, statement, seen_by_chain, tmp_path):
    with database.work(ADMIN) as w:
        row = users.create_user(w, email="a@lender.test", name="A", roles=[Role.OFFICER])
        users.set_roles(w, row.id, [Role.COLLECTOR])
        users.disable(w, row.id)
    clock.set(clock.now() + timedelta(minutes=1))
    run = app.test_cli_runner().invoke
    kept = tmp_path / "checkpoint.json"
    kept.write_text(run(args=["audit", "checkpoint"]).output)
    clock.set(clock.now() + timedelta(minutes=1))
    with database.work(ADMIN) as w:
        users.create_user(w, email="b@lender.test", name="B", roles=[Role.OFFICER])
    whole = run(args=["audit", "verify", "--checkpoint", str(kept)])
    assert whole.exit_code == 0, whole.output
    forge(database, statement)
    assert (run(args=["audit", "verify"]).exit_code == 1) is seen_by_chain
    against = run(args=["audit", "verify", "--checkpoint", str(kept)])
    assert against.exit_code == 1
    assert "TAMPERED" in against.stderr


def test_a_checkpoint_somebody_edited_is_not_believed(database):
    with database.work(ADMIN) as w:
        users.create_user(w, email="a@lender.test", name="A", roles=[Role.OFFICER])
    with database.read() as r:
        kept = audit.checkpoint(r)
        assert audit.check_against(r, kept) is None
        assert "altered" in audit.check_against(r, kept | {"events": 0})
        assert "not a checkpoint" in audit.check_against(r, {})


def test_the_first_administrator_comes_from_the_command_line(app, database):
    run = app.test_cli_runner().invoke
    assert run(args=["users", "list"]).output == ""  # no default account
    made = run(args=["users", "create", "boss@lender.test", "--name", "Boss", "--role", "admin"])
    assert made.exit_code == 0
    path = re.search(r"http://[^/]+(/\S+)", made.output)[1]
    browser = app.test_client()
    post(browser, path, password=GOOD, password_confirm=GOOD)
    assert sign_in(browser, "boss@lender.test").location.startswith("/second-step/set-up")
    listed = json.loads(run(args=["users", "list", "--json"]).output)
    assert (listed["roles"], listed["state"]) == (["admin"], "active")
    missing = run(args=["users", "disable", "nobody@lender.test"])
    assert missing.exit_code == 1
    assert "flask users list" in missing.stderr


def test_demo_people_have_no_password_and_are_one_per_role(database, app):
    with database.work(SYSTEM) as w:
        made = users.ensure_demo_users(w)
        again = users.ensure_demo_users(w)
    assert {key: row.id for key, row in made.items()} == {key: row.id for key, row in again.items()}
    held = [role for row in made.values() for role in row.roles_held]
    assert sorted(held) == sorted(role.value for role in Role if role is not Role.SYSTEM)
    assert all(row.password is None and row.email.endswith("@example.com") for row in made.values())
    with app.app_context():
        assert password_link(made["admin"]).startswith("http://127.0.0.1")
    with database.read() as r:
        assert users.listing(r, role="staff")[1] == 6
        assert users.listing(r, search="100%_")[1] == 0
        assert r.session.scalar(select(UserRow.id).where(UserRow.is_demo.is_(False))) is None

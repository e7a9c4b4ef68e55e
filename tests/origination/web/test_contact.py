"""Contact data are changed with the password only, and both addresses are told."""

from __future__ import annotations

from sqlalchemy import select

from core.auth import reauth
from core.outbox import contact_value
from core.tables import OutboundMessageRow, PartyRow, UserRow
from tests.origination.web.pages import fill_draft, send_form, submit_draft

NEW = {
    "email": "new@example.com",
    "phone": "13812345678",
    "address_line": "幸福路 1 号",
    "postal_code": "100000",
    "city": "北京",
}


def test_contact_data_change_with_the_password(house, app, browser, applicant, monkeypatch):
    client = browser(applicant)
    assert submit_draft(client, fill_draft(client)).status_code == 303
    with app.app_context(), house.work() as w:
        from flask_security.utils import hash_password

        w.get(UserRow, applicant.id).password = hash_password("violet anvil drifts north")
    page = client.get("/contact").text
    assert "xiaoming@example.com" in page
    wrong = send_form(client, "/contact", **NEW, password="guess")
    assert wrong.status_code == 422
    assert "This is not your password" in wrong.text
    assert "new@example.com" in wrong.text  # nothing typed is lost
    assert "guess" not in wrong.text
    answer = send_form(client, "/contact", **NEW, password="violet anvil drifts north")
    assert answer.status_code == 303, answer.text
    with house.read() as r:
        party = r.session.scalars(select(PartyRow)).one()
        assert contact_value(party, "email") == "new@example.com"
        told = r.session.scalars(select(OutboundMessageRow).where(OutboundMessageRow.kind == "contact_changed"))
        assert {one.recipient for one in told} == {"xiaoming@example.com", "new@example.com"}
    bad = send_form(client, "/contact", **(NEW | {"phone": "12"}), password="violet anvil drifts north")
    assert bad.status_code == 422


def test_wrong_passwords_make_the_next_try_wait(house, app, browser, applicant):
    client = browser(applicant)
    assert submit_draft(client, fill_draft(client)).status_code == 303
    answers = [send_form(client, "/contact", **NEW, password="guess").text for _ in range(8)]
    assert "Too many wrong passwords" in answers[-1]
    assert reauth.FIELD == "password"

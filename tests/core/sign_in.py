"""What the tests of sign-in share: a browser without JavaScript going through the pages."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from core.db import Database
from core.tables import OutboundMessageRow, UserRow

GOOD = "violet anvil drifts north"
OTHER = "copper lantern under snow"


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def post(client: FlaskClient, path: str, **fields: str):
    page = client.get("/sign-in" if path == "/sign-out" else path, follow_redirects=True).text
    return client.post(path, data={"csrf_token": token_of(page), **fields})


def messages(database: Database, kind: str) -> list[OutboundMessageRow]:
    with database.read() as r:
        found = r.session.scalars(select(OutboundMessageRow).where(OutboundMessageRow.kind == kind))
        return list(found)


def link_in(message: OutboundMessageRow) -> str:
    return re.search(r"http://[^/]+(/\S+)", message.body)[1]


def user(database: Database, email: str) -> UserRow:
    with database.read() as r:
        return r.session.scalars(select(UserRow).where(UserRow.email == email)).one()


def sign_up(client: FlaskClient, database: Database, email: str = "wei@lender.test", password: str = GOOD) -> None:
    answer = post(client, "/sign-up", email=email, password=password, password_confirm=password)
    assert answer.status_code == 302, answer.text
    assert answer.location == "/check-mail"
    client.get(link_in(messages(database, "account_confirm")[-1]))
    client.get("/start")


def sign_in(client: FlaskClient, email: str = "wei@lender.test", password: str = GOOD):
    return post(client, "/sign-in", email=email, password=password)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200

"""A lender with its app in demo mode, and a signed-in browser per role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.db import Database
from core.users import ensure_demo_users
from tests.core.sign_in import token_of
from tests.repayment.house import House


@pytest.fixture
def app(database: Database, app_with: Callable[..., Flask]) -> Flask:
    app = app_with(demo=True, host="127.0.0.1")
    with database.work() as w:
        ensure_demo_users(w)
    return app


@pytest.fixture
def house(app: Flask, database: Database, clock: FixedClock) -> House:
    lender = House(app, database, clock)
    lender.start()
    return lender


@pytest.fixture
def browser(app: Flask) -> Callable[[str], FlaskClient]:
    def sign_in(role: str) -> FlaskClient:
        client = app.test_client()
        token = token_of(client.get("/demo/").text)
        assert client.post("/demo/sign-in", data={"csrf_token": token, "role": role}).status_code == 302
        return client

    return sign_in

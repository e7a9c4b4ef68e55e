from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from core.db import Database
from core.domain.actor import ANONYMOUS, Actor, Role
from core.tables import UserRow
from core.users import actor_for
from tests.origination.steps.journey import person

Browser = Callable[[Actor], FlaskClient]


@pytest.fixture
def house(database: Database, reference_data: None) -> Database:
    """A database with products, score cards and the excerpt of a sanctions list."""
    return database


@pytest.fixture
def applicant(house: Database) -> Actor:
    return person(house, Role.APPLICANT, "applicant")


@pytest.fixture
def stranger(house: Database) -> Actor:
    return person(house, Role.APPLICANT, "stranger")


@pytest.fixture
def browser(app: Flask, house: Database) -> Browser:
    """A browser of somebody who signed in: the pages, the forms' tokens and the guards are the real ones."""

    def who() -> Actor:
        user_id = request.cookies.get("test-user")
        if not user_id:
            return ANONYMOUS
        with house.read() as r:
            row = r.get(UserRow, user_id)
            return actor_for(row)

    app.extensions["promissory_actor"] = who

    def open_for(actor: Actor) -> FlaskClient:
        client = app.test_client()
        client.set_cookie("test-user", str(actor.id))
        return client

    return open_for

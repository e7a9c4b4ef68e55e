from __future__ import annotations

import pytest

from core.db import Database
from core.domain.actor import Actor, Role
from origination.steps.first_start import ensure_reference_data
from tests.origination.steps.journey import person


@pytest.fixture
def house(database: Database, app) -> Database:  # the app makes templates and keys known
    """A database with products, score cards and the excerpt of a sanctions list."""
    with app.app_context(), database.work() as w:
        ensure_reference_data(w, demo=True)
    with app.app_context():
        yield database


@pytest.fixture
def applicant(house: Database) -> Actor:
    return person(house, Role.APPLICANT, "applicant")


@pytest.fixture
def officer(house: Database) -> Actor:
    return person(house, Role.OFFICER, "officer")


@pytest.fixture
def approver(house: Database) -> Actor:
    return person(house, Role.APPROVER, "approver")

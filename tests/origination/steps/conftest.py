from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from core.db import Database
from core.domain.actor import Actor, Role
from tests.origination.steps.journey import person


@pytest.fixture
def house(database: Database, app: Flask, reference_data: None) -> Iterator[Database]:
    """A database with products, score cards and the excerpt of a sanctions list."""
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

from __future__ import annotations

import pytest

from core.db import Database
from core.domain.actor import Actor, Role
from origination.steps.first_start import ensure_reference_data
from tests.origination.steps.journey import person


@pytest.fixture
def house(database: Database, app) -> Database:  # the app makes templates and keys known
    """A database with products and score cards."""
    with app.app_context(), database.work() as w:
        ensure_reference_data(w, demo=False)
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


@pytest.fixture(autouse=True)
def _clear_names(monkeypatch) -> None:
    """Nobody of these tests is on a list; screening itself is tested in tests/origination/kyc."""
    from dataclasses import replace
    from datetime import date

    from origination.domain.kyc import ListInUse
    from origination.steps import kyc
    from origination.steps.screening import Screened

    def nobody(w, subjects):
        lists = (ListInUse("OFAC SDN", "0" * 64, date(2026, 3, 1), 1000),)
        return Screened(tuple(replace(one, alerts=()) for one in subjects), lists, available=True)

    monkeypatch.setattr(kyc, "screen_subjects", nobody)

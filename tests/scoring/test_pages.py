"""The risk manager's pages: who may see them, what they show, and approving by two people."""

import shutil

import pytest
from sqlalchemy import select

from core.domain.actor import Actor, Role
from core.domain.ids import uuid7
from scoring.domain import shelf
from scoring.steps import registry
from scoring.tables import ModelVersionRow

MANAGER = Actor(uuid7(), "Manager", frozenset({Role.RISK_MANAGER}))
OTHER = Actor(uuid7(), "Other manager", frozenset({Role.RISK_MANAGER}))
OFFICER = Actor(uuid7(), "Officer", frozenset({Role.OFFICER}))


@pytest.fixture
def visit(app, database, tmp_path, monkeypatch):
    """A browser as somebody."""
    monkeypatch.setenv("PROMISSORY_INSTANCE", str(tmp_path))
    app.config["WTF_CSRF_ENABLED"] = False
    with database.work() as w:
        registry.register_reference_cards(w)

    def as_person(who):
        app.extensions["promissory_actor"] = lambda: who
        return app.test_client()

    return as_person


def test_the_registry_is_for_the_risk_manager(visit):
    page = visit(MANAGER).get("/models/")
    assert page.status_code == 200
    assert "consumer-v1" in page.text
    assert visit(OFFICER).get("/models/").status_code == 403


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_version_shows_its_points_and_its_fairness(visit, database, locale):
    with database.read() as r:
        row = r.session.scalars(select(ModelVersionRow).where(ModelVersionRow.segment == "consumer")).one()
    page = visit(MANAGER).get(f"/models/{row.id}", headers={"Accept-Language": locale})
    assert page.status_code == 200
    for words in (row.sha256, "age_years", "573" if locale == "en" else "57"):
        assert words in page.text


def test_a_damaged_version_is_told(visit, database, tmp_path):
    with database.work(MANAGER) as w:
        row = registry.register_version(w, shelf.folder_of("reference/sme-v1"), name="broken")
    shutil.rmtree(tmp_path / "models" / "broken")
    page = visit(MANAGER).get(f"/models/{row.id}")
    assert page.status_code == 200
    assert "This version cannot score" in page.text


def test_the_trainer_cannot_approve_and_another_can(visit, database):
    with database.work(MANAGER) as w:
        row = registry.register_version(w, shelf.folder_of("reference/sme-v1"), name="mine")
        registry.validate_version(w, row.id, note="looked at")
    token = {}  # forms carry a token only in a browser session of their own
    assert visit(MANAGER).post(f"/models/{row.id}/move", data={"to": "approved", **token}).status_code in {400, 403}
    with database.read() as r:
        assert r.get(ModelVersionRow, row.id).status == "validated"
    with database.work(OTHER) as w:
        registry.approve_version(w, row.id)
    with database.read() as r:
        assert r.get(ModelVersionRow, row.id).approved_by_name == "Other manager"


def test_watching_runs_as_a_job(app, database, visit):
    from datetime import date

    from core.jobs import run_job
    from core.web.work import EXTENSION
    from scoring.jobs import JOBS
    from scoring.tables import MonitorReportRow

    visit(MANAGER)
    settings = app.extensions[EXTENSION].settings
    assert run_job(app, database, settings, JOBS[0], date(2026, 3, 2)) == "done"
    with database.read() as r:
        assert len(r.session.scalars(select(MonitorReportRow)).all()) == 2

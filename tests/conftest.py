"""What every test may ask for: a database, a house around it, a clock that stands still."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text

os.environ["PROMISSORY_ENV"] = "test"
_INSTANCE = Path(tempfile.mkdtemp(prefix="promissory-test-"))
os.environ["PROMISSORY_INSTANCE"] = str(_INSTANCE)
os.environ.pop("DATABASE_URL", None)

# After the environment is set: settings are read from it.
from core.clock import FixedClock  # noqa: E402
from core.db import Database, Row, start_embedded  # noqa: E402
from core.schema import create_schema  # noqa: E402
from core.settings import Settings  # noqa: E402
from tests import state  # noqa: E402
from tests.apps import Apps  # noqa: E402
from tests.spread import (  # noqa: E402, F401  (hooks of the run)
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

# The same examples in every run, so that a red run is about the change. `pytest --hypothesis-profile=explore` looks on.
_EXAMPLES = hypothesis_settings(
    deadline=None, max_examples=50, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.register_profile("default", _EXAMPLES)
hypothesis_settings.register_profile("explore", _EXAMPLES, derandomize=False, max_examples=500)
hypothesis_settings.load_profile("default")

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday, noon in Shanghai


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A PostgreSQL of its own for this test process."""
    folder = Path(tempfile.mkdtemp(prefix="promissory-pg-"))
    yield start_embedded(folder / "data")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Settings of the test environment."""
    return Settings.from_env()


@pytest.fixture
def clock(settings: Settings) -> FixedClock:
    """Stands at noon of Monday 2 March 2026 in Shanghai until a test sets it."""
    return FixedClock(NOON, settings.time_zone)


@pytest.fixture(scope="session")
def _schema(database_url: str, settings: Settings) -> Iterator[Database]:
    for name in import_module("wsgi").TABLES:
        import_module(name)
    admin = Database(database_url, FixedClock(NOON, settings.time_zone))
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    create_schema(admin.engine)
    yield admin
    admin.dispose()


@pytest.fixture
def database(_schema: Database, clock: FixedClock, app_policies: dict) -> Iterator[Database]:
    """An empty database, with the test's clock. Tables are emptied after the test; the connections stay."""
    _schema.clock, _schema.policies = clock, app_policies
    yield _schema
    state.empty(_schema.engine, [*Row.metadata.tables, "procrastinate_jobs", "procrastinate_events"])


@pytest.fixture(scope="session")
def app_policies(settings: Settings) -> dict:
    """The shipped policies."""
    import wsgi
    from core.policy import load_policies

    return load_policies(wsgi._collect("POLICIES", wsgi.POLICIES), settings.instance)


@pytest.fixture(scope="session")
def _apps(_schema: Database) -> Apps:
    return Apps(_schema)


@pytest.fixture
def app_with(
    database: Database, settings: Settings, _apps: Apps, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Flask]]:
    """Gives the product around the test's database, with other settings where told: `app_with(demo=True)`."""
    monkeypatch.setattr("core.auth.setup.ANSWER_SECONDS_MIN", 0.0)  # a pause; its own test sets it
    yield lambda **changes: _apps.with_settings(replace(settings, **changes))
    _apps.put_back()


@pytest.fixture
def app(app_with: Callable[..., Flask]) -> Flask:
    """The product around the test's database."""
    return app_with()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def reference_data(app: Flask, database: Database, _kept: dict[datetime, list[str]]) -> None:
    """Products, score cards and the excerpt of a sanctions list: written once by the product, then copied."""
    at = database.clock.now()
    name = f"kept_{at:%Y%m%d%H%M%S}"
    if at in _kept:
        state.put_back(database.engine, name, _kept[at])
        return
    from origination.steps.first_start import ensure_reference_data

    with app.app_context(), database.work() as w:
        ensure_reference_data(w, demo=True)
    _kept[at] = state.keep(database.engine, name)


@pytest.fixture(scope="session")
def _kept() -> dict[datetime, list[str]]:
    return {}

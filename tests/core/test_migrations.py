"""One head; an empty database brought to it equals the code's tables; the way back leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from core import migrate
from core.clock import FixedClock
from core.db import Database, Row
from core.schema import append_only_tables


@pytest.fixture
def empty(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """A database beside the test one, with nothing in it."""
    for name in import_module("wsgi").TABLES:
        import_module(name)
    admin = Database(database_url, clock)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS migrating"))
        connection.execute(text("CREATE DATABASE migrating"))
    fresh = Database(database_url.replace("/postgres?", "/migrating?"), clock)
    yield fresh
    fresh.dispose()
    admin.dispose()


def test_there_is_one_head(empty: Database) -> None:
    assert len(ScriptDirectory.from_config(migrate.config(empty)).get_heads()) == 1


def test_upgrading_an_empty_database_gives_the_tables_of_the_code_and_back_leaves_nothing(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _o, name, kind, _r, _c: (
                    not (kind == "table" and name.startswith("procrastinate"))
                )
            },
        )
        assert compare_metadata(context, Row.metadata) == []
        guarded = connection.execute(
            text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%append_only'")
        )
        assert sorted(guarded.scalars()) == sorted(append_only_tables())
        assert connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar() == 0
    migrate.upgrade(empty)
    migrate.downgrade(empty, "base")
    assert inspect(empty.engine).get_table_names() == ["alembic_version"]
    migrate.upgrade(empty)
    assert "procrastinate_jobs" in inspect(empty.engine).get_table_names()

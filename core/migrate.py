"""Brings a database to the newest schema, by Alembic, under a lock so that two starts do not race."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from core.db import Database
from core.settings import ROOT

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATION_LOCK = 7_261_009  # any fixed number


def config(database: Database) -> Config:
    """Alembic's settings for a database."""
    from alembic.config import Config

    alembic = Config()
    alembic.set_main_option("script_location", str(ROOT / "migrations"))
    alembic.set_main_option("path_separator", "os")
    alembic.attributes["engine"] = database.engine
    return alembic


def upgrade(database: Database, revision: str = "head") -> None:
    """Applies what is missing. A second process waits and then finds nothing to do."""
    if revision == "head" and _version(database) == newest():
        return
    with database.guard() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:k)"), {"k": MIGRATION_LOCK})
        try:
            alembic_command().upgrade(config(database), revision)
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": MIGRATION_LOCK})


def newest() -> str:
    """The newest revision: migrations are one line, numbered by their file names."""
    return max(file.name.partition("_")[0] for file in (ROOT / "migrations" / "versions").glob("[0-9]*_*.py"))


def _version(database: Database) -> str | None:
    """The revision the database is at; None before the first."""
    with database.engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def downgrade(database: Database, revision: str) -> None:
    """Goes back to an earlier revision; `base` is the empty database."""
    alembic_command().downgrade(config(database), revision)


def revision(database: Database, message: str, rev_id: str) -> None:
    """Writes a new migration from the difference between the database and the tables of the code."""
    alembic_command().revision(config(database), message=message, autogenerate=True, rev_id=rev_id)


def alembic_command() -> Any:
    """Alembic's commands, imported when a schema is touched: a web process never needs them."""
    from alembic import command

    return command

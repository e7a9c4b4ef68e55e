"""Brings a database to the newest schema, by Alembic, under a lock so that two starts do not race."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from core.db import Database
from core.settings import ROOT

MIGRATION_LOCK = 7_261_009  # any fixed number


def config(database: Database) -> Config:
    """Alembic's settings for a database."""
    alembic = Config()
    alembic.set_main_option("script_location", str(ROOT / "migrations"))
    alembic.set_main_option("path_separator", "os")
    alembic.attributes["engine"] = database.engine
    return alembic


def upgrade(database: Database, revision: str = "head") -> None:
    """Applies what is missing. A second process waits and then finds nothing to do."""
    with database.engine.connect() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:k)"), {"k": MIGRATION_LOCK})
        try:
            command.upgrade(config(database), revision)
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": MIGRATION_LOCK})


def downgrade(database: Database, revision: str) -> None:
    """Goes back to an earlier revision; `base` is the empty database."""
    command.downgrade(config(database), revision)


def revision(database: Database, message: str, rev_id: str) -> None:
    """Writes a new migration from the difference between the database and the tables of the code."""
    command.revision(config(database), message=message, autogenerate=True, rev_id=rev_id)

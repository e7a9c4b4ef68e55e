"""The state of the test database between tests: emptied after each, and brought back to a kept one where many begin."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, text

LARGE = 2_000_000  # bytes; beyond, deleting row by row takes longer than new files for all tables

# What a table's file holds, deleted rows included: nought for most tables after most tests.
_SIZES = text(
    "SELECT relname, pg_relation_size(oid) FROM pg_class "
    "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"
)
# Rows are moved as they are: nothing is checked, cascaded or refused a second time.
_AS_IT_IS = "SET LOCAL session_replication_role = replica"


def empty(engine: Engine, tables: Iterable[str]) -> None:
    """Leaves the tables without rows, the append-only ones included."""
    wanted = set(tables)
    with engine.begin() as connection:
        sizes = {name: size for name, size in connection.execute(_SIZES) if name in wanted}
        if sum(sizes.values()) > LARGE:
            connection.execute(text(f"TRUNCATE {_listed(wanted)} CASCADE"))
        else:
            _run(connection, [f'DELETE FROM "{name}"' for name in sorted(sizes)])


def keep(engine: Engine, name: str) -> list[str]:
    """Copies every row there is into a schema `name`; returns the tables that have rows."""
    with engine.begin() as connection:
        filled = [
            table
            for table, _ in connection.execute(_SIZES).all()
            if connection.execute(text(f'SELECT EXISTS (SELECT FROM "{table}")')).scalar()
        ]
        _run(connection, [f"CREATE SCHEMA {name}", *(f'CREATE TABLE {name}."{t}" AS TABLE "{t}"' for t in filled)])
    return filled


def put_back(engine: Engine, name: str, tables: Iterable[str]) -> None:
    """Writes the kept rows into the empty tables."""
    with engine.begin() as connection:
        _run(connection, [f'INSERT INTO "{table}" SELECT * FROM {name}."{table}"' for table in tables])


def _run(connection: Connection, statements: list[str]) -> None:
    """One message to the server, whatever their number."""
    connection.exec_driver_sql("; ".join([_AS_IT_IS, *statements]))


def _listed(tables: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(tables))

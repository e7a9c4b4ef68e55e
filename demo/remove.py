"""Takes the demonstration away: every row that hangs on a demo party, application, loan or user, and nothing else."""

# ruff: noqa: S608  (table and column names come from the metadata only)
from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Column, Table, text

from core.db import Row, Work
from core.schema import append_only_tables

MARK = "is_demo"
MARKED = ("application", "party", "user_account")  # a demo bureau's report may lie in a real case
# Columns that name a row of another stage without a foreign key, because keys never point up.
LOOSE = {
    "loan_id": "loan", "application_id": "application", "party_id": "party", "contract_id": "contract",
    "score_record_id": "score_record", "document_id": "document", "user_id": "user_account",
}  # fmt: skip
SUBJECT_TABLES = ("audit_event", "outbound_message", "document", "score_record")


def remove_demo(w: Work) -> dict[str, int]:
    """Deletes demo rows, append-only ones included, in one transaction; returns rows deleted by table.

    The append-only triggers are lifted for this transaction by the tables' owner and set again in it.
    """
    doomed = {table.name: f"doomed_{table.name}" for table in Row.metadata.sorted_tables if _has_id(table)}
    for table in Row.metadata.sorted_tables:
        if _has_id(table):
            w.session.execute(text(f"CREATE TEMP TABLE {doomed[table.name]} (id uuid PRIMARY KEY) ON COMMIT DROP"))
    while _spread(w, doomed):
        pass
    for name in append_only_tables():
        w.session.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER {name}_append_only"))
    counts = _delete(w, doomed)
    for name in append_only_tables():
        w.session.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER {name}_append_only"))
    return {name: count for name, count in counts.items() if count}


def _has_id(table: Table) -> bool:
    keys = list(table.primary_key)
    return len(keys) == 1 and keys[0].name == "id" and keys[0].type.python_type is UUID


def _links(table: Table, doomed: dict[str, str]) -> Iterator[tuple[Column[object], str]]:
    """Columns of a table whose doom is the row's own: (column, temporary table)."""
    for column in table.columns:
        targets = [key.column.table.name for key in column.foreign_keys]
        target = targets[0] if targets else LOOSE.get(column.name)
        if target in doomed and (target, column.name) != (table.name, "id"):
            yield column, doomed[target]


def _conditions(table: Table, doomed: dict[str, str]) -> list[str]:
    found = [f't."{column.name}" IN (SELECT id FROM {temp})' for column, temp in _links(table, doomed)]
    if table.name in MARKED:
        found.append(f"t.{MARK}")
    if table.name in SUBJECT_TABLES and "subject_id" in table.c:
        union = " UNION ALL ".join(f"SELECT id::text FROM {doomed[name]}" for name in ("loan", "application", "party"))
        found.append(f"t.subject_id::text IN ({union})")
    return found


def _spread(w: Work, doomed: dict[str, str]) -> int:
    """One pass over all tables with an id; returns how many rows were newly marked."""
    marked = 0
    for table in Row.metadata.sorted_tables:
        conditions = _conditions(table, doomed)
        if table.name not in doomed or not conditions:
            continue
        statement = (
            f"INSERT INTO {doomed[table.name]} SELECT t.id FROM {table.name} t WHERE {' OR '.join(conditions)} "
            "ON CONFLICT DO NOTHING"
        )
        marked += w.session.execute(text(statement)).rowcount  # type: ignore[attr-defined]
    return marked


def _delete(w: Work, doomed: dict[str, str]) -> dict[str, int]:
    w.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    counts = {}
    for table in reversed(Row.metadata.sorted_tables):
        if table.name in doomed:
            condition = f"t.id IN (SELECT id FROM {doomed[table.name]})"
        elif conditions := _conditions(table, doomed):
            condition = " OR ".join(conditions)
        else:
            continue
        done = w.session.execute(text(f"DELETE FROM {table.name} t WHERE {condition}"))
        counts[table.name] = done.rowcount  # type: ignore[attr-defined]
    return counts

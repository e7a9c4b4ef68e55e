"""What an older field key encrypted is encrypted anew under the newest, a batch at a time, while the service runs on.

A batch commits on its own and is found by the key it still carries, so a rotation that is killed is simply begun again.
The key of the blind index is another one and does not change here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, ColumnElement, Table, Text, func, or_, select, text, type_coerce, update

from core import audit, crypto
from core.db import Database, EncryptedText, Row, Work
from core.documents import rewrite_bytes, stored_keys

BATCH = 500


@dataclass(frozen=True, slots=True)
class Rotated:
    """So many of a table's rows, or of the stored files, carry the newest key now; `left` still do not."""

    what: str
    done: int
    left: int


def outdated(r: Work, folder: Path) -> dict[str, int]:
    """How many rows of each table, and how many `files`, an older key encrypted."""
    counts = {
        table.name: r.session.scalar(select(func.count()).select_from(table).where(_is_outdated(columns))) or 0
        for table, columns in _encrypted().items()
    }
    return counts | {"files": sum(1 for _ in stored_keys(folder, current=False))}


def rotate(database: Database, folder: Path) -> Iterator[Rotated]:
    """Encrypts everything anew that an older key encrypted; yields after each batch.

    Raises KeyMissing, naming the key, for a cell or file whose key is no longer given; what came before it is kept.
    """
    with database.read() as r:
        left = outdated(r, folder)
    for table, columns in _encrypted().items():
        done = 0
        while left[table.name]:
            with database.work() as w:
                batch = _rewrite(w, table, columns)
                if not batch and done:
                    audit.record(w, "field_keys.rotated", "table", table.name, rows=done)
            if not batch:
                break
            done += batch
            yield Rotated(table.name, done, max(left[table.name] - done, 0))
    for done, key in enumerate(stored_keys(folder, current=False), 1):
        rewrite_bytes(folder, key)
        yield Rotated("files", done, max(left["files"] - done, 0))


def _encrypted() -> dict[Table, list[Column[str]]]:
    found = {
        table: [column for column in table.columns if isinstance(column.type, EncryptedText)]
        for table in Row.metadata.sorted_tables
    }
    return {table: columns for table, columns in found.items() if columns}


def _is_outdated(columns: list[Column[str]]) -> ColumnElement[bool]:
    newest = f"{crypto.ring().head}%"
    return or_(*(type_coerce(column, Text).not_like(newest) for column in columns))


def _rewrite(w: Work, table: Table, columns: list[Column[str]]) -> int:
    """One batch of rows, locked; those that somebody else holds come later."""
    keys = list(table.primary_key)
    query = select(*keys, *columns).where(_is_outdated(columns)).limit(BATCH).with_for_update(skip_locked=True)
    rows = w.session.execute(query).all()
    guarded = bool(table.info.get("append_only")) and bool(rows)
    if guarded:  # the text stays what it was; the guard stands again when this transaction ends
        w.session.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER {table.name}_append_only"))
    for row in rows:
        values = {column.name: row[len(keys) + n] for n, column in enumerate(columns)}
        same = [key == row[n] for n, key in enumerate(keys)]
        w.session.execute(update(table).where(*same).values(values))
    if guarded:
        w.session.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER {table.name}_append_only"))
    return len(rows)

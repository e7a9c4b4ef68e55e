"""Every tampering is told with the first bad event; a cut tail needs the checkpoint kept outside."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from core import audit
from core.db import Database


@pytest.fixture
def chained(database: Database) -> Database:
    with database.work() as w:
        for number in range(5):
            audit.record(w, "step", "loan", "a", number=number)
        audit.record(w, "step", "loan", "b", number=0)
    return database


def tamper(database: Database, statement: str) -> None:
    """As somebody with the database's own keys would: triggers off."""
    with database.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))


def breaks(database: Database) -> list[tuple[str, int, str]]:
    with database.read() as r:
        return [(found.subject_id, found.seq, found.what) for found in audit.verify_chain(r)[1]]


def test_an_untouched_trail_verifies(chained: Database) -> None:
    with chained.read() as r:
        assert audit.verify_chain(r) == (6, [])


def test_events_cannot_be_changed_or_removed(chained: Database) -> None:
    for statement in ("UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"):
        with pytest.raises(DatabaseError, match="append-only"), chained.engine.begin() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "seq", "what"),
    [
        ("UPDATE audit_event SET data = '{\"number\": 9}' WHERE subject_id = 'a' AND seq = 3", 3, "changed"),
        ("UPDATE audit_event SET actor_name = 'x' WHERE subject_id = 'a' AND seq = 2", 2, "changed"),
        ("UPDATE audit_event SET at = at + interval '1 second' WHERE subject_id = 'a' AND seq = 4", 4, "changed"),
        ("DELETE FROM audit_event WHERE subject_id = 'a' AND seq = 3", 4, "missing"),
        ("UPDATE audit_event SET subject_id = 'c' WHERE subject_id = 'a' AND seq = 5", 5, "missing"),
    ],
)
def test_tampering_names_the_first_bad_event(chained: Database, statement: str, seq: int, what: str) -> None:
    tamper(chained, statement)
    found = breaks(chained)
    assert [entry[1] for entry in found] == [seq]
    assert what in found[0][2]


def test_a_cut_tail_is_found_by_the_checkpoint_kept_outside(chained: Database) -> None:
    with chained.read() as r:
        before = audit.checkpoint(r)
    tamper(chained, "DELETE FROM audit_event WHERE subject_id = 'a' AND seq = 5")
    assert breaks(chained) == []
    with chained.read() as r:
        after = audit.checkpoint(r)
    assert (after["events"], after["heads"]) != (before["events"], before["heads"])

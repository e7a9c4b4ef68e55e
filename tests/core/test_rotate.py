"""Field keys are rotated: nothing is lost, nothing keeps the old key, and an interruption costs one batch at most."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from core import crypto, rotate
from core.clock import FixedClock
from core.crypto import KeyMissing, KeyRing
from core.db import Database
from core.documents import read_bytes, store_bytes
from core.domain.ids import uuid7
from core.tables import ContactRow, PartyRow
from demo.apply import fill_in
from demo.people import draw
from origination.providers.bureau import DemoBureau
from origination.steps.advance import advance
from origination.steps.first_start import ensure_reference_data
from origination.steps.submit import submit
from origination.tables.decision import DecisionRow

OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))
NUMBER = "11010119900517001X"


def ring(*keys: str) -> KeyRing:
    return KeyRing.from_secret("s" * 40, {"FIELD_KEYS": " ".join(keys)})


@pytest.fixture
def use() -> Iterator[Callable[[KeyRing], None]]:
    """Sets the keys; those of the test run stand again afterwards."""
    before = crypto.ring()
    yield crypto.use
    crypto.use(before)


def parties(database: Database, count: int) -> list[UUID]:
    with database.work() as w:
        rows = [
            w.add(
                PartyRow(
                    id=uuid7(), kind="person", name="Test", identity_kind="cn_resident_id", identity_number=NUMBER,
                    locale="en", time_zone="Asia/Shanghai", is_demo=False, created_at=w.now,
                    contacts=[
                        ContactRow(id=uuid7(), kind="phone", value="13812345678", value_index="0", created_at=w.now)
                    ],
                )
            )
            for _ in range(count)
        ]  # fmt: skip
        return [row.id for row in rows]


def raw(database: Database, query: str) -> list[str]:
    with database.engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def test_everything_carries_the_new_key_and_reads_as_before(
    database: Database, tmp_path: Path, use: Callable[[KeyRing], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotate, "BATCH", 2)
    use(ring(f"k1:{OLD}"))
    known = parties(database, 5)
    file = store_bytes(tmp_path, b"a document")
    use(ring(f"k2:{NEW}", f"k1:{OLD}"))
    with database.read() as r:
        counts = rotate.outdated(r, tmp_path)
    assert (counts["party"], counts["contact"], counts["files"]) == (5, 5, 1)

    steps = rotate.rotate(database, tmp_path)
    first = next(steps)
    steps.close()  # as if it had been killed: what was done stays done
    with database.read() as r:
        assert rotate.outdated(r, tmp_path)[first.what] == first.left == 3
    for _ in rotate.rotate(database, tmp_path):
        pass

    use(ring(f"k2:{NEW}"))  # the old key is gone for good
    assert all(one.startswith("v1:k2:") for one in raw(database, "SELECT identity_number FROM party"))
    assert read_bytes(tmp_path, file) == b"a document"
    with database.read() as r:
        assert {r.get(PartyRow, one).identity_number for one in known} == {NUMBER}
        assert set(rotate.outdated(r, tmp_path).values()) == {0}


def test_append_only_rows_are_rewritten_and_guarded_again(
    app: Flask, database: Database, clock: FixedClock, tmp_path: Path, use: Callable[[KeyRing], None]
) -> None:
    use(ring(f"k1:{OLD}"))
    with app.app_context(), database.work() as w:
        ensure_reference_data(w, demo=True)
        row = fill_in(w, draw(Random(7), 7001, clock.today(), "consumer-eur"), is_demo=False)
        submit(w, row.id)
        advance(w, row.id, bureau=DemoBureau())
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE decision DISABLE TRIGGER decision_append_only"))
        connection.execute(text("UPDATE decision SET reason = :r"), {"r": crypto.encrypt("why", aad="decision.reason")})
        connection.execute(text("ALTER TABLE decision ENABLE TRIGGER decision_append_only"))
    use(ring(f"k2:{NEW}", f"k1:{OLD}"))
    for _ in rotate.rotate(database, tmp_path):
        pass
    use(ring(f"k2:{NEW}"))
    with database.read() as r:
        assert {one.reason for one in r.session.query(DecisionRow)} == {"why"}
    with pytest.raises(Exception, match="append-only"), database.engine.begin() as connection:
        connection.execute(text("UPDATE decision SET reason = 'other'"))


def test_a_key_that_is_gone_is_named(database: Database, tmp_path: Path, use: Callable[[KeyRing], None]) -> None:
    use(ring(f"k1:{OLD}"))
    parties(database, 1)
    use(ring(f"k2:{NEW}"))
    with pytest.raises(KeyMissing, match="'k1' is not in the ring; add it to FIELD_KEYS again"):
        list(rotate.rotate(database, tmp_path))
    assert raw(database, "SELECT identity_number FROM party")[0].startswith("v1:k1:")

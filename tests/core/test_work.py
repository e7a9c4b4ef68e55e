"""One commit, at the edge; a repeated request is harmless; a job is enqueued with its cause or not at all."""

from __future__ import annotations

from datetime import date
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from core import idempotency, queue
from core.clock import FixedClock
from core.db import Database, driver_url
from core.domain.errors import IdempotencyConflict, InvalidInput, NotFound
from core.references import next_reference
from core.tables import BusinessDayRow, PartyRow


def count(database: Database, table: str) -> int:
    with database.read() as r:
        return r.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def party(database: Database, **changes: Any) -> PartyRow:
    values = {"kind": "person", "name": "A", "locale": "en", "created_at": database.clock.now(), **changes}
    return PartyRow(**values)


def test_leaving_commits_and_an_exception_rolls_back(database: Database) -> None:
    with database.work() as w:
        w.add(party(database))
    with pytest.raises(RuntimeError), database.work() as w:
        w.add(party(database))
        w.session.flush()
        raise RuntimeError
    assert count(database, "party") == 1


def test_a_reading_block_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match="read-only"), database.read() as r:
        r.add(party(database))
        r.session.flush()


def test_callbacks_run_only_after_the_commit(database: Database) -> None:
    seen: list[int] = []
    with database.work() as w:
        w.add(party(database))
        w.after_commit.append(lambda: seen.append(count(database, "party")))
        assert seen == []
    assert seen == [1]


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.read() as r, pytest.raises(NotFound):
        r.get(PartyRow, uuid4())


def test_identity_numbers_lie_encrypted(database: Database) -> None:
    with database.work() as w:
        w.add(party(database, identity_kind="cn_resident_id", identity_number="11010519491231002X"))
    with database.read() as r:
        stored = r.session.execute(text("SELECT identity_number FROM party")).scalar_one()
        assert "11010519491231002X" not in stored
        assert r.session.query(PartyRow).one().identity_number == "11010519491231002X"


def test_today_is_the_business_date(database: Database, clock: FixedClock) -> None:
    with database.read() as r:
        assert r.today == clock.today()
    with database.work() as w:
        w.add(BusinessDayRow(open_on=date(2031, 5, 4), moved_at=w.now))
    with database.read() as r:
        assert r.today == date(2031, 5, 4)


def test_the_same_key_gives_the_stored_answer_and_other_content_is_refused(database: Database) -> None:
    ran: list[int] = []

    def run() -> dict[str, Any]:
        ran.append(1)
        return {"payment": "p1"}

    for replayed in (False, True, True):
        with database.work() as w:
            assert idempotency.once(w, "payment", "k", {"amount": 1}, run) == ({"payment": "p1"}, replayed)
    with pytest.raises(IdempotencyConflict), database.work() as w:
        idempotency.once(w, "payment", "k", {"amount": 2}, run)
    with pytest.raises(InvalidInput), database.work() as w:
        idempotency.once(w, "payment", "", {}, run)
    assert ran == [1]


def test_eight_twins_at_once_have_one_effect(database: Database) -> None:
    barrier = Barrier(8)
    answers: list[bool] = []

    def request() -> None:
        barrier.wait()
        with database.work() as w:
            _, replayed = idempotency.once(w, "s", "k", {}, lambda: {"n": w.add(party(database)).name})
            answers.append(replayed)

    threads = [Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] + [True] * 7
    assert count(database, "party") == 1


def test_references_count_by_prefix_and_year_without_gaps(database: Database) -> None:
    with database.work() as w:
        assert [next_reference(w, "APP"), next_reference(w, "APP")] == ["APP-2026-000001", "APP-2026-000002"]
        assert next_reference(w, "LN") == "LN-2026-000001"
    with pytest.raises(RuntimeError), database.work() as w:
        next_reference(w, "APP")
        raise RuntimeError
    with database.work() as w:
        assert next_reference(w, "APP") == "APP-2026-000003"


def test_a_job_is_enqueued_with_its_cause_or_not_at_all(database: Database) -> None:
    with pytest.raises(RuntimeError), database.work() as w:
        queue.defer(w, "nothing")
        raise RuntimeError
    assert count(database, "procrastinate_jobs") == 0
    with database.work() as w:
        queue.defer(w, "nothing", queueing_lock="one")
        queue.defer(w, "nothing", queueing_lock="one")
        queue.defer(w, "nothing")
    with database.work() as w:
        queue.defer(w, "nothing", queueing_lock="one")
    assert count(database, "procrastinate_jobs") == 2


def test_the_driver_is_named() -> None:
    assert driver_url("postgresql://u@h/d") == "postgresql+psycopg://u@h/d"
    assert driver_url("postgresql+psycopg://u@h/d") == "postgresql+psycopg://u@h/d"

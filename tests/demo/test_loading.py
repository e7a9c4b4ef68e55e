"""A load that was interrupted is begun anew, unless somebody real has come meanwhile."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from core.db import Database
from core.domain.errors import Conflict
from core.domain.ids import uuid7
from core.tables import BusinessDayRow, JobRunRow, PartyRow
from demo.loading import LOAD_JOB, clear_interrupted, is_empty, loading
from demo.progress import LoadProgress


def interrupted(database: Database, *, real: bool) -> None:
    with database.work() as w:
        w.add(JobRunRow(name=LOAD_JOB, run_on=date(2026, 1, 1), status="running", started_at=w.now, progress={}))
        w.add(BusinessDayRow(id=1, open_on=date(2026, 1, 1), moved_at=w.now))
        w.add(
            PartyRow(
                id=uuid7(), kind="person", name="A", locale="en", created_at=w.now, is_demo=not real, contacts=[]
            )
        )  # fmt: skip


def test_what_an_interrupted_load_left_is_cleared(database: Database) -> None:
    assert not clear_interrupted(database)
    interrupted(database, real=False)
    assert clear_interrupted(database)
    with database.read() as r:
        assert is_empty(r)
        assert r.session.scalars(select(PartyRow.id)).all() == []


def test_real_people_are_never_cleared(database: Database) -> None:
    interrupted(database, real=True)
    assert not clear_interrupted(database)
    with database.read() as r:
        assert len(r.session.scalars(select(PartyRow.id)).all()) == 1


def test_a_load_that_runs_is_left_alone(database: Database) -> None:
    interrupted(database, real=False)
    with loading(database), pytest.raises(Conflict):
        clear_interrupted(database)


def test_progress_says_day_loans_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LoadProgress(is_terminal=False)
    for done in range(1, 101):
        progress(done, 100, date(2026, 1, 1), done)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert "50 %  2026-01-01  50 loans, " in lines[4]
    assert lines[4].endswith(" s left")

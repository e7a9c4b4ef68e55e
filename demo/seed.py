"""Eighteen months of a small lender, lived day by day through the product's own steps and daily closes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select, text

from core.db import Database, Work
from core.tables import JobRunRow
from core.users import actor_for, ensure_demo_users
from demo.behaviour import Payer
from demo.beside import run_beside
from demo.lending import Lending, parts_of
from demo.loading import LOAD_JOB, loading
from demo.servicing import Borrowers
from demo.stage import SEED, Stage, unhurried_disk
from origination.steps.first_start import ensure_reference_data, keep_sample_fresh
from origination.steps.offer import due_to_expire, expire
from repayment.steps.close_day import close_day, start_business_day

NUMBERS = 10_000  # the applicants of each part are numbered on their own
Progress = Callable[[int, int, date, int], None]


@dataclass(slots=True)
class Seeder:
    """Lives the days: lending ahead, its parts in processes of their own where `beside` is set, servicing and closing
    behind it."""

    database: Database
    progress: Progress
    days: int
    beside: bool = False
    stage: Stage = field(init=False)
    first: date = field(init=False)
    lending: list[Lending] = field(init=False)
    loans: int = 0

    def __post_init__(self) -> None:
        today = self.database.clock.today()
        self.first = today - timedelta(days=self.days)
        self.stage = Stage(self.database, rng=Random(SEED - 1))
        self.lending = [
            Lending(
                Stage(self.database, rng=Random(SEED + number), number=number * NUMBERS, ahead=True),
                today, self.days, part,
            )
            for number, part in enumerate(parts_of(self.first, self.days))
        ]  # fmt: skip

    def run(self) -> None:
        """From the first day to yesterday, then today's unfinished cases. Needs the app's context."""
        with unhurried_disk(self.database), loading(self.database), _rare_collections():
            self._start()
            with closing(self._lent()) as days:
                for at in range(self.days):
                    day = self.first + timedelta(days=at)
                    self._live(day, next(days))
                    self.progress(at + 1, self.days, day, self.loans)
                next(days)
            self._finish()

    def _lent(self) -> Generator[dict[UUID, Payer]]:
        """Who borrowed, day by day."""
        sources = [one.days_lived for one in self.lending]
        if self.beside:
            return run_beside(sources, self.database)
        return (found for source in sources for found in source())

    def _start(self) -> None:
        self.stage.set(self.first, time(7, 0))
        with self.stage.work() as w:
            w.add(JobRunRow(name=LOAD_JOB, run_on=self.first, status="running", started_at=w.now, progress={}))
            start_business_day(w, self.first)
            ensure_reference_data(w, demo=True)
            people = ensure_demo_users(w)
            self.stage.staff = {key: actor_for(row) for key, row in people.items()}
        for one in self.lending:
            one.stage.staff = self.stage.staff
        self._keep_list_for(self.lending[-1])

    def _keep_list_for(self, last: Lending) -> None:
        """The list in use must not be too old for the first days of the last part, which nobody waits for."""
        self.stage.set(self.first + timedelta(days=last.part.start), time(7, 0))
        with self.stage.work() as w:
            w.today = self.stage.clock.today()
            keep_sample_fresh(w)

    def _finish(self) -> None:
        with self.stage.work() as w:
            for application_id in due_to_expire(w):
                expire(w, application_id)
            row = w.session.scalars(select(JobRunRow).where(JobRunRow.name == LOAD_JOB)).one()
            row.status, row.finished_at = "done", w.now

    def _live(self, day: date, new: dict[UUID, Payer]) -> None:
        """The afternoon and the close of a day on which these loans were paid out."""
        self.loans += len(new)
        self.stage.payers |= new
        Borrowers(self.stage).live(day)
        self.stage.set(day, time(23, 50))
        close_day(self.database, through=day, clock=self.stage.clock)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Millions of short-lived values and few cycles: looking for cycles less often saves a tenth of the time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


_FIGURES = {
    "applications": "SELECT status, count(*) FROM application WHERE is_demo GROUP BY status ORDER BY status",
    "loans": "SELECT status, count(*) FROM loan GROUP BY status ORDER BY status",
    "days past due": (
        "SELECT bucket, count(*) FROM loan_day WHERE day_on = (SELECT max(day_on) FROM loan_day) "
        "GROUP BY bucket ORDER BY min(dpd)"
    ),
    "shares of 100": (
        "SELECT 'approved of decided', 100 * count(*) FILTER (WHERE outcome = 'APPROVE') / greatest(count(*), 1) "
        "FROM (SELECT DISTINCT ON (application_id) outcome FROM decision ORDER BY application_id, number DESC) d "
        "WHERE outcome <> 'REFER' UNION ALL "
        "SELECT 'ever over 90 days late', 100 * (SELECT count(DISTINCT loan_id) FROM loan_day WHERE dpd > 90) "
        "/ greatest(count(*), 1) FROM loan"
    ),
}


def summary(r: Work) -> dict[str, dict[str, int]]:
    """What there is now: group -> name -> count."""
    return {
        group: {name: int(count) for name, count in r.session.execute(text(query))} for group, query in _FIGURES.items()
    }

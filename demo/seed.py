"""Eighteen months of a small lender, lived day by day through the product's own steps and daily closes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from sqlalchemy import func, select, text

from core.db import Database, Work
from core.tables import BusinessDayRow
from core.users import actor_for, ensure_demo_users
from demo.apply import Applicants
from demo.cases import Cases, OwnCases
from demo.servicing import Borrowers
from demo.stage import Stage, unhurried_disk
from origination.steps.first_start import ensure_reference_data, keep_sample_fresh
from origination.steps.offer import due_to_expire, expire
from origination.tables.application import ApplicationRow
from repayment.steps.close_day import close_day, start_business_day

APPLICATIONS_A_DAY = 1.28
UNDECIDED_DAYS = 21  # so long before the end referred cases stay with the officers
EARLY = {2: "offered", 3: "withdrawn", 4: "draft"}  # what has run out, or was taken back, long before the end
OWN_LOAN_DAYS = 200  # how old the demo applicant's loan is
Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Seeder:
    """Lives the days."""

    database: Database
    progress: Progress
    days: int
    stage: Stage = field(init=False)
    applicants: Applicants = field(init=False)
    borrowers: Borrowers = field(init=False)
    own: OwnCases = field(init=False)

    def __post_init__(self) -> None:
        self.stage = Stage(self.database)
        self.applicants, self.borrowers = Applicants(self.stage), Borrowers(self.stage)
        self.own = OwnCases(self.stage, self.applicants)

    def run(self) -> None:
        """From the first day to yesterday, then today's unfinished cases. Needs the app's context."""
        today = self.database.clock.today()
        first = today - timedelta(days=self.days)
        with unhurried_disk(self.database), _rare_collections():
            self._start(first)
            for at in range(self.days):
                self._live(first + timedelta(days=at), at)
                self.progress(at + 1, self.days, (first + timedelta(days=at)).isoformat())
            Cases(self.stage, self.applicants).open(today)
            self.own.open(today)

    def _start(self, first: date) -> None:
        self.stage.set(first, time(7, 0))
        with self.stage.work() as w:
            start_business_day(w, first)
            ensure_reference_data(w, demo=True)
            people = ensure_demo_users(w)
            self.stage.staff = {key: actor_for(row) for key, row in people.items()}

    def _live(self, day: date, at: int) -> None:
        if day.weekday() == 0:
            self._monday(day)
        if at == max(0, self.days - OWN_LOAN_DAYS):
            self.own.loan(day)
        if at in EARLY:
            self.applicants.reach(day, EARLY[at])
        undecided = self.days - at <= UNDECIDED_DAYS
        for _ in range(self._arrivals(day)):
            self.applicants.arrive(day, "referred" if undecided and self.stage.rng.random() < 0.85 else None)
        self.borrowers.live(day)
        self.stage.set(day, time(23, 50))
        close_day(self.database, through=day, clock=self.stage.clock)

    def _monday(self, day: date) -> None:
        self.stage.set(day, time(6, 0))
        with self.stage.work() as w:
            keep_sample_fresh(w)
            for application_id in due_to_expire(w):
                expire(w, application_id)

    def _arrivals(self, day: date) -> int:
        weekday = 0.4 if day.weekday() >= 5 else 1.24
        whole, part = divmod(APPLICATIONS_A_DAY * weekday, 1)
        return int(whole) + (self.stage.rng.random() < part)


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


def is_empty(w: Work) -> bool:
    """True where nothing has been entered yet."""
    applications = w.session.scalar(select(func.count()).select_from(ApplicationRow))
    return applications == 0 and w.session.get(BusinessDayRow, 1) is None

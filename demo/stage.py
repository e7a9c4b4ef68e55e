"""What the parts of the demonstration share: the database, a clock that is moved, one seeded generator, the staff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import event

from core import queue
from core.clock import FixedClock
from core.db import Database, Work
from core.domain.actor import SYSTEM, Actor
from demo.behaviour import Payer

SEED = 20260301


@dataclass(slots=True)
class Stage:
    """The scene of the demonstration. Everything drawn comes from one generator: two seeds of one day are alike."""

    database: Database
    rng: Random = field(default_factory=lambda: Random(SEED))
    number: int = 0
    ahead: bool = False  # lives days whose business date is not open yet
    payers: dict[UUID, Payer] = field(default_factory=dict)
    staff: dict[str, Actor] = field(default_factory=dict)
    clock: FixedClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = FixedClock(self.database.clock.now(), getattr(self.database.clock, "zone"))  # noqa: B009

    def set(self, day: date, at: time) -> None:
        """Moves the clock."""
        self.clock.set(self.instant(day, at))

    def instant(self, day: date, at: time) -> datetime:
        """That time of that day where the lender is."""
        return datetime.combine(day, at, self.clock.zone).astimezone(UTC)

    @contextmanager
    def work(self, actor: Actor = SYSTEM) -> Iterator[Work]:
        """A unit of work at the stage's time. What a worker would do later, the demonstration does itself."""
        with self.database.work(actor, clock=self.clock) as w:
            queue.mute(w)
            if self.ahead:
                w.today = self.clock.today()
            yield w

    def later(self, w: Work, minutes: int) -> None:
        """Time passes within one work, so that a case's history reads like one."""
        self.clock.set(self.clock.now() + timedelta(minutes=minutes))
        w.now = self.clock.now()


@contextmanager
def unhurried_disk(database: Database) -> Iterator[None]:
    """Commits do not wait for the disk: a demonstration that a crash interrupts is begun anew."""

    def relax(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SET synchronous_commit = off")
        connection.autocommit = False

    database.dispose()
    event.listen(database.engine, "connect", relax)
    try:
        yield
    finally:
        event.remove(database.engine, "connect", relax)
        database.dispose()

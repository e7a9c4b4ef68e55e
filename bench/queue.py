"""The officer's queue with many applications: python -m bench.queue [applications].

Prints the milliseconds of wall time of each kind of page (tabs, sorts, filters, pieces of a name, the last page), on an
embedded PostgreSQL that has analysed its tables as its autovacuum does. The aim is less than a second for any of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from sqlalchemy import text

from bench.ledger import Bench
from core import crypto
from core.domain.actor import Actor, Role
from core.domain.ids import uuid7
from origination.queries.officer import QueueFilter, Tab, queue
from origination.steps.first_start import ensure_reference_data

SEALED = {"draft": 0, "answers": 950}  # characters before sealing: as in the demonstration
# Most applications of a lender's past are closed.
FILL = """
INSERT INTO application (id, reference, segment, product_code, product_version, currency, status, row_version,
    assessment, locale, applicant_name, amount_minor, tenor_months, draft, answers, due_at, created_at, submitted_at,
    submitted_on, moved_at, is_demo)
SELECT gen_random_uuid(), 'APP-2023-' || lpad(n::text, 6, '0'), CASE WHEN n % 4 = 0 THEN 'sme' ELSE 'consumer' END,
    'consumer-cny', 1, 'CNY',
    (ARRAY['BOOKED', 'BOOKED', 'BOOKED', 'DECLINED', 'DECLINED', 'WITHDRAWN', 'EXPIRED', 'REFERRED', 'KYC_REFERRED',
        'OFFERED'])[1 + n % 10],
    1, 1, 'en', CASE WHEN n % 3 = 0
        THEN (ARRAY['王', '李', '张', '刘', '陈', '欧阳'])[1 + n / 3 % 6] || chr(19968 + n * 7 % 5000)
            || chr(19968 + n % 977)
        ELSE initcap(substr(md5(n::text), 1, 7)) || ' ' || initcap(substr(md5((n / 9)::text), 1, 9)) || ' GmbH' END,
    1000000 + n * 37 % 9000000, 24, :draft, :answers,
    now() - (n * 7919 % 100000) * interval '9 minutes', now() - n * interval '9 minutes',
    now() - n * interval '9 minutes', (now() - n * interval '9 minutes')::date, now() - n * interval '9 minutes', false
FROM generate_series(1, :n) n
"""


def milliseconds(run: Callable[[], object], times: int = 5) -> float:
    """The slowest of some calls, after one to warm up."""
    run()
    slowest = 0.0
    for _ in range(times):
        start = time.perf_counter()
        run()
        slowest = max(slowest, time.perf_counter() - start)
    return slowest * 1000


def main() -> None:
    """Fills a lender's past and asks for pages."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    bench = Bench()
    officer = Actor(id=uuid7(), name="Bench", roles=frozenset({Role.OFFICER}))
    with bench.app.app_context(), bench.database.work() as w:
        ensure_reference_data(w, demo=True)
        sealed = {name: crypto.encrypt("{}" + " " * size, aad=f"application.{name}") for name, size in SEALED.items()}
        w.session.execute(text(FILL), {"n": cases} | sealed)
    with bench.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) application"))

    def ask(tab: Tab, wanted: QueueFilter | None = None, sort: str = "due", page: int = 1) -> int:
        with bench.database.read(officer) as r:
            return queue(r, tab, wanted, sort=sort, limit=30, offset=(page - 1) * 30).total

    last = cases // 30
    asked: dict[str, Callable[[], int]] = {
        "to decide, first page": lambda: ask(Tab.REFERRED),
        "to decide, last page": lambda: ask(Tab.REFERRED, page=last // 10),
        "nobody's, by amount": lambda: ask(Tab.UNASSIGNED, sort="amount"),
        "all, first page": lambda: ask(Tab.ALL),
        "all, last page": lambda: ask(Tab.ALL, page=last),
        "all, last page, newest first": lambda: ask(Tab.ALL, sort="newest", page=last),
        "all, last page, by amount": lambda: ask(Tab.ALL, sort="amount", page=last),
        "all, last page, by name": lambda: ask(Tab.ALL, sort="name", page=last),
        "all, companies above 50,000": lambda: ask(Tab.ALL, QueueFilter(segment="sme", amount_from=20_000)),
        "all, late": lambda: ask(Tab.ALL, QueueFilter(due="late")),
        "all, a Latin piece": lambda: ask(Tab.ALL, QueueFilter(search="abc")),
        "all, a Han piece": lambda: ask(Tab.ALL, QueueFilter(search="欧阳")),
        "all, a piece nobody has": lambda: ask(Tab.ALL, QueueFilter(search="no such name")),
        "all, a reference": lambda: ask(Tab.ALL, QueueFilter(search="APP-2023-000777")),
    }
    print(f"{cases:,} applications, the slowest of five")
    with bench.app.app_context():
        for name, run in asked.items():
            print(f"{name:32} {milliseconds(run):8.0f} ms  ({run():,} cases)", flush=True)


if __name__ == "__main__":
    main()

"""The demonstration lives through the product's own steps, and leaves without a trace."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select, text

from core import audit
from core.clock import FixedClock
from core.db import Database
from core.schema import append_only_tables
from core.tables import UserRow
from core.users import demo_email
from demo.apply import fill_in
from demo.loading import is_empty
from demo.people import draw
from demo.remove import remove_demo
from demo.seed import Seeder, summary
from demo.stage import SEED
from origination.providers.bureau import DemoBureau
from origination.steps.advance import advance
from origination.steps.replay import replay_all
from origination.steps.submit import submit
from origination.tables.application import ApplicationRow

DAYS = 25
STATES = {
    "DRAFT", "SUBMITTED", "KYC_REFERRED", "REFERRED", "APPROVED", "OFFERED", "ACCEPTED", "SIGNED", "BOOKED", "DECLINED",
    "WITHDRAWN", "EXPIRED",
}  # fmt: skip


def seeded(app: Flask, database: Database, clock: FixedClock) -> dict[str, dict[str, int]]:
    database.clock = clock
    with app.app_context():
        Seeder(database, lambda *_: None, DAYS).run()
    with database.read() as r:
        return summary(r)


def a_real_application(app: Flask, database: Database, clock: FixedClock) -> UUID:
    """Somebody who is not part of the demonstration applies while it stands."""
    person = draw(Random(7), 7001, clock.today(), "consumer-eur")
    with app.app_context(), database.work(clock=clock) as w:
        row = fill_in(w, person, is_demo=False)
        submit(w, row.id)
        advance(w, row.id, bureau=DemoBureau())
        return row.id


def count(r: Any, query: str) -> int:
    return int(r.session.execute(text(query)).scalar_one())


def test_demonstration_from_seed_to_removal(app: Flask, database: Database, clock: FixedClock) -> None:
    found = seeded(app, database, clock)
    assert set(found["applications"]) >= STATES
    assert found["applications"]["REFERRED"] >= 10
    with database.read() as r:
        assert r.today == clock.today()
        assert not is_empty(r)
        assert audit.verify_chain(r)[1] == []
        assert count(r, "SELECT count(*) FROM ledger_entry WHERE debit = credit OR minor <= 0") == 0
        # The claim in the books is what was lent less what came back, for each loan.
        outstanding = (
            "SELECT count(*) FROM loan l WHERE l.principal_out_minor <> (SELECT coalesce(sum(CASE "
            "WHEN debit = 'principal' THEN minor WHEN credit = 'principal' THEN -minor ELSE 0 END), 0) "
            "FROM ledger_entry e WHERE e.loan_id = l.id) AND l.status = 'ACTIVE'"
        )
        assert count(r, outstanding) == 0
        waiting = "SELECT count(*) FROM verdict WHERE withdrawn_at IS NULL"
        assert count(r, waiting) >= 1, "a case waits for a second person"
        replayed = list(replay_all(r))
        assert [one.differences for one in replayed if not one.is_equal] == []
        segments = select(ApplicationRow.segment).where(ApplicationRow.id.in_([one.application_id for one in replayed]))
        assert set(r.session.scalars(segments)) == {"consumer", "sme"}
        assert {one.outcome for one in replayed} == {"APPROVE", "REFER", "DECLINE"}
        own = r.session.scalars(select(UserRow).where(UserRow.email == demo_email("applicant"))).one()
        mine = select(ApplicationRow.status).where(ApplicationRow.owner_user_id == own.id)
        assert set(r.session.scalars(mine)) == {"BOOKED", "OFFERED", "DRAFT"}
        assert own.name == "Demo Applicant"
    real = a_real_application(app, database, clock)
    with database.work() as w:
        remove_demo(w)
    with database.read() as r:
        assert r.session.scalars(select(ApplicationRow.id)).all() == [real]
        for name in ("application", "party", "user_account"):
            assert count(r, f"SELECT count(*) FROM {name} WHERE is_demo") == 0, name
        for name in ("loan", "ledger_entry", "loan_day", "loan_event", "contract", "verdict"):
            assert count(r, f"SELECT count(*) FROM {name}") == 0, name
        for name in ("bureau_report", "kyc_check", "fact_set", "decision"):
            assert count(r, f"SELECT count(*) FROM {name}") >= 1, name
            assert count(r, f"SELECT count(DISTINCT application_id) FROM {name}") == 1, name
        assert audit.verify_chain(r)[1] == []
        guarded = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%_append_only' AND tgenabled = 'O'"
        assert count(r, guarded) >= len(append_only_tables()), "the guards stand again"


def test_the_same_day_brings_the_same_people() -> None:
    day = date(2026, 3, 2)
    rng, again = Random(SEED), Random(SEED)
    assert [draw(rng, n, day) for n in range(50)] == [draw(again, n, day) for n in range(50)]
    assert draw(rng, 51, day) != draw(again, 52, day)


def test_two_owners_of_one_company_have_two_names() -> None:
    rng = Random(SEED)
    companies = [draw(rng, n, date(2026, 3, 2), "sme-equipment-eur") for n in range(3000)]
    assert all(len({owner["name"] for owner in one.owners}) == len(one.owners) == 2 for one in companies)

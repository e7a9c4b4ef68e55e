"""The daily close: once, in order, resumable, one bad loan alone, reminders without bursts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from core.clock import FixedClock
from core.db import Database
from core.domain.errors import Conflict
from core.domain.money import Money
from core.tables import OutboundMessageRow
from repayment.domain.schedule_request import Disbursement, PrepaymentEffect
from repayment.queries.play_again import play_again
from repayment.steps import close_chunk as chunk_module
from repayment.steps import close_day as close_module
from repayment.steps.close_day import close_day
from repayment.steps.disburse import disburse
from repayment.steps.hold import HoldKind, place_hold, release_hold
from repayment.steps.prepay import prepay
from repayment.steps.promise import promise
from repayment.tables import CloseExceptionRow, DunningActionRow, LedgerEntryRow, LoanDayRow, LoanRow, PromiseRow
from tests.forked import run_and_kill
from tests.repayment.house import START, House, cny, request_of, terms_of


def picture(house: House, loan: UUID) -> tuple[object, ...]:
    """All that a close brings about for a loan, without ids and moments."""
    e = LedgerEntryRow.__table__.c
    d = LoanDayRow.__table__.c
    with house.database.read() as r:
        entries = r.session.execute(
            select(e.effective_on, e.code, e.debit, e.credit, e.minor, e.line).where(e.loan_id == loan).order_by(e.id)
        ).all()
        days = r.session.execute(select(d.day_on, d.dpd, d.overdue_minor, d.risk_class).where(d.loan_id == loan)).all()
    return sorted(entries), sorted(days), house.lines(loan), house.balances(loan)


def stages(house: House, loan: UUID) -> list[tuple[str, date]]:
    with house.database.read() as r:
        query = select(DunningActionRow.stage, DunningActionRow.acted_on).where(DunningActionRow.loan_id == loan)
        return [tuple(row) for row in r.session.execute(query.order_by(DunningActionRow.acted_on, DunningActionRow.id))]


def test_closing_a_closed_day_does_nothing(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 3, 5), daily=False)
    before = picture(house, loan)
    with house.app.app_context():
        assert close_day(house.database, through=date(2025, 3, 5)) == ()
    assert picture(house, loan) == before
    assert house.today == date(2025, 3, 6)


def test_five_missed_days_equal_five_daily_closes_but_send_one_reminder(house: House) -> None:
    daily = house.loan()
    house.close_through(date(2025, 2, 28))
    house.close_through(date(2025, 3, 8))
    # -3, +1 and +7 days from the due date, closed one by one
    assert stages(house, daily) == [("pre_due", date(2025, 2, 25)), ("d1", date(2025, 3, 1)), ("d7", date(2025, 3, 7))]
    with house.database.read() as r:
        sent = r.session.scalar(select(func.count()).where(OutboundMessageRow.kind.startswith("dunning/")))
    assert sent == 4  # d1 goes by two channels


def test_missed_days_are_made_up_in_order_without_a_burst(house: House) -> None:
    caught_up = house.loan()
    house.close_through(date(2025, 2, 20), daily=False)
    house.close_through(date(2025, 3, 8), daily=False)
    assert stages(house, caught_up) == [("d7", date(2025, 3, 8))]
    with house.database.read() as r:
        days = r.session.scalars(select(LoanDayRow.day_on).where(LoanDayRow.loan_id == caught_up)).all()
    assert sorted(days) == [date(2025, 1, 31) + timedelta(days=k) for k in range(37)]


def test_a_payment_a_promise_a_dispute_and_hardship_stop_reminders(house: House) -> None:
    paying, promising, disputing = house.loan(), house.loan(), house.loan()
    house.close_through(date(2025, 3, 3))
    house.pay(paying, "950.00", date(2025, 3, 4))
    with house.work() as w:
        promise(w, promising, amount=cny("900.00"), due_on=date(2025, 3, 9))
        hold = place_hold(w, disputing, kind=HoldKind.DISPUTE, reason="amount")
    house.close_through(date(2025, 3, 9))
    assert [stages(house, loan)[-1][0] for loan in (paying, promising, disputing)] == ["d1", "d1", "d1"]
    with house.work() as w:
        release_hold(w, hold)
        assert w.session.scalars(select(PromiseRow.status)).all() == ["BROKEN"]
    house.close_through(date(2025, 3, 10))
    assert stages(house, promising)[-1] == ("d7", date(2025, 3, 10))
    assert stages(house, disputing)[-1] == ("d7", date(2025, 3, 10))
    assert stages(house, paying)[-1][0] == "d1"


def test_a_reminder_written_but_not_sent_is_held_back_by_a_payment(house: House) -> None:
    loan = house.loan()
    with house.work() as w:
        w.session.execute(text("UPDATE party SET is_demo = false"))
    house.close_through(date(2025, 3, 1))
    with house.work() as w:
        # without a contact on file a message fails visibly; with one it would wait for the transport
        w.session.execute(update(OutboundMessageRow).values(status="queued"))
    house.pay(loan, "950.00", date(2025, 3, 2))
    with house.database.read() as r:
        query = select(OutboundMessageRow.status).where(OutboundMessageRow.kind.startswith("dunning/"))
        assert set(r.session.scalars(query)) == {"held"}


def test_a_loan_that_raises_stands_alone_and_is_caught_up_later(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    loans = [house.loan() for _ in range(5)]
    bad = sorted(loans)[2]
    real = chunk_module.close_day

    def fails_for_one(life, day):  # type: ignore[no-untyped-def]
        if life.state.lines and day == date(2025, 2, 2) and life.terms.grace_days == 7:
            raise RuntimeError("poison")
        return real(life, day)

    with house.work() as w:
        row = w.lock(LoanRow, bad)
        row.terms = {**row.terms, "grace_days": 7}
    monkeypatch.setattr(chunk_module, "close_day", fails_for_one)
    house.close_through(date(2025, 2, 2))
    assert {house.row(loan).last_closed_on for loan in loans if loan != bad} == {date(2025, 2, 2)}
    assert house.row(bad).last_closed_on == date(2025, 2, 1)
    with house.database.read() as r:
        found = r.session.scalars(select(CloseExceptionRow)).one()
        assert (found.loan_id, found.day_on, found.resolved_at) == (bad, date(2025, 2, 2), None)
        assert "poison" in found.trace
    house.close_through(date(2025, 2, 3))
    assert house.row(bad).last_closed_on == date(2025, 2, 3)
    assert picture(house, bad)[0] != []
    assert [row[1] for row in picture(house, bad)[1]] == [row[1] for row in picture(house, loans[0])[1]]
    with house.database.read() as r:
        assert r.session.scalars(select(CloseExceptionRow)).one().resolved_at is not None


def test_two_closes_at_once_exclude_each_other(house: House) -> None:
    with house.database.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:k)"), {"k": close_module.CLOSE_LOCK})
        with house.app.app_context(), pytest.raises(Conflict):
            close_day(house.database, through=date(2025, 1, 31))
        other.execute(text("SELECT pg_advisory_unlock_all()"))


def test_a_close_killed_in_the_middle_goes_on_where_it_was(house: House, database_url: str) -> None:
    killed = [house.loan() for _ in range(12)]
    through = date(2025, 3, 20)
    late = FixedClock(datetime(2025, 3, 20, 17, tzinfo=UTC), house.clock.zone)
    elsewhere = Database(database_url, late, house.database.policies)

    def close() -> None:
        with house.app.app_context():
            close_day(elsewhere, through=through, chunk=3)

    for reached in (date(2025, 2, 3), date(2025, 2, 17)):
        run_and_kill(close, lambda reached=reached: house.today >= reached)
    assert house.today <= through, "killed too late to prove anything"
    house.close_through(date(2025, 3, 20), daily=False)
    clean = picture(house, killed[0])
    assert all(picture(house, loan) == clean for loan in killed)
    # 49 days from 31 January to 20 March, each with one entry of interest at most, every cent of it once
    codes = [entry[1] for entry in clean[0]]
    assert codes.count("INTEREST_ACCRUED") == 49
    assert len(clean[1]) == 49
    with house.database.read() as r:
        actions = r.session.execute(select(DunningActionRow.loan_id, DunningActionRow.stage)).all()
    assert sorted(actions) == sorted((loan, "d15") for loan in killed)


def test_credit_that_repays_what_was_drawn_leaves_the_loan_open_for_the_rest(house: House) -> None:
    """6,000 agreed, 4,000 drawn and nearly all paid back early; money that waits pays the last row on its day, by the
    nightly close. 2,000 may still be drawn: the loan stays open, as one played again from its events does."""
    parts = (Disbursement(START, cny("4000")), Disbursement(date(2025, 6, 15), cny("2000")))
    request = replace(request_of("6000.00"), disbursements=parts)
    loan = house.loan(request, terms_of())
    house.close_through(date(2025, 2, 10), daily=False)
    with house.work() as w:
        prepay(
            w, key="early", loan_id=loan, amount=cny("3800"), value_on=w.today, channel="bank", payer="p",
            effect=PrepaymentEffect.REDUCE_TERM,
        )  # fmt: skip
    left = [line for line in house.lines(loan) if not line.settled]
    assert [line.is_empty for line in house.lines(loan)[len(left) :]] == [True] * (12 - len(left))
    house.pay(loan, str(Money(sum(line.open_minor for line in left), "CNY")), house.today)
    house.close_through(left[-1].due_on + timedelta(days=2))
    found = house.row(loan)
    assert (found.principal_out_minor, found.credit_minor, found.status) == (0, 0, "ACTIVE")
    with house.database.read() as r:
        assert not play_again(r, r.get(LoanRow, loan)).correction
    with house.work() as w:
        disburse(w, loan, on=w.today, key="second")
    assert house.row(loan).principal_out_minor == 200_000

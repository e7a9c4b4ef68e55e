"""Eighteen months of a small lender, lived day by day through the product's own steps and daily closes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import func, select

from core.clock import FixedClock
from core.db import Database, Work
from core.domain.actor import SYSTEM, Actor, Role
from core.domain.errors import LendingError
from core.domain.ids import uuid7
from core.domain.money import total
from core.tables import BusinessDayRow, OutboundMessageRow
from core.users import actor_for, ensure_demo_users
from demo.behaviour import Payer
from demo.people import DemoApplicant, draw
from origination.domain.application import ApplicationStatus, ConsentKind
from origination.domain.decision import Outcome
from origination.providers.bureau import DemoBureau
from origination.queries.rows import offers_of
from origination.steps.advance import Advanced, advance
from origination.steps.book import book
from origination.steps.contract import prepare_contract, send_signing_code, sign_contract
from origination.steps.draft import give_consents, save_owners, save_section, start_application
from origination.steps.first_start import ensure_reference_data, keep_sample_fresh
from origination.steps.offer import accept_offer
from origination.steps.submit import submit
from origination.steps.verdict import give_verdict
from origination.tables.application import ApplicationRow
from repayment.queries.dues import OpenDue, open_dues
from repayment.steps.close_day import close_day, start_business_day
from repayment.steps.receive_payment import receive_payment

APPLICATIONS_A_DAY = 1.45
SEED = 20260301
Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Seeder:
    """Lives the days. Everything drawn comes from one generator, so that two seeds of one day are alike."""

    database: Database
    progress: Progress
    days: int
    rng: Random = field(default_factory=lambda: Random(SEED))
    number: int = 0
    payers: dict[UUID, Payer] = field(default_factory=dict)
    staff: dict[str, Actor] = field(default_factory=dict)
    clock: FixedClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = FixedClock(self.database.clock.now(), getattr(self.database.clock, "zone"))  # noqa: B009

    def run(self) -> None:
        """From the first day to yesterday, then today's unfinished cases. Needs the app's context."""
        today = self.database.clock.today()
        first = today - timedelta(days=self.days)
        self._set(first, time(8, 0))
        with self.database.work(SYSTEM, clock=self.clock) as w:
            start_business_day(w, first)
            ensure_reference_data(w, demo=True)
            people = ensure_demo_users(w)
            self.staff = {key: actor_for(row) for key, row in people.items()}
        for at in range(self.days):
            day = first + timedelta(days=at)
            if day.weekday() == 0:
                with self.database.work(SYSTEM, clock=self.clock) as w:
                    keep_sample_fresh(w)
            self._live(day, last_weeks=self.days - at <= 21)
            self.progress(at + 1, self.days, day.isoformat())
        self._set(today, time(9, 0))

    def _set(self, day: date, at: time) -> None:
        self.clock.set(datetime.combine(day, at, self.clock.zone).astimezone(UTC))

    def _live(self, day: date, *, last_weeks: bool) -> None:
        self._set(day, time(10, 0))
        for _ in range(self._arrivals(day)):
            self._apply(day, leave_some_open=last_weeks)
        self._set(day, time(16, 0))
        self._pay(day)
        self._set(day, time(23, 50))
        close_day(self.database, through=day, clock=self.clock)

    def _arrivals(self, day: date) -> int:
        weekday = 0.4 if day.weekday() >= 5 else 1.24
        whole, part = divmod(APPLICATIONS_A_DAY * weekday, 1)
        return int(whole) + (self.rng.random() < part)

    def _apply(self, day: date, *, leave_some_open: bool) -> None:
        self.number += 1
        person = draw(self.rng, self.number, day)
        stop = self.rng.choice(STOPS) if leave_some_open and self.rng.random() < 0.6 else None
        undecided = leave_some_open and self.rng.random() < 0.7
        with self.database.work(SYSTEM, clock=self.clock) as w:
            application_id = fill_in(w, person)
            if stop == "draft":
                return
            submit(w, application_id)
            if stop == "submitted":
                return
            reached = advance(w, application_id, bureau=DemoBureau())
        if reached.status is ApplicationStatus.REFERRED and not undecided:
            reached = self._decide(application_id)
        if reached.status is ApplicationStatus.OFFERED and stop != "offered" and self.rng.random() < 0.93:
            self._take_up(application_id, person, stop)

    def _decide(self, application_id: UUID) -> Advanced:
        """The officer looks at a referred case; where two must agree, the approver too."""
        approve = self.rng.random() < 0.6
        verdict = Outcome.APPROVE if approve else Outcome.DECLINE
        for key in ("officer", "approver"):
            try:
                with self.database.work(self.staff[key], clock=self.clock) as w:
                    given = give_verdict(
                        w, application_id, verdict, reason="Looked at income, purpose and the bureau's answer.",
                        reason_codes=() if approve else ("OTHER_OBLIGATIONS",),
                    )  # fmt: skip
            except LendingError:
                continue
            if not given.missing:
                break
        with self.database.work(SYSTEM, clock=self.clock) as w:
            return advance(w, application_id, bureau=DemoBureau())

    def _take_up(self, application_id: UUID, person: DemoApplicant, stop: str | None) -> None:
        with self.database.work(SYSTEM, clock=self.clock) as w:
            row = w.get(ApplicationRow, application_id)
            applicant = Actor(uuid7(), person.name, frozenset({Role.APPLICANT}), row.party_id, "127.0.0.1")
            w.actor = applicant
            offers = offers_of(w, row)
            accept_offer(w, application_id, offers[0].id)
            contract = prepare_contract(w, application_id)
            if stop == "accepted":
                return
            send_signing_code(w, contract.id)
            w.session.flush()
            sign_contract(w, contract.id, code_sent(w, row), address="127.0.0.1")
            loan = book(w, application_id)
        self.payers[loan.loan_id] = Payer.drawn(self.rng, person.quality)

    def _pay(self, day: date) -> None:
        """Each borrower pays what is due when the habit says so."""
        with self.database.work(SYSTEM, clock=self.clock) as w:
            by_loan: dict[UUID, list[OpenDue]] = defaultdict(list)
            for due in open_dues(w, day + timedelta(days=2)):
                if due.loan_id in self.payers and self._comes(due, day):
                    by_loan[due.loan_id].append(due)
            for loan_id, dues in by_loan.items():
                amount = total((due.open for due in dues), dues[0].open.currency)
                receive_payment(
                    w, key=f"demo:{loan_id}:{day}", loan_id=loan_id, amount=amount, value_on=day,
                    channel="bank_transfer", payer="borrower",
                )  # fmt: skip

    def _comes(self, due: OpenDue, day: date) -> bool:
        pays_on = self.payers[due.loan_id].pays_on(due.number, due.due_on)
        return pays_on is not None and pays_on <= day


STOPS = ("draft", "submitted", "offered", "accepted", "signed")


def fill_in(w: Work, person: DemoApplicant) -> UUID:
    """Starts an application and answers every page. Raises ValueError when the forms refuse a demo answer."""
    row = start_application(w, person.product, locale=person.locale, is_demo=True)
    for name, values in person.sections.items():
        if errors := save_section(w, row.id, name, values).errors:
            raise ValueError(f"{person.product} {name}: {dict(errors)} in {values}")
    if person.owners and (errors := save_owners(w, row.id, list(person.owners)).errors):
        raise ValueError(f"owners: {dict(errors)} in {person.owners}")
    give_consents(w, row.id, tuple(ConsentKind))
    return row.id


def code_sent(w: Work, row: ApplicationRow) -> str:
    """The six digits in the newest message to the applicant: demo messages stay in the outbox, readable."""
    query = select(OutboundMessageRow.body).where(OutboundMessageRow.party_id == row.party_id)
    body = w.session.scalars(query.order_by(OutboundMessageRow.id.desc()).limit(1)).one()
    found = re.search(r"\b\d{6}\b", body)
    if found is None:
        raise ValueError(f"no code in {body!r}")
    return found.group()


def is_empty(w: Work) -> bool:
    """True where nothing has been entered yet."""
    applications = w.session.scalar(select(func.count()).select_from(ApplicationRow))
    return applications == 0 and w.session.get(BusinessDayRow, 1) is None

"""Applications of the demonstration: filled in, sent, decided, taken up, each by the product's own steps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from core.db import Work
from core.domain.actor import SYSTEM, Actor, Role
from core.domain.errors import LendingError
from core.domain.ids import uuid7
from core.tables import OutboundMessageRow
from demo.behaviour import Payer
from demo.people import DemoApplicant, draw
from demo.stage import Stage
from origination.domain.application import ApplicationStatus, ConsentKind
from origination.domain.rules import Outcome
from origination.providers.bureau import DemoBureau
from origination.queries.rows import offers_of
from origination.steps.advance import advance
from origination.steps.amend import withdraw
from origination.steps.book import Held, book
from origination.steps.close_deal import take_offer
from origination.steps.contract import send_signing_code, sign_contract
from origination.steps.draft import give_consents, save_owners, save_section, start_application
from origination.steps.submit import submit
from origination.steps.verdict import give_verdict
from origination.tables.application import ApplicationRow

ADDRESS = "127.0.0.1"
_S = ApplicationStatus
BEFORE_OFFER = {"draft": _S.DRAFT, "submitted": _S.SUBMITTED, "referred": _S.REFERRED}
AFTER_OFFER = {
    "offered": _S.OFFERED, "accepted": _S.ACCEPTED, "signed": _S.SIGNED, "withdrawn": _S.WITHDRAWN,
}  # fmt: skip
STOPS = BEFORE_OFFER | AFTER_OFFER


@dataclass(slots=True)
class Applicants:
    """Everybody who asks for a loan."""

    stage: Stage

    def arrive(self, day: date, stop: str | None = None, product: str | None = None) -> tuple[UUID, ApplicationStatus]:
        """The next applicant of the mix; goes as far as the lender lets, or stops at one of `STOPS`."""
        self.stage.number += 1
        return self.apply(draw(self.stage.rng, self.stage.number, day, product), day, stop)

    def reach(self, day: date, stop: str, product: str | None = None, tries: int = 40) -> UUID | None:
        """Applicants arrive until one stands where `stop` says; None when none of them does."""
        for _ in range(tries):
            application_id, status = self.arrive(day, stop, product)
            if status is STOPS[stop]:
                return application_id
        return None

    def apply(
        self, person: DemoApplicant, day: date, stop: str | None = None, actor: Actor = SYSTEM
    ) -> tuple[UUID, ApplicationStatus]:
        """One application through all that happens on its day, in one transaction."""
        rng = self.stage.rng
        self.stage.set(day, time(8 + rng.randrange(5), rng.randrange(60)))
        with self.stage.work(actor) as w:
            row = fill_in(w, person)
            if stop == "draft":
                return row.id, _S(row.status)
            self.stage.later(w, 9)
            submit(w, row.id)
            if stop != "submitted":
                advance(w, row.id, bureau=DemoBureau())
            if row.status == _S.REFERRED and stop != "referred":
                self._decide(w, row)
            if row.status == _S.OFFERED:
                self._take_up(w, row, person, stop)
            return row.id, _S(row.status)

    def _decide(self, w: Work, row: ApplicationRow) -> None:
        """The officer looks at a referred case; where two must agree, the approver too."""
        asked, approve = w.actor, self.stage.rng.random() < 0.6
        for key in ("officer", "approver"):
            self.stage.later(w, 45)
            w.actor = self.stage.staff[key]
            if say(w, row.id, approve=approve) == 0:
                break
        else:  # more than the two of them may lend: the officer, who may not agree to it, may refuse
            w.actor = self.stage.staff["officer"]
            say(w, row.id, approve=False)
        w.actor = asked
        advance(w, row.id, bureau=DemoBureau())

    def _take_up(self, w: Work, row: ApplicationRow, person: DemoApplicant, stop: str | None) -> None:
        rng = self.stage.rng
        if stop == "withdrawn" or (stop is None and rng.random() < 0.03):
            withdraw(w, row.id, reason="Found another way.")
            return
        if stop == "offered" or (stop is None and rng.random() < 0.05):
            return
        self.stage.later(w, 20)
        w.actor = Actor(w.actor.id or uuid7(), person.name, frozenset({Role.APPLICANT}), row.party_id, ADDRESS)
        contract = take_offer(w, row.id, offers_of(w, row)[0].id)
        if stop == "accepted":
            return
        self.stage.later(w, 12)
        send_signing_code(w, contract.id)
        sign_contract(w, contract.id, code_sent(w, row), address=ADDRESS)
        if stop != "signed":
            loan = book(w, row.id)
            if isinstance(loan, Held):
                return
            self.stage.payers[loan.loan_id] = Payer.drawn(rng, person.quality)


def say(w: Work, application_id: UUID, *, approve: bool) -> int | None:
    """The actor's verdict: how many more must agree; None when the actor may not decide this one."""
    try:
        given = give_verdict(
            w, application_id, Outcome.APPROVE if approve else Outcome.DECLINE,
            reason="Looked at income, purpose and the bureau's answer.",
            reason_codes=() if approve else ("OTHER_OBLIGATIONS",),
            override_reason="KNOWN_BORROWER" if approve else "RISK_NOT_IN_RULES",
        )  # fmt: skip
    except LendingError:
        return None
    return given.missing


def fill_in(w: Work, person: DemoApplicant, *, is_demo: bool = True) -> ApplicationRow:
    """Starts an application and answers every page. Raises ValueError when the forms refuse a demo answer."""
    row = start_application(w, person.product, locale=person.locale, is_demo=is_demo)
    for name, values in person.sections.items():
        if errors := save_section(w, row.id, name, values).errors:
            raise ValueError(f"{person.product} {name}: {dict(errors)} in {values}")
    if person.owners and (errors := save_owners(w, row.id, list(person.owners)).errors):
        raise ValueError(f"owners: {dict(errors)} in {person.owners}")
    give_consents(w, row.id, tuple(ConsentKind))
    return row


def code_sent(w: Work, row: ApplicationRow) -> str:
    """The six digits in the message that this work has written to the applicant."""
    sent = [one for one in w.session.new if isinstance(one, OutboundMessageRow) and one.party_id == row.party_id]
    body = next(one.body for one in sent if one.kind == "signing_code")
    found = re.search(r"\b\d{6}\b", body)
    if found is None:
        raise ValueError(f"no code in {body!r}")
    return found.group()

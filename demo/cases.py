"""Cases that wait for somebody when the demonstration opens, and the demo applicant's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from core.db import Work
from core.domain.actor import Actor
from core.tables import UserRow
from core.users import actor_for, demo_email
from demo.apply import Applicants, say
from demo.behaviour import Habit, Payer
from demo.numbers import cn_resident_id
from demo.people import DemoApplicant, consumer
from demo.stage import Stage
from origination.domain.application import ApplicationStatus
from origination.domain.screening.party import PartyKind
from origination.steps.screening_lists import current_index
from origination.tables.application import ApplicationRow
from origination.tables.contract import ContractRow

WAITING = (("draft", 4), ("submitted", 2), ("offered", 4), ("accepted", 3), ("signed", 3))
REFERRED_MIN = 12
APPLICANT_NAME = "演示申请人"


@dataclass(slots=True)
class Cases:
    """Whoever needs somebody today."""

    stage: Stage
    applicants: Applicants

    def open(self, day: date) -> None:
        """Leaves cases in every state in which a case can wait."""
        for stop, count in WAITING:
            for _ in range(count):
                self.applicants.reach(day, stop)
        self._listed_name(day)
        self._unchecked_document(day)
        self._verdict(day, key="officer", missing=1)
        self._verdict(day, key="approver", missing=0)
        self._fill_queue(day)

    def _listed_name(self, day: date) -> None:
        """Somebody called as an entry of the screening list in use is, and born on the same day."""
        with self.stage.work() as w:
            found = min(
                (entry.entry_id, entry.names[0].text, date(birth.year_from, birth.month, birth.day))
                for entry in current_index(w).entries if entry.kind is PartyKind.PERSON
                for birth in entry.births[:1]
                if birth.month and birth.day and 1955 < birth.year_from == birth.year_to < 1985
            )  # fmt: skip
        person, born = self._person(day), found[2]
        person.sections["identity"] |= {
            "full_name": found[1].replace(",", ""), "birth_on": born.isoformat(),
            "id_number": cn_resident_id(self.stage.rng, born),
        }  # fmt: skip
        person.sections["work"] |= {"employed_since_on": f"{day.year - 4}-02-01"}
        self.applicants.apply(person, day)

    def _unchecked_document(self, day: date) -> None:
        """A passport number has no check digit that we could verify: a person looks at the document."""
        person = self._person(day)
        person.sections["identity"] |= {"id_kind": "passport", "id_number": f"E{self.stage.rng.randrange(10**8):08d}"}
        self.applicants.apply(person, day)

    def _person(self, day: date) -> DemoApplicant:
        self.stage.number += 1
        return consumer(self.stage.rng, self.stage.number, day, "consumer-cny")

    def _verdict(self, day: date, *, key: str, missing: int) -> None:
        """One case on which the officer has approved and a second person must, one that was approved a moment ago."""
        for _ in range(12):
            application_id = self.applicants.reach(day, "referred", "sme-working-cny")
            if application_id is None:
                return
            with self.stage.work(self.stage.staff[key]) as w:
                if say(w, application_id, approve=True) == missing:
                    return

    def _fill_queue(self, day: date) -> None:
        with self.stage.work() as w:
            query = select(func.count()).where(ApplicationRow.status == ApplicationStatus.REFERRED.value)
            waiting = w.session.scalar(query) or 0
        for _ in range(waiting, REFERRED_MIN):
            self.applicants.reach(day, "referred", "sme-working-cny")


@dataclass(slots=True)
class OwnCases:
    """What the demo applicant sees after signing in: a loan with some history, an offer, a draft."""

    stage: Stage
    applicants: Applicants
    identity: dict[str, str] | None = None

    def loan(self, day: date) -> UUID | None:
        """A loan that was taken out on the day and is paid on time."""
        if not self._apply(day, None, "24000"):
            return None
        with self.stage.work() as w:
            query = (
                select(ContractRow.loan_id)
                .join(ApplicationRow, ApplicationRow.id == ContractRow.application_id)
                .where(ApplicationRow.owner_user_id == self._actor(w).id, ContractRow.loan_id.is_not(None))
            )
            loan_id = w.session.scalars(query).first()
        if loan_id is not None:
            self.stage.payers[loan_id] = Payer(Habit.PUNCTUAL, 99, 0, 1)
        return loan_id

    def open(self, day: date) -> None:
        """An application with an offer, and one just begun."""
        self._apply(day, "offered", "8000")
        self._apply(day, "draft", "12000")

    def _actor(self, w: Work) -> Actor:
        return actor_for(w.session.scalars(select(UserRow).where(UserRow.email == demo_email("applicant"))).one())

    def _apply(self, day: date, stop: str | None, amount: str) -> bool:
        with self.stage.work() as w:
            actor = self._actor(w)
        _, status = self.applicants.apply(self._person(day, amount), day, stop, actor)
        return status is not ApplicationStatus.DECLINED

    def _person(self, day: date, amount: str) -> DemoApplicant:
        """Somebody whom the lender has no reason to refuse."""
        made = consumer(self.stage.rng, 0, day, "consumer-cny")
        born = date(day.year - 38, 5, 17)
        if self.identity is None:
            self.identity = made.sections["identity"] | {
                "full_name": APPLICANT_NAME, "birth_on": born.isoformat(),
                "id_number": cn_resident_id(self.stage.rng, born), "id_expires_on": f"{day.year + 9}-06-30",
            }  # fmt: skip
        sections = made.sections | {
            "loan": made.sections["loan"] | {
                "amount": amount, "tenor_months": "24", "purpose": "furniture", "amortisation": "annuity",
            },
            "identity": dict(self.identity),
            "contact": made.sections["contact"] | {"email": demo_email("applicant")},
            "work": {
                "employment_status": "employed", "employed_since_on": f"{day.year - 9}-03-01", "occupation": "4",
                "income_monthly": "19500",
            },
            "home": {
                "housing": "own", "housing_cost_monthly": "2600", "obligations_monthly": "0", "other_debtors": "none",
            },
            "means": {"current_account": "4", "savings": "160000", "property": "4"},
        }  # fmt: skip
        return replace(made, name=APPLICANT_NAME, email=demo_email("applicant"), sections=sections, quality=2.0)

"""An application: its states, the only moves between them, its sections, and what must be there before it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.domain.errors import IllegalTransition
from core.domain.fact import Fact, Facts, FactType, FactValue
from core.domain.facts import CATALOGUE
from core.domain.party import PartyKind
from core.domain.texts import Text


class ApplicationStatus(StrEnum):
    """Where an application stands. Every state was decided by somebody or by a step, none follows from the clock."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    KYC_PASSED = "KYC_PASSED"
    KYC_REFERRED = "KYC_REFERRED"
    SCORED = "SCORED"
    REFERRED = "REFERRED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    SIGNED = "SIGNED"
    BOOKED = "BOOKED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"

    @property
    def text(self) -> Text:
        """The words for people."""
        return STATUS_TEXTS[self]


_S = ApplicationStatus
STATUS_TEXTS: dict[ApplicationStatus, Text] = {
    _S.DRAFT: Text("Draft"),
    _S.SUBMITTED: Text("Submitted"),
    _S.KYC_PASSED: Text("Identity confirmed"),
    _S.KYC_REFERRED: Text("Identity is being checked by a person"),
    _S.SCORED: Text("Assessed"),
    _S.REFERRED: Text("A person is looking at it"),
    _S.APPROVED: Text("Approved"),
    _S.DECLINED: Text("Declined"),
    _S.OFFERED: Text("Offer made"),
    _S.ACCEPTED: Text("Offer accepted"),
    _S.SIGNED: Text("Contract signed"),
    _S.BOOKED: Text("Paid out as a loan"),
    _S.WITHDRAWN: Text("Withdrawn"),
    _S.EXPIRED: Text("Expired"),
}

# A move back to SUBMITTED is a change of the application: it voids identity checks, score, decision and offers.
# DECLINED and OFFERED may move to REFERRED (after a failed identity check to KYC_REFERRED): the applicant asked for a
# person to look again at what a computer decided.
MOVES: dict[ApplicationStatus, frozenset[ApplicationStatus]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.SUBMITTED: frozenset({_S.SUBMITTED, _S.KYC_PASSED, _S.KYC_REFERRED, _S.DECLINED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.KYC_REFERRED: frozenset({_S.SUBMITTED, _S.KYC_PASSED, _S.DECLINED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.KYC_PASSED: frozenset({_S.SUBMITTED, _S.SCORED, _S.REFERRED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.SCORED: frozenset({_S.SUBMITTED, _S.APPROVED, _S.REFERRED, _S.DECLINED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.REFERRED: frozenset({_S.SUBMITTED, _S.APPROVED, _S.DECLINED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.APPROVED: frozenset({_S.SUBMITTED, _S.OFFERED, _S.REFERRED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.DECLINED: frozenset({_S.REFERRED, _S.KYC_REFERRED}),
    _S.OFFERED: frozenset({_S.SUBMITTED, _S.REFERRED, _S.ACCEPTED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.ACCEPTED: frozenset({_S.OFFERED, _S.SIGNED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.SIGNED: frozenset({_S.BOOKED, _S.WITHDRAWN}),
    _S.BOOKED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.EXPIRED: frozenset(),
}
AMENDABLE = frozenset(status for status, moves in MOVES.items() if _S.SUBMITTED in moves and status is not _S.DRAFT)
CLOSED = frozenset({_S.BOOKED, _S.DECLINED, _S.WITHDRAWN, _S.EXPIRED})


def check_move(current: ApplicationStatus, wanted: ApplicationStatus) -> None:
    """Raises IllegalTransition unless the table has the move."""
    if wanted not in MOVES[current]:
        raise IllegalTransition("application", current.value, wanted.value)


class ConsentKind(StrEnum):
    """What an applicant agrees to, each with its own evidence."""

    DATA = "data"  # processing, automated decision included
    BUREAU = "bureau"  # query of a credit bureau
    ELECTRONIC = "electronic"  # documents and signature in electronic form


CONSENT_TEXTS: dict[ConsentKind, Text] = {
    ConsentKind.DATA: Text(
        "I agree that my data are used to assess this application. A computer may decide; I can ask a person to look "
        "again, see the reasons and correct my data."
    ),
    ConsentKind.BUREAU: Text("I agree that you ask a credit bureau about me for this application."),
    ConsentKind.ELECTRONIC: Text("I agree to receive and sign documents electronically."),
}
REQUIRED_CONSENTS = frozenset(ConsentKind)


@dataclass(frozen=True, slots=True)
class Section:
    """One task of the application: a short page of questions from the catalogue of facts."""

    name: str
    title: Text
    facts: tuple[str, ...] = ()

    def entries(self) -> tuple[Fact, ...]:
        """The catalogue's entries in the order asked."""
        return tuple(CATALOGUE[name] for name in self.facts)


LOAN = Section("loan", Text("Your loan"), ("amount", "tenor_months", "purpose", "amortisation"))
CONTACT = Section(
    "contact", Text("Contact and payout"),
    ("email", "phone", "address_line", "postal_code", "city", "country", "bank_account"),
)  # fmt: skip
DOCUMENTS = Section("documents", Text("Documents"))
CONSENTS = Section("consents", Text("Consents"))
OWNERS = Section("owners", Text("Owners"))
ACCOUNTS = Section("accounts", Text("Yearly accounts"))

SECTIONS: dict[str, tuple[Section, ...]] = {
    "consumer": (
        LOAN,
        Section(
            "identity", Text("Who you are"),
            ("full_name", "birth_on", "nationality", "id_kind", "id_number", "id_expires_on"),
        ),
        CONTACT,
        Section(
            "work", Text("Your work"),
            ("employment_status", "employed_since_on", "occupation", "income_monthly"),
        ),
        Section(
            "home", Text("Home and obligations"),
            ("housing", "housing_cost_monthly", "obligations_monthly", "other_debtors"),
        ),
        Section("means", Text("What you own"), ("current_account", "savings", "property")),
        DOCUMENTS,
        CONSENTS,
    ),
    "sme": (
        LOAN,
        Section(
            "company", Text("The company"),
            ("company_name", "company_id_kind", "company_id_number", "founded_on", "country", "sector", "location",
             "employees", "franchise"),
        ),
        OWNERS,
        Section(
            "contact", Text("Contact and payout"),
            ("representative_name", "email", "phone", "address_line", "postal_code", "city", "bank_account"),
        ),
        Section(
            "results", Text("Results"),
            ("revenue_annual", "revenue_prior", "ebitda_annual", "profit_annual", "debt_service_annual"),
        ),
        Section(
            "balance", Text("Balance sheet and security"),
            ("total_assets", "total_liabilities", "equity", "collateral_value"),
        ),
        ACCOUNTS,
        Section("plan", Text("What the loan will do"), ("jobs_created", "jobs_retained")),
        DOCUMENTS,
        CONSENTS,
    ),
}  # fmt: skip


def section_named(segment: str, name: str) -> Section | None:
    """The section, or None when the segment has none of that name."""
    return next((section for section in SECTIONS[segment] if section.name == name), None)


def asked_facts(segment: str) -> frozenset[str]:
    """Every fact the form of that segment asks for."""
    return frozenset(name for section in SECTIONS[segment] for name in section.facts)


@dataclass(frozen=True, slots=True)
class OwnerEntry:
    """One line of the owners' page: who holds how much of the company (`of` None) or of another owner (its name).

    `share` is a fraction of one; `controls` is control by other means than shares."""

    name: str
    kind: PartyKind
    share: Decimal
    birth_on: date | None = None
    country: str | None = None
    identity_kind: str | None = None
    identity_number: str | None = field(default=None, repr=False)
    of: str | None = None
    controls: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError("a share is between 0 and 1")


@dataclass(frozen=True, slots=True)
class Application:
    """What the applicant sent, frozen: the product with its version, typed answers, owners."""

    segment: str
    product: str
    product_version: int
    currency: str
    answers: Facts
    owners: tuple[OwnerEntry, ...] = ()

    def answer(self, name: str) -> FactValue | None:
        """The answer, None when there is none."""
        return self.answers.get(name)


def is_needed(entry: Fact, answers: Facts) -> bool:
    """False for optional questions, and for the start of work of somebody who does not work."""
    if entry.name == "employed_since_on":
        return answers.get("employment_status") in {"employed", "self_employed"}
    return not entry.optional


def missing_answers(segment: str, answers: Facts) -> dict[str, tuple[str, ...]]:
    """Section name -> facts still to be answered, only for sections with gaps."""
    gaps: dict[str, tuple[str, ...]] = {}
    for section in SECTIONS[segment]:
        lacking = tuple(e.name for e in section.entries() if is_needed(e, answers) and e.name not in answers)
        if lacking:
            gaps[section.name] = lacking
    return gaps


class SectionStatus(StrEnum):
    """What the task list shows."""

    COMPLETED = "completed"
    IN_PROGRESS = "in_progress"
    NOT_STARTED = "not_started"
    PROBLEM = "problem"


def section_status(section: Section, answers: Facts, *, problem: bool = False) -> SectionStatus:
    """The state of a section made of questions only."""
    if problem:
        return SectionStatus.PROBLEM
    given = [entry for entry in section.entries() if entry.name in answers]
    open_ones = [entry for entry in section.entries() if is_needed(entry, answers) and entry.name not in answers]
    if not open_ones:
        return SectionStatus.COMPLETED
    return SectionStatus.IN_PROGRESS if given else SectionStatus.NOT_STARTED


def contradictions(segment: str, answers: Facts, owners: tuple[OwnerEntry, ...], day: date) -> dict[str, Text]:
    """Answers that cannot all be true, by fact, each with what to do. `day` is the day of the application."""
    found: dict[str, Text] = {}
    for name in ("birth_on", "employed_since_on", "founded_on"):
        value = answers.get(name)
        if isinstance(value, date) and value > day:
            found[name] = Text("This date is in the future. Enter a date in the past.")
    born, since = answers.get("birth_on"), answers.get("employed_since_on")
    if isinstance(born, date) and isinstance(since, date) and since <= born:
        found["employed_since_on"] = Text("This is before the date of birth. Check both dates.")
    if segment == "sme":
        if _sum_of_shares(owners) > 1:
            found["owners"] = Text("The shares add up to more than 100 %. Correct them.")
        assets, debts, equity = (answers.get(n) for n in ("total_assets", "total_liabilities", "equity"))
        values: tuple[Any, ...] = (assets, debts, equity)
        if None not in values and values[0].minor != values[1].minor + values[2].minor:
            found["equity"] = Text("Total assets must equal liabilities plus equity. Check the three figures.")
    return found


def _sum_of_shares(owners: tuple[OwnerEntry, ...]) -> Decimal:
    held: dict[str | None, Decimal] = {}
    for owner in owners:
        held[owner.of] = held.get(owner.of, Decimal(0)) + owner.share
    return max(held.values(), default=Decimal(0))


def frozen_answers(segment: str, answers: Facts) -> dict[str, FactValue]:
    """The answers a case is decided on: those the form asks for, without free text."""
    return {
        name: value
        for name, value in answers.items()
        if name in asked_facts(segment) and CATALOGUE[name].type is not FactType.TEXT
    }

"""Knowing the applicant: the checks that are required, what they found, and PASS, REFER or FAIL.

It fails closed: whatever could not be checked (no list, an old list, screening out of order, an owner without
identity) makes the case wait for a person. Nothing is passed because nothing was looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.domain.texts import Text
from origination.domain.identity.check import check_identity_number
from origination.domain.identity.documents import ISSUERS
from origination.domain.ownership import (
    BasisKind,
    Owner,
    OwnershipGraph,
    Threshold,
    beneficial_owners,
    blocked_by_ownership,
    cycles,
    unexplained_share,
)
from origination.domain.screening.match import ALERT_MIN, compare_names
from origination.domain.screening.party import Alert, PartyKind


class KycStatus(StrEnum):
    """PASS goes on, REFER waits for a person, FAIL ends the application."""

    PASS = "pass"  # noqa: S105
    REFER = "refer"
    FAIL = "fail"


class Severity(StrEnum):
    """INFO is for the record; REFER and FAIL decide."""

    INFO = "info"
    REFER = "refer"
    FAIL = "fail"


class AlertState(StrEnum):
    """What people decided about an alert; a true hit needs a second person before it is TRUE_HIT."""

    OPEN = "open"
    CLEARED = "cleared"
    TRUE_HIT = "true_hit"


class SubjectRole(StrEnum):
    """In which part somebody stands before us."""

    APPLICANT = "applicant"
    OWNER = "owner"
    REPRESENTATIVE = "representative"
    GUARANTOR = "guarantor"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable (UPPER_SNAKE), `subject` the id of the party it is about (empty for the case)."""

    code: str
    severity: Severity
    text: Text
    subject: str = ""


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A declared number, and when its document expires."""

    kind: str
    value: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class ScreenedAlert:
    """An alert with what became of it."""

    alert: Alert
    state: AlertState = AlertState.OPEN
    list_kind: str = "sanctions"


@dataclass(frozen=True, slots=True)
class KycSubject:
    """One party to know. `alerts` is None when it was not screened; `document_seen` when an officer accepted a copy of
    the identity document."""

    id: str
    name: str
    kind: PartyKind
    role: SubjectRole
    birth_on: date | None = None
    numbers: tuple[IdentityNumber, ...] = ()
    alerts: tuple[ScreenedAlert, ...] | None = None
    country: str | None = None
    document_seen: bool = False


@dataclass(frozen=True, slots=True)
class ListInUse:
    """A list that was screened against: its version and the day it was loaded."""

    name: str
    sha256: str
    loaded_on: date
    entries: int
    is_sample: bool = False
    kind: str = "sanctions"


@dataclass(frozen=True, slots=True)
class OwnershipInput:
    """The company's owners, the threshold that applies to it, and who runs it when nobody owns enough."""

    company: str
    graph: OwnershipGraph
    threshold: Threshold
    senior_managers: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True)
class KycPolicy:
    """The lender's requirements. `lists_required` names lists without which nobody passes."""

    lists_required: tuple[str, ...] = ("OFAC SDN",)
    list_age_days_max: int = 7
    age_years_min: int = 18
    expiry_warning_days: int = 30
    number_required: bool = True


@dataclass(frozen=True, slots=True)
class KycInput:
    """Everything the outcome depends on; the same input always gives the same outcome."""

    today: date
    subjects: tuple[KycSubject, ...]
    lists: tuple[ListInUse, ...]
    screening_available: bool = True
    ownership: OwnershipInput | None = None
    ownership_fault: Text | None = None  # why no graph can be made of what was entered
    policy: KycPolicy = field(default_factory=KycPolicy)


@dataclass(frozen=True, slots=True)
class KycOutcome:
    """The status follows from the findings, and is checked against them."""

    status: KycStatus
    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        if self.status is not status_of(self.findings):
            raise ValueError("the status does not follow from the findings")


def status_of(findings: tuple[Finding, ...]) -> KycStatus:
    """The worst finding decides."""
    severities = {finding.severity for finding in findings}
    if Severity.FAIL in severities:
        return KycStatus.FAIL
    return KycStatus.REFER if Severity.REFER in severities else KycStatus.PASS


def assess_kyc(given: KycInput) -> KycOutcome:
    """Runs every required check; finds all there is to find instead of stopping at the first."""
    findings = [*_lists(given)]
    if not given.subjects:
        findings.append(Finding("KYC_NO_SUBJECT", Severity.REFER, Text("Nobody was named who could be identified")))
    for subject in given.subjects:
        findings.extend(_numbers(subject, given))
        findings.extend(_age(subject, given))
        findings.extend(_alerts(subject))
    if given.ownership:
        findings.extend(_ownership(given.ownership, given))
    if given.ownership_fault:
        findings.append(Finding("OWNERS_IMPOSSIBLE", Severity.REFER, given.ownership_fault))
    return KycOutcome(status_of(tuple(findings)), tuple(findings))


def _lists(given: KycInput) -> Iterator[Finding]:
    if not given.screening_available:
        yield Finding("SCREENING_UNAVAILABLE", Severity.REFER, Text("Names could not be screened; a person must look"))
    if not given.lists:
        yield Finding("SCREENING_LIST_MISSING", Severity.REFER, Text("No sanctions list is loaded"))
    loaded = {one.name for one in given.lists}
    for name in given.policy.lists_required:
        if given.lists and name not in loaded:
            yield Finding("SCREENING_LIST_MISSING", Severity.REFER, Text("The list {name} is not loaded", name=name))
    for one in given.lists:
        days = (given.today - one.loaded_on).days
        if one.is_sample:
            text = Text("Screened against the shipped sample of {name} only: load the current list", name=one.name)
            yield Finding("SCREENING_LIST_SAMPLE", Severity.INFO, text)
        elif days > given.policy.list_age_days_max:
            text = Text("The list {name} was loaded {days} days ago", name=one.name, days=days)
            yield Finding("SCREENING_LIST_OLD", Severity.REFER, text)
        else:
            text = Text("Screened against {name}, {entries} entries", name=one.name, entries=one.entries)
            yield Finding("SCREENING_LIST", Severity.INFO, text)


def _numbers(subject: KycSubject, given: KycInput) -> Iterator[Finding]:
    if not subject.numbers and given.policy.number_required:
        text = Text("{name} has given no identity number", name=subject.name)
        yield Finding("ID_MISSING", Severity.REFER, text, subject.id)
    for number in subject.numbers:
        yield from _number(subject, number, given)


def _number(subject: KycSubject, number: IdentityNumber, given: KycInput) -> Iterator[Finding]:
    answer = check_identity_number(number.kind, number.value, today=given.today, country=subject.country)
    if not answer.valid:
        yield Finding("ID_INVALID", Severity.REFER, answer.reason or Text("The number is wrong"), subject.id)
        return
    yield _validity(subject, proven=answer.proven)
    for note in answer.notes:
        yield Finding("ID_NOTE", Severity.INFO, note, subject.id)
    if answer.issuer and subject.country and not _same_state(answer.issuer, subject.country):
        text = Text("The document was issued by {issuer}; {name} says {country}", issuer=answer.issuer,
                    name=subject.name, country=subject.country)  # fmt: skip
        yield Finding("ID_COUNTRY_DIFFERS", Severity.INFO, text, subject.id)
    if answer.birth_on and subject.birth_on and answer.birth_on != subject.birth_on:
        text = Text(
            "The number says born on {number_on}, the application says {declared_on}",
            number_on=answer.birth_on,
            declared_on=subject.birth_on,
        )
        yield Finding("ID_BIRTH_MISMATCH", Severity.REFER, text, subject.id)
    if answer.holder and compare_names(subject.name, answer.holder, subject.kind).score < ALERT_MIN:
        text = Text("The document is made out to {holder}, not to {name}", holder=answer.holder, name=subject.name)
        yield Finding("ID_NAME_MISMATCH", Severity.REFER, text, subject.id)
    said = {day for day in (number.expires_on, answer.expires_on) if day is not None}
    if len(said) > 1:
        text = Text(
            "The document is valid until {document_on}, the application says {declared_on}",
            document_on=answer.expires_on, declared_on=number.expires_on,
        )  # fmt: skip
        yield Finding("ID_EXPIRY_MISMATCH", Severity.REFER, text, subject.id)
    expires_on = min(said, default=None)
    if expires_on and expires_on < given.today:
        text = Text("The document of {name} expired on {expires_on}", name=subject.name, expires_on=expires_on)
        yield Finding("ID_EXPIRED", Severity.REFER, text, subject.id)
    elif expires_on and (expires_on - given.today).days <= given.policy.expiry_warning_days:
        text = Text("The document of {name} expires on {expires_on}", name=subject.name, expires_on=expires_on)
        yield Finding("ID_EXPIRES_SOON", Severity.INFO, text, subject.id)


def _validity(subject: KycSubject, *, proven: bool) -> Finding:
    if proven:
        text = Text("The identity number of {name} is right", name=subject.name)
        return Finding("ID_VALID", Severity.INFO, text, subject.id)
    if subject.document_seen:
        text = Text("The number of {name} proves nothing by itself; a person compared it with the document",
                    name=subject.name)  # fmt: skip
        return Finding("ID_DOCUMENT_SEEN", Severity.INFO, text, subject.id)
    text = Text("The number of {name} proves nothing by itself: accept the copy of the document, or enter its "
                "machine-readable lines", name=subject.name)  # fmt: skip
    return Finding("ID_UNPROVEN", Severity.REFER, text, subject.id)


def _same_state(issuer: str, country: str) -> bool:
    """ISO 3166 alpha-3 of the zone (one letter for Germany, ICAO 9303-3 section 5) and alpha-2 of the answer."""
    return ISSUERS.get(issuer, country) == country


def _age(subject: KycSubject, given: KycInput) -> Iterator[Finding]:
    if subject.kind is not PartyKind.PERSON:
        return
    born = subject.birth_on
    if born is None:
        text = Text("The date of birth of {name} is not known", name=subject.name)
        yield Finding("BIRTH_MISSING", Severity.REFER, text, subject.id)
        return
    if born > given.today:
        text = Text("The date of birth of {name} lies in the future", name=subject.name)
        yield Finding("BIRTH_IMPOSSIBLE", Severity.REFER, text, subject.id)
        return
    years = given.today.year - born.year - ((given.today.month, given.today.day) < (born.month, born.day))
    if years < given.policy.age_years_min and subject.role is not SubjectRole.OWNER:
        text = Text("{name} is {years} years old; {least} is the least age", name=subject.name, years=years,
                    least=given.policy.age_years_min)  # fmt: skip
        yield Finding("UNDER_AGE", Severity.FAIL, text, subject.id)


def _alerts(subject: KycSubject) -> Iterator[Finding]:
    if subject.alerts is None:
        text = Text("{name} was not screened", name=subject.name)
        yield Finding("NOT_SCREENED", Severity.REFER, text, subject.id)
        return
    if not subject.alerts:
        text = Text("No list names anybody like {name}", name=subject.name)
        yield Finding("SCREENING_CLEAR", Severity.INFO, text, subject.id)
    for screened in subject.alerts:
        alert = screened.alert
        values = {"name": subject.name, "listed": alert.listed_name, "list": alert.list_name}
        if screened.state is AlertState.TRUE_HIT and screened.list_kind == "pep":
            # Holding an office is no crime: enhanced checks by a person (FATF recommendation 12), not a refusal.
            text = Text("{name} is {listed} on {list}: enhanced checks and a senior approval are needed", **values)
            yield Finding("PEP_CONFIRMED", Severity.REFER, text, subject.id)
        elif screened.state is AlertState.TRUE_HIT:
            text = Text("{name} is {listed} on {list}, as two people decided", **values)
            yield Finding("SANCTIONS_HIT", Severity.FAIL, text, subject.id)
        elif screened.state is AlertState.CLEARED:
            text = Text("{name} is not {listed} on {list}, as decided before", **values)
            yield Finding("SCREENING_CLEARED", Severity.INFO, text, subject.id)
        else:
            percent = round(alert.score * 100)
            text = Text("{name} is like {listed} on {list} ({percent} %)", **values, percent=percent)
            yield Finding("SCREENING_ALERT", Severity.REFER, text, subject.id)


def _ownership(owned: OwnershipInput, given: KycInput) -> Iterator[Finding]:
    graph, company = owned.graph, owned.company
    known = {subject.id: subject for subject in given.subjects}
    found = beneficial_owners(graph, company, owned.threshold, senior_managers=owned.senior_managers)
    missing = unexplained_share(graph, company)
    if owned.threshold.reached_by(missing) and missing > Decimal("0.00001"):
        percent = f"{(missing * 100).quantize(Decimal('0.01')):f}"
        text = Text("For {percent} % of the company no person is named as owner", percent=percent)
        yield Finding("OWNERS_INCOMPLETE", Severity.REFER, text, company)
    if not found:
        yield Finding(
            "NO_BENEFICIAL_OWNER", Severity.REFER, Text("Neither an owner nor a senior manager is named"), company
        )
    if any(one.basis is BasisKind.SENIOR_MANAGER for one in found):
        text = Text("Nobody owns or controls enough; the senior manager counts as beneficial owner")
        yield Finding("SENIOR_MANAGER_FALLBACK", Severity.INFO, text, company)
    for one in found:
        if one.owner.id not in known:
            text = Text("{name} is a beneficial owner and was neither identified nor screened", name=one.owner.name)
            yield Finding("OWNER_NOT_IDENTIFIED", Severity.REFER, text, one.owner.id)
    for ring in cycles(graph):
        names = ", ".join(graph.owners[member].name for member in ring)
        yield Finding(
            "OWNERSHIP_CYCLE", Severity.REFER, Text("These companies own each other: {names}", names=names), company
        )
    yield from _blocked(owned, given)


def _blocked(owned: OwnershipInput, given: KycInput) -> Iterator[Finding]:
    hits = frozenset(
        subject.id
        for subject in given.subjects
        if subject.id in owned.graph.owners
        and any(a.state is AlertState.TRUE_HIT and a.list_kind != "pep" for a in subject.alerts or ())
    )
    for company, share in blocked_by_ownership(owned.graph, hits).items():
        severity = Severity.FAIL if company == owned.company else Severity.REFER
        percent = f"{(share * 100).normalize():f}"
        name = owned.graph.owners[company].name
        text = Text("{name} is owned {percent} % by listed parties and counts as listed", name=name, percent=percent)
        yield Finding("OWNED_BY_LISTED", severity, text, company)

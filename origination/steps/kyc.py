"""Knowing the applicant: everybody of the case is identified and screened; PASS goes on, REFER waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition, InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import ENGLISH, locale_of, speak, translate
from core.tables import PartyRow
from origination.domain.application import ApplicationStatus
from origination.domain.authority import CaseToDecide, check_not_own
from origination.domain.identity.check import KINDS
from origination.domain.kyc import (
    AlertState,
    Finding,
    IdentityNumber,
    KycInput,
    KycOutcome,
    KycPolicy,
    KycSubject,
    ListInUse,
    OwnershipInput,
    SubjectRole,
    assess_kyc,
)
from origination.domain.screening.party import PartyKind
from origination.queries.group import parties_of_case
from origination.queries.ownership import fault_of, ownership_case
from origination.queries.rows import answers_of, keep_newest, kyc_check_of
from origination.steps.case import SUBJECT, move, open_case
from origination.steps.screening import Screened, screen_subjects
from origination.steps.tell import tell
from origination.tables.application import ApplicationDocumentRow, ApplicationRow
from origination.tables.decision import KycCheckRow

STATUS_OF = {
    "PASS": ApplicationStatus.KYC_PASSED,
    "REFER": ApplicationStatus.KYC_REFERRED,
    "FAIL": ApplicationStatus.DECLINED,
}
SETTLE_REASON_MIN = 10


def check_identity(w: Work, application_id: UUID) -> KycCheckRow:
    """Identifies and screens everybody of the case and moves it by the outcome; again after alerts were settled.

    Raises IllegalTransition unless it is SUBMITTED or waits for a person on these checks.
    """
    w.actor.require(Role.SYSTEM, Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id)
    if row.status not in {ApplicationStatus.SUBMITTED.value, ApplicationStatus.KYC_REFERRED.value}:
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.KYC_PASSED.value)
    screened = screen_subjects(w, _subjects(w, row))
    outcome = assess_kyc(_input(w, row, screened))
    kept = _keep(w, row, outcome, screened.lists)
    _move(w, row, kept)
    return kept


def _move(w: Work, row: ApplicationRow, kept: KycCheckRow) -> None:
    wanted = STATUS_OF[kept.outcome]
    if wanted.value == row.status:
        return
    codes = sorted({finding["code"] for finding in kept.findings if finding["severity"] != "info"})
    move(w, row, wanted, "application.kyc", outcome=kept.outcome, findings=codes, check=str(kept.id))
    if wanted is ApplicationStatus.KYC_REFERRED:
        tell(w, row, "application_referred")
    elif wanted is ApplicationStatus.DECLINED:
        _tell_failed(w, row)


def _tell_failed(w: Work, row: ApplicationRow) -> None:
    """One neutral sentence: whoever is on a list must not be tipped off (FATF recommendation 21)."""
    with speak(locale_of(row.locale) or ENGLISH):
        reason = translate(Text("We could not confirm who you are as the law requires."))
    tell(w, row, "application_declined", "identity", reasons=[reason], automatic=False, bureau=None)


def _input(w: Work, row: ApplicationRow, screened: Screened) -> KycInput:
    owned, fault = _ownership(w, row) if row.segment == "sme" else (None, None)
    return KycInput(
        today=w.clock.today(),
        subjects=screened.subjects,
        lists=screened.lists,
        screening_available=screened.available,
        ownership=owned,
        ownership_fault=fault,
        policy=KycPolicy(),
    )


def _subjects(w: Work, row: ApplicationRow) -> tuple[KycSubject, ...]:
    answers = answers_of(row)
    expires = answers.get("id_expires_on")
    nationality = answers.get("nationality")
    applicant = w.get(PartyRow, row.party_id)
    subjects = [
        _subject(
            applicant, SubjectRole.APPLICANT, expires if isinstance(expires, date) else None,
            country=applicant.country if nationality is None else str(nationality), seen=_document_seen(w, row),
        )
    ]  # fmt: skip
    named = dict.fromkeys(owner.party_id for owner in row.owners if owner.party_id != row.party_id)
    owner_ids = [party_id for party_id in named if party_id is not None]
    wanted = [*owner_ids, *([row.signatory_party_id] if row.signatory_party_id else [])]
    owners = {party_id: w.get(PartyRow, party_id) for party_id in wanted}
    subjects += [
        _subject(owners[party_id], SubjectRole.OWNER, None, country=owners[party_id].country) for party_id in owner_ids
    ]
    signatory = owners.get(row.signatory_party_id) if row.signatory_party_id else None
    if signatory is not None and signatory.id not in owner_ids:
        subjects.append(_subject(signatory, SubjectRole.REPRESENTATIVE, None, country=signatory.country))
    return tuple(subjects)


def _document_seen(w: Work, row: ApplicationRow) -> bool:
    """Whether an officer accepted a copy of the applicant's identity document."""
    papers = w.children(ApplicationDocumentRow, application_id=row.id)
    return any(paper.kind == "identity" and paper.status == "accepted" for paper in papers)


def _subject(
    party: PartyRow, role: SubjectRole, expires_on: date | None, *, country: str | None, seen: bool = False
) -> KycSubject:
    kind, number = party.identity_kind, party.identity_number
    numbers = (IdentityNumber(kind, number, expires_on),) if kind in KINDS and kind and number else ()
    return KycSubject(
        id=str(party.id),
        name=party.name,
        kind=PartyKind(party.kind),
        role=role,
        birth_on=party.birth_on if party.kind == "person" else None,
        country=country,
        numbers=numbers,
        document_seen=seen,
    )


def _ownership(w: Work, row: ApplicationRow) -> tuple[OwnershipInput | None, Text | None]:
    """The graph, or why there is none: a person then looks, nobody passes."""
    try:
        found = ownership_case(w, row)
    except InvalidInput as refused:
        return None, fault_of(refused)
    return OwnershipInput(found.company, found.graph, found.threshold, found.managers), None


def _keep(w: Work, row: ApplicationRow, outcome: KycOutcome, lists: Iterable[ListInUse]) -> KycCheckRow:
    return _add(
        w, row, outcome.status.value.upper(), [_finding(finding) for finding in outcome.findings],
        {one.name: {"sha256": one.sha256, "loaded_on": one.loaded_on.isoformat()} for one in lists}, None,
    )  # fmt: skip


def _add(
    w: Work,
    row: ApplicationRow,
    outcome: str,
    findings: list[dict[str, Any]],
    lists: dict[str, Any],
    reason: str | None,
) -> KycCheckRow:
    return keep_newest(
        w,
        KycCheckRow(
            id=uuid7(), application_id=row.id, assessment=row.assessment, outcome=outcome, findings=findings,
            list_versions=lists, actor_id=w.actor.id, actor_name=w.actor.name, reason=reason, checked_at=w.now,
            checked_on=w.today,
        ),
    )  # fmt: skip


def _finding(finding: Finding) -> dict[str, Any]:
    params = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in finding.text.params.items()
    }
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "text": str(finding.text),
        "msgid": finding.text.msgid,
        "params": params,
        "subject": finding.subject,
    }


def settle_identity(
    w: Work, application_id: UUID, *, passed: bool, reason: str, expected_version: int | None = None
) -> KycCheckRow:
    """A person settles what the checks referred, with a reason. An open alert or a true hit cannot be passed over.

    Raises NotAllowed (role, own case, open alert), InvalidInput (reason), IllegalTransition, Conflict.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id, expected_version=expected_version)
    last = kyc_check_of(w, row)
    if row.status != ApplicationStatus.KYC_REFERRED.value or last is None:
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.KYC_PASSED.value)
    check_not_own(w.actor, _case(w, row))
    if len(reason.strip()) < SETTLE_REASON_MIN:
        raise InvalidInput({"reason": Text("Say why in at least {n} characters", n=SETTLE_REASON_MIN)})
    if passed:
        _check_no_alert(w, row)
    kept = _add(w, row, "PASS" if passed else "FAIL", last.findings, last.list_versions, reason.strip())
    _move(w, row, kept)
    return kept


def _case(w: Work, row: ApplicationRow) -> CaseToDecide:
    nothing = Money.zero(row.currency)
    return CaseToDecide(
        segment=row.segment, amount=nothing, group_exposure=nothing, grade=None, override=False,
        related=parties_of_case(w, row), entered_by=row.entered_by,
    )  # fmt: skip


def _check_no_alert(w: Work, row: ApplicationRow) -> None:
    screened = screen_subjects(w, _subjects(w, row))
    if not screened.available:
        raise NotAllowed(Text("Names could not be screened. Nobody can pass until they are."))
    for subject in screened.subjects:
        for one in subject.alerts or ():
            if one.state is AlertState.TRUE_HIT and one.list_kind == "pep":
                continue  # an office is no bar: people weigh it, with this reason on record
            if one.state is not AlertState.CLEARED:
                raise NotAllowed(Text("Settle the open name alerts first"), subject=subject.id)

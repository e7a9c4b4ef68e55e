"""A change after sending voids everything that was found, scored, decided and offered; and withdrawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from core import queue
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition, InvalidInput
from core.domain.fact import FactValue
from core.domain.facts import CATALOGUE
from core.domain.texts import Text
from core.tables import PartyRow
from origination.domain.application import (
    AMENDABLE,
    ApplicationStatus,
    OwnerEntry,
    Section,
    asked_facts,
    contradictions,
    missing_answers,
)
from origination.domain.assessment import wish_of
from origination.domain.owner_lines import faults_of_lines, same_party, without_own_name
from origination.queries.rows import answers_of, open_verdicts, owners_of, product_of
from origination.schemas import read_owners, read_section
from origination.steps.case import SUBJECT, move, open_case, write_answers
from origination.steps.draft import check_numbers, check_owners, replace_owners
from origination.steps.offer import void_offers
from origination.steps.submit import ADVANCE, open_owner_parties, open_signatory, refresh_party
from origination.steps.trace import leave_traces
from origination.tables.application import ApplicationRow


def amend(
    w: Work,
    application_id: UUID,
    changes: Mapping[str, Any],
    *,
    reason: str,
    owners: Sequence[OwnerEntry] | None = None,
    expected_version: int | None = None,
) -> ApplicationRow:
    """Changes answers after submission, by the applicant or by an officer who says why.

    Identity checks, bureau report, score, decisions, verdicts and offers of before are void: the application is
    SUBMITTED again as a new assessment. What was made before is kept and can be looked at; nothing of it counts.
    Nothing happens when nothing differs. Raises InvalidInput with every wrong field, Conflict, IllegalTransition when
    it is closed, accepted or signed.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    row = open_case(w, application_id, expected_version=expected_version)
    if ApplicationStatus(row.status) not in AMENDABLE:
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.SUBMITTED.value)
    if not reason.strip():
        raise InvalidInput({"reason": Text("Say why the application changes")})
    before = answers_of(row)
    named = owners_of(row) if owners is None else without_own_name(owners, row.applicant_name or "")
    answers = _changed(w, row, before, changes, named)
    differing = sorted(name for name in answers.keys() | before.keys() if answers.get(name) != before.get(name))
    if named != owners_of(row):
        known = [(entry, owner.party_id) for entry, owner in zip(owners_of(row), row.owners, strict=True)]
        replace_owners(w, row, named)
        for owner, entry in zip(row.owners, named, strict=True):  # who stays keeps what was decided about them
            owner.party_id = next((party_id for one, party_id in known if same_party(one, entry)), None)
        open_owner_parties(w, row)
        differing.append("owners")
    if not differing:
        return row
    write_answers(row, answers)
    refresh_party(w.get(PartyRow, row.party_id), row, answers)
    w.session.flush()
    open_signatory(w, row, answers)
    leave_traces(w, row, answers)
    void_assessment(w, row, "amended")
    move(
        w, row, ApplicationStatus.SUBMITTED, "application.amended", changed=differing, assessment=row.assessment,
        by_staff=w.actor.has(Role.OFFICER),
    )  # fmt: skip
    w.session.flush()
    queue.defer(w, ADVANCE, queueing_lock=f"{ADVANCE}:{row.id}", application_id=str(row.id))
    return row


def amend_owners(
    w: Work, application_id: UUID, lines: list[Mapping[str, Any]], *, reason: str, expected_version: int | None = None
) -> ApplicationRow:
    """Changes the owners of a sent application to the lines typed. Raises as `amend`, with `owners-<n>-<field>`."""
    row = open_case(w, application_id, expected_version=expected_version)
    owners = without_own_name(read_owners(lines), row.applicant_name or "")
    wrong: dict[str, str | list[str]] = {**check_owners(w, owners, row.applicant_name or "")}
    if not reason.strip():
        wrong["reason"] = Text("Say why the application changes")
    if wrong:
        raise InvalidInput(wrong)
    return amend(w, application_id, {}, reason=reason, owners=owners, expected_version=expected_version)


def _changed(
    w: Work,
    row: ApplicationRow,
    before: dict[str, FactValue],
    changes: Mapping[str, Any],
    owners: tuple[OwnerEntry, ...],
) -> dict[str, FactValue]:
    names = tuple(name for name in asked_facts(row.segment) if _mentioned(name, changes))
    section = Section("change", Text("Change"), names)
    given, errors = read_section(section, row.segment, row.currency, changes)
    answers = {name: value for name, value in before.items() if name not in names} | given
    check_numbers(w, answers, errors)
    wrong: dict[str, str | list[str]] = dict(errors)
    for missing in missing_answers(row.segment, answers).values():
        wrong |= {name: Text("Answer this question") for name in missing if name not in wrong}
    wrong |= contradictions(row.segment, answers, owners, w.clock.today())
    wrong |= faults_of_lines(owners, str(answers.get("company_name", "")))
    unknown = sorted(name for name in changes if name.split("-", maxsplit=1)[0] not in CATALOGUE)
    wrong |= {name: Text("There is no fact called {name}", name=name) for name in unknown}
    if wrong:
        raise InvalidInput(wrong)
    product = product_of(w, row)
    wish = wish_of(answers, product)
    product.check_wish(wish.amount, wish.tenor_months, wish.kind)
    return answers


def _mentioned(name: str, changes: Mapping[str, Any]) -> bool:
    return name in changes or f"{name}-year" in changes


def void_assessment(w: Work, row: ApplicationRow, why: str) -> None:
    """Starts a new assessment: everything tied to the old one stops counting."""
    void_offers(w, row, why)
    for one in open_verdicts(w, row):
        one.withdrawn_at = w.now
    row.assessment += 1


def withdraw(w: Work, application_id: UUID, *, reason: str = "") -> ApplicationRow:
    """The applicant (or an officer for them) takes the application back. Withdrawing twice changes nothing.

    Raises IllegalTransition once it is booked or closed otherwise.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    row = open_case(w, application_id)
    if row.status == ApplicationStatus.WITHDRAWN.value:
        return row
    void_offers(w, row, "withdrawn")
    move(w, row, ApplicationStatus.WITHDRAWN, "application.withdrawn", reason_given=bool(reason.strip()))
    return row

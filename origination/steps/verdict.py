"""A person's say on a referred case: within authority, with reasons, by as many different people as the policy asks."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition, InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.texts import Text
from origination.domain.application import ApplicationStatus
from origination.domain.assessment import Assessment, assess, wish_of
from origination.domain.authority import CaseToDecide, Vote, check_not_own, check_second, seats_needed
from origination.domain.offer import Wish
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import Outcome
from origination.queries.case_deciding import had_part
from origination.queries.group import parties_of_case
from origination.queries.rows import (
    answers_of,
    case_of,
    fact_set_of,
    kyc_check_of,
    latest_decision,
    open_verdicts,
    product_of,
)
from origination.queries.tracker import can_ask_person
from origination.steps.case import SUBJECT, move, open_case, touch
from origination.steps.conditions import ask_conditions
from origination.steps.decide import AUTOMATIC, PERSON, STATUS_OF, keep_decision
from origination.steps.desk import add_note
from origination.steps.offer import void_offers
from origination.steps.screening import check_no_open_alert
from origination.steps.tell import tell_decline
from origination.tables.application import ApplicationRow
from origination.tables.decision import DecisionRow, FactSetRow, ReviewRequestRow, VerdictRow
from repayment.domain.schedule_request import Amortization

REASON_LENGTH_MIN, REASON_LENGTH_MAX = 10, 4000


@dataclass(frozen=True, slots=True)
class VerdictGiven:
    """What the verdict did: `decision_id` when it was the last that was needed, else how many people are missing."""

    decision_id: UUID | None
    seats: int
    missing: int
    row_version: int


def give_verdict(
    w: Work,
    application_id: UUID,
    verdict: Outcome,
    *,
    reason: str,
    reason_codes: Sequence[str] = (),
    wish: Wish | None = None,
    override_reason: str | None = None,
    conditions: Sequence[str] = (),
    expected_version: int | None = None,
) -> VerdictGiven:
    """An officer approves (perhaps another amount, tenor or kind, perhaps on conditions) or declines a referred case.

    An approval counts when as many different people as the policy asks have approved the same loan on the same
    conditions; a decline counts at once and ends earlier approvals. Deciding otherwise than the rules is an override
    and needs a reason of the policy's list. Who decided before does not look again.

    Raises NotAllowed (role, authority, own case, second vote of the same person, a reason of law, identity not
    passed), InvalidInput (reason too short, a wish the product does not offer), Conflict (stale page: somebody else
    was faster), IllegalTransition.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id, expected_version=expected_version)
    kept = fact_set_of(w, row)
    if row.status != ApplicationStatus.REFERRED.value or kept is None:
        raise IllegalTransition(SUBJECT, row.status, STATUS_OF[verdict].value)
    policy, product = w.policy(OriginationPolicy), product_of(w, row)
    _check_reason(verdict, reason, reason_codes, policy.officer_reasons(row.segment))
    wanted = wish or wish_of(answers_of(row), product)
    product.check_wish(wanted.amount, wanted.tenor_months, wanted.kind)
    found = assess(case_of(w, row, kept, product), wanted, policy)
    override = _is_override(w, row, verdict, found)
    check_reviewer(w, row)
    if verdict is Outcome.APPROVE:
        check_no_open_alert(w, parties_of_case(w, row))
    seats = _seats(w, row, found, kept, verdict, override=override)
    _check_choices(policy, row.segment, verdict, override_reason if override else None, conditions, override=override)
    agreed = tuple(sorted(set(conditions))) if verdict is Outcome.APPROVE else ()
    same = _same(open_verdicts(w, row), verdict, wanted, agreed)
    said = _keep_verdict(
        w, row, verdict, wanted, override=override, seats=seats, reason=reason, codes=reason_codes, conditions=agreed,
        override_reason=override_reason if override else None,
    )  # fmt: skip
    missing = max(0, seats - len(same) - 1)
    audit.record(
        w, "application.verdict", SUBJECT, row.id, verdict=verdict.value, override=override, seats=seats,
        missing=missing, reasons=list(reason_codes), said=str(said.id),
    )  # fmt: skip
    if missing:
        touch(row)
        return VerdictGiven(None, seats, missing, row.row_version)
    made = _close(w, row, kept, found, verdict, said)
    return VerdictGiven(made.id, seats, 0, row.row_version)


def _is_override(w: Work, row: ApplicationRow, verdict: Outcome, found: Assessment) -> bool:
    """Approving what the rules declined, or declining what they approve."""
    automatic = latest_decision(w, row, kind=AUTOMATIC)
    rules = {found.decision.outcome.value, automatic.outcome if automatic is not None else ""}
    if verdict is Outcome.APPROVE:
        return Outcome.DECLINE.value in rules
    return found.decision.outcome is Outcome.APPROVE


def _check_choices(
    policy: OriginationPolicy, segment: str, verdict: Outcome, override_reason: str | None, conditions: Sequence[str],
    *, override: bool,
) -> None:  # fmt: skip
    wrong: dict[str, str | list[str]] = {}
    known = {one.id for one in policy.override_reasons}
    if override and known and override_reason not in known:
        wrong["override_reason"] = Text("You decide otherwise than the rules: choose why")
    offered = {one.id for one in policy.conditions if not one.segments or segment in one.segments}
    unknown = sorted(set(conditions) - offered)
    if unknown:
        wrong["conditions"] = Text("The policy has no condition {name}", name=", ".join(unknown))
    elif conditions and verdict is not Outcome.APPROVE:
        wrong["conditions"] = Text("Conditions belong to an approval")
    if wrong:
        raise InvalidInput(wrong)


def check_reviewer(w: Work, row: ApplicationRow) -> None:
    """Raises NotAllowed when the applicant asked for another look and the actor had a part in the first."""
    if had_part(w, row):
        raise NotAllowed(Text("You had a part in the first decision, so somebody else has to look again"))


def _check_reason(verdict: Outcome, reason: str, reason_codes: Sequence[str], known: Container[str]) -> None:
    wrong: dict[str, str | list[str]] = {}
    if verdict not in {Outcome.APPROVE, Outcome.DECLINE}:
        wrong["verdict"] = Text("Approve or decline")
    if not REASON_LENGTH_MIN <= len(reason.strip()) <= REASON_LENGTH_MAX:
        wrong["reason"] = Text("Say why in {low} to {high} characters", low=REASON_LENGTH_MIN, high=REASON_LENGTH_MAX)
    unknown = [code for code in reason_codes if code not in known]
    if unknown:
        wrong["reason_codes"] = Text("The policy has no reason {name}", name=", ".join(unknown))
    elif verdict is Outcome.DECLINE and not 1 <= len(reason_codes) <= 4:
        wrong["reason_codes"] = Text("Choose one to four reasons that the applicant will be told")
    if wrong:
        raise InvalidInput(wrong)


def _seats(
    w: Work, row: ApplicationRow, found: Assessment, kept: FactSetRow, verdict: Outcome, *, override: bool
) -> int:
    exposure = found.facts.get("group_exposure")
    assert isinstance(exposure, Money)
    case = CaseToDecide(
        segment=row.segment,
        amount=found.wish.amount,
        group_exposure=exposure,
        grade=kept.grade,
        override=override,
        related=parties_of_case(w, row),
        entered_by=row.entered_by,
    )
    check_not_own(w.actor, case)
    check_second(w.actor, (Vote(one.actor_id, one.verdict) for one in open_verdicts(w, row)))
    if verdict is Outcome.DECLINE:
        return 1
    check = kyc_check_of(w, row)
    if check is None or check.outcome != "PASS":
        raise NotAllowed(Text("The identity checks have not passed. Settle them first."))
    if found.decision.is_final:
        raise NotAllowed(
            Text("The law does not allow this loan, so nobody can approve it"),
            reasons=[reason.id for reason in found.decision.reasons if reason.final],
        )
    return seats_needed(w.policy(OriginationPolicy).authority, w.actor, case)


def _same(earlier: Sequence[VerdictRow], verdict: Outcome, wish: Wish, conditions: tuple[str, ...]) -> list[VerdictRow]:
    terms = (verdict.value, wish.amount.minor, wish.tenor_months, wish.kind.value)
    return [
        one
        for one in earlier
        if (one.verdict, one.amount_minor, one.tenor_months, one.amortisation) == terms
        and tuple(one.conditions or ()) == conditions
    ]


def _keep_verdict(
    w: Work,
    row: ApplicationRow,
    verdict: Outcome,
    wish: Wish,
    *,
    override: bool,
    seats: int,
    reason: str,
    codes: Sequence[str],
    conditions: Sequence[str],
    override_reason: str | None,
) -> VerdictRow:
    assert w.actor.id is not None
    said = w.add(
        VerdictRow(
            id=uuid7(), application_id=row.id, assessment=row.assessment, verdict=verdict.value,
            amount_minor=wish.amount.minor, tenor_months=wish.tenor_months, amortisation=wish.kind.value,
            override=override, override_reason=override_reason, conditions=list(conditions), seats=seats,
            reason_codes=list(codes), reason=reason.strip(), actor_id=w.actor.id,
            actor_name=w.actor.name, said_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    return said


def _close(
    w: Work, row: ApplicationRow, kept: FactSetRow, found: Assessment, verdict: Outcome, said: VerdictRow
) -> DecisionRow:
    asked = wish_of(answers_of(row), product_of(w, row))
    smaller = verdict is Outcome.APPROVE and (asked.amount, asked.tenor_months) != (
        found.wish.amount, found.wish.tenor_months,
    )  # fmt: skip
    made = keep_decision(
        w, row, kept, found, kind=PERSON, outcome=verdict, is_counter=smaller, override=said.override,
        override_reason=said.override_reason, reason=said.reason,
        reason_codes=list(said.reason_codes) or list(found.decision.reason_ids),
    )  # fmt: skip
    ask_conditions(w, row, made, said.conditions or ())
    for one in open_verdicts(w, row):
        one.withdrawn_at = w.now
    for request in w.session.scalars(
        select(ReviewRequestRow).where(ReviewRequestRow.application_id == row.id, ReviewRequestRow.closed_at.is_(None))
    ):
        request.closed_at = w.now
    move(
        w, row, STATUS_OF[verdict], "application.decided", decision=str(made.id), outcome=made.outcome,
        reasons=made.reasons, override=made.override, conditions=list(said.conditions or ()),
    )  # fmt: skip
    if verdict is Outcome.DECLINE:
        tell_decline(w, row, made)
    return made


def withdraw_verdict(w: Work, application_id: UUID, *, expected_version: int | None = None) -> ApplicationRow:
    """Takes back one's own verdict while it waits for a second person. Raises IllegalTransition when there is none."""
    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id, expected_version=expected_version)
    own = [one for one in open_verdicts(w, row) if one.actor_id == w.actor.id]
    if not own or row.status != ApplicationStatus.REFERRED.value:
        raise IllegalTransition("verdict", row.status, "WITHDRAWN")
    for one in own:
        one.withdrawn_at = w.now
    touch(row)
    audit.record(w, "application.verdict_withdrawn", SUBJECT, row.id)
    return row


def ask_for_person(w: Work, application_id: UUID, text: str) -> ReviewRequestRow:
    """The applicant asks a person to look again at what a computer decided: a refusal, an offer (which no longer holds)
    or failed identity checks. It goes to the officers with a deadline.

    Raises NotAllowed when a person has decided already, IllegalTransition when nothing was decided.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    row = open_case(w, application_id)
    made, check = latest_decision(w, row), kyc_check_of(w, row)
    failed = made is None and check is not None and check.outcome == "FAIL"
    if row.status not in {ApplicationStatus.DECLINED.value, ApplicationStatus.OFFERED.value} or not (made or failed):
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.REFERRED.value)
    if not can_ask_person(w, row):
        raise NotAllowed(Text("A person has looked at this application already"))
    days = w.policy(OriginationPolicy).review.look_again_days
    request = w.add(
        ReviewRequestRow(
            id=uuid7(), application_id=row.id, decision_id=None if made is None else made.id,
            kyc_check_id=check.id if failed and check is not None else None, text=text.strip()[:REASON_LENGTH_MAX],
            asked_at=w.now, due_on=w.today + timedelta(days=days),
        )
    )  # fmt: skip
    row.due_at = w.now + timedelta(days=days)
    void_offers(w, row, "looked at again")
    wanted = ApplicationStatus.KYC_REFERRED if failed else ApplicationStatus.REFERRED
    move(w, row, wanted, "application.review_asked", due_on=request.due_on.isoformat())
    return request


def pass_on(w: Work, application_id: UUID, reason: str, *, expected_version: int | None = None) -> ApplicationRow:
    """An officer refers the case to a colleague with more authority: it is nobody's again, the reason a pinned note.

    Raises InvalidInput without a reason, NotAllowed for one's own case, IllegalTransition unless it waits for a person.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id, expected_version=expected_version)
    if row.status != ApplicationStatus.REFERRED.value:
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.REFERRED.value)
    if not REASON_LENGTH_MIN <= len(reason.strip()) <= REASON_LENGTH_MAX:
        raise InvalidInput(
            {"reason": Text("Say why in {low} to {high} characters", low=REASON_LENGTH_MIN, high=REASON_LENGTH_MAX)}
        )
    add_note(w, application_id, reason, pinned=True)
    row.assigned_to = None
    touch(row)
    audit.record(w, "application.passed_on", SUBJECT, row.id)
    return row


def wish_from(row: ApplicationRow, amount: Money, tenor_months: int, kind: str) -> Wish:
    """The terms an officer typed. Raises InvalidInput when the currency is another."""
    if amount.currency != row.currency:
        raise InvalidInput({"amount": Text("This product is in {currency}", currency=row.currency)})
    return Wish(amount, tenor_months, Amortization(kind))

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
from origination.queries.rows import (
    answers_of,
    case_of,
    fact_set_of,
    kyc_check_of,
    latest_decision,
    open_verdicts,
    product_of,
)
from origination.steps.case import SUBJECT, move, open_case, touch
from origination.steps.decide import AUTOMATIC, PERSON, STATUS_OF, keep_decision
from origination.steps.own_book import related_parties
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
    expected_version: int | None = None,
) -> VerdictGiven:
    """An officer approves (perhaps another amount, tenor or kind) or declines a referred case.

    An approval counts when as many different people as the policy asks have approved the same loan; a decline counts
    at once and ends earlier approvals. Approving what the rules declined is an override.

    Raises NotAllowed (role, authority, own case, second vote of the same person, a reason of law, identity not
    passed), InvalidInput (reason too short, a wish the product does not offer), Conflict (stale page: somebody else
    was faster), IllegalTransition.
    """
    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id, expected_version=expected_version)
    kept = fact_set_of(w, row)
    if row.status != ApplicationStatus.REFERRED.value or kept is None:
        raise IllegalTransition(SUBJECT, row.status, STATUS_OF[verdict].value)
    _check_reason(verdict, reason, reason_codes, w.policy(OriginationPolicy).officer_reasons(row.segment))
    product = product_of(w, row)
    wanted = wish or wish_of(answers_of(row), product)
    product.check_wish(wanted.amount, wanted.tenor_months, wanted.kind)
    found = assess(case_of(w, row, kept, product), wanted, w.policy(OriginationPolicy))
    automatic = latest_decision(w, row, kind=AUTOMATIC)
    override = verdict is Outcome.APPROVE and (
        found.decision.outcome is Outcome.DECLINE or (automatic is not None and automatic.outcome == "DECLINE")
    )
    seats = _seats(w, row, found, kept, verdict, override=override)
    earlier = open_verdicts(w, row)
    same = _same(earlier, verdict, wanted)
    said = _keep_verdict(w, row, verdict, wanted, override=override, seats=seats, reason=reason, codes=reason_codes)
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
        related=related_parties(w, row),
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


def _same(earlier: Sequence[VerdictRow], verdict: Outcome, wish: Wish) -> list[VerdictRow]:
    terms = (verdict.value, wish.amount.minor, wish.tenor_months, wish.kind.value)
    return [one for one in earlier if (one.verdict, one.amount_minor, one.tenor_months, one.amortisation) == terms]


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
) -> VerdictRow:
    assert w.actor.id is not None
    said = w.add(
        VerdictRow(
            id=uuid7(), application_id=row.id, assessment=row.assessment, verdict=verdict.value,
            amount_minor=wish.amount.minor, tenor_months=wish.tenor_months, amortisation=wish.kind.value,
            override=override, seats=seats, reason_codes=list(codes), reason=reason.strip(), actor_id=w.actor.id,
            actor_name=w.actor.name, said_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    return said


def _close(
    w: Work, row: ApplicationRow, kept: FactSetRow, found: Assessment, verdict: Outcome, said: VerdictRow
) -> DecisionRow:
    made = keep_decision(
        w, row, kept, found, kind=PERSON, outcome=verdict, override=said.override, reason=said.reason,
        reason_codes=list(said.reason_codes) or list(found.decision.reason_ids),
    )  # fmt: skip
    for one in open_verdicts(w, row):
        one.withdrawn_at = w.now
    for request in w.session.scalars(
        select(ReviewRequestRow).where(ReviewRequestRow.application_id == row.id, ReviewRequestRow.closed_at.is_(None))
    ):
        request.closed_at = w.now
    move(
        w, row, STATUS_OF[verdict], "application.decided", decision=str(made.id), outcome=made.outcome,
        reasons=made.reasons, override=made.override,
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
    """The applicant asks a person to look again at an automatic decline; it goes back to the officers with a deadline.

    Raises NotAllowed when a person has decided already, IllegalTransition when it is not declined.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    row = open_case(w, application_id)
    made = latest_decision(w, row)
    if made is None or row.status != ApplicationStatus.DECLINED.value:
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.REFERRED.value)
    if made.kind != AUTOMATIC:
        raise NotAllowed(Text("A person has looked at this application already"))
    days = w.policy(OriginationPolicy).review.look_again_days
    request = w.add(
        ReviewRequestRow(
            id=uuid7(), application_id=row.id, decision_id=made.id, text=text.strip()[:REASON_LENGTH_MAX],
            asked_at=w.now, due_on=w.today + timedelta(days=days),
        )
    )  # fmt: skip
    row.due_at = w.now + timedelta(days=days)
    move(w, row, ApplicationStatus.REFERRED, "application.review_asked", due_on=request.due_on.isoformat())
    return request


def wish_from(row: ApplicationRow, amount: Money, tenor_months: int, kind: str) -> Wish:
    """The terms an officer typed. Raises InvalidInput when the currency is another."""
    if amount.currency != row.currency:
        raise InvalidInput({"amount": Text("This product is in {currency}", currency=row.currency)})
    return Wish(amount, tenor_months, Amortization(kind))

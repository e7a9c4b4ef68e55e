"""The automatic decision on a scored application, and its counter-offer when a smaller or longer loan passes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition
from core.domain.ids import uuid7
from core.policy import keep_text
from origination.domain.application import ApplicationStatus
from origination.domain.assessment import Assessment, Case, assess, wish_of
from origination.domain.decision import decision_to_dict, fingerprint
from origination.domain.offer import Wish, solve_wish
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import Outcome
from origination.queries.rows import answers_of, case_of, fact_set_of, keep_newest, latest_decision, product_of
from origination.steps.case import SUBJECT, move, open_case
from origination.steps.tell import tell, tell_decline
from origination.tables.application import ApplicationRow
from origination.tables.decision import DecisionRow, FactSetRow

STATUS_OF = {
    Outcome.APPROVE: ApplicationStatus.APPROVED,
    Outcome.REFER: ApplicationStatus.REFERRED,
    Outcome.DECLINE: ApplicationStatus.DECLINED,
}
AUTOMATIC, PERSON = "automatic", "person"


def decide_automatically(w: Work, application_id: UUID) -> DecisionRow:
    """Asks every table and moves the application to APPROVED, REFERRED or DECLINED.

    A decline that a smaller or longer loan may cure becomes an approval of that loan, if the policy says so; both
    decisions are kept. A case without score is already REFERRED: its decision is kept beside it for the officer.
    Raises IllegalTransition when there is nothing to decide.
    """
    w.actor.require(Role.SYSTEM, Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id)
    kept, status = fact_set_of(w, row), ApplicationStatus(row.status)
    waiting = status is ApplicationStatus.REFERRED and latest_decision(w, row) is None
    if kept is None or not (status is ApplicationStatus.SCORED or waiting):
        raise IllegalTransition(SUBJECT, row.status, "DECIDED")
    policy, product = w.policy(OriginationPolicy), product_of(w, row)
    case = case_of(w, row, kept, product)
    found = assess(case, wish_of(answers_of(row), product), policy)
    made = keep_decision(w, row, kept, found, kind=AUTOMATIC)
    if found.decision.outcome is Outcome.DECLINE and policy.offers.solve and found.decision.is_solvable:
        made = _counter(w, row, kept, case, found.wish) or made
    if status is ApplicationStatus.SCORED:
        move(
            w, row, STATUS_OF[Outcome(made.outcome)], "application.decided", decision=str(made.id),
            outcome=made.outcome, reasons=made.reasons, policy=made.policy_sha256, counter=made.is_counter,
        )  # fmt: skip
    if made.outcome == Outcome.DECLINE.value:
        tell_decline(w, row, made)
    elif made.outcome == Outcome.REFER.value:
        tell(w, row, "application_referred")
    return made


def _counter(w: Work, row: ApplicationRow, kept: FactSetRow, case: Case, wish: Wish) -> DecisionRow | None:
    policy = w.policy(OriginationPolicy)
    solved = solve_wish(case.product, wish, lambda one: assess(case, one, policy).is_approved)
    if solved is None:
        return None
    return keep_decision(w, row, kept, assess(case, solved, policy), kind=AUTOMATIC, is_counter=True)


def keep_decision(
    w: Work,
    row: ApplicationRow,
    kept: FactSetRow,
    found: Assessment,
    *,
    kind: str,
    outcome: Outcome | None = None,
    is_counter: bool = False,
    override: bool = False,
    reason: str | None = None,
    reason_codes: list[str] | None = None,
    override_reason: str | None = None,
) -> DecisionRow:
    """Writes one decision with all it was made on. `outcome` and the reasons are the person's where one decided.

    The words of what a person chose are kept in the record, so that a later policy cannot change them.
    """
    record = decision_to_dict(found.decision, found.facts)
    record["caps"] = [cap.to_dict() for cap in found.caps]
    policy = w.policy(OriginationPolicy)
    if reason_codes is not None:
        record["told"] = {code: dict(policy.reason_texts(code)) for code in reason_codes}
    if override_reason is not None:
        record["override"] = dict(policy.said(override_reason))
    rate = found.price.rate_annual if found.price is not None else None
    return keep_newest(
        w,
        DecisionRow(
            id=uuid7(), application_id=row.id, assessment=row.assessment, number=_next_number(w, row), kind=kind,
            outcome=(outcome or found.decision.outcome).value,
            reasons=list(found.decision.reason_ids) if reason_codes is None else reason_codes,
            record=record, fingerprint=fingerprint(record), fact_set_id=kept.id,
            policy_sha256=keep_text(w, policy.STAGE, policy.text), kyc_outcome=str(found.facts.get("kyc_outcome", "")),
            amount_minor=found.wish.amount.minor, currency=row.currency, tenor_months=found.wish.tenor_months,
            amortisation=found.wish.kind.value, is_counter=is_counter, rate_annual=rate, price=_price(found),
            override=override, override_reason=override_reason, actor_id=w.actor.id,
            actor_name=w.actor.name, reason=reason, decided_at=w.now, decided_on=w.today,
        ),
    )  # fmt: skip


def _price(found: Assessment) -> list[dict[str, Any]]:
    if found.price is None:
        return []
    return [{"name": part.name, "rate": format(part.rate, "f")} for part in found.price.parts]


def _next_number(w: Work, row: ApplicationRow) -> int:
    if w.is_new(row.id):
        last = latest_decision(w, row)
        return 1 if last is None else last.number + 1
    query = select(func.coalesce(func.max(DecisionRow.number), 0)).where(DecisionRow.application_id == row.id)
    return int(w.session.scalar(query) or 0) + 1

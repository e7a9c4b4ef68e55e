"""A policy tried on past applications before it is used: what would change, for whom, and what it would earn."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from core.db import Work
from core.domain.actor import Role
from core.domain.facts import facts_to_json
from origination.domain.policy import OriginationPolicy
from origination.domain.simulation import simulate_kept
from origination.domain.trial import BackTest, PastCase, add_cases
from origination.queries.performance import age_band, performance_sample
from origination.steps.replay import PolicyShelf
from origination.tables.contract import ContractRow
from origination.tables.decision import DecisionRow, FactSetRow

CHUNK = 20_000
ANEW_CHUNK = 100  # assessing anew is slow: progress is told more often
PRICED_BY = ("exchange", "stress", "pricing")
MAY_TRY = (Role.RISK_MANAGER, Role.ADMIN, Role.AUDITOR, Role.SYSTEM)
Report = Callable[[int], None]


def back_test(
    r: Work, policy: OriginationPolicy, *, since: date, until: date | None = None, report: Report | None = None
) -> BackTest:
    """Every application decided since that day, decided by the policy instead; `report` hears how many are done.

    Cases decided under other prices, stress or exchange rates are assessed anew one by one; all others are evaluated by
    the column on their frozen facts. Counter-offers and people's decisions are left out: it is the wish that is tried.
    Raises NotAllowed.
    """
    r.actor.require(*MAY_TRY)
    last = until or r.today
    result, shelf, outcomes = BackTest(), PolicyShelf(r), _outcomes(r, since, last)
    same: dict[str, bool] = {}
    wanted = _priced_by(policy)
    chunk: list[PastCase] = []
    for made in r.session.execute(_decided(since, last).execution_options(yield_per=CHUNK)):
        if made.policy_sha256 not in same:
            before = shelf.policy(made.policy_sha256)
            same[made.policy_sha256] = before is not None and _priced_by(before) == wanted
        anew = not same[made.policy_sha256]
        facts, then = made.facts, None
        if anew:
            then, facts = (
                facts,
                facts_to_json(shelf.assess_again(made, r.get(FactSetRow, made.fact_set_id), policy).facts),
            )
        chunk.append(PastCase(made.application_id, made.outcome, facts, anew, outcomes.get(made.application_id), then))
        if len(chunk) >= (ANEW_CHUNK if anew else CHUNK):
            _add(result, chunk, policy, r.today, report)
            chunk = []
    if chunk:
        _add(result, chunk, policy, r.today, report)
    return result


def _add(
    result: BackTest, chunk: Sequence[PastCase], policy: OriginationPolicy, day: date, report: Report | None
) -> None:
    found = simulate_kept([case.facts for case in chunk], policy.compiled, day)
    add_cases(result, chunk, found, policy, age_band)
    if report is not None:
        report(result.cases)


def _decided(since: date, until: date) -> Select[Any]:
    return (
        select(
            DecisionRow.application_id, DecisionRow.outcome, DecisionRow.policy_sha256, DecisionRow.fact_set_id,
            DecisionRow.kyc_outcome, DecisionRow.amount_minor, DecisionRow.currency, DecisionRow.tenor_months,
            DecisionRow.amortisation, DecisionRow.record["facts"].label("facts"),
        )
        .where(
            DecisionRow.decided_on >= since, DecisionRow.decided_on <= until, DecisionRow.kind == "automatic",
            DecisionRow.is_counter.is_(False),
        )
        .order_by(DecisionRow.id)
    )  # fmt: skip


def count_decided(r: Work, since: date, until: date) -> int:
    """How many applications a trial between these days looks at."""
    found = _decided(since, until).order_by(None).with_only_columns(func.count())
    return int(r.session.scalar(found) or 0)


def _outcomes(r: Work, since: date, until: date) -> Mapping[UUID, bool]:
    """What became of those that were lent to, by the loan book; only where the time of watching is over."""
    lent = (
        select(DecisionRow.application_id)
        .join(ContractRow, ContractRow.application_id == DecisionRow.application_id)
        .where(ContractRow.loan_id.is_not(None), DecisionRow.decided_on >= since, DecisionRow.decided_on <= until)
        .distinct()
    )
    ids = list(r.session.scalars(lent))
    sample = performance_sample(r, date.min, date.max, only=ids) if ids else ()
    return {case.subject_id: case.bad for case in sample if case.bad is not None}


def _priced_by(policy: OriginationPolicy) -> str:
    raw = json.loads(policy.text)
    return json.dumps({name: raw[name] for name in PRICED_BY}, sort_keys=True)

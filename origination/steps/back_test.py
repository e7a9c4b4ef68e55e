"""A policy tried on past applications before it is used: what would change, for whom, and what it would earn."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.actor import Role
from core.domain.fact import FactValue
from core.domain.facts import facts_from_json
from core.domain.money import Money
from origination.domain.assessment import Case, assess
from origination.domain.offer import Wish
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import Outcome
from origination.domain.simulation import OUTCOMES, simulate_cases
from origination.queries.rows import own_from_json, product_of, score_in
from origination.steps.replay import PolicyShelf
from origination.tables.application import ApplicationRow
from origination.tables.decision import DecisionRow, FactSetRow
from repayment.domain.schedule_request import Amortization

CHUNK = 5_000
CHANGES_SHOWN = 200
PRICED_BY = ("exchange", "stress", "pricing")
NOT_KNOWN = "not known"


@dataclass(slots=True)
class GroupCount:
    """Outcomes of one group before and after."""

    cases: int = 0
    approved_before: int = 0
    approved_after: int = 0

    @property
    def rate_after(self) -> float:
        """Share approved by the policy tried."""
        return self.approved_after / self.cases if self.cases else 0.0


@dataclass(slots=True)
class BackTest:
    """What a policy would have done. Money is summed in US dollars at the tried policy's reference rates.

    `expected_bad_*` is the mean PD of approved cases; `profit_*` one year's interest less funds, expected loss and
    operating cost on them. `groups` holds counts by (kind of group, group), protected ones included.
    """

    cases: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: list[tuple[UUID, str, str]] = field(default_factory=list)
    groups: dict[tuple[str, str], GroupCount] = field(default_factory=dict)
    pd_before: Decimal = Decimal(0)
    pd_after: Decimal = Decimal(0)
    profit_before: Decimal = Decimal(0)
    profit_after: Decimal = Decimal(0)
    assessed_anew: int = 0

    @property
    def expected_bad_before(self) -> Decimal | None:
        """Mean PD of what was approved; None when nothing was."""
        return self.pd_before / self.before["APPROVE"] if self.before["APPROVE"] else None

    @property
    def expected_bad_after(self) -> Decimal | None:
        """Mean PD of what would be approved; None when nothing would."""
        return self.pd_after / self.after["APPROVE"] if self.after["APPROVE"] else None

    def impact_ratios(self, kind: str) -> dict[str, float]:
        """Approval rate of each group over that of the best group; below 0.80 deserves a look, few cases say little."""
        found = {name: count for (of, name), count in self.groups.items() if of == kind and count.cases}
        best = max((count.rate_after for count in found.values()), default=0.0)
        return {name: count.rate_after / best if best else 1.0 for name, count in sorted(found.items())}


@dataclass(frozen=True, slots=True)
class PastCase:
    """One automatic decision on a wish, with what it was made on."""

    application_id: UUID
    outcome: str
    facts: Mapping[str, FactValue]
    anew: bool


def back_test(r: Work, policy: OriginationPolicy, *, since: date, until: date | None = None) -> BackTest:
    """Every application decided since that day, decided by the policy instead.

    Cases decided under other prices, stress or exchange rates are assessed anew one by one; all others are evaluated by
    the column on their frozen facts. Counter-offers and people's decisions are left out: it is the wish that is tried.
    Raises NotAllowed.
    """
    r.actor.require(Role.RISK_MANAGER, Role.ADMIN, Role.AUDITOR, Role.SYSTEM)
    result, shelf = BackTest(), PolicyShelf(r)
    chunk: list[PastCase] = []
    for case in _past_cases(r, policy, shelf, since, until):
        chunk.append(case)
        if len(chunk) == CHUNK:
            _add(result, chunk, policy, r.today)
            chunk = []
    if chunk:
        _add(result, chunk, policy, r.today)
    return result


def _past_cases(
    r: Work, policy: OriginationPolicy, shelf: PolicyShelf, since: date, until: date | None
) -> Iterator[PastCase]:
    query = select(DecisionRow).where(
        DecisionRow.decided_on >= since, DecisionRow.kind == "automatic", DecisionRow.is_counter.is_(False)
    )
    if until is not None:
        query = query.where(DecisionRow.decided_on <= until)
    same: dict[str, bool] = {}
    wanted = _priced_by(policy)
    for made in r.session.scalars(query.order_by(DecisionRow.id).execution_options(yield_per=CHUNK)):
        if made.policy_sha256 not in same:
            before = shelf.policy(made.policy_sha256)
            same[made.policy_sha256] = before is not None and _priced_by(before) == wanted
        anew = not same[made.policy_sha256]
        facts = _assessed_anew(r, made, policy) if anew else facts_from_json(made.record["facts"])
        yield PastCase(made.application_id, made.outcome, facts, anew)


def _priced_by(policy: OriginationPolicy) -> str:
    raw = json.loads(policy.text)
    return json.dumps({name: raw[name] for name in PRICED_BY}, sort_keys=True)


def _assessed_anew(r: Work, made: DecisionRow, policy: OriginationPolicy) -> Mapping[str, FactValue]:
    kept, row = r.get(FactSetRow, made.fact_set_id), r.get(ApplicationRow, made.application_id)
    case = Case(
        base=facts_from_json(kept.base),
        product=product_of(r, row),
        own=own_from_json(kept.own),
        day=kept.frozen_on,
        kyc_outcome=made.kyc_outcome or None,
        score=score_in(kept),
    )
    wish = Wish(Money(made.amount_minor, made.currency), made.tenor_months, Amortization(made.amortisation))
    return assess(case, wish, policy).facts


def _add(result: BackTest, chunk: Sequence[PastCase], policy: OriginationPolicy, day: date) -> None:
    found = simulate_cases([case.facts for case in chunk], policy.compiled, day)
    for (_table, reason), count in found.counts.items():
        result.reasons[reason] += count
    for case, code in zip(chunk, found.outcome.tolist(), strict=True):
        after = OUTCOMES[code].value
        result.cases += 1
        result.before[case.outcome] += 1
        result.after[after] += 1
        result.assessed_anew += case.anew
        if after != case.outcome:
            result.moves[case.outcome, after] += 1
            if len(result.changed) < CHANGES_SHOWN:
                result.changed.append((case.application_id, case.outcome, after))
        _add_group(result, case, after)
        _add_value(result, case, after, policy)


def _add_group(result: BackTest, case: PastCase, after: str) -> None:
    for kind, name in groups_of(case.facts):
        count = result.groups.setdefault((kind, name), GroupCount())
        count.cases += 1
        count.approved_before += case.outcome == Outcome.APPROVE.value
        count.approved_after += after == Outcome.APPROVE.value


def groups_of(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The groups a case belongs to: segment, grade, and for people age band and nationality."""
    yield "segment", str(facts.get("segment", NOT_KNOWN))
    yield "grade", str(facts.get("grade", NOT_KNOWN))
    if facts.get("segment") == "consumer":
        age = facts.get("age_years")
        yield "age", NOT_KNOWN if not isinstance(age, int) else _age_band(age)
        yield "nationality", str(facts.get("nationality", NOT_KNOWN))


def _age_band(age: int) -> str:
    return next((f"under {top}" for top in (25, 35, 45, 62) if age < top), "62 and over")


def _add_value(result: BackTest, case: PastCase, after: str, policy: OriginationPolicy) -> None:
    pd = case.facts.get("pd")
    if not isinstance(pd, Decimal):
        return
    profit = profit_usd(case.facts, pd, policy)
    if case.outcome == Outcome.APPROVE.value:
        result.pd_before += pd
        result.profit_before += profit
    if after == Outcome.APPROVE.value:
        result.pd_after += pd
        result.profit_after += profit


def profit_usd(facts: Mapping[str, FactValue], pd: Decimal, policy: OriginationPolicy) -> Decimal:
    """A year's expected profit of one loan, in US dollars: the amount times rate less funds, loss and running cost."""
    amount, rate = facts.get("amount"), facts.get("rate_annual")
    segment, costs = str(facts.get("segment")), policy.pricing
    if not isinstance(amount, Money) or not isinstance(rate, Decimal):
        return Decimal(0)
    usd = policy.exchanges[-1].in_usd(amount)
    funds = costs.cost_of_funds.get(amount.currency)
    loss, running = costs.loss_given_default.get(segment), costs.operating_cost.get(segment)
    if usd is None or funds is None or loss is None or running is None:
        return Decimal(0)
    return (usd * (rate - funds - pd * loss - running)).quantize(Decimal("0.01"))

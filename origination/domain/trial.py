"""What a policy would have meant for past cases: outcomes, who changes, losses expected and observed, profit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from core.domain.money import Money
from origination.domain.decision_table import MISSING, Vocabulary
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import Outcome
from origination.domain.simulation import OUTCOMES, Simulated, json_columns

if TYPE_CHECKING:
    import numpy as np

    IntColumn = np.ndarray[Any, np.dtype[np.int64]]

APPROVE = Outcome.APPROVE.value
CHANGES_SHOWN = 200
NOT_KNOWN = "not known"
MILLION = 1_000_000


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


@dataclass(frozen=True, slots=True)
class PastCase:
    """One automatic decision on a wish with the facts it was made on (as kept), and what became of the loan.

    `bad` is None while unknown: not lent, or its performance window is not over. A case assessed anew has the facts of
    then in `facts_then`: price and instalment were others.
    """

    application_id: UUID
    outcome: str
    facts: Mapping[str, Any]
    anew: bool = False
    bad: bool | None = None
    facts_then: Mapping[str, Any] | None = None


@dataclass(slots=True)
class BackTest:
    """What a policy would have done. Money is summed in US dollars at the tried policy's newest reference rates.

    `expected_bad_*` is the mean PD of approved cases, `observed_bad_*` the share that went bad among those that were
    lent to and whose time is over; `profit_*` one year's interest less funds, expected loss and operating cost on
    approved cases. `groups` holds counts by (kind of group, group), protected ones included.
    """

    cases: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: list[tuple[UUID, str, str]] = field(default_factory=list)
    groups: dict[tuple[str, str], GroupCount] = field(default_factory=dict)
    pd_before: int = 0  # sums in millionths, and of how many cases
    pd_after: int = 0
    scored_before: int = 0
    scored_after: int = 0
    seen_before: Counter[bool] = field(default_factory=Counter)
    seen_after: Counter[bool] = field(default_factory=Counter)
    profit_before: Decimal = Decimal(0)
    profit_after: Decimal = Decimal(0)
    assessed_anew: int = 0

    @property
    def expected_bad_before(self) -> Decimal | None:
        """Mean PD of what was approved; None when nothing was."""
        return _mean(self.pd_before, self.scored_before)

    @property
    def expected_bad_after(self) -> Decimal | None:
        """Mean PD of what would be approved; None when nothing would."""
        return _mean(self.pd_after, self.scored_after)

    @property
    def observed_bad_before(self) -> Decimal | None:
        """Share gone bad of the approved whose time is over; None when there are none."""
        return _mean(self.seen_before[True] * MILLION, self.seen_before.total())

    @property
    def observed_bad_after(self) -> Decimal | None:
        """The same of those the policy tried would approve too; what nobody lent to is not seen."""
        return _mean(self.seen_after[True] * MILLION, self.seen_after.total())

    def impact_ratios(self, kind: str) -> dict[str, float]:
        """Approval rate of each group over that of the best group; below 0.80 deserves a look, few cases say little."""
        found = {name: count for (of, name), count in self.groups.items() if of == kind and count.cases}
        best = max((count.rate_after for count in found.values()), default=0.0)
        return {name: count.rate_after / best if best else 1.0 for name, count in sorted(found.items())}


def _mean(millionths: int, count: int) -> Decimal | None:
    return (Decimal(millionths) / MILLION / count) if count else None


def add_cases(
    result: BackTest, chunk: Sequence[PastCase], found: Simulated, policy: OriginationPolicy, band: Callable[[Any], str]
) -> None:
    """Adds some cases and what the policy made of them. `band` names the age band of an age."""
    import numpy as np

    for (_table, reason), count in found.counts.items():
        result.reasons[reason] += count
    before = [case.outcome for case in chunk]
    after = [OUTCOMES[code].value for code in found.outcome.tolist()]
    result.cases += len(chunk)
    result.before.update(before)
    result.after.update(after)
    result.assessed_anew += sum(case.anew for case in chunk)
    for case, was, now in zip(chunk, before, after, strict=True):
        if was != now:
            result.moves[was, now] += 1
            if len(result.changed) < CHANGES_SHOWN:
                result.changed.append((case.application_id, was, now))
        if case.bad is not None:
            result.seen_before[case.bad] += was == APPROVE
            result.seen_after[case.bad] += now == APPROVE
    _add_groups(result, chunk, before, after, band)
    approved_before = np.array([was == APPROVE for was in before], dtype=bool)
    _add_value(result, chunk, approved_before, found.outcome == 0, policy)


def _add_groups(
    result: BackTest, chunk: Sequence[PastCase], before: Sequence[str], after: Sequence[str], band: Callable[[Any], str]
) -> None:
    counted: Counter[tuple[str, str, bool, bool]] = Counter()
    for case, was, now in zip(chunk, before, after, strict=True):
        for kind, name in groups_of(case.facts, band):
            counted[kind, name, was == APPROVE, now == APPROVE] += 1
    for (kind, name, was_in, now_in), count in counted.items():
        group = result.groups.setdefault((kind, name), GroupCount())
        group.cases += count
        group.approved_before += count * was_in
        group.approved_after += count * now_in


def groups_of(facts: Mapping[str, Any], band: Callable[[Any], str]) -> Iterator[tuple[str, str]]:
    """The groups a case belongs to: segment, grade, and for people age band and nationality."""
    yield "segment", str(facts.get("segment", NOT_KNOWN))
    yield "grade", str(facts.get("grade", NOT_KNOWN))
    if facts.get("segment") == "consumer":
        age = facts.get("age_years")
        yield "age", NOT_KNOWN if age is None else band(age)
        yield "nationality", str(facts.get("nationality", NOT_KNOWN))


def _add_value(result: BackTest, chunk: Sequence[PastCase], before: Any, after: Any, policy: OriginationPolicy) -> None:
    facts = [case.facts for case in chunk]
    columns = json_columns(facts, ("pd", "amount", "rate_annual"), Vocabulary(()))
    pd = columns.codes["pd"]
    scored = pd != MISSING
    profit_after = profits_usd(facts, policy)
    profit_before = profit_after
    if any(case.facts_then is not None for case in chunk):  # the price of then, at the costs of the policy tried
        profit_before = profits_usd([case.facts_then or case.facts for case in chunk], policy)
    for mark, which, profit in (("before", before, profit_before), ("after", after, profit_after)):
        counts = scored & which
        setattr(result, f"scored_{mark}", getattr(result, f"scored_{mark}") + int(counts.sum()))
        setattr(result, f"pd_{mark}", getattr(result, f"pd_{mark}") + int(pd[counts].sum()))
        cents = Decimal(int(profit[counts].sum())) / 100
        setattr(result, f"profit_{mark}", getattr(result, f"profit_{mark}") + cents)


def profits_usd(facts: Sequence[Mapping[str, Any]], policy: OriginationPolicy) -> IntColumn:
    """A year's expected profit of each loan in US cents: amount times rate less funds, loss and running cost.

    Whole numbers throughout, each step rounded half up; 0 where amount, rate, PD or a cost is not known.
    """
    import numpy as np

    columns = json_columns(facts, ("pd", "amount", "rate_annual"), Vocabulary(()))
    pd, amount, rate = (columns.codes[name] for name in ("pd", "amount", "rate_annual"))
    segments = [str(one.get("segment")) for one in facts]
    costs, exchange = policy.pricing, policy.exchanges[-1]
    per_unit = _by_code(columns.currency, [_micro(exchange.usd_per_unit.get(one)) for one in columns.currencies])
    digits = _by_code(columns.currency, [_minor_per_unit(one) for one in columns.currencies])
    funds = _by_code(columns.currency, [_micro(costs.cost_of_funds.get(one)) for one in columns.currencies])
    kinds = sorted(set(segments))
    kind = np.array([kinds.index(one) for one in segments], dtype=np.int64)
    loss = _by_code(kind, [_micro(costs.loss_given_default.get(one)) for one in kinds])
    running = _by_code(kind, [_micro(costs.operating_cost.get(one)) for one in kinds])
    known = np.ones(len(facts), dtype=bool)
    for column in (pd, amount, rate, per_unit, funds, loss, running):
        known &= column != MISSING
    pd, amount, rate, per_unit, funds, loss, running = (
        np.where(known, column, 0) for column in (pd, amount, rate, per_unit, funds, loss, running)
    )
    # Cents in two steps, so that the largest amounts stay within 64 bits.
    usd_cents = (amount // digits) * per_unit // 10_000 + (amount % digits) * per_unit // (digits * 10_000)
    spread = rate - funds - (pd * loss + MILLION // 2) // MILLION - running
    whole, rest = usd_cents // MILLION, usd_cents % MILLION
    return whole * spread + (rest * spread + MILLION // 2) // MILLION


def _by_code(codes: Any, values: Sequence[int]) -> Any:
    import numpy as np

    return np.array(values or [0], dtype=np.int64)[codes]


def _micro(value: Decimal | None) -> int:
    return MISSING if value is None else int((value * MILLION).to_integral_value())


def _minor_per_unit(currency: str) -> int:
    return Money.of(1, currency).minor if currency else 1

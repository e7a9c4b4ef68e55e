"""What would help: loans that score and rules accept, each tried as a whole before it is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, ModelUnavailable
from core.domain.fact import FactValue
from core.domain.money import Money
from origination.domain.assessment import Case, Score, assess, scoring_facts, wish_of
from origination.domain.offer import Wish
from origination.domain.policy import OriginationPolicy
from origination.domain.remedy import OF_AMOUNT, STAND_INS, Remedy
from origination.domain.rules import Outcome
from origination.queries.remedies import kept_remedies
from origination.queries.rows import answers_of, case_of, fact_set_of, product_of
from origination.tables.application import ApplicationRow
from origination.tables.remedy import RemedyRow

LIMIT = 3
STEPS = 200  # into which an amount is divided
JUDGED_MAX = 20  # whole loans that are tried
BAND_BEST = 4.0  # of the instalment against income
BEST_SCORE = Score(Decimal("0.0001"), Decimal(10_000), "A")
_MILLIONTH = Decimal("0.000001")


def find_remedies(w: Work, row: ApplicationRow) -> tuple[Remedy, ...]:
    """Up to three, fewest changes first; none when the score passes already, nothing was scored, or none exists."""
    kept = fact_set_of(w, row)
    if kept is None or kept.score_error:
        return ()
    product, policy = product_of(w, row), w.policy(OriginationPolicy)
    search = _Search(w, row, case_of(w, row, kept, product), policy)
    try:
        return search.run()
    except ModelUnavailable:
        return ()


def keep_remedies(w: Work, row: ApplicationRow) -> tuple[Remedy, ...]:
    """Finds and keeps them with the assessment, so that letter and page say the same."""
    known = kept_remedies(w, row.id, row.assessment)
    if known is not None:
        return known
    found = find_remedies(w, row)
    w.add(
        RemedyRow(
            application_id=row.id, assessment=row.assessment, found=[one.to_json() for one in found], made_at=w.now
        )
    )
    return found


def remedies_of(r: Work, application_id: UUID) -> tuple[Remedy, ...]:
    """`find_remedies` of an application, for who only looks. Raises NotFound."""
    r.actor.require(Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER, Role.SYSTEM)
    return find_remedies(r, r.get(ApplicationRow, application_id))


class _Search:
    """One search: the scorer proposes changes of single facts, this makes whole loans of them and asks the rules."""

    def __init__(self, w: Work, row: ApplicationRow, case: Case, policy: OriginationPolicy) -> None:
        self.w, self.row, self.case, self.policy = w, row, case, policy
        self.asked = wish_of(answers_of(row), case.product)
        self.facts = scoring_facts(case, self.asked, policy)
        self.found: dict[tuple[Any, ...], Remedy] = {}
        self.judged: dict[tuple[Any, ...], bool] = {}
        self.watched: tuple[str, ...] = ()
        self.sized: dict[tuple[int, int, Any], tuple[float, ...]] = {}

    def run(self) -> tuple[Remedy, ...]:
        from scoring.steps.preview import changes_reaching, preview

        if self._refused_at_any_size():
            return ()
        now = preview(self.w, segment=self.row.segment, facts=self.facts, product=self.row.product_code)
        self.watched = tuple(
            name for name in OF_AMOUNT if name in now.features and name in self.facts and name != "amount"
        )
        changes_reaching(
            self.w, segment=self.row.segment, facts=self.facts, product=self.row.product_code, limit=LIMIT,
            bounds=self._bounds(), passes=self.passes,
        )  # fmt: skip
        return tuple(sorted(self.found.values(), key=lambda one: one.changes))[:LIMIT]

    def _refused_at_any_size(self) -> bool:
        """Whether a rule that no other size or term can satisfy declines even the least loan with the best score."""
        product = self.case.product
        least = Wish(product.amount_min, product.tenors[-1], self.asked.kind)
        best = replace(self.case, base=dict(self.case.base) | {"other_debtors": STAND_INS[0]}, score=BEST_SCORE)
        decision = assess(best, least, self.policy).decision
        return any(one.outcome is Outcome.DECLINE and not one.solvable for one in decision.reasons)

    def _bounds(self) -> list[Any]:
        """What may believably change: a smaller amount, another term the product offers, somebody who stands in."""
        from scoring.domain.counterfactual import Bound

        product = self.case.product
        tenors = product.tenors
        apart = float(math.gcd(*tenors)) if len(tenors) > 1 else 1.0
        found = [Bound("tenor_months", float(tenors[0]), float(tenors[-1]), apart)]
        least, asked = float(product.amount_min.amount), float(self.asked.amount.amount)
        found.append(Bound("amount", least, asked, float(product.amount_step.amount)))
        for name in self.watched:
            now = _number(self.facts[name])
            falls = OF_AMOUNT[name] > 0
            found.append(Bound(name, now * least / asked, now, now / STEPS) if falls else Bound(name, now, BAND_BEST))
        if self.facts.get("other_debtors") not in STAND_INS:
            found.append(Bound("other_debtors", choices=STAND_INS))
        return found

    def passes(self, changed: Mapping[str, Any]) -> bool:
        """Whether a whole loan with these facts is accepted; what is accepted is remembered."""
        if len(self.judged) >= JUDGED_MAX:
            return False
        debtors = changed.get("other_debtors")
        stand_in = str(debtors) if debtors != self.facts.get("other_debtors") else None
        base: dict[str, FactValue] = dict(self.case.base)
        if stand_in is not None:
            base["other_debtors"] = stand_in
        case = replace(self.case, base=base)
        wish = self._wish(case, changed)
        if wish is None:
            return False
        key = (wish.amount.minor, wish.tenor_months, stand_in)
        if key not in self.judged:
            self.judged[key] = self._accepted(case, wish, stand_in)
        return self.judged[key]

    def _accepted(self, case: Case, wish: Wish, stand_in: str | None) -> bool:
        from scoring.steps.preview import preview

        facts = scoring_facts(case, wish, self.policy)
        scored = preview(self.w, segment=self.row.segment, facts=facts, product=self.row.product_code)
        if not scored.passes:
            return False
        pd = Decimal(str(scored.pd)).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN)
        judged = assess(replace(case, score=Score(pd, scored.points, scored.grade)), wish, self.policy)
        if judged.decision.outcome is not Outcome.APPROVE or judged.quote is None:
            return False
        remedy = Remedy(
            wish.amount if wish.amount != self.asked.amount else None,
            wish.tenor_months if wish.tenor_months != self.asked.tenor_months else None,
            stand_in, scored.points, scored.grade, judged.quote.instalment,
        )  # fmt: skip
        if remedy.changes:
            self.found[remedy.amount, remedy.tenor_months, remedy.stand_in] = remedy
        return True

    def _wish(self, case: Case, changed: Mapping[str, Any]) -> Wish | None:
        """The largest loan of the changed term whose size-bound facts are no worse than the changed ones."""
        product, tenor = case.product, int(changed["tenor_months"])
        if tenor not in product.tenors:
            return None
        step = product.amount_step.minor
        most = min(self.asked.amount, changed["amount"])
        low, high = -(-product.amount_min.minor // step), most.minor // step

        def fits(steps: int) -> bool:
            if not self.watched:
                return True
            wish = Wish(Money(steps * step, product.currency), tenor, self.asked.kind)
            return all(
                now * OF_AMOUNT[name] <= _number(changed[name]) * OF_AMOUNT[name] + 1e-9
                for name, now in zip(self.watched, self._size_facts(case, wish), strict=True)
            )

        if Money(high * step, product.currency) == self.asked.amount and fits(high):
            return self._checked(self.asked.amount, tenor)
        if low > high or not fits(low):
            return None
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits(middle) else (low, middle - 1)
        return self._checked(Money(low * step, product.currency), tenor)

    def _size_facts(self, case: Case, wish: Wish) -> tuple[float, ...]:
        """The watched facts of a loan; the search comes back to the same sizes again and again."""
        key = (wish.amount.minor, wish.tenor_months, case.base.get("other_debtors"))
        if key not in self.sized:
            facts = scoring_facts(case, wish, self.policy)
            self.sized[key] = tuple(_number(facts[name]) for name in self.watched)
        return self.sized[key]

    def _checked(self, amount: Money, tenor: int) -> Wish | None:
        try:
            self.case.product.check_wish(amount, tenor, self.asked.kind)
        except InvalidInput:
            return None
        return Wish(amount, tenor, self.asked.kind)


def _number(value: Any) -> float:
    return float(value.amount) if isinstance(value, Money) else float(value)

"""How much could be lent, beside what was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.money import Money
from origination.domain.assessment import assess
from origination.domain.offer import Wish
from origination.domain.room import Bound, room_for
from origination.domain.rules import Outcome
from repayment.domain.schedule import Amortization
from tests.origination.cases import consumer_case, seed_policy


def _wish(amount: int, months: int = 24) -> Wish:
    return Wish(Money.of(amount, "CNY"), months, Amortization.ANNUITY)


def _stops(case, amount: Money, months: int = 24) -> set[str]:
    found = assess(case, Wish(amount, months, Amortization.ANNUITY), seed_policy())
    return {
        row.row
        for row in found.decision.rows
        if row.stage == "affordability" and row.fired and row.outcome in {Outcome.DECLINE, Outcome.REFER}
    }


@pytest.mark.parametrize("months", [12, 24, 36])
def test_the_most_that_can_be_carried_passes_and_one_step_more_does_not(months):
    case = consumer_case("B", income_monthly=Money.of(9000, "CNY"), obligations_monthly=Money.of(1500, "CNY"))
    room = room_for(case, _wish(20000, months), seed_policy())
    most = room.by_affordability
    assert most is not None
    assert case.product.amount_min < most < case.product.amount_max
    assert _stops(case, most, months) == set()
    assert _stops(case, most + case.product.amount_step, months)
    assert (room.wish, room.by_product) == (Money.of(20000, "CNY"), case.product.amount_max)


def test_the_most_does_not_depend_on_what_was_asked_for_and_grows_with_the_term():
    case = consumer_case("B", income_monthly=Money.of(9000, "CNY"))
    small, large = (room_for(case, _wish(amount), seed_policy()) for amount in (10_000, 150_000))
    assert small.by_affordability == large.by_affordability
    longer = room_for(case, _wish(10_000, 36), seed_policy())
    assert longer.by_affordability > small.by_affordability


def test_the_lowest_bound_is_named():
    rich = room_for(consumer_case("D", income_monthly=Money.of(200_000, "CNY")), _wish(20000), seed_policy())
    assert rich.by_affordability == rich.by_product
    assert rich.by_grade is not None
    assert rich.by_grade < rich.by_product
    assert (rich.bound, rich.at_most) == (Bound.GRADE, rich.by_grade)
    assert replace(rich, by_grade=None).bound is Bound.PRODUCT
    tight = replace(rich, by_affordability=Money.of(6000, "CNY"))
    assert (tight.bound, tight.at_most) == (Bound.AFFORDABILITY, Money.of(6000, "CNY"))


def test_nothing_can_be_carried_without_income():
    room = room_for(consumer_case("A", income_monthly=Money.of(0, "CNY")), _wish(20000), seed_policy())
    assert (room.by_affordability, room.at_most, room.bound) == (None, None, Bound.AFFORDABILITY)

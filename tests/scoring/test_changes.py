"""Counterfactuals: the search is exact against trying everything, of a deep card each is true, and rules may refuse."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.money import Money
from scoring.domain.counterfactual import Bound, find_changes
from scoring.domain.version import open_version

REGIONS = ("south", "east", "west", "north")
BOUNDS = (Bound("income", 500, 9000, 100), Bound("late", 0, 6), Bound("region", choices=REGIONS))


def everything(facts):
    """All values within the bounds, and those the facts have."""
    yield from product(sorted({*range(500, 9001, 100), facts["income"]}), range(7), REGIONS)


@pytest.fixture(scope="module")
def cards(version):
    return {kind: open_version(version(kind)).card for kind in ("additive", "deep")}


@settings(max_examples=12, deadline=None)
@given(income=st.integers(4, 30), late=st.integers(0, 5), region=st.sampled_from(["north", "east"]))
def test_the_cheapest_set_of_an_additive_card_is_found(cards, income, late, region):
    card = cards["additive"]
    facts = {"income": income * 100, "late": late, "region": region, "tenure": 2.0}
    cutoff = card.terms.cutoff_ticks
    found = find_changes(card, facts, BOUNDS)
    if card.score(facts).score >= cutoff:
        assert found == ()
        return

    def cost(values):
        money, times, place = values
        relative = abs(money - facts["income"]) / max(facts["income"], 1) + abs(times - late) / max(late, 1)
        changed = sum((money != facts["income"], times != late, place != region))
        return changed, round(relative + (place != region), 9)

    reaching = [
        cost(values)
        for values in everything(facts)
        if card.score(facts | dict(zip(("income", "late", "region"), values, strict=True))).score >= cutoff
    ]
    if not reaching:
        assert found == ()
        return
    told = {change.feature: change.after for change in found[0].changes}
    best = cost((told.get("income", facts["income"]), told.get("late", late), told.get("region", region)))
    assert best == min(reaching)
    assert sum(change.gain for change in found[0].changes) == found[0].points - card.terms.scale.points(
        card.score(facts).score
    )


@settings(max_examples=15, deadline=None)
@given(income=st.integers(4, 30), late=st.integers(0, 5))
def test_of_a_deep_card_what_is_told_is_true(cards, income, late):
    card = cards["deep"]
    facts = {"income": float(income * 100), "late": float(late), "region": "north", "tenure": None}
    for found in find_changes(card, facts, BOUNDS):
        changed = facts | {change.feature: change.after for change in found.changes}
        assert card.terms.scale.points(card.score(changed).score) == found.points
        assert card.score(changed).score >= card.terms.cutoff_ticks
        assert 1 <= len(found.changes) <= 3


def test_a_fact_that_only_the_rules_look_at_is_changed_too(cards):
    card = cards["additive"]
    good = {"income": 9000, "late": 0, "region": "south", "tenure": 9.0, "amount": Money(1_000_000, "EUR")}
    bounds = (Bound("amount", 1000, 10_000, 500), Bound("income", 500, 9000, 100))
    assert card.score(good).score >= card.terms.cutoff_ticks
    assert find_changes(card, good, bounds) == ()
    found = find_changes(card, good, bounds, passes=lambda facts: facts["amount"].minor <= 700_000)
    assert [[change.feature for change in way.changes] for way in found] == [["amount"]]
    assert found[0].changes[0].after == Money(650_000, "EUR")
    assert found[0].changes[0].gain == 0


def test_the_rules_may_refuse_the_nearest_value(cards):
    card = cards["additive"]
    facts = {"income": Decimal(600), "late": 2, "region": "north", "tenure": 1.0}
    bounds = (Bound("income", 500, 20_000, 100), Bound("late", 0, 6))
    easy = find_changes(card, facts, bounds)[0]
    strict = find_changes(card, facts, bounds, passes=lambda f: f["income"] >= 11_000)[0]
    assert {change.feature for change in strict.changes} >= {"income"}
    told = {change.feature: change.after for change in strict.changes}
    assert told["income"] >= 11_000
    assert isinstance(told["income"], Decimal)
    assert easy != strict

"""The level instalment by discount factors against exact fractions, where they suffice and where they do not."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.domain.money import Rounding
from repayment.domain.amortization import level_ratio, level_run
from repayment.domain.rounding import ROUNDERS, RoundingRule, division, rounded_products
from repayment.domain.schedule_level import LevelTable


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 10**15),
    st.lists(st.integers(0, 40_000), min_size=1, max_size=60),
    st.lists(st.integers(0, 3), min_size=60, max_size=60),
    st.integers(1, 400_000),
    st.integers(0, 10**15),
    st.builds(RoundingRule, st.sampled_from(Rounding), multiple_minor=st.sampled_from([1, 5])),
)
@example(10**15, [40_000] * 60, [1] * 60, 1, 0, RoundingRule())  # discount factors vanish
@example(3, [0, 0], [1, 1] * 30, 7, 0, RoundingRule())  # an exact half
def test_a_level_is_the_exact_one(
    balance: int, numerators: list[int], weights: list[int], den: int, last: int, rule: RoundingRule
) -> None:
    """Sum of the payments' present values = balance, by fractions, from the definition of a level instalment."""
    weights = weights[: len(numerators)]
    weights[-1] = max(weights[-1], 1)
    table = LevelTable(weights, numerators, den, last)
    factors = [1 + Fraction(k, den) for k in numerators]
    for row in range(0, len(numerators), 7):
        worth, discount = Fraction(0), Fraction(1)
        for k in range(row, len(numerators)):
            discount /= factors[k] if k > row else 1
            worth += weights[k] * discount
        exact = max((balance * factors[row] - last * discount) / worth, Fraction(0))
        grown = balance * (den + numerators[row]), den
        assert table.level(row, grown, rule) == rule.level(exact.numerator, exact.denominator)


@given(st.integers(1, 10**12), st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 60))
def test_a_closed_formula_is_the_sum(balance: int, num: int, den: int, rows: int) -> None:
    factor = 1 + Fraction(num, den)
    worth = sum((1 / factor**k for k in range(1, rows + 1)), Fraction(0))
    assert Fraction(*level_ratio(balance, num, den, rows)) == balance / worth


@given(
    st.lists(st.integers(0, 10**6), max_size=20), st.integers(0, 999), st.integers(1, 1000), st.sampled_from(Rounding)
)
def test_loops_round_as_the_rounders_do(values: list[int], factor: int, den: int, mode: Rounding) -> None:
    rounded = ROUNDERS[mode]
    expected = [rounded(value * factor, den) for value in values]
    assert rounded_products(values, [factor] * len(values), division(mode, den)) == expected
    for value, one in zip(values, expected, strict=True):
        assert level_run(value, 0, [factor], division(mode, den)) == ([one], value + one)

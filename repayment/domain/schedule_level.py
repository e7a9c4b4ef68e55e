"""The level instalment, and what rounding leaves over of it: two ways of not leaving all of it in the last row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from repayment.domain.amortization import level_run, weighted_level_ratio
from repayment.domain.rounding import EQUALISED, LAST, Division, RoundingRule

# The fixed point of discount factors: two digits of Python's whole numbers, which are cheap to multiply and to divide.
ONE = 1 << 58


class LevelTable:
    """The base instalment from any row on, at one rate, by discount factors in units of 1 / ONE.

    A factor is cut downwards at each step, so it is too low by less than one unit a row. An instalment that rounds to
    the same sum from both ends of that range is the exact one; where it does not, exact fractions decide. `weights`
    are whole numbers, at least one of them above zero; interest of row k on B is B x numerators[k] / denominator.
    """

    __slots__ = ("denominator", "discounts", "last", "numerators", "slack", "weights", "worth_slack", "worths")

    def __init__(self, weights: Sequence[int], numerators: Sequence[int], denominator: int, last: int = 0) -> None:
        self.weights, self.numerators, self.denominator, self.last = weights, numerators, denominator, last
        discount = ONE
        self.discounts = [discount := discount * denominator // (denominator + k) for k in numerators[1:]]
        self.discounts.insert(0, ONE)
        self.worths = list(accumulate(map(mul, weights, self.discounts), initial=0))
        self.slack = len(weights)
        self.worth_slack = self.slack * sum(weights)

    def level(self, row: int, grown: tuple[int, int], rule: RoundingRule, unit: int = 1) -> int:
        """The instalment that brings the balance to `last` at the end, rounded by the rule, zero where that needs none.

        `grown` is the balance with the interest of the row already on it, as a ratio; weights are in 1 / `unit`.
        It is (balance x discount of the row - last x discount of the end) / worth of the weights from the row on.
        """
        num, den = grown
        discounts, slack = self.discounts, self.slack
        worth, left = self.worths[-1] - self.worths[row], self.last * den * unit
        num *= unit
        least = num * discounts[row] - left * (discounts[-1] + slack)
        if worth and least > 0:
            level = rule.level(num * (discounts[row] + slack) - left * discounts[-1], den * worth)
            if level == rule.level(least, den * (worth + self.worth_slack)):
                return level
        num, den = weighted_level_ratio(grown, self.weights[row:], self.numerators[row:], self.denominator, self.last)
        return rule.level(max(num, 0) * unit, den)


@dataclass(frozen=True, slots=True)
class LevelRun:
    """Rows of one level instalment: `balance` before the first, whose interest is known already."""

    balance: int
    first_interest: int
    numerators: Sequence[int]  # of the rows after the first
    how: Division
    balloon: int
    rule: RoundingRule

    def gap(self, level: int, first_extra: int = 0) -> int:
        """By how much the last payment (without balloon) differs from the level one."""
        balance = self.balance + self.first_interest - level - first_extra
        return level_run(balance, level, self.numerators, self.how)[1] - self.balloon


def balance_level(run: LevelRun, level: int) -> tuple[int, int]:
    """The level instalment and what the first row pays beyond it, by the rule's residual.

    EQUALISED moves the instalment once by gap / rows, and only if the gap shrinks. FIRST looks for the extra of the
    first row that makes the last one level; compounding may leave a few units, which stay in the last row.
    """
    if not run.numerators or run.rule.residual is LAST:
        return level, 0
    gap = run.gap(level)
    if run.rule.residual is EQUALISED:
        rows = len(run.numerators) + 1
        moved = run.rule.level(level * rows + gap, rows)
        return (moved, 0) if abs(run.gap(moved)) < abs(gap) else (level, 0)
    growth, base = 1, 1
    for k in run.numerators:
        growth, base = growth * (run.how.by + k), base * run.how.by
    best, extra = (abs(gap), 0), 0
    for _ in range(4):
        extra += (2 * gap * base + growth) // (2 * growth)
        gap = run.gap(level, extra)
        best = min(best, (abs(gap), extra))
    return level, best[1]

"""What rounding leaves over in a level schedule, and the two ways of not leaving all of it in the last row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from repayment.domain.rounding import ROUNDERS, Residual, RoundingRule


@dataclass(frozen=True, slots=True)
class LevelRun:
    """Rows of one level instalment: `balance` before the first, whose interest is known already."""

    balance: int
    first_interest: int
    numerators: Sequence[int]  # of the rows after the first
    denominator: int
    balloon: int
    rule: RoundingRule

    def gap(self, level: int, first_extra: int = 0) -> int:
        """By how much the last payment (without balloon) differs from the level one."""
        rounded, den = ROUNDERS[self.rule.mode], self.denominator
        balance = self.balance + self.first_interest - level - first_extra
        for k in self.numerators[:-1]:
            balance += rounded(balance * k, den) - level
        return balance + rounded(balance * self.numerators[-1], den) - self.balloon - level


def balance_level(run: LevelRun, level: int) -> tuple[int, int]:
    """The level instalment and what the first row pays beyond it, by the rule's residual.

    EQUALISED moves the instalment once by gap / rows, and only if the gap shrinks. FIRST looks for the extra of the
    first row that makes the last one level; compounding may leave a few units, which stay in the last row.
    """
    if not run.numerators or run.rule.residual is Residual.LAST:
        return level, 0
    gap = run.gap(level)
    if run.rule.residual is Residual.EQUALISED:
        rows = len(run.numerators) + 1
        moved = run.rule.level(level * rows + gap, rows)
        return (moved, 0) if abs(run.gap(moved)) < abs(gap) else (level, 0)
    growth, base = 1, 1
    for k in run.numerators:
        growth, base = growth * (run.denominator + k), base * run.denominator
    best, extra = (abs(gap), 0), 0
    for _ in range(4):
        extra += (2 * gap * base + growth) // (2 * growth)
        gap = run.gap(level, extra)
        best = min(best, (abs(gap), extra))
    return level, best[1]

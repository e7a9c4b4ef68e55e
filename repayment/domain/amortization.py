"""The exact level instalment, and rows that go on alike.

All arithmetic is on whole numbers. Interest of row k on balance B is B x numerators[k] / denominator, rounded once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from operator import neg

from repayment.domain.rounding import Division, rounded_products

Rows = tuple[list[int], list[int]]  # principal, interest
Run = tuple[list[int], list[int], int]  # principal, interest, what is left after them


def level_ratio(balance: int, numerator: int, denominator: int, rows: int) -> tuple[int, int]:
    """The instalment that repays `balance` in rows of one length, as an exact ratio of minor units.

    With the factor F = 1 + numerator / denominator it is balance x (F - 1) x F^rows / (F^rows - 1).
    """
    if not numerator:
        return balance, rows
    grown, base = (denominator + numerator) ** rows, denominator**rows
    return balance * grown * numerator, denominator * (grown - base)


def weighted_level_ratio(
    grown: tuple[int, int], weights: Sequence[int], numerators: Sequence[int], denominator: int, last: int = 0
) -> tuple[int, int]:
    """The base instalment where row k pays weights[k] times it, as an exact ratio of minor units.

    `grown` is the balance with the interest of row 0 already on it, as a ratio; numerators[0] is not looked at.
    Weights are whole numbers, at least one of them above zero.
    """
    # From the end: the value at row k of what follows is (w + value at k+1) x D / (D + n), kept as value / product.
    value, product = 0, 1
    for k in range(len(numerators) - 1, 0, -1):
        value = (weights[k] * product + value) * denominator
        product *= denominator + numerators[k]
    num, den = grown
    paid_last = last * den * denominator ** (len(numerators) - 1) if last else 0
    return num * product - paid_last, den * (weights[0] * product + value)


def closes_early(principals: list[int], interests: list[int]) -> None:
    """Drops rows at the end that have nothing left to pay."""
    while len(principals) > 1 and not principals[-1] and not interests[-1]:
        principals.pop()
        interests.pop()


def level_run(balance: int, level: int, numerators: Sequence[int], how: Division) -> tuple[list[int], int]:
    """Interest of rows that each pay `level`, and what is left after them: below zero when they pay too much.

    The division is spelled out: a call of a rounder would double the time.
    """
    offset, by, odd = how
    interests: list[int] = []
    for k in numerators:
        shifted = balance * k + offset
        interest = shifted // by
        if interest & odd and interest * by == shifted:
            interest -= 1
        interests.append(interest)
        balance += interest - level
    return interests, balance


def repaid(balance: int, wanted: list[int], interests: list[int]) -> Run | None:
    """The rows with no more principal than is owed, their interest, and the balance after them.

    `interests` belong to the balances that `wanted` leads to. None when a row's interest is above its instalment.
    """
    if min(wanted) < 0:
        return None
    left = balance - sum(wanted)
    if left >= 0:
        return wanted, interests, left
    n, paid = len(wanted), list(accumulate(wanted))
    row = bisect_left(paid, balance)
    nothing = [0] * (n - row - 1)
    return [*wanted[:row], wanted[row] - paid[row] + balance, *nothing], [*interests[: row + 1], *nothing], 0


def level_rows(balance: int, level: int, numerators: Sequence[int], how: Division) -> Run | None:
    """Principal and interest of rows of equal payments, and the balance after them.

    None when the instalment does not cover a row's interest.
    """
    interests, _ = level_run(balance, level, numerators, how)
    return repaid(balance, [level - interest for interest in interests], interests)


def planned_rows(balance: int, parts: list[int], numerators: Sequence[int], how: Division) -> Run:
    """Principal (as planned, no more than is owed), interest, and the balance after the rows."""
    left = balance - sum(parts)
    if left < 0:
        paid = list(accumulate(parts))
        row = bisect_left(paid, balance)
        parts = [*parts[:row], parts[row] - paid[row] + balance, *[0] * (len(parts) - row - 1)]
        left = 0
    return parts, rounded_products(accumulate(map(neg, parts), initial=balance), numerators, how), left

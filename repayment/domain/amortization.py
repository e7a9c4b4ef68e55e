"""The exact level instalment, and the plain walks over a schedule without events.

All arithmetic is on whole numbers. Interest of row k on balance B is B x numerators[k] / denominator, rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.money import Rounding
from repayment.domain.rounding import Residual, RoundingRule

Rows = tuple[list[int], list[int]]  # principal, interest


def level_ratio(balance: int, numerators: Sequence[int], denominator: int, last: int = 0) -> tuple[int, int]:
    """The instalment that brings `balance` to `last` after the rows, as an exact ratio of minor units.

    With factors F_k = 1 + numerators[k] / denominator it is (balance x prod F - last) / sum_k prod_{j>k} F_j.
    """
    first = numerators[0]
    n = len(numerators)
    if first and numerators.count(first) == n:
        grown, base = (denominator + first) ** n, denominator**n
        return (balance * grown - last * base) * first, denominator * (grown - base)
    grown = balance * (denominator + first), denominator
    if last:
        return weighted_level_ratio(grown, [1] * n, numerators, denominator, last)
    return level_after(grown, numerators, denominator)


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


def level_after(grown: tuple[int, int], numerators: Sequence[int], denominator: int) -> tuple[int, int]:
    """The same for equal weights and no balloon, for the many loans that are so."""
    num, den = grown
    n = len(numerators) - 1
    second = numerators[-1]
    if second and numerators.count(second) == n + (numerators[0] == second):
        product, base = (denominator + second) ** n, denominator**n
        return num * product * second, den * (product * second + denominator * (product - base))
    value, product = 0, 1
    for k in numerators[:0:-1]:
        value = (product + value) * denominator
        product *= denominator + k
    return num * product, den * (product + value)


def closes_early(principals: list[int], interests: list[int]) -> None:
    """Drops rows at the end that have nothing left to pay."""
    while len(principals) > 1 and not principals[-1] and not interests[-1]:
        principals.pop()
        interests.pop()


def _quotient(mode: Rounding, denominator: int) -> tuple[int, int, bool]:
    """Offset, divisor and tie rule that make round(b x k / den) one division: (b x 2k + offset) // divisor.

    The walks below spell this out instead of calling a rounder: the call would double their time.
    """
    offset = {Rounding.DOWN: 0, Rounding.UP: 2 * denominator - 2}.get(mode, denominator)
    return offset, 2 * denominator, mode is Rounding.HALF_EVEN


def walk_level(
    balance: int, level: int, numerators: Sequence[int], denominator: int, rule: RoundingRule
) -> Rows | None:
    """Rows of equal payments; the last one closes the balance.

    None when the instalment does not cover a row's interest: such a loan needs the general walk.
    """
    found = level_rows(balance, level, numerators, denominator, rule)
    if found is None:
        return None
    principals, interests, left = found
    principals[-1] += left
    closes_early(principals, interests)
    return principals, interests


def level_rows(
    balance: int, level: int, numerators: Sequence[int], denominator: int, rule: RoundingRule
) -> tuple[list[int], list[int], int] | None:
    """Principal and interest of rows of equal payments, and the balance after them.

    None when the instalment does not cover a row's interest.
    """
    offset, divisor, ties_even = _quotient(rule.mode, denominator)
    principals: list[int] = []
    interests: list[int] = []
    for k in numerators:
        doubled = 2 * balance * k + offset
        interest = doubled // divisor
        if ties_even and interest & 1 and interest * divisor == doubled:
            interest -= 1
        principal = level - interest
        if principal < 0:
            return None
        if principal > balance:  # noqa: PLR1730 - a call of min() would cost a tenth of the whole walk
            principal = balance
        principals.append(principal)
        interests.append(interest)
        balance -= principal
    return principals, interests, balance


def planned_rows(
    balance: int, parts: Sequence[int], numerators: Sequence[int], denominator: int, rule: RoundingRule
) -> tuple[list[int], list[int], int]:
    """Principal (as planned, no more than is owed), interest, and the balance after the rows."""
    offset, divisor, ties_even = _quotient(rule.mode, denominator)
    principals: list[int] = []
    interests: list[int] = []
    for principal, k in zip(parts, numerators, strict=True):
        doubled = 2 * balance * k + offset
        interest = doubled // divisor
        if ties_even and interest & 1 and interest * divisor == doubled:
            interest -= 1
        if principal > balance:  # noqa: PLR1730 - as above
            principal = balance  # noqa: PLW2901
        principals.append(principal)
        interests.append(interest)
        balance -= principal
    return principals, interests, balance


def walk_equal_principal(
    balance: int, part: int, numerators: Sequence[int], denominator: int, rule: RoundingRule
) -> Rows:
    """Rows of equal principal; the first or the last one takes what does not divide."""
    n = len(numerators)
    if part * (n - 1) > balance:
        whole, rest = divmod(balance, part)
        principals = [part] * whole + [rest] + [0] * (n - whole - 1)
    elif rule.residual is Residual.FIRST:
        principals = [balance - part * (n - 1)] + [part] * (n - 1)
    else:
        principals = [part] * (n - 1) + [balance - part * (n - 1)]
    principals, interests, _ = planned_rows(balance, principals, numerators, denominator, rule)
    closes_early(principals, interests)
    return principals, interests

"""Rates of return by a bounded solver that says so when there is no rate, or more than one.

The one place of the engine where floats work: whole numbers, ratios and decimals come in, a rate good to about 14
digits goes out as Decimal, and no amount is ever made of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from core.domain.errors import InvalidInput
from core.domain.texts import Text

RATE_MIN, RATE_MAX = -0.99, 1e6  # per period of the time axis
_STEPS = 200
_GRID = 400

Curve = Callable[[float], tuple[float, float]]  # x -> value, slope
Exact = int | Fraction | Decimal


class NoRate(InvalidInput):
    """No rate makes the two sides equal."""

    code = "no_rate"


class SeveralRates(InvalidInput):
    """More than one rate makes the two sides equal, so none of them is the cost of the credit."""

    code = "several_rates"


def _sign_changes(flows: Sequence[tuple[float, float]]) -> int:
    signs = [amount > 0 for _, amount in sorted(_netted(flows).items()) if amount]
    return sum(a != b for a, b in pairwise(signs))


def _netted(flows: Sequence[tuple[float, float]]) -> dict[float, float]:
    netted: dict[float, float] = {}
    for at, amount in flows:
        netted[at] = netted.get(at, 0.0) + amount
    return netted


def bounded_root(curve: Curve, low: float, high: float, guess: float) -> float:
    """The root between two bounds of opposite sign: Newton's step where it stays inside, halving where not."""
    low_value = curve(low)[0]
    x = guess if low < guess < high else (low + high) / 2
    for _ in range(_STEPS):
        value, slope = curve(x)
        if value == 0:
            return x
        if (value > 0) == (low_value > 0):
            low = x
        else:
            high = x
        step = value / slope if slope else math.inf
        following = x - step
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - x) <= 1e-16 + 1e-15 * abs(x):
            return following
        x = following
    return x


def only_root(curve: Curve, changes: int, guess: float) -> float:
    """The one root of a curve in x = ln(1 + rate). `changes` is the number of sign changes of its flows.

    By Descartes' rule (for exponential sums: Laguerre) one change means exactly one root; otherwise the whole range
    is searched. Raises NoRate or SeveralRates.
    """
    low, high = math.log1p(RATE_MIN), math.log1p(RATE_MAX)
    if changes == 1:
        left, right = max(low, guess - 0.5), min(high, guess + 0.5)
        while (left > low or right < high) and (curve(left)[0] > 0) == (curve(right)[0] > 0):
            left, right = max(low, left - 1), min(high, right + 1)
        if (curve(left)[0] > 0) == (curve(right)[0] > 0):
            raise NoRate({"payments": Text("No rate between -99 % and 100,000,000 % makes the two sides equal")})
        return bounded_root(curve, left, right, guess)
    # A square grid is dense about zero, where the roots of real loans lie.
    half = _GRID // 2
    points = [low * (k / half) ** 2 for k in range(half, 0, -1)] + [high * (k / half) ** 2 for k in range(half + 1)]
    values = [curve(x)[0] for x in points]
    roots = [x for x, value in zip(points, values, strict=True) if value == 0]
    roots += [
        bounded_root(curve, points[k], points[k + 1], (points[k] + points[k + 1]) / 2)
        for k in range(len(points) - 1)
        if values[k] * values[k + 1] < 0
    ]
    if not roots:
        raise NoRate({"payments": Text("No rate makes advances and payments equal")})
    if len(roots) > 1:
        rates = ", ".join(f"{math.expm1(x):.6%}" for x in sorted(roots))
        raise SeveralRates({"payments": Text("More than one rate makes the two sides equal: {rates}", rates=rates)})
    return roots[0]


def unit_rate(given: Sequence[tuple[Exact, Exact, Exact]]) -> Decimal:
    """The rate i of one unit of time with sum amount / ((1 + fraction x i) (1 + i)^whole) = 0.

    Flows are (whole, fraction, amount): simple interest over the odd fraction, as in Regulation Z, Appendix J (b)(8).
    With fractions of zero and any `whole` this is the internal rate of return.
    Raises NoRate or SeveralRates.
    """
    flows = [(float(whole), float(odd), float(amount)) for whole, odd, amount in given]
    scale = max((abs(amount) for _, _, amount in flows), default=0.0)
    changes = _sign_changes([(whole + odd, amount) for whole, odd, amount in flows])
    if not scale or not changes:
        raise NoRate({"payments": Text("There must be both advances and payments")})
    start = min(whole for whole, _, _ in flows)
    terms = sorted(((whole - start, odd, amount / scale) for whole, odd, amount in flows), reverse=True)
    last = terms[0][2]
    exp = math.exp

    def curve(x: float) -> tuple[float, float]:
        value = slope = 0.0
        try:
            grown = exp(x)
            for whole, odd, amount in terms:
                term = amount * exp(-whole * x)
                if odd:
                    base = 1 + odd * (grown - 1)
                    term /= base
                    slope -= (whole + odd * grown / base) * term
                else:
                    slope -= whole * term
                value += term
        except OverflowError:  # far below zero the last flow outweighs all others
            return math.copysign(1e300, last), 0.0
        return value, slope

    return Decimal(math.expm1(only_root(curve, changes, _first_guess(terms))))


def internal_rate(flows: Sequence[tuple[Exact, Exact]]) -> Decimal:
    """The rate r per unit of time with sum amount / (1 + r)^time = 0. `flows` are (time, amount), both signs.

    Raises NoRate or SeveralRates.
    """
    return unit_rate([(at, 0, amount) for at, amount in flows])


def compounded(rate_period: Decimal, per_year: Fraction) -> Decimal:
    """The effective yearly rate of a rate of a period. Raises NoRate when it is beyond 10^15."""
    try:
        effective = (1 + float(rate_period)) ** float(per_year) - 1
    except OverflowError:
        effective = math.inf
    if effective >= 1e15:
        raise NoRate({"payments": Text("The yearly rate is too large to be told")})
    return Decimal(effective)


def nominal_of(effective: Decimal, per_year: Fraction) -> Decimal:
    """Periods a year times the rate of a period that compounds to the effective rate."""
    steps = float(per_year)
    return Decimal(steps * ((1 + float(effective)) ** (1 / steps) - 1))


def _first_guess(terms: Sequence[tuple[float, float, float]]) -> float:
    """Simple interest over the mean life: ln(paid / lent) / distance of the centres of gravity."""
    paid = sum(amount for _, _, amount in terms if amount > 0)
    lent = sum(amount for _, _, amount in terms if amount < 0)
    distance = sum((whole + odd) * amount for whole, odd, amount in terms if amount > 0) / paid
    distance -= sum((whole + odd) * amount for whole, odd, amount in terms if amount < 0) / lent
    return max(-2.0, min(5.0, math.log(-paid / lent) / distance)) if distance else 0.05

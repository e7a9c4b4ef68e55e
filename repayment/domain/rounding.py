"""Rounding of exact ratios to whole minor units, and who absorbs what rounding leaves over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from core.domain.errors import InvalidInput
from core.domain.money import Rounding
from core.domain.texts import Text

Rounder = Callable[[int, int], int]


def _half_even(num: int, den: int) -> int:
    whole, rest = divmod(num, den)
    rest += rest
    if rest > den or (rest == den and whole & 1):
        return whole + 1
    return whole


def _half_up(num: int, den: int) -> int:
    return (2 * num + den) // (2 * den)


def _up(num: int, den: int) -> int:
    return -(-num // den)


def _down(num: int, den: int) -> int:
    return num // den


# Amounts rounded here are never negative, so UP and HALF_UP need no rule for the other side of zero.
_HALF_EVEN, _HALF_UP, _UP, _DOWN = Rounding
ROUNDERS: dict[Rounding, Rounder] = {
    _HALF_EVEN: _half_even,
    _HALF_UP: _half_up,
    _UP: _up,
    _DOWN: _down,
}


class Division(NamedTuple):
    """A rounded division spelled out, for loops that cannot afford a call a row.

    The quotient of n is q = (n + offset) // by, less one where q & odd and q * by == n + offset: an exact half that
    went up to an odd number.
    """

    offset: int
    by: int
    odd: int


def division(mode: Rounding, denominator: int) -> Division:
    """How to divide by a denominator above zero in that mode."""
    half = denominator // 2
    if mode is _HALF_EVEN:
        return Division(half, denominator, half * 2 == denominator)  # an odd denominator has no exact halves
    if mode is _HALF_UP:
        return Division(half, denominator, 0)
    return Division(denominator - 1 if mode is _UP else 0, denominator, 0)


def rounded_products(values: Iterable[int], factors: Iterable[int], how: Division) -> list[int]:
    """value x factor / denominator for each pair, each rounded once; as many as the shorter of the two has."""
    offset, by, odd = how
    return [
        (whole := (shifted := value * factor + offset) // by) - (whole & odd and whole * by == shifted)
        for value, factor in zip(values, factors, strict=False)
    ]


class Residual(StrEnum):
    """Which row absorbs the cents that rounding leaves over.

    EQUALISED first moves the level instalment once by its share of the gap, if that makes the gap smaller; what is
    left stays in the last row.
    """

    LAST = "last"
    FIRST = "first"
    EQUALISED = "equalised"


class InterestRounding(StrEnum):
    """Whether interest is rounded once a period or for each stretch of constant balance and rate within it."""

    PERIOD = "period"
    SEGMENT = "segment"


LAST, FIRST, EQUALISED = Residual
SEGMENT = InterestRounding.SEGMENT


@dataclass(frozen=True, slots=True)
class RoundingRule:
    """How a schedule rounds. `multiple_minor` is the step of the instalment in minor units: 5 for CHF 0.05.

    `instalment_mode` rounds the level instalment another way than interest: American lenders often round it UP.
    """

    mode: Rounding = Rounding.HALF_EVEN
    residual: Residual = Residual.LAST
    multiple_minor: int = 1
    interest: InterestRounding = InterestRounding.PERIOD
    instalment_mode: Rounding | None = None

    def __post_init__(self) -> None:
        if self.multiple_minor < 1:
            raise InvalidInput({"rounding.instalment_multiple": Text("The multiple must be more than zero")})

    def level(self, num: int, den: int) -> int:
        """An instalment of num/den minor units, rounded to the multiple."""
        rounded = ROUNDERS[self.instalment_mode or self.mode]
        if self.multiple_minor == 1:
            return rounded(num, den)
        return rounded(num, den * self.multiple_minor) * self.multiple_minor


ROUNDING_RULE = RoundingRule()

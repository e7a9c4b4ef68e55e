"""Cash flows of a whole portfolio at once, in numpy: the same cents as `build_schedule`, thousands of times faster.

For annuity and equal principal with equal periods (day count PERIOD), rounded HALF_EVEN or HALF_UP, residual in the
last row. Interest is exact: a float estimate of the quotient is corrected by the remainder in 64-bit arithmetic. Level
instalments are estimated by floats as well; the few that come near a half minor unit are worked out exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core.domain.dates import MONTHLY, Frequency
from core.domain.errors import InvalidInput
from core.domain.money import MINOR_MAX, Rounding
from core.domain.texts import Text
from repayment.domain.amortization import level_ratio
from repayment.domain.rounding import ROUNDERS
from repayment.domain.schedule_request import ROWS_MAX, Amortization

Ints = NDArray[np.int64]
_BLOCK = 4096  # loans worked on at a time: their rows stay in the processor's cache
_RATE_MAX = 10_000_000  # 1000 % in millionths
_MODES = (Rounding.HALF_EVEN, Rounding.HALF_UP)


@dataclass(frozen=True, eq=False)
class PortfolioProjection:
    """Principal and interest of every loan by row, in minor units; shape (rows, loans), zero after a loan's end."""

    principal: Ints
    interest: Ints

    def balance_after(self, row: int, principal_minor: Ints) -> Ints:
        """What each loan still owes after a row (counted from 1)."""
        return np.asarray(principal_minor - self.principal[:row].sum(axis=0, dtype=np.int64))

    def totals(self) -> tuple[Ints, Ints]:
        """Principal and interest of the portfolio by row."""
        return self.principal.sum(axis=1, dtype=np.int64), self.interest.sum(axis=1, dtype=np.int64)


def project_portfolio(
    principal_minor: Ints,
    rate_millionths: Ints,
    rows: Ints,
    *,
    amortization: Amortization = Amortization.ANNUITY,
    frequency: Frequency = MONTHLY,
    rounding: Rounding = Rounding.HALF_EVEN,
) -> PortfolioProjection:
    """Rows of all loans of one kind. The three arrays are equally long: minor units, annual rate, number of rows.

    Raises InvalidInput for another kind or rounding, and for sums, rates or rows out of range.
    """
    principal, rate, count = (np.ascontiguousarray(a, dtype=np.int64) for a in (principal_minor, rate_millionths, rows))
    _check(principal, rate, count, amortization, rounding)
    longest = int(count.max()) if count.size else 0
    found = PortfolioProjection(*(np.zeros((longest, count.size), dtype=np.int64) for _ in range(2)))
    share = 1 / frequency.periods_per_year
    for start in range(0, count.size, _BLOCK):
        part = slice(start, min(start + _BLOCK, count.size))
        block = _Block(
            principal[part], rate[part] * share.numerator, 1_000_000 * share.denominator, count[part], rounding
        )
        out = found.principal[:, part], found.interest[:, part]
        if amortization is Amortization.ANNUITY:
            block.annuity(*out)
        else:
            block.equal_principal(*out)
    return found


def _check(principal: Ints, rate: Ints, count: Ints, amortization: Amortization, rounding: Rounding) -> None:
    if not principal.shape == rate.shape == count.shape or principal.ndim != 1:
        raise InvalidInput({"principal": Text("Sums, rates and rows must be equally long lists")})
    if amortization not in {Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL}:
        raise InvalidInput({"amortization": Text("A portfolio is projected for annuity or equal principal")})
    if rounding not in _MODES:
        raise InvalidInput({"rounding.mode": Text("A portfolio is projected with HALF_EVEN or HALF_UP")})
    if not principal.size:
        return
    if principal.min() <= 0 or principal.max() > MINOR_MAX:
        raise InvalidInput({"principal": Text("The principal must be more than zero and not above 10^15")})
    if rate.min() < 0 or rate.max() > _RATE_MAX:
        raise InvalidInput({"annual_rate": Text("The rate must be from 0 to 10 (1000 %)")})
    if count.min() < 1 or count.max() > ROWS_MAX:
        raise InvalidInput({"instalments": Text("Enter a whole number from 1 to {most}", most=ROWS_MAX)})


class _Block:
    """A block of loans small enough for the cache. Interest of a row is round(balance x numerator / denominator)."""

    def __init__(self, principal: Ints, numerator: Ints, denominator: int, count: Ints, rounding: Rounding) -> None:
        self.principal, self.numerator, self.denominator, self.count = principal, numerator, denominator, count
        self.rounding = rounding
        self.factor = numerator / denominator
        self.last = int(count.max())
        self.scratch = np.empty(principal.size, dtype=np.float64)
        self.rest = np.empty(principal.size, dtype=np.int64)

    def interest(self, balance: Ints, out: Ints) -> None:
        """Rounds exactly: the estimate is at most one off, and the remainder (mod 2^64, but small) tells which way."""
        rest, den = self.rest, self.denominator
        np.multiply(balance, self.factor, out=self.scratch)
        np.floor(self.scratch, out=self.scratch)
        np.copyto(out, self.scratch, casting="unsafe")
        np.multiply(balance, self.numerator, out=rest)  # may wrap round; so does the product below
        rest -= out * den
        rest += rest
        if self.rounding is Rounding.HALF_UP:
            out += rest >= den
        else:
            out += (rest > den) | ((rest == den) & ((out & 1) == 1))
        # The estimate was one too high (rest < 0 before doubling) or one too low (a whole denominator left over).
        high = rest < 0
        if high.any() or (rest >= 2 * den).any():
            self._exactly(balance, out, np.flatnonzero(high | (rest >= 2 * den)))

    def _exactly(self, balance: Ints, out: Ints, where: Ints) -> None:
        rounded = ROUNDERS[self.rounding]
        for k in where:
            out[k] = rounded(int(balance[k]) * int(self.numerator[k]), self.denominator)

    def levels(self) -> Ints:
        """The level instalment of each loan, exactly rounded."""
        n, factor = self.count, self.factor
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = self.principal * factor / -np.expm1(-n * np.log1p(factor))
        exact = np.where(factor == 0, self.principal / n, exact)
        level = np.rint(exact).astype(np.int64)
        distance = np.abs(np.abs(exact - np.floor(exact)) - 0.5)
        # 1e-11 is far above what expm1 and log1p lose, relative to the instalment; nearer to a half we compute exactly.
        near = np.flatnonzero(distance < 1e-11 * exact + 1e-6)
        rounded = ROUNDERS[self.rounding]
        for k in near:
            num, den = Fraction(int(self.numerator[k]), self.denominator).as_integer_ratio()
            ratio = level_ratio(int(self.principal[k]), num, den, int(n[k]))
            level[k] = rounded(*ratio)
        return np.asarray(level)

    def annuity(self, principal: Ints, interest: Ints) -> None:
        """Fills the columns of level instalments; the last row of each loan closes it."""
        level, balance = self.levels(), self.principal.copy()
        ends_together = int(self.count.min()) == self.last
        for row in range(self.last):
            due, charged = principal[row], interest[row]
            self.interest(balance, charged)
            if ends_together and row < self.last - 1:
                np.subtract(level, charged, out=due)
            else:
                np.copyto(due, np.where(self.count == row + 1, balance, level - charged))
            np.minimum(due, balance, out=due)
            balance -= due

    def equal_principal(self, principal: Ints, interest: Ints) -> None:
        """Fills the columns of equal principal; the last row of each loan takes what does not divide."""
        whole, rest = np.divmod(self.principal, self.count)
        rest += rest
        if self.rounding is Rounding.HALF_UP:
            whole += rest >= self.count
        else:
            whole += (rest > self.count) | ((rest == self.count) & ((whole & 1) == 1))
        balance = self.principal.copy()
        for row in range(self.last):
            due = principal[row]
            self.interest(balance, interest[row])
            np.copyto(due, np.where(self.count == row + 1, balance, whole))
            np.minimum(due, balance, out=due)
            balance -= due

"""Fees of a schedule: what is due at the start, what is financed, what each row carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat

from core.domain.dates import add_months
from repayment.domain.rounding import ROUNDERS, division, rounded_products
from repayment.domain.schedule_request import Fee, FeeKind, ScheduleRequest

AT_START = frozenset({FeeKind.UP_FRONT, FeeKind.FINANCED})


def fee_of(request: ScheduleRequest, fee: Fee, basis_minor: int) -> int:
    """The fee in minor units on that basis, rounded once by the schedule's mode."""
    if fee.amount is not None:
        return fee.amount.minor
    num, den = (fee.rate or 0).as_integer_ratio()
    return ROUNDERS[request.rounding.mode](basis_minor * num, den)


def fee_at_start(request: ScheduleRequest, kind: FeeKind, *, withheld: bool | None = None) -> int:
    """Fees of that kind due with the disbursement, in minor units."""
    return sum(
        fee_of(request, fee, request.principal.minor)
        for fee in request.fees
        if fee.kind is kind and (withheld is None or fee.withheld is withheld)
    )


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee with what it costs at the start and in each row."""

    fee: Fee
    at_start_minor: int
    per_row_minor: tuple[int, ...]

    @property
    def total_minor(self) -> int:
        """The whole fee over the loan."""
        return self.at_start_minor + sum(self.per_row_minor)


def _insurance(request: ScheduleRequest, fee: Fee, openings: Sequence[int]) -> list[int]:
    """What each row's opening balance costs to insure."""
    if fee.amount is not None:
        return [fee.amount.minor] * len(openings)
    num, den = (fee.rate or 0).as_integer_ratio()
    return rounded_products(openings, repeat(num), division(request.rounding.mode, den))


def _annual_rows(request: ScheduleRequest, due: Sequence[date]) -> list[int]:
    """Row indices that carry the annual fee: the first on or after each anniversary before the end."""
    rows, year = [], 1
    while (day := add_months(request.disbursed_on, 12 * year)) < due[-1]:
        rows.append(next(k for k, on in enumerate(due) if on >= day))
        year += 1
    return rows


def fee_lines(request: ScheduleRequest, due: Sequence[date], openings: Sequence[int]) -> tuple[FeeLine, ...]:
    """Every fee by row. `openings` are the balances before each row, the basis of insurance by rate."""
    lines = []
    for fee in request.fees:
        per_row = [0] * len(due)
        start = 0
        if fee.kind in AT_START:
            start = fee_of(request, fee, request.principal.minor)
        elif fee.kind is FeeKind.PER_INSTALMENT:
            per_row = [fee_of(request, fee, request.principal.minor)] * len(due)
        elif fee.kind is FeeKind.INSURANCE:
            per_row = _insurance(request, fee, openings)
        else:
            for k in _annual_rows(request, due):
                per_row[k] += fee_of(request, fee, request.principal.minor)
        lines.append(FeeLine(fee, start, tuple(per_row)))
    return tuple(lines)

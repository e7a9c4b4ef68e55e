"""Schedules, portfolios and rates per CPU second on one core, beside two independent libraries in the same run.

    python -m bench.schedule

The peers (mortgagemath, amortization) do less: no dates, no day counts, no fees. They are measured when installed.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

import numpy as np

from core.domain.calendars import BusinessCalendar, Convention
from core.domain.dates import DayCount
from core.domain.money import Money
from repayment.domain.cost import effective_annual_rate
from repayment.domain.projection import project_portfolio
from repayment.domain.schedule import (
    Amortization,
    BusinessDays,
    Disbursement,
    Fee,
    FeeKind,
    Grace,
    InterestTreatment,
    Prepayment,
    RateChange,
    Residual,
    RoundingRule,
    ScheduleRequest,
    build_schedule,
)

ROWS = 36
LOANS = 3000
Loan = tuple[int, int, date]  # minor units, rate in thousandths, day of disbursement


def _loans(count: int) -> list[Loan]:
    rng = random.Random(7)
    first = date(2024, 1, 1)
    return [
        (rng.randrange(10**5, 10**8), rng.randrange(1, 360), first + timedelta(days=rng.randrange(730)))
        for _ in range(count)
    ]


def per_second(work: Callable[[Loan], Any], loans: list[Loan], repeats: int = 3) -> float:
    """Loans per CPU second: the best of a few runs, since a neighbour on the machine can only slow one down."""
    best = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        for loan in loans:
            work(loan)
        best = min(best, time.process_time() - started)
    return len(loans) / best


def request_of(loan: Loan, kind: Amortization, day_count: DayCount, **more: Any) -> ScheduleRequest:
    """The request a loan stands for."""
    minor, rate, start = loan
    return ScheduleRequest(
        principal=Money(minor, "EUR"),
        amortization=kind,
        disbursed_on=start,
        rate_annual=Decimal(rate) / 1000,
        instalments=ROWS,
        day_count=day_count,
        **more,
    )


def ours(kind: Amortization, day_count: DayCount) -> Callable[[Loan], Any]:
    """From plain figures to the finished rows: request, checks, schedule and its 36 instalments."""
    return lambda loan: build_schedule(request_of(loan, kind, day_count)).instalments


def features(loan: Loan) -> dict[str, dict[str, Any]]:
    """One feature at a time on top of an annuity by ACT/365F, and then all that fit together."""
    minor, _, start = loan
    grace: dict[str, Any] = {"grace": Grace(2)}
    prepaid: dict[str, Any] = {"prepayments": (Prepayment(start + timedelta(days=200), Money(minor // 10, "EUR")),)}
    changed: dict[str, Any] = {"rate_changes": (RateChange(start + timedelta(days=400), Decimal("0.05")),)}
    fees: dict[str, Any] = {
        "fees": (
            Fee("arrangement", FeeKind.FINANCED, rate=Decimal("0.01")),
            Fee("insurance", FeeKind.INSURANCE, rate=Decimal("0.0005"), payee="insurer"),
        )
    }
    days: dict[str, Any] = {"business_days": BusinessDays(Convention.MODIFIED_FOLLOWING, BusinessCalendar("TARGET"))}
    return {
        "equalised to a multiple of 0.05": {"rounding": RoundingRule(residual=Residual.EQUALISED, multiple_minor=5)},
        "business days of TARGET": days,
        "fees": fees,
        "balloon": {"balloon": Money(minor // 5, "EUR")},
        "grace": grace,
        "prepayment": prepaid,
        "rate change": changed,
        "two tranches": {"disbursements": (Disbursement(start + timedelta(days=50), Money(minor // 4, "EUR")),)},
        "interest capitalised in a grace": {"grace": Grace(3, 3, InterestTreatment.CAPITALISED)},
        "grace, prepayment and rate change": {**grace, **prepaid, **changed},
        "the same with fees and business days": {**grace, **prepaid, **changed, **fees, **days},
    }


def with_feature(name: str) -> Callable[[Loan], Any]:
    """The general generator with one named set of features."""

    def work(loan: Loan) -> Any:
        more = features(loan)[name]
        return build_schedule(request_of(loan, Amortization.ANNUITY, DayCount.ACT_365F, **more)).instalments

    return work


def peers() -> dict[str, Callable[[Loan], Any]]:
    """The independent libraries that are installed, each making 36 rows of a level loan."""
    found: dict[str, Callable[[Loan], Any]] = {}
    if find_spec("mortgagemath"):
        from mortgagemath import LoanParams
        from mortgagemath import amortization_schedule as theirs

        found["mortgagemath, annuity without dates"] = lambda loan: theirs(
            LoanParams(Decimal(loan[0]) / 100, Decimal(loan[1]) / 10, ROWS)
        )
    if find_spec("amortization"):
        from amortization.schedule import amortization_schedule

        found["amortization, annuity without dates, floats"] = lambda loan: list(
            amortization_schedule(loan[0] / 100, loan[1] / 1000, ROWS)
        )
    return found


def portfolio(kind: Amortization, count: int) -> float:
    """Loans of 36 rows projected per CPU second."""
    rng = np.random.default_rng(7)
    minor, rates = rng.integers(10**5, 10**8, count), rng.integers(1000, 360_000, count)
    rows = np.full(count, ROWS)
    started = time.process_time()
    project_portfolio(minor, rates, rows, amortization=kind)
    return count / (time.process_time() - started)


def main() -> None:
    """Prints one line per figure."""
    loans = _loans(LOANS)
    base = per_second(ours(Amortization.ANNUITY, DayCount.PERIOD), loans)
    rows: list[tuple[str, float]] = [("exact, annuity, PERIOD", base)]
    rows += [
        (f"exact, {kind.value}, {day_count.value}", per_second(ours(kind, day_count), loans))
        for kind in (Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL)
        for day_count in (DayCount.ACT_365F, DayCount.THIRTY_E_360)
    ]
    rows += [(f"exact, annuity, {name}", per_second(with_feature(name), loans[:500])) for name in features(loans[0])]
    rows += [
        (f"exact, {kind.value}", per_second(ours(kind, DayCount.ACT_365F), loans[:500]))
        for kind in (Amortization.INTEREST_ONLY, Amortization.FLAT)
    ]
    rows += [(name, per_second(work, loans[:500])) for name, work in peers().items()]
    print(f"{'loans of 36 rows per CPU second':55} {'':>10} ratio")
    for name, speed in rows:
        print(f"{name:55} {speed:10,.0f} {speed / base:.2f}")
    for kind in (Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL):
        print(f"{'project_portfolio, ' + kind.value:55} {portfolio(kind, 1_000_000):10,.0f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory of 1,000,000 loans x 36 rows':55} {peak:10,.0f} MiB")
    schedules = [build_schedule(request_of(loan, Amortization.ANNUITY, DayCount.ACT_365F)) for loan in loans[:1000]]
    started = time.process_time()
    for schedule in schedules:
        effective_annual_rate(schedule)
    print(f"{'effective rate of 1,000 schedules':55} {time.process_time() - started:10.2f} s")


if __name__ == "__main__":
    main()

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
from repayment.cli.apr_json import answer_apr
from repayment.cli.reading import Fields
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
    Schedule,
    ScheduleRequest,
    build_schedule,
)

ROWS = 36
LOANS = 3000
Loan = tuple[int, int, date]  # minor units, rate in thousandths, day of disbursement
Work = Callable[[Loan], Any]
Feature = Callable[[int, date], dict[str, Any]]  # what a loan of that sum and day adds to the request


def _loans(count: int) -> list[Loan]:
    rng = random.Random(7)
    first = date(2024, 1, 1)
    return [
        (rng.randrange(10**5, 10**8), rng.randrange(1, 360), first + timedelta(days=rng.randrange(730)))
        for _ in range(count)
    ]


def per_second(works: dict[str, Work], loans: list[Loan], rounds: int = 30, batch: int = 100) -> dict[str, float]:
    """Loans per CPU second of each work: the best of many short rounds in turn.

    A neighbour on the machine can only slow a round down, and taking turns lets all works have the same weather.
    """
    best = dict.fromkeys(works, float("inf"))
    for k in range(rounds):
        part = loans[k * batch % len(loans) :][:batch]
        for name, work in works.items():
            started = time.process_time()
            for loan in part:
                work(loan)
            best[name] = min(best[name], (time.process_time() - started) / len(part))
    return {name: 1 / seconds for name, seconds in best.items()}


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


def ours(kind: Amortization, day_count: DayCount, feature: Feature = lambda *_: {}) -> Work:
    """From plain figures to the finished rows: request, checks, schedule and its 36 instalments."""
    return lambda loan: build_schedule(request_of(loan, kind, day_count, **feature(loan[0], loan[2]))).instalments


# What a product says of all its loans, and what happens to one of them.
EQUALISED = RoundingRule(residual=Residual.EQUALISED, multiple_minor=5)
TARGET = BusinessDays(Convention.MODIFIED_FOLLOWING, BusinessCalendar("TARGET"))
FEES = (
    Fee("arrangement", FeeKind.FINANCED, rate=Decimal("0.01")),
    Fee("insurance", FeeKind.INSURANCE, rate=Decimal("0.0005"), payee="insurer"),
)
CAPITALISED = Grace(3, 3, InterestTreatment.CAPITALISED)


def prepaid(minor: int, start: date) -> dict[str, Any]:
    """A tenth of the sum comes back early."""
    return {"prepayments": (Prepayment(start + timedelta(days=200), Money(minor // 10, "EUR")),)}


def repriced(_: int, start: date) -> dict[str, Any]:
    """The rate changes once."""
    return {"rate_changes": (RateChange(start + timedelta(days=400), Decimal("0.05")),)}


def in_parts(minor: int, start: date) -> dict[str, Any]:
    """A quarter is paid out later."""
    return {"disbursements": (Disbursement(start + timedelta(days=50), Money(minor // 4, "EUR")),)}


FEATURES: dict[str, Feature] = {
    "equalised to a multiple of 0.05": lambda *_: {"rounding": EQUALISED},
    "business days of TARGET": lambda *_: {"business_days": TARGET},
    "fees": lambda *_: {"fees": FEES},
    "balloon": lambda minor, _: {"balloon": Money(minor // 5, "EUR")},
    "grace": lambda *_: {"grace": Grace(2)},
    "interest capitalised in a grace": lambda *_: {"grace": CAPITALISED},
    "prepayment": prepaid,
    "rate change": repriced,
    "two tranches": in_parts,
    "grace, prepayment and rate change": lambda *loan: {"grace": Grace(2), **prepaid(*loan), **repriced(*loan)},
    "the same with fees and business days": lambda *loan: {
        "grace": Grace(2), "fees": FEES, "business_days": TARGET, **prepaid(*loan), **repriced(*loan)
    },
}  # fmt: skip


def peers() -> dict[str, Work]:
    """The independent libraries that are installed, each making 36 rows of a level loan."""
    found: dict[str, Work] = {}
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
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        project_portfolio(minor, rates, rows, amortization=kind)
        best = min(best, time.process_time() - started)
    return count / best


def schedules(loans: list[Loan]) -> None:
    """One line for each kind and feature, with its ratio to each peer."""
    annuity, equal = Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL
    works = {
        f"{kind.value}, {day_count.value}": ours(kind, day_count)
        for kind, day_count in [
            (annuity, DayCount.PERIOD), (annuity, DayCount.ACT_365F), (annuity, DayCount.THIRTY_E_360),
            (equal, DayCount.ACT_365F), (Amortization.INTEREST_ONLY, DayCount.ACT_365F),
            (Amortization.FLAT, DayCount.ACT_365F),
        ]
    }  # fmt: skip
    works |= {f"annuity, {name}": ours(annuity, DayCount.ACT_365F, feature) for name, feature in FEATURES.items()}
    beside = peers()
    speeds = per_second(works | beside, loans)
    heads = "".join(f" {name.split(',')[0]:>13}" for name in beside)
    print(f"{'loans of 36 rows per CPU second':55} {'':>10}{heads}")
    for name, speed in speeds.items():
        ratios = "".join(f" {speed / speeds[peer]:13.2f}" for peer in beside)
        print(f"{name:55} {speed:10,.0f}{ratios}")


def flows_of(schedule: Schedule) -> dict[str, Any]:
    """The flows of a schedule as the command reads them: one advance, 36 dated payments."""
    paid = [{"on": row.due_on.isoformat(), "amount": str(row.payment)} for row in schedule.instalments]
    first = {"on": schedule.request.disbursed_on.isoformat(), "amount": str(schedule.request.principal)}
    return {"advances": [first], "payments": paid, "unit_periods_per_year": 12}


def rates(loans: list[Loan]) -> None:
    """CPU seconds of the cost of 1,000 schedules by each method."""
    made = [build_schedule(request_of(loan, Amortization.ANNUITY, DayCount.ACT_365F)) for loan in loans[:1000]]
    started = time.process_time()
    for schedule in made:
        effective_annual_rate(schedule)
    print(f"{'effective rate of 1,000 schedules':55} {time.process_time() - started:10.2f} s")
    flows = [flows_of(schedule) for schedule in made]
    for method in ("us_actuarial", "eu_aprc", "irr"):
        started = time.process_time()
        for item in flows:
            answer_apr(Fields({"method": method, **item}))
        print(f"{method + ' of 1,000 items as the command answers them':55} {time.process_time() - started:10.2f} s")


def main() -> None:
    """Prints one line per figure."""
    loans = _loans(LOANS)
    schedules(loans)
    for kind in (Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL):
        print(f"{'project_portfolio, ' + kind.value:55} {portfolio(kind, 1_000_000):10,.0f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory of 1,000,000 loans x 36 rows':55} {peak:10,.0f} MiB")
    rates(loans)


if __name__ == "__main__":
    main()

"""The portfolio as of a closed day, from the day snapshots: outstanding, risk, new business, trend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from core.db import Work
from core.domain.money import Money
from repayment.domain.arrears import Bucket

PAR_DAYS = (1, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class CurrencyPortfolio:
    """The portfolio in one currency. PAR counts the whole principal of loans more than so many days late (PAR1: at
    least one day); `charged_off` is not in `outstanding`."""

    currency: str
    loans: int
    outstanding: Money
    overdue: Money
    par: Mapping[int, Decimal]
    par_minor: Mapping[int, int]
    buckets: Mapping[Bucket, tuple[int, Money]]
    classes: Mapping[str, tuple[int, Money]]
    stages: Mapping[int, tuple[int, Money]]
    allowance: Money
    charged_off: Money
    restructured: Money


@dataclass(frozen=True, slots=True)
class MonthOfBusiness:
    """What was disbursed and what was paid in, in one month and currency."""

    month_on: date
    currency: str
    loans: int
    disbursed: Money
    received: Money


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Outstanding and PAR30 at the end of a day, in one currency."""

    day_on: date
    currency: str
    loans: int
    outstanding: Money
    par30: Decimal


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The manager's page. `as_of` is the last closed day on or before the day asked for (None: nothing closed yet)."""

    as_of: date | None
    currencies: tuple[CurrencyPortfolio, ...]
    months: tuple[MonthOfBusiness, ...]
    trend: tuple[TrendPoint, ...]


_DAY = text(
    """
    SELECT l.currency, d.bucket, d.risk_class, d.stage, d.dpd,
           count(*) AS loans, sum(d.principal_minor) AS principal, sum(d.overdue_minor) AS overdue,
           sum(d.principal_minor) FILTER (WHERE l.restructured_on <= :day) AS restructured
    FROM loan_day d JOIN loan l ON l.id = d.loan_id
    WHERE d.day_on = :day AND d.principal_minor + d.overdue_minor > 0
    GROUP BY 1, 2, 3, 4, 5
    """
)
_LEDGER = text(
    """
    SELECT currency, account, sum(minor) AS minor FROM (
        SELECT currency, debit AS account, minor FROM ledger_entry
        WHERE effective_on <= :day AND debit IN ('allowance', 'memo_charged_off')
        UNION ALL
        SELECT currency, credit, -minor FROM ledger_entry
        WHERE effective_on <= :day AND credit IN ('allowance', 'memo_charged_off')
    ) x GROUP BY 1, 2
    """
)
_MONTHS = text(
    """
    SELECT date_trunc('month', e.value_on)::date AS month_on, l.currency,
           count(*) FILTER (WHERE e.kind = 'DISBURSEMENT') AS loans,
           coalesce(sum(e.minor) FILTER (WHERE e.kind = 'DISBURSEMENT'), 0) AS disbursed,
           coalesce(sum(e.minor) FILTER (WHERE e.channel IS NOT NULL), 0) AS received
    FROM loan_event e JOIN loan l ON l.id = e.loan_id
    WHERE e.voided_on IS NULL AND e.value_on <= :day AND e.value_on > CAST(:day AS date) - :window
      AND (e.kind = 'DISBURSEMENT' OR e.channel IS NOT NULL)
    GROUP BY 1, 2 ORDER BY 1, 2
    """
)
_TREND = text(
    """
    SELECT d.day_on, l.currency, count(*) AS loans, sum(d.principal_minor) AS principal,
           coalesce(sum(d.principal_minor) FILTER (WHERE d.dpd > 30), 0) AS late
    FROM loan_day d JOIN loan l ON l.id = d.loan_id
    WHERE d.day_on = ANY(:days) GROUP BY 1, 2 ORDER BY 1, 2
    """
)


def portfolio(w: Work, as_of: date | None = None, *, months: int = 18) -> Portfolio:
    """The portfolio at the end of `as_of`, or of the last closed day when None or not closed yet."""
    last = w.session.scalar(
        text("SELECT max(day_on) FROM day_close WHERE finished_at IS NOT NULL AND day_on <= coalesce(:day, day_on)"),
        {"day": as_of},
    )
    if last is None:
        return Portfolio(None, (), (), ())
    rows = w.session.execute(_DAY, {"day": last}).all()
    books = {(code, account): int(minor) for code, account, minor in w.session.execute(_LEDGER, {"day": last})}
    codes = sorted({row.currency for row in rows} | {code for code, _ in books})
    return Portfolio(
        as_of=last,
        currencies=tuple(_currency(code, [row for row in rows if row.currency == code], books) for code in codes),
        months=_months(w, last, months),
        trend=_trend(w, last, months),
    )


def _currency(code: str, rows: list[Any], books: Mapping[tuple[str, str], int]) -> CurrencyPortfolio:
    outstanding = sum(int(row.principal) for row in rows)
    par_minor = {
        days: sum(int(row.principal) for row in rows if (row.dpd >= 1 if days == 1 else row.dpd > days))
        for days in PAR_DAYS
    }

    def money(minor: int) -> Money:
        return Money(minor, code)

    def grouped(key: str) -> dict[Any, tuple[int, Money]]:
        found: dict[Any, tuple[int, Money]] = {}
        for row in rows:
            name = getattr(row, key)
            count, so_far = found.get(name, (0, money(0)))
            found[name] = (count + row.loans, so_far + money(int(row.principal)))
        return found

    buckets = grouped("bucket")
    return CurrencyPortfolio(
        currency=code, loans=sum(row.loans for row in rows), outstanding=money(outstanding),
        overdue=money(sum(int(row.overdue) for row in rows)),
        par={days: share(minor, outstanding) for days, minor in par_minor.items()}, par_minor=par_minor,
        buckets={bucket: buckets.get(bucket.value, (0, money(0))) for bucket in Bucket},
        classes=grouped("risk_class"), stages=grouped("stage"), allowance=money(-books.get((code, "allowance"), 0)),
        charged_off=money(books.get((code, "memo_charged_off"), 0)),
        restructured=money(sum(int(row.restructured or 0) for row in rows)),
    )  # fmt: skip


def share(part: int, whole: int) -> Decimal:
    """A fraction of one with four decimals; zero of nothing."""
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else Decimal(0)


def _months(w: Work, day: date, months: int) -> tuple[MonthOfBusiness, ...]:
    rows = w.session.execute(_MONTHS, {"day": day, "window": 31 * months})
    return tuple(
        MonthOfBusiness(
            row.month_on, row.currency, row.loans, Money(int(row.disbursed), row.currency),
            Money(int(row.received), row.currency),
        )
        for row in rows
    )  # fmt: skip


def _trend(w: Work, day: date, months: int) -> tuple[TrendPoint, ...]:
    days, at = [day], day
    for _ in range(months):
        at = at.replace(day=1) - timedelta(days=1)
        days.append(at)
    rows = w.session.execute(_TREND, {"days": days})
    return tuple(
        TrendPoint(
            row.day_on, row.currency, row.loans, Money(int(row.principal), row.currency),
            share(int(row.late), int(row.principal)),
        )
        for row in rows
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Roll:
    """How many loans went from one bucket to another between two days, and their principal at the first."""

    currency: str
    before: str
    after: str
    loans: int
    principal: Money


_ROLLS = text(
    """
    SELECT l.currency, a.bucket AS before,
           coalesce(b.bucket, CASE WHEN l.status IN ('CHARGED_OFF', 'SOLD') THEN 'charged off' ELSE 'repaid' END)
             AS after,
           count(*) AS loans, sum(a.principal_minor) AS principal
    FROM loan_day a JOIN loan l ON l.id = a.loan_id
    LEFT JOIN loan_day b ON b.loan_id = a.loan_id AND b.day_on = :last
    WHERE a.day_on = :first GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
)


def roll_rates(w: Work, first: date, last: date) -> tuple[Roll, ...]:
    """The roll-rate matrix between the ends of two closed days."""
    rows = w.session.execute(_ROLLS, {"first": first, "last": last})
    return tuple(
        Roll(row.currency, row.before, row.after, row.loans, Money(int(row.principal), row.currency)) for row in rows
    )


@dataclass(frozen=True, slots=True)
class Vintage:
    """Loans disbursed in one month: the share ever more than 30 and 90 days late after so many months on book."""

    month_on: date
    months_on_book: int
    loans: int
    ever_30: Decimal
    ever_90: Decimal


_VINTAGES = text(
    """
    WITH worst AS (
        SELECT l.id, date_trunc('month', l.disbursed_on)::date AS month_on, m.mob,
               max(d.dpd) AS dpd
        FROM loan l
        CROSS JOIN LATERAL generate_series(3, 18, 3) AS m(mob)
        LEFT JOIN loan_day d ON d.loan_id = l.id AND d.day_on <= l.disbursed_on + make_interval(months => m.mob)
        WHERE l.disbursed_on + make_interval(months => m.mob) <= :day
        GROUP BY 1, 2, 3
    )
    SELECT month_on, mob, count(*) AS loans, count(*) FILTER (WHERE dpd > 30) AS late_30,
           count(*) FILTER (WHERE dpd > 90) AS late_90
    FROM worst GROUP BY 1, 2 ORDER BY 1, 2
    """
)


def quarterly(found: Iterable[Vintage]) -> dict[date, dict[int, Decimal]]:
    """The share ever more than 30 days late by quarter of payout and months on book: curves that jump less than months.

    The months of a quarter are pooled by their loans; the curve ends where the first of them is too young.
    """
    groups: dict[date, dict[int, list[Vintage]]] = {}
    for one in found:
        quarter = one.month_on.replace(month=(one.month_on.month - 1) // 3 * 3 + 1)
        groups.setdefault(quarter, {}).setdefault(one.months_on_book, []).append(one)
    return {
        quarter: {
            step: _pooled(months) for step, months in steps.items() if len(months) == max(map(len, steps.values()))
        }
        for quarter, steps in groups.items()
    }


def _pooled(months: list[Vintage]) -> Decimal:
    late = sum((one.ever_30 * one.loans for one in months), Decimal(0))
    return (late / sum(one.loans for one in months)).quantize(Decimal("0.0001"))


def vintages(w: Work, as_of: date) -> tuple[Vintage, ...]:
    """Vintage curves in steps of three months, for months whose loans have been on book that long."""
    return tuple(
        Vintage(row.month_on, row.mob, row.loans, share(row.late_30, row.loans), share(row.late_90, row.loans))
        for row in w.session.execute(_VINTAGES, {"day": as_of})
    )

"""The loans behind each number of the portfolio page, and the check that the page and the ledger agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from core.db import Work
from core.domain.money import Money
from repayment.domain.arrears import Bucket


@dataclass(frozen=True, slots=True)
class LoanOnDay:
    """One loan at the end of a closed day."""

    id: UUID
    reference: str
    borrower_name: str
    product: Mapping[str, str]
    segment: str
    grade: str | None
    disbursed_on: date | None
    lent: Money
    principal: Money
    overdue: Money
    dpd: int
    bucket: Bucket
    risk_class: str
    stage: int


@dataclass(frozen=True, slots=True)
class LoanFilter:
    """Which loans: late by at least so many days, of one bucket or class, restructured, lent in one month."""

    dpd_from: int = 0
    bucket: Bucket | None = None
    risk_class: str | None = None
    restructured: bool = False
    month_on: date | None = None


_LOANS = """
    SELECT l.id, l.reference, p.name AS borrower_name, l.product, l.segment, l.grade, l.disbursed_on,
           l.principal_minor AS lent, coalesce(d.principal_minor, 0) AS principal,
           coalesce(d.overdue_minor, 0) AS overdue, coalesce(d.dpd, 0) AS dpd, coalesce(d.bucket, '0') AS bucket,
           coalesce(d.risk_class, '') AS risk_class, coalesce(d.stage, 1) AS stage, count(*) OVER () AS all_of_them
    FROM loan l JOIN party p ON p.id = l.borrower_id
    {join} loan_day d ON d.loan_id = l.id AND d.day_on = :day
    WHERE l.currency = :currency {where}
    ORDER BY principal DESC, l.reference LIMIT :limit OFFSET :offset
"""


def loans_on(
    w: Work, day: date, currency: str, asked: LoanFilter, *, limit: int | None = 50, offset: int = 0
) -> tuple[tuple[LoanOnDay, ...], int]:
    """Loans of a currency at the end of a closed day, largest first; and how many there are in all."""
    where, values, join = "", {"day": day, "currency": currency, "limit": limit, "offset": offset}, "JOIN"
    if asked.month_on is None:
        where += " AND d.principal_minor + d.overdue_minor > 0"
    else:
        where += " AND date_trunc('month', l.disbursed_on)::date = :month AND l.disbursed_on <= :day"
        values, join = {**values, "month": asked.month_on}, "LEFT JOIN"
    if asked.dpd_from:
        where, values = where + " AND d.dpd >= :dpd", {**values, "dpd": asked.dpd_from}
    if asked.bucket is not None:
        where, values = where + " AND d.bucket = :bucket", {**values, "bucket": asked.bucket.value}
    if asked.risk_class is not None:
        where, values = where + " AND d.risk_class = :class", {**values, "class": asked.risk_class}
    if asked.restructured:
        where += " AND l.restructured_on <= :day"
    rows = w.session.execute(text(_LOANS.format(join=join, where=where)), values).all()
    return tuple(_loan(row, currency) for row in rows), rows[0].all_of_them if rows else 0


def _loan(row: Any, currency: str) -> LoanOnDay:
    return LoanOnDay(
        row.id, row.reference, row.borrower_name, row.product, row.segment, row.grade, row.disbursed_on,
        Money(int(row.lent), currency), Money(int(row.principal), currency), Money(int(row.overdue), currency),
        row.dpd, Bucket(row.bucket), row.risk_class, row.stage,
    )  # fmt: skip


_PRINCIPAL = text(
    """
    SELECT currency, sum(CASE WHEN debit = 'principal' THEN minor ELSE -minor END) AS minor FROM ledger_entry
    WHERE effective_on <= :day AND 'principal' IN (debit, credit) GROUP BY 1
    """
)


def ledger_principal(w: Work, day: date) -> Mapping[str, Money]:
    """The balance of the principal account at the end of a day by value date, by currency."""
    rows = w.session.execute(_PRINCIPAL, {"day": day})
    return {row.currency: Money(int(row.minor), row.currency) for row in rows}


def closed_day_before(w: Work, day: date) -> date | None:
    """The last closed day on or before `day`; None when there is none."""
    query = text("SELECT max(day_on) FROM day_close WHERE finished_at IS NOT NULL AND day_on <= :day")
    found: date | None = w.session.scalar(query, {"day": day})
    return found

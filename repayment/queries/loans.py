"""Lists of loans: everybody's, one borrower's, the collectors' worklist."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from core.db import Work
from core.domain.errors import NotFound
from core.domain.money import Money
from repayment.domain.arrears import Bucket, bucket_of, days_past_due
from repayment.domain.state import LoanStatus


@dataclass(frozen=True, slots=True)
class LoanSummary:
    """One loan in a list, as of the open business date."""

    id: UUID
    reference: str
    borrower_id: UUID
    borrower_name: str
    is_demo: bool
    product: dict[str, str]
    segment: str
    grade: str | None
    status: LoanStatus
    principal: Money
    outstanding: Money
    overdue: Money
    dpd: int
    bucket: Bucket
    next_due_on: date | None
    next_due: Money
    disbursed_on: date | None
    closed_on: date | None
    handed_over_on: date | None
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A late loan on the collectors' list. `why` is PROMISE_DUE, PROMISE_BROKEN, HOLD, HAND_OVER, NEXT_STEP or
    ARREARS."""

    loan: LoanSummary
    why: str
    promise_due_on: date | None
    promise: Money | None
    holds: tuple[str, ...]
    last_contact_on: date | None
    contacts_7d: int
    next_step_on: date | None


_COLUMNS = """
    SELECT l.id, l.reference, l.borrower_id, p.name AS borrower_name, p.is_demo, l.product, l.segment, l.grade,
           l.status, l.currency, l.principal_minor, l.principal_out_minor, l.charged_off_minor, l.disbursed_on,
           l.closed_on, l.handed_over_on, l.paid_on, l.credit_minor,
           o.oldest_on, coalesce(o.overdue, 0) AS overdue, n.due_on AS next_due_on, coalesce(n.minor, 0) AS next_due
    FROM loan l
    JOIN party p ON p.id = l.borrower_id
    LEFT JOIN LATERAL (
        SELECT min(i.due_on) AS oldest_on, sum({open}) AS overdue FROM instalment i
        WHERE i.schedule_id = l.schedule_id AND NOT i.settled AND i.due_on < :today
    ) o ON true
    LEFT JOIN LATERAL (
        SELECT i.due_on, {open} AS minor FROM instalment i
        WHERE i.schedule_id = l.schedule_id AND NOT i.settled AND i.due_on >= :today ORDER BY i.due_on LIMIT 1
    ) n ON true
""".replace(
    "{open}",
    "(i.principal_minor - i.principal_paid_minor + i.interest_minor - i.interest_paid_minor + i.fee_minor"
    " - i.fee_paid_minor + i.late_fee_minor - i.late_fee_paid_minor + i.penalty_minor - i.penalty_paid_minor)",
)
_BUCKETS = {
    Bucket.CURRENT: (0, 0), Bucket.D1_30: (1, 30), Bucket.D31_60: (31, 60), Bucket.D61_90: (61, 90),
    Bucket.D90_PLUS: (91, 99_999),
}  # fmt: skip


def loan_list(
    w: Work,
    *,
    status: LoanStatus | None = None,
    bucket: Bucket | None = None,
    search: str = "",
    borrower_ids: Collection[UUID] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[LoanSummary, ...]:
    """Loans, the latest first; `search` finds in reference and borrower's name."""
    where, values = _filters(w, status, bucket, search, borrower_ids)
    order = " ORDER BY l.reference DESC LIMIT :limit OFFSET :offset"
    rows = w.session.execute(text(_COLUMNS + where + order), {**values, "limit": limit, "offset": offset})
    return tuple(_summary(row, w.today) for row in rows)


def loan_count(w: Work, *, status: LoanStatus | None = None, bucket: Bucket | None = None, search: str = "") -> int:
    """How many loans a list has in all."""
    where, values = _filters(w, status, bucket, search, None)
    return int(w.session.scalar(text(f"SELECT count(*) FROM ({_COLUMNS}{where}) c"), values) or 0)  # noqa: S608


def _filters(
    w: Work,
    status: LoanStatus | None,
    bucket: Bucket | None,
    search: str,
    borrower_ids: Collection[UUID] | None,
) -> tuple[str, dict[str, Any]]:
    where, values = " WHERE true", _today(w)
    if status is not None:
        where, values = where + " AND l.status = :status", values | {"status": status.value}
    if bucket is not None:
        low, high = _BUCKETS[bucket]
        dpd = "CASE WHEN o.oldest_on IS NULL THEN 0 ELSE CAST(:today AS date) - o.oldest_on END"
        where += f" AND l.status = 'ACTIVE' AND {dpd} BETWEEN :low AND :high"
        values |= {"low": low, "high": high}
    if search.strip():
        where += " AND (l.reference ILIKE :search OR p.name ILIKE :search)"
        values |= {"search": "%" + search.strip().replace("%", r"\%").replace("_", r"\_") + "%"}
    if borrower_ids is not None:
        where, values = where + " AND l.borrower_id = ANY(:borrowers)", values | {"borrowers": list(borrower_ids)}
    return where, values


def _today(w: Work) -> dict[str, Any]:
    return {"today": w.today}


def loan_summary(w: Work, loan_id: UUID) -> LoanSummary:
    """One loan. Raises NotFound."""
    rows = w.session.execute(text(_COLUMNS + " WHERE l.id = :id"), {"today": w.today, "id": loan_id}).all()
    if not rows:
        raise NotFound(f"There is no loan {loan_id}")
    return _summary(rows[0], w.today)


def loan_by_reference(w: Work, reference: str) -> LoanSummary:
    """One loan by its reference (LN-2026-000045). Raises NotFound."""
    found = w.session.scalar(text("SELECT id FROM loan WHERE reference = :r"), {"r": reference.strip().upper()})
    if found is None:
        raise NotFound(f"There is no loan {reference}")
    return loan_summary(w, found)


def loans_named(w: Work, references: Collection[str]) -> dict[str, tuple[UUID, str]]:
    """Id and currency of the loans of these references that exist, by reference."""
    query = text("SELECT reference, id, currency FROM loan WHERE reference = ANY(:references)")
    return {row.reference: (row.id, row.currency) for row in w.session.execute(query, {"references": list(references)})}


def _summary(row: Any, today: date) -> LoanSummary:
    status = LoanStatus(row.status)
    dpd = days_past_due(row.oldest_on, today) if status is LoanStatus.ACTIVE else 0
    active = status in {LoanStatus.ACTIVE, LoanStatus.CHARGED_OFF}

    def money(minor: int) -> Money:
        return Money(int(minor), row.currency)

    return LoanSummary(
        id=row.id, reference=row.reference, borrower_id=row.borrower_id, borrower_name=row.borrower_name,
        is_demo=row.is_demo, product=row.product, segment=row.segment, grade=row.grade, status=status,
        principal=money(row.principal_minor), outstanding=money(row.principal_out_minor + row.charged_off_minor),
        overdue=money(row.overdue if active else 0), dpd=dpd, bucket=bucket_of(dpd),
        next_due_on=row.next_due_on if status is LoanStatus.ACTIVE else None,
        next_due=money(max(0, row.next_due - row.credit_minor) if status is LoanStatus.ACTIVE else 0),
        disbursed_on=row.disbursed_on, closed_on=row.closed_on, handed_over_on=row.handed_over_on,
        paid_on=row.paid_on,
    )  # fmt: skip


_WORK = """
    SELECT c.*, pr.due_on AS promise_due_on, pr.minor AS promise_minor, br.due_on AS broken_on,
           h.kinds AS holds, k.last_on, coalesce(k.recent, 0) AS recent, k.next_step_on
    FROM ({columns} WHERE l.status = 'ACTIVE' AND o.oldest_on IS NOT NULL) c
    LEFT JOIN LATERAL (
        SELECT due_on, minor FROM promise WHERE loan_id = c.id AND status = 'OPEN' ORDER BY due_on LIMIT 1
    ) pr ON true
    LEFT JOIN LATERAL (
        SELECT max(due_on) AS due_on FROM promise
        WHERE loan_id = c.id AND status = 'BROKEN' AND due_on >= CAST(:today AS date) - 7
    ) br ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(kind ORDER BY kind) AS kinds FROM loan_hold
        WHERE loan_id = c.id AND released_on IS NULL AND (until_on IS NULL OR until_on >= :today)
    ) h ON true
    LEFT JOIN LATERAL (
        SELECT max(contacted_on) AS last_on, count(*) FILTER (WHERE contacted_on > CAST(:today AS date) - 7) AS recent,
               max(next_step_on) AS next_step_on
        FROM contact_record WHERE loan_id = c.id AND channel <> 'incoming'
    ) k ON true
"""


def worklist(w: Work, *, bucket: Bucket | None = None, limit: int = 200) -> tuple[WorkItem, ...]:
    """Late loans in the order they should be looked at: promises due today, broken promises, next steps due, then by
    the amount at stake weighted by lateness."""
    rows = w.session.execute(text(_WORK.replace("{columns}", _COLUMNS)), {"today": w.today})
    items = [_item(row, w.today) for row in rows]
    if bucket is not None:
        items = [item for item in items if item.loan.bucket is bucket]
    return tuple(sorted(items, key=_urgency)[:limit])


_ORDER = {"PROMISE_DUE": 0, "PROMISE_BROKEN": 1, "NEXT_STEP": 2, "HAND_OVER": 3, "ARREARS": 4, "HOLD": 5}


def _urgency(item: WorkItem) -> tuple[int, int]:
    return _ORDER[item.why], -item.loan.outstanding.minor * min(item.loan.dpd, 90)


def _item(row: Any, today: date) -> WorkItem:
    loan = _summary(row, today)
    why = "ARREARS"
    if row.holds:
        why = "HOLD"
    elif row.promise_due_on is not None and row.promise_due_on <= today:
        why = "PROMISE_DUE"
    elif row.broken_on is not None:
        why = "PROMISE_BROKEN"
    elif row.next_step_on is not None and row.next_step_on <= today:
        why = "NEXT_STEP"
    elif row.handed_over_on is not None:
        why = "HAND_OVER"
    promise = None if row.promise_minor is None else Money(int(row.promise_minor), row.currency)
    return WorkItem(
        loan, why, row.promise_due_on, promise, tuple(row.holds or ()), row.last_on, int(row.recent), row.next_step_on
    )


def bucket_counts(w: Work) -> dict[Bucket, tuple[int, dict[str, int]]]:
    """Late loans by bucket: how many, and their principal in minor units by currency."""
    found: dict[Bucket, tuple[int, dict[str, int]]] = {bucket: (0, {}) for bucket in Bucket if bucket != Bucket.CURRENT}
    for item in worklist(w, limit=1_000_000):
        count, sums = found[item.loan.bucket]
        code = item.loan.outstanding.currency
        found[item.loan.bucket] = (count + 1, {**sums, code: sums.get(code, 0) + item.loan.outstanding.minor})
    return found

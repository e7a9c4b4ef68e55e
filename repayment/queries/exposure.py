"""What parties owe us, and how our loans turned out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, text

from core.db import Work
from repayment.domain.state import LoanStatus
from repayment.tables import LoanRow

OWED = (LoanStatus.PENDING.value, LoanStatus.ACTIVE.value, LoanStatus.CHARGED_OFF.value)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What some parties owe or are promised, in minor units by currency (principal out, sums to be disbursed, and what
    was charged off and is still owed), and how many loans that are neither repaid nor cancelled it comes from."""

    minor: Mapping[str, int]
    loans: int


def exposure_of(w: Work, party_ids: Collection[UUID]) -> Exposure:
    """The exposure to these parties together."""
    minor: Counter[str] = Counter()
    found = exposures_by_party(w, party_ids).values()
    for one in found:
        minor.update(one.minor)
    return Exposure(dict(minor), sum(one.loans for one in found))


def exposures_by_party(w: Work, party_ids: Collection[UUID]) -> dict[UUID, Exposure]:
    """The exposure to each of these parties that has a loan which is neither repaid nor cancelled."""
    if not party_ids:
        return {}
    promised = func.greatest(LoanRow.principal_minor - LoanRow.principal_lent_minor, 0)
    pending = func.sum(promised).filter(LoanRow.status == LoanStatus.PENDING.value)
    owed = func.sum(LoanRow.principal_out_minor + LoanRow.charged_off_minor)
    query = (
        select(LoanRow.borrower_id, LoanRow.currency, owed, func.coalesce(pending, 0), func.count())
        .where(LoanRow.borrower_id.in_(party_ids), LoanRow.status.in_(OWED))
        .group_by(LoanRow.borrower_id, LoanRow.currency)
    )
    found: dict[UUID, Exposure] = {}
    for borrower, currency, out, waiting, loans in w.session.execute(query):
        before = found.get(borrower, Exposure({}, 0))
        found[borrower] = Exposure({**before.minor, currency: int(out) + int(waiting)}, before.loans + loans)
    return found


@dataclass(frozen=True, slots=True)
class Performance:
    """How one loan behaved in its first months: so many days past due or more at least once, or charged off."""

    loan_id: UUID
    borrower_id: UUID
    contract_reference: str | None
    grade: str | None
    disbursed_on: date
    months_observed: int
    worst_dpd: int
    bad: bool


_SAMPLE = text(
    """
    SELECT l.id, l.borrower_id, l.contract_reference, l.grade, l.disbursed_on,
           coalesce(max(d.dpd), 0) AS worst,
           bool_or(l.status IN ('CHARGED_OFF', 'SOLD') AND l.closed_on <= l.disbursed_on + make_interval(months => :m))
             AS lost,
           CAST(:last AS date) AS last_on
    FROM loan l
    LEFT JOIN loan_day d ON d.loan_id = l.id AND d.day_on <= l.disbursed_on + make_interval(months => :m)
    WHERE l.disbursed_on IS NOT NULL AND (CAST(:ids AS uuid[]) IS NULL OR l.id = ANY(:ids))
    GROUP BY l.id ORDER BY l.disbursed_on, l.id
    """
)


def performance_sample(
    w: Work, *, months: int = 12, bad_dpd: int = 90, only: Collection[UUID] | None = None
) -> tuple[Performance, ...]:
    """One row a disbursed loan: bad is `bad_dpd` days past due or more within `months` of disbursement, or charged off.

    Of the loans in `only` if given. `months_observed` tells how much of the window has passed; younger loans are not
    yet known to be good.
    """
    found = []
    ids = None if only is None else list(only)
    for row in w.session.execute(_SAMPLE, {"m": months, "last": w.today, "ids": ids}):
        seen = (w.today.year - row.disbursed_on.year) * 12 + w.today.month - row.disbursed_on.month
        seen -= w.today.day < row.disbursed_on.day
        found.append(
            Performance(
                row.id, row.borrower_id, row.contract_reference, row.grade, row.disbursed_on,
                min(seen, months), row.worst, bool(row.worst >= bad_dpd or row.lost),
            )
        )  # fmt: skip
    return tuple(found)

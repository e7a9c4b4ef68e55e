"""Days past due, buckets, portfolio at risk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum


class Bucket(StrEnum):
    """Ranges of days past due; stored by value."""

    CURRENT = "0"
    D1_30 = "1-30"
    D31_60 = "31-60"
    D61_90 = "61-90"
    D90_PLUS = "90+"


def days_past_due(oldest_unpaid_due_on: date | None, today: date) -> int:
    """Days since the oldest unpaid instalment fell due; 0 on the due date itself and when nothing is unpaid."""
    return 0 if oldest_unpaid_due_on is None else max(0, (today - oldest_unpaid_due_on).days)


def bucket_of(dpd: int) -> Bucket:
    """The range a number of days past due falls into; day 90 is still 61-90 ("over 90" means day 91)."""
    if dpd <= 0:
        return Bucket.CURRENT
    if dpd <= 30:
        return Bucket.D1_30
    if dpd <= 60:
        return Bucket.D31_60
    return Bucket.D61_90 if dpd <= 90 else Bucket.D90_PLUS


def portfolio_at_risk(loans: Iterable[tuple[int, int]], over_days: int) -> tuple[int, int]:
    """(outstanding principal of loans more than `over_days` past due, all outstanding principal) in minor units.

    `loans` are pairs (days past due, outstanding principal). The whole balance of a late loan counts (CGAP/MIX PAR).
    """
    late = total = 0
    for dpd, principal in loans:
        total += principal
        late += principal if dpd > over_days else 0
    return late, total

"""What our own records say about an applicant and everybody connected: loans, exposure, other applications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from core.db import Work
from core.domain.errors import PolicyInvalid
from core.domain.money import Money
from core.tables import ContactRow
from origination.domain.application import ApplicationStatus
from origination.domain.facts import OwnBook
from origination.domain.policy import OriginationPolicy
from origination.queries.group import related_parties
from origination.tables.application import ApplicationRow

WINDOW = timedelta(days=30)


def own_book(w: Work, row: ApplicationRow, *, fact_conflicts: int = 0) -> OwnBook:
    """Exposure in the application's currency by the policy's reference rates; loans; other applications of 30 days.

    Raises PolicyInvalid for an exposure in a currency without a reference rate: who lends in it must set one.
    """
    from repayment.queries.exposure import exposure_of

    parties = related_parties(w, row)
    found = exposure_of(w, parties)
    return OwnBook(
        exposure=_sum(w, found.minor, row.currency),
        loans=found.loans,
        other_applications_30d=_other_applications(w, row, parties),
        fact_conflicts=fact_conflicts,
    )


def _sum(w: Work, by_currency: Mapping[str, int], currency: str) -> Money:
    exchange = w.policy(OriginationPolicy).exchange_on(w.today)
    total = Money.zero(currency)
    for code, minor in by_currency.items():
        converted = exchange.convert(Money(minor, code), currency)
        if converted is None:
            raise PolicyInvalid(f"[exchange] has no rate for {code}, in which money is owed")
        total += converted
    return total


def _other_applications(w: Work, row: ApplicationRow, parties: frozenset[UUID]) -> int:
    """Applications of the same people, e-mail, phone or device in the window; withdrawn ones count, drafts do not."""
    reached = select(ContactRow.value_index).where(
        ContactRow.party_id == row.party_id, ContactRow.kind.in_(("email", "phone"))
    )
    sharing = select(ContactRow.party_id).where(ContactRow.value_index.in_(reached))
    same: list[ColumnElement[bool]] = [ApplicationRow.party_id.in_(parties), ApplicationRow.party_id.in_(sharing)]
    if row.device:
        same.append(ApplicationRow.device == row.device)
    query = (
        select(func.count())
        .select_from(ApplicationRow)
        .where(
            or_(*same),
            ApplicationRow.id != row.id,
            ApplicationRow.status != ApplicationStatus.DRAFT.value,
            ApplicationRow.submitted_at >= w.now - WINDOW,
        )
    )
    return int(w.session.scalar(query) or 0)

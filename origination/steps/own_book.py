"""What our own records say about an applicant and everybody connected: loans, exposure, other applications."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from core.db import Work
from core.domain.errors import PolicyInvalid
from core.domain.money import Money
from core.tables import ContactRow, PartyRow
from origination.domain.application import ApplicationStatus
from origination.domain.connected import CONTROL_SHARE
from origination.domain.facts import OwnBook
from origination.domain.policy import OriginationPolicy
from origination.tables.application import ApplicationRow, OwnerRow

WINDOW = timedelta(days=30)
# The parties of the application itself are known without asking: what this very work has not yet written adds none.
AS_WRITTEN = {"autoflush": False}


def related_parties(w: Work, row: ApplicationRow) -> frozenset[UUID]:
    """The applicant, the owners, every other party of the same identity, and every company that one of them controls
    (`connected.CONTROL_SHARE`, or by other means): one group of connected borrowers."""
    direct = {row.party_id, *(owner.party_id for owner in row.owners)} - {None}
    indexes = {index for one in direct if one and (index := w.get(PartyRow, one).identity_index) is not None}
    same = _of_identity(w, indexes)
    return frozenset(one for one in direct | same | _controlled(w, indexes) if one is not None)


def _of_identity(w: Work, indexes: Collection[str]) -> set[UUID]:
    if not indexes:
        return set()
    query = select(PartyRow.id).where(PartyRow.identity_index.in_(indexes))
    return set(w.session.scalars(query, execution_options=AS_WRITTEN))


def _controlled(w: Work, indexes: Collection[str]) -> set[UUID]:
    """Companies that these people control by what any application says of their owners, under all their identities."""
    if not indexes:
        return set()
    controls = (
        select(ApplicationRow.party_id)
        .join(OwnerRow, OwnerRow.application_id == ApplicationRow.id)
        .join(PartyRow, PartyRow.id == OwnerRow.party_id)
        .where(
            PartyRow.identity_index.in_(indexes),
            OwnerRow.of.is_(None),
            or_(OwnerRow.share > CONTROL_SHARE, OwnerRow.controls.is_(True)),
            ApplicationRow.party_id.is_not(None),
        )
    )
    found = w.session.scalars(controls, execution_options=AS_WRITTEN)
    companies = {one for one in found if one is not None}
    if not companies:
        return set()
    theirs = select(PartyRow.identity_index).where(PartyRow.id.in_(companies), PartyRow.identity_index.is_not(None))
    return companies | _of_identity(w, {one for one in w.session.scalars(theirs) if one is not None})


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

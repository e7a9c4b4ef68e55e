"""The connected parties of an application: one borrower in the eyes of the limits, and what each of them owes.

Regulation (EU) 575/2013 art. 4(1)(39) and China's large-exposure rules (CBIRC order 2018 No. 1): parties are one group
when one controls the other or the same person controls both.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select

from core.db import Work
from core.domain.money import Money
from core.tables import PartyRow
from origination.domain.policy import OriginationPolicy
from origination.tables.application import ApplicationRow, OwnerRow
from repayment.queries.exposure import Exposure, exposures_by_party

CONTROL_SHARE = Decimal("0.5")
# The parties of the application itself are known without asking: what this very work has not yet written adds none.
AS_WRITTEN = {"autoflush": False}


class Tie(StrEnum):
    """Why a party belongs to the group."""

    APPLICANT = "applicant"
    OWNER = "owner"
    CONTROLLED = "controlled"


@dataclass(frozen=True, slots=True)
class GroupMember:
    """One person or company: records of the same identity count as one. `owed` is in the currency of the application,
    None where the policy has no reference rate for it; `loans` how many running ones it comes from."""

    name: str
    tie: Tie
    owed: Money | None
    loans: int


@dataclass(frozen=True, slots=True)
class ConnectedGroup:
    """The group of an application. `owed` and `with_loan` are None where a reference rate is missing."""

    members: tuple[GroupMember, ...]
    owed: Money | None
    with_loan: Money | None

    @property
    def is_alone(self) -> bool:
        """True when there is nobody but the applicant, and nothing is owed."""
        return len(self.members) == 1 and not self.members[0].loans


def direct_parties(row: ApplicationRow) -> frozenset[UUID]:
    """Applicant and owners."""
    return frozenset(one for one in (row.party_id, *(owner.party_id for owner in row.owners)) if one is not None)


def parties_of_case(w: Work, row: ApplicationRow) -> frozenset[UUID]:
    """Everybody who is screened and may not decide: the group, and who signs for the company."""
    return related_parties(w, row) | ({row.signatory_party_id} if row.signatory_party_id else frozenset())


def related_parties(w: Work, row: ApplicationRow) -> frozenset[UUID]:
    """The applicant, the owners, every other party of the same identity, and every company that one of them controls
    (by more than `CONTROL_SHARE`, or by other means): one group of connected borrowers."""
    direct = direct_parties(row)
    indexes = _indexes(w, direct)
    return direct | _of_identity(w, indexes) | _controlled(w, indexes)


def _indexes(w: Work, parties: Collection[UUID]) -> set[str]:
    return {index for one in parties if (index := w.get(PartyRow, one).identity_index) is not None}


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


def group_of_case(r: Work, application_id: UUID) -> ConnectedGroup | None:
    """`connected_group` by id. Raises NotFound."""
    return connected_group(r, r.get(ApplicationRow, application_id))


def connected_group(r: Work, row: ApplicationRow) -> ConnectedGroup | None:
    """The group with what each member owes today and what it would owe with this loan; None before it was sent."""
    if row.party_id is None or row.amount_minor is None:
        return None
    parties = related_parties(r, row)
    owed = exposures_by_party(r, parties)
    query = select(PartyRow.id, PartyRow.name, PartyRow.identity_index).where(PartyRow.id.in_(parties))
    records: dict[str, list[UUID]] = {}
    names: dict[str, str] = {}
    for party_id, name, index in sorted(r.session.execute(query), key=lambda one: one[0]):
        key = str(party_id) if index is None else index
        records.setdefault(key, []).append(party_id)
        names[key] = name  # the newest record tells the name
    owners = {one.party_id for one in row.owners}
    members = []
    for key, ids in records.items():
        tie = Tie.APPLICANT if row.party_id in ids else Tie.OWNER if owners & set(ids) else Tie.CONTROLLED
        mine = [owed[one] for one in ids if one in owed]
        members.append(GroupMember(names[key], tie, _sum(r, mine, row.currency), sum(one.loans for one in mine)))
    total = _sum(r, owed.values(), row.currency)
    asked = Money(row.amount_minor, row.currency)
    order = sorted(members, key=lambda one: (list(Tie).index(one.tie), one.name))
    return ConnectedGroup(tuple(order), total, None if total is None else total + asked)


def _sum(r: Work, found: Collection[Exposure], currency: str) -> Money | None:
    exchange, total = r.policy(OriginationPolicy).exchange_on(r.today), Money.zero(currency)
    for one in found:
        for code, minor in one.minor.items():
            converted = exchange.convert(Money(minor, code), currency)
            if converted is None:
                return None
            total += converted
    return total

"""Applications that have something in common: which ways there are, and what follows for the facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.domain.texts import Text


class TraceKind(StrEnum):
    """What two applications may share."""

    IDENTITY = "identity"
    PARTY = "party"
    ACCOUNT = "account"
    PHONE = "phone"
    EMAIL = "email"
    DEVICE = "device"
    ADDRESS = "address"


TRACE_TEXTS = {
    TraceKind.IDENTITY: Text("Same identity number"),
    TraceKind.PARTY: Text("Same owner or applicant"),
    TraceKind.ACCOUNT: Text("Same bank account"),
    TraceKind.PHONE: Text("Same phone"),
    TraceKind.EMAIL: Text("Same e-mail address"),
    TraceKind.DEVICE: Text("Same device"),
    TraceKind.ADDRESS: Text("Same postal address"),
}


@dataclass(frozen=True, slots=True)
class LinkedApplication:
    """Another application and what it shares with the one looked at. `same_person`: the same identity applies."""

    id: UUID
    reference: str | None
    name: str
    status: str
    submitted_at: datetime
    kinds: frozenset[TraceKind]
    same_person: bool


def is_renamed(name: str, one: LinkedApplication) -> bool:
    """True where the same identity applied under another name than this: not the same person, but a warning."""
    return one.same_person and plain_name(one.name) != plain_name(name)


@dataclass(frozen=True, slots=True)
class SharedCounts:
    """How many other people share something; a person's own earlier applications count nothing here."""

    identity: int = 0
    account: int = 0
    contact: int = 0
    device: int = 0
    address: int = 0

    def facts(self) -> dict[str, int]:
        """The facts of the catalogue."""
        return {
            "duplicate_identity_count": self.identity,
            "shared_account_count": self.account,
            "shared_contact_count": self.contact,
            "shared_device_count": self.device,
            "shared_address_count": self.address,
        }


def plain_name(name: str) -> str:
    """A name for telling people apart: letters only, order and case aside."""
    return "".join(sorted(c for c in name.casefold() if c.isalnum()))


def shared_counts(name: str, linked: Iterable[LinkedApplication]) -> SharedCounts:
    """Other people by what they share: one person with three applications counts once.

    The same identity number under another name counts as a duplicate; under the same name it is the same person.
    """
    mine = plain_name(name)
    others: dict[TraceKind, set[str]] = {kind: set() for kind in TraceKind}
    for one in linked:
        who = plain_name(one.name)
        for kind in one.kinds:
            if who != mine or (kind is not TraceKind.IDENTITY and not one.same_person):
                others[kind].add(who)
    return SharedCounts(
        identity=len(others[TraceKind.IDENTITY]),
        account=len(others[TraceKind.ACCOUNT]),
        contact=len(others[TraceKind.PHONE] | others[TraceKind.EMAIL]),
        device=len(others[TraceKind.DEVICE]),
        address=len(others[TraceKind.ADDRESS]),
    )

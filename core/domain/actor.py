"""Who acts: a person with roles, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from core.domain.errors import NotAllowed


class Role(StrEnum):
    """What somebody is to the lender. Stored by value; a person may hold several."""

    APPLICANT = "applicant"
    OFFICER = "officer"
    APPROVER = "approver"
    COLLECTOR = "collector"
    RISK_MANAGER = "risk_manager"
    ADMIN = "admin"
    AUDITOR = "auditor"
    SYSTEM = "system"


STAFF = frozenset({Role.OFFICER, Role.APPROVER, Role.COLLECTOR, Role.RISK_MANAGER, Role.ADMIN, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting person or process; `party_id` links an applicant to the party whose cases are theirs."""

    id: UUID | None
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    party_id: UUID | None = None
    address: str | None = None

    def has(self, *roles: Role) -> bool:
        """True when the actor holds any of the roles."""
        return not self.roles.isdisjoint(roles)

    def require(self, *roles: Role) -> None:
        """Raises NotAllowed unless the actor holds one of the roles."""
        if not self.has(*roles):
            raise NotAllowed("You may not do this", needed=[role.value for role in roles])


SYSTEM = Actor(id=None, name="system", roles=frozenset({Role.SYSTEM}))
ANONYMOUS = Actor(id=None, name="anonymous")

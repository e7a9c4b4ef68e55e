"""Keys of machines: made by an administrator for a user, limited to scopes, shown once, revoked at any time.

A key acts as its user with no more roles than its scopes ask for, so authority, sight and audit stay those of a person.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update

from core import audit
from core.db import Work
from core.domain.actor import Actor, Role
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import ApiKeyRow, UserRow

PREFIX = "prm_"
DAYS_MAX = 366
NOTE_USE_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may be used for. Stored by value."""

    APPLICATIONS = "applications"
    LOANS = "loans"
    PAYMENTS = "payments"


ROLE_OF = {Scope.APPLICATIONS: Role.OFFICER, Scope.LOANS: Role.COLLECTOR, Scope.PAYMENTS: Role.COLLECTOR}


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as the administrator sees it; the key itself is not kept."""

    id: UUID
    name: str
    hint: str
    user_name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now else "active"


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who calls with a key, and for what."""

    actor: Actor
    scopes: frozenset[Scope]


def make_key(w: Work, *, user_id: UUID, name: str, scopes: Iterable[str], days: int = 90) -> tuple[UUID, str]:
    """(id, the key): 256 random bits, shown this once.

    Raises NotAllowed, InvalidInput (name, scopes, days, a user who is closed or lacks the role a scope needs).
    """
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    user = w.lock(UserRow, user_id)
    wanted, wrong = _read_scopes(scopes)
    if not name.strip():
        wrong["name"] = Text("Name the system that will use the key")
    if not 1 <= days <= DAYS_MAX:
        wrong["days"] = Text("Enter 1 to {n} days", n=DAYS_MAX)
    if not user.active:
        wrong["user"] = Text("This account is closed")
    missing = sorted({ROLE_OF[scope].value for scope in wanted} - set(user.roles_held))
    if missing:
        wrong["scopes"] = Text("{name} lacks the role this needs: {roles}", name=user.name, roles=", ".join(missing))
    if wrong:
        raise InvalidInput(wrong)
    token = PREFIX + secrets.token_urlsafe(32)
    row = w.add(
        ApiKeyRow(
            id=uuid7(), user_id=user.id, name=name.strip()[:100], token_hash=_hash(token), hint=token[:9],
            scopes=sorted(scope.value for scope in wanted), created_by=w.actor.id, created_at=w.now,
            expires_at=w.now + timedelta(days=days),
        )
    )  # fmt: skip
    audit.record(w, "api_key.made", "user", user.id, key=row.hint, name=row.name, scopes=row.scopes, days=days)
    return row.id, token


def _read_scopes(names: Iterable[str]) -> tuple[frozenset[Scope], dict[str, str | list[str]]]:
    given = set(names)
    unknown = given - {scope.value for scope in Scope}
    if unknown:
        return frozenset(), {"scopes": Text("There is no scope {name}", name=", ".join(sorted(unknown)))}
    if not given:
        return frozenset(), {"scopes": Text("Choose at least one scope")}
    return frozenset(Scope(name) for name in given), {}


def revoke_key(w: Work, key_id: UUID) -> None:
    """Ends a key at once; ending it again changes nothing. Raises NotAllowed, NotFound."""
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    row = w.lock(ApiKeyRow, key_id)
    if row.revoked_at is None:
        row.revoked_at = w.now
        audit.record(w, "api_key.revoked", "user", row.user_id, key=row.hint, name=row.name)


def list_keys(r: Work) -> tuple[KeyView, ...]:
    """Every key ever made, newest first."""
    query = select(ApiKeyRow, UserRow.name).join(UserRow, UserRow.id == ApiKeyRow.user_id)
    return tuple(
        KeyView(
            row.id, row.name, row.hint, user_name, tuple(Scope(name) for name in row.scopes), row.created_at,
            row.expires_at, row.used_at, row.revoked_at,
        )
        for row, user_name in r.session.execute(query.order_by(ApiKeyRow.created_at.desc()))
    )  # fmt: skip


def holder_of(r: Work, token: str, address: str | None) -> KeyHolder | None:
    """Who the key belongs to, with the roles that the user holds and its scopes need; None when it does not act."""
    query = select(ApiKeyRow, UserRow).join(UserRow, UserRow.id == ApiKeyRow.user_id)
    found = r.session.execute(query.where(ApiKeyRow.token_hash == _hash(token))).first()
    if found is None:
        return None
    row, user = found
    if row.revoked_at is not None or row.expires_at <= r.now or not user.active:
        return None
    scopes = frozenset(Scope(name) for name in row.scopes)
    roles = frozenset(ROLE_OF[scope] for scope in scopes) & frozenset(Role(name) for name in user.roles_held)
    return KeyHolder(Actor(user.id, f"{user.name} ({row.name})", roles, None, address), scopes)


def note_use(w: Work, token: str) -> None:
    """When the key was last used, to the minute."""
    before = w.now - NOTE_USE_EVERY
    stale = ApiKeyRow.used_at.is_(None) | (ApiKeyRow.used_at < before)
    w.session.execute(update(ApiKeyRow).where(ApiKeyRow.token_hash == _hash(token), stale).values(used_at=w.now))


def require_scope(holder: KeyHolder, scope: Scope) -> None:
    """Raises NotAllowed unless the key was made for this."""
    if scope not in holder.scopes:
        raise NotAllowed(Text("This key is not for {scope}", scope=scope.value))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

"""People who sign in: making, inviting, roles, disabling, ending sign-ins. Every step is audited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import email_validator
from sqlalchemy import func, select

from core import audit, outbox, sign_ins
from core.db import Work
from core.domain.actor import STAFF, Actor, Role
from core.domain.errors import Conflict, InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import PartyRow, UserRow, UserSessionRow

GRANTABLE = tuple(role for role in Role if role is not Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person of the demonstration."""

    key: str
    name: str
    roles: frozenset[Role]
    task: Text


DEMO_PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson(
        "applicant", "Demo Applicant", frozenset({Role.APPLICANT}),
        Text("Gets a quote, applies, signs, sees the loan"),
    ),
    DemoPerson(
        "officer", "Demo Officer", frozenset({Role.OFFICER}), Text("Works the queue and decides what the rules refer"),
    ),
    DemoPerson(
        "approver", "Demo Approver", frozenset({Role.APPROVER}), Text("Second pair of eyes above an officer's limit"),
    ),
    DemoPerson("collector", "Demo Collector", frozenset({Role.COLLECTOR}), Text("Talks to borrowers who are late")),
    DemoPerson(
        "risk", "Demo Risk Manager", frozenset({Role.RISK_MANAGER}),
        Text("Watches the portfolio, approves score models"),
    ),
    DemoPerson("admin", "Demo Administrator", frozenset({Role.ADMIN}), Text("Users, products, jobs, messages, audit")),
    DemoPerson(
        "auditor", "Demo Auditor", frozenset({Role.AUDITOR}),
        Text("Reads everything that was done, changes nothing"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as the administrator sees them."""

    id: UUID
    email: str
    name: str
    roles: tuple[Role, ...]
    active: bool
    confirmed: bool
    second_factor: bool
    last_login_at: datetime | None
    open_sign_ins: int
    is_demo: bool
    created_at: datetime


def clean_email(text: str) -> str:
    """The address as it is kept. Raises InvalidInput."""
    try:
        found = email_validator.validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError:
        raise InvalidInput({"email": Text("Enter an e-mail address like name@example.com")}) from None
    return found.normalized


def read_roles(names: Iterable[str]) -> frozenset[Role]:
    """Roles by value. Raises InvalidInput for one that does not exist or cannot be given."""
    wanted = set(names)
    unknown = wanted - {role.value for role in GRANTABLE}
    if unknown:
        raise InvalidInput({"roles": Text("There is no role {name}", name=", ".join(sorted(unknown)))})
    if not wanted:
        raise InvalidInput({"roles": Text("Choose at least one role")})
    return frozenset(Role(name) for name in wanted)


def create_user(
    w: Work, *, email: str, name: str, roles: Iterable[Role], locale: str | None = None, is_demo: bool = False
) -> UserRow:
    """A user without a password: they choose their own by a mailed link. Nobody chooses it for them.

    Raises NotAllowed, InvalidInput (address, roles), Conflict when the address has an account.
    """
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    address = clean_email(email)
    if not name.strip():
        raise InvalidInput({"name": Text("Enter the person's name")})
    held = read_roles(role.value for role in roles)
    if w.session.scalar(select(UserRow.id).where(func.lower(UserRow.email) == address.lower())):
        raise Conflict(Text("There is an account for {email} already", email=address))
    row = w.add(
        UserRow(
            id=uuid7(), email=address, name=name.strip()[:200], active=True, fs_uniquifier=uuid4().hex,
            confirmed_at=w.now, roles_held=sorted(held), locale=locale, login_count=0, is_demo=is_demo,
            created_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "user.created", "user", row.id, roles=sorted(held), demo=is_demo)
    return row


def invite(
    w: Work, *, email: str, name: str, roles: Iterable[Role], locale: str, link: Callable[[UserRow], str]
) -> UserRow:
    """`create_user`, and mails the link by which they choose a password (single use, one day)."""
    row = create_user(w, email=email, name=name, roles=roles, locale=locale)
    send_invitation(w, row, link=link)
    return row


def send_invitation(w: Work, row: UserRow, *, link: Callable[[UserRow], str]) -> None:
    """Mails a link to choose a password; again when the first expired."""
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    outbox.send_to_address(
        w, "account_invite", row.email, locale=row.locale or "en", dedupe_key=f"account_invite:{uuid4()}",
        context={"user": row, "link": link(row), "by": w.actor.name}, subject=("user", row.id), is_demo=row.is_demo,
    )  # fmt: skip
    audit.record(w, "user.invited", "user", row.id)


def set_roles(w: Work, user_id: UUID, roles: Iterable[Role]) -> UserRow:
    """Gives exactly these roles; they act from the next request on.

    Raises NotAllowed for one's own administrator role, Conflict when no administrator would be left.
    """
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    row = w.lock(UserRow, user_id)
    held = read_roles(role.value for role in roles)
    if Role.ADMIN.value in row.roles_held and Role.ADMIN not in held:
        _keep_an_administrator(w, row)
    before = sorted(row.roles_held)
    row.roles_held = sorted(held)
    audit.record(w, "user.roles_set", "user", row.id, before=before, after=sorted(held))
    return row


def disable(w: Work, user_id: UUID) -> UserRow:
    """Closes the account and ends its sign-ins at once. Raises as `set_roles` does."""
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    row = w.lock(UserRow, user_id)
    if Role.ADMIN.value in row.roles_held:
        _keep_an_administrator(w, row)
    if row.id == w.actor.id:
        raise NotAllowed(Text("You cannot close your own account"))
    row.active = False
    ended = sign_ins.end_all(w, row.id)
    audit.record(w, "user.disabled", "user", row.id, sign_ins_ended=ended)
    return row


def enable(w: Work, user_id: UUID) -> UserRow:
    """Opens a closed account again."""
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    row = w.lock(UserRow, user_id)
    row.active = True
    audit.record(w, "user.enabled", "user", row.id)
    return row


def end_sessions(w: Work, user_id: UUID) -> int:
    """Signs a user out everywhere; returns how many sign-ins were open."""
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    row = w.lock(UserRow, user_id)
    ended = sign_ins.end_all(w, row.id)
    audit.record(w, "user.sign_ins_ended", "user", row.id, which="all", ended=ended)
    return ended


def reset_second_factor(w: Work, user_id: UUID) -> UserRow:
    """For a lost phone and lost codes: the next sign-in sets it up anew. Ends sign-ins; the user is told."""
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    row = w.lock(UserRow, user_id)
    if row.id == w.actor.id:
        raise NotAllowed(Text("Another administrator must do this for you"))
    row.tf_primary_method, row.tf_totp_secret, row.mf_recovery_codes, row.tf_last_counter = None, None, None, None
    sign_ins.end_all(w, row.id)
    outbox.send_to_address(
        w, "account_changed", row.email, locale=row.locale or "en", dedupe_key=f"account_changed:{uuid4()}",
        context={"user": row}, subject=("user", row.id), is_demo=row.is_demo,
    )  # fmt: skip
    audit.record(w, "user.second_factor_reset", "user", row.id)
    return row


def _keep_an_administrator(w: Work, row: UserRow) -> None:
    if row.id == w.actor.id:
        raise NotAllowed(Text("You cannot take the administrator role from yourself"))
    others = select(UserRow.id).where(
        UserRow.roles_held.contains([Role.ADMIN.value]), UserRow.active.is_(True), UserRow.id != row.id
    )
    if w.session.scalars(others.with_for_update()).first() is None:
        raise Conflict(Text("Somebody must remain administrator: give another person the role first"))


def link_party(w: Work, user_id: UUID, party_id: UUID) -> None:
    """Makes the party the user's own, when their first application creates it. Once only.

    Raises NotAllowed for somebody else's account, Conflict when another party is linked.
    """
    row = w.lock(UserRow, user_id)
    if w.actor.id != row.id:
        w.actor.require(Role.SYSTEM, Role.ADMIN)
    if row.party_id == party_id:
        return
    if row.party_id is not None:
        raise Conflict(Text("This account belongs to another party"))
    w.get(PartyRow, party_id)
    row.party_id = party_id
    audit.record(w, "user.party_linked", "user", row.id, party_id=str(party_id))


def demo_email(key: str) -> str:
    """The address of a demo person: nobody can receive mail at example.com."""
    return f"{key}@example.com"


def ensure_demo_users(w: Work) -> dict[str, UserRow]:
    """One account per role at example.com, without a password: they are entered by the demo's own door. By key."""
    w.actor.require(Role.ADMIN, Role.SYSTEM)
    found = {}
    for person in DEMO_PEOPLE:
        row = w.session.scalars(select(UserRow).where(UserRow.email == demo_email(person.key))).first()
        found[person.key] = row or create_user(
            w, email=demo_email(person.key), name=person.name, roles=person.roles, is_demo=True
        )
    return found


def actor_for(row: UserRow) -> Actor:
    """The user as an actor, for seeders and tests."""
    return Actor(row.id, row.name, frozenset(Role(name) for name in row.roles_held), row.party_id)


def find_by_email(r: Work, email: str) -> UserRow | None:
    """The account with this address. Raises InvalidInput for what is no address."""
    return r.session.scalars(select(UserRow).where(func.lower(UserRow.email) == clean_email(email).lower())).first()


def listing(
    w: Work, *, search: str = "", role: str = "", limit: int = 50, offset: int = 0
) -> tuple[tuple[UserView, ...], int]:
    """Users by name, narrowed by a piece of name or address and by role ("staff": any of them); and how many."""
    query = select(UserRow)
    if search.strip():
        piece = "%" + search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(UserRow.email.ilike(piece) | UserRow.name.ilike(piece))
    if role == "staff":
        query = query.where(UserRow.roles_held.overlap(sorted(STAFF)))
    elif role:
        query = query.where(UserRow.roles_held.contains([role]))
    total = w.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = w.session.scalars(query.order_by(UserRow.name, UserRow.id).limit(limit).offset(offset)).all()
    return tuple(view(w, row) for row in rows), total


def view(w: Work, row: UserRow) -> UserView:
    """One user with what is open for them now."""
    staff = not STAFF.isdisjoint(Role(name) for name in row.roles_held)
    signed = select(UserSessionRow).where(UserSessionRow.user_id == row.id, UserSessionRow.ended_at.is_(None))
    live = sum(sign_ins.is_live(found, w.now, staff=staff) for found in w.session.scalars(signed))
    return UserView(
        row.id, row.email, row.name, tuple(sorted(Role(name) for name in row.roles_held)), row.active,
        row.confirmed_at is not None and row.password is not None, bool(row.tf_primary_method), row.current_login_at,
        live, row.is_demo, row.created_at,
    )  # fmt: skip

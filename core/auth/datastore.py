"""The user as the sign-in library sees it, and the library's own session.

flask-security commits what it changes itself (passwords, second factor, sign-in times): it gets a session of its own on
the same engine, so its commits can never carry anybody else's half-done work (docs/decisions/0007-sign-in-library.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import current_app, g, has_app_context, redirect, request
from flask_security import RoleMixin, SQLAlchemyUserDatastore, UserMixin, login_user
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.auth import throttle
from core.db import Database
from core.domain.actor import STAFF, Role
from core.domain.ids import uuid7
from core.settings import Settings
from core.tables import UserRow


@dataclass(frozen=True)
class NamedRole(RoleMixin):
    """A role by name; roles are a closed list in code, not rows."""

    name: str
    permissions: None = None


class Account(UserRow, UserMixin):  # type: ignore[misc]
    """A row of user_account with what flask-security asks of a user."""

    @property
    def roles(self) -> list[NamedRole]:  # type: ignore[override]
        """The roles held, as the library wants them."""
        return [NamedRole(name) for name in self.roles_held]

    @property
    def is_staff(self) -> bool:
        """Holds a role that may see other people's data."""
        return not STAFF.isdisjoint(Role(name) for name in self.roles_held)

    def check_tf_required(self, tf_setup_methods: list[Any], tf_fresh: bool) -> tuple[bool, list[Any]]:  # noqa: ARG002
        """Staff need a second factor at every sign-in; applicants once they have set one up."""
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Demo staff are spared where nobody from outside can come in."""
        settings: Settings = current_app.extensions["promissory"].settings
        return self.is_staff and not (self.is_demo and settings.demo)

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:  # noqa: ARG002
        """A wrong code counts against the account; wrong passwords are counted by the form, known account or not."""
        if tfa:
            throttle.count_wrong_code(str(self.id))


def account_of(user: Any) -> Account:
    """The account behind flask-login's proxy."""
    found: Account = user._get_current_object() if hasattr(user, "_get_current_object") else user  # noqa: SLF001
    return found


class IdentitySessions:
    """One database session per app context for the sign-in library alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def session(self) -> Session:
        """The session of this app context; made on first use, closed with the context."""
        if "identity_session" not in g:
            g.identity_session = Session(self._database.engine, expire_on_commit=False)
        found: Session = g.identity_session
        return found

    @staticmethod
    def close(_error: BaseException | None = None) -> None:
        """Ends it; what was not committed is rolled back."""
        if has_app_context() and (session := g.pop("identity_session", None)) is not None:
            session.close()


class AccountStore(SQLAlchemyUserDatastore):
    """The library's datastore over `Account`."""

    db: IdentitySessions

    def __init__(self, identity: IdentitySessions, database: Database) -> None:
        super().__init__(identity, Account, NamedRole)
        self._database = database

    def commit(self) -> None:
        """The library's own commit. A second sign-up of one address at the same moment is as if it had come later."""
        try:
            self.db.session.commit()
        except IntegrityError:
            self.db.session.rollback()
            if request.endpoint != "security.register":
                raise
            g.pop("account_events", None)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Account | None:
        """One account by one attribute."""
        (name, value), *_ = kwargs.items()
        column = getattr(Account, name)
        wanted = func.lower(column) == str(value).lower() if case_insensitive else column == value
        return self.db.session.scalars(select(Account).where(wanted)).first()

    def find_role(self, role: str) -> NamedRole | None:
        """A role of the closed list."""
        return NamedRole(role) if role in set(Role) else None

    def create_user(self, **kwargs: Any) -> Account:
        """A new applicant: sign-up gives no other role, whatever is posted."""
        email = str(kwargs["email"])
        account = Account(
            id=uuid7(), email=email, name=email.partition("@")[0], password=kwargs["password"], active=True,
            fs_uniquifier=uuid4().hex, roles_held=[Role.APPLICANT.value], created_at=self._database.clock.now(),
            login_count=0, is_demo=False,
        )  # fmt: skip
        self.put(account)
        return account


def sign_in_directly(account: Account, via: str) -> Response:
    """Signs somebody in without a password: the demo's one click. The caller has checked that this may be."""
    login_user(account, authn_via=[via])
    store: AccountStore = current_app.extensions["security"].datastore
    store.commit()
    return redirect("/start")

"""Proving again who one is, before something is changed that a thief of an open session would change."""

from __future__ import annotations

from uuid import UUID

from flask import request

from core.auth.throttle import count_failure, database, forget, keys_of_sign_in, wait_seconds
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.tables import UserRow

FIELD = "password"


def needs_password(user_id: UUID | None) -> bool:
    """False for the accounts of the demonstration, which have no password."""
    with database().read() as r:
        account = r.session.get(UserRow, user_id)
    return account is not None and not (account.is_demo and not account.password)


def check_password(user_id: UUID | None, password: str) -> None:
    """The password of the person who asks, counted like a sign-in: waits grow with every wrong one.

    Raises InvalidInput (`password`).
    """
    from flask_security.utils import verify_password

    with database().read() as r:
        account = r.session.get(UserRow, user_id)
        keys = keys_of_sign_in(account.email if account else "", request.remote_addr)
        wait = wait_seconds(r, keys)
    if wait:
        raise InvalidInput({FIELD: Text("Too many wrong passwords. Wait {n} seconds and try again.", n=wait)})
    if account is None or not account.password or not verify_password(password, account.password):
        with database().work() as w:
            count_failure(w, keys)
        raise InvalidInput({FIELD: Text("This is not your password")})
    with database().work() as w:
        forget(w, keys)

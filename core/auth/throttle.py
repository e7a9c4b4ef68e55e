"""Brute force: failures are counted in the database, waits grow, the right owner is never shut out for good.

Three counters a try: account and address together (5 free), the account from anywhere (20 free, at most 100 in a row:
NIST SP 800-63B-4 §3.2.2), the address against any account (30 free). Unknown accounts are counted like known ones.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import current_app, request
from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core import crypto
from core.db import Database, Work
from core.tables import SignInThrottleRow

log = logging.getLogger("promissory.auth")
WAIT_MAX = timedelta(minutes=15)
IN_A_ROW_MAX = 100
FORGET_AFTER = timedelta(hours=24)
FREE = {"pair": 5, "account": 20, "address": 30, "code": 4, "mail": 10, "mailto": 3, "machine": 20}
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_HARD = frozenset({"account", "code"})  # never forgotten by time alone


def keys_of_sign_in(account: str, address: str | None) -> tuple[str, ...]:
    """The counters of a try with a password; hashed, so that the table names nobody."""
    return (
        _key("pair", f"{account} {address}"),
        _key("account", account),
        _key("address", address or "unknown"),
    )


def keys_of_mail(account: str, address: str | None) -> tuple[str, ...]:
    """The counters of a request that sends mail."""
    return (_key("mailto", account), _key("mail", address or "unknown"))


def keys_of_machine(address: str | None) -> tuple[str, ...]:
    """The counter of calls with a wrong key."""
    return (_key("machine", address or "unknown"),)


def key_of_code(user_id: str) -> str:
    """The counter of wrong second factors."""
    return _key("code", user_id)


def _key(kind: str, value: str) -> str:
    return f"{kind}:{crypto.blind_index(value, purpose='sign_in_throttle')}"


def wait_seconds(w: Work, keys: tuple[str, ...]) -> int:
    """How long the caller must wait before the next try; 0 when they may."""
    query = select(SignInThrottleRow.blocked_until).where(SignInThrottleRow.key.in_(keys))
    until = [at for at in w.session.scalars(query) if at is not None and at > w.now]
    return max((int((at - w.now).total_seconds()) + 1 for at in until), default=0)


def count_failure(w: Work, keys: tuple[str, ...]) -> Mapping[str, int]:
    """Counts one failure under each key and sets the next wait; returns the counts."""
    counts = {}
    for key in sorted(keys):  # one order for all, so that two tries cannot wait for each other in a ring
        kind = key.partition(":")[0]
        forgotten = SignInThrottleRow.failed_at < (w.now - FORGET_AFTER if kind not in _HARD else LONG_AGO)
        again = case((forgotten, 1), else_=SignInThrottleRow.failures + 1)
        first = insert(SignInThrottleRow).values(key=key, failures=1, failed_at=w.now)
        upsert = first.on_conflict_do_update(index_elements=["key"], set_={"failures": again, "failed_at": w.now})
        counts[key] = w.session.scalars(upsert.returning(SignInThrottleRow.failures)).one()
        until = next_try_at(kind, counts[key], w.now)
        w.session.execute(update(SignInThrottleRow).where(SignInThrottleRow.key == key).values(blocked_until=until))
    return counts


def next_try_at(kind: str, failures: int, now: datetime) -> datetime | None:
    """When the next try is taken: at once while free, then after 2, 4, 8 ... seconds up to 15 minutes.

    After 100 failures in a row only a reset by mail opens the account.
    """
    over = failures - FREE[kind]
    if over < 0:
        return None
    if kind in _HARD and failures >= IN_A_ROW_MAX:
        return now + timedelta(days=36500)
    return now + min(WAIT_MAX, timedelta(seconds=2 ** min(over + 1, 20)))


def forget(w: Work, keys: tuple[str, ...]) -> None:
    """Success: the counters start anew."""
    w.session.execute(delete(SignInThrottleRow).where(SignInThrottleRow.key.in_(keys)))


def database() -> Database:
    """The app's database."""
    found: Database = current_app.extensions["promissory"].database
    return found


def count_wrong_password(account: str) -> None:
    """One wrong password (or unknown account) from the caller's address."""
    keys = keys_of_sign_in(account, request.remote_addr)
    with database().work() as w:
        count_failure(w, keys)
    log.warning("sign-in refused", extra={"account": keys[1][-12:], "address": request.remote_addr})


def count_wrong_code(user_id: str) -> None:
    """One wrong second factor."""
    with database().work() as w:
        count_failure(w, (key_of_code(user_id),))
    log.warning("second factor refused", extra={"user_id": user_id, "address": request.remote_addr})

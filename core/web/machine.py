"""Machines call with `Authorization: Bearer <key>`, never with a cookie; so their views need no form token."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request

from core import api_keys
from core.api_keys import ROLE_OF, Scope
from core.auth import throttle
from core.domain.actor import Actor
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.texts import Text
from core.web.csrf import protection
from core.web.work import house, remote_address

log = logging.getLogger("promissory.api")
F = TypeVar("F", bound=Callable[..., Any])
BODY_MAX = 256 * 1024


def machine(scope: Scope) -> Callable[[F], F]:
    """Only callers whose key was made for the scope."""

    def mark(view: F) -> F:
        view.access = frozenset({ROLE_OF[scope]})  # type: ignore[attr-defined]
        view.scope = scope  # type: ignore[attr-defined]
        protection.exempt(view)
        return view

    return mark


def scope_asked() -> Scope | None:
    """The scope the requested view is for; None for a page of people."""
    view = current_app.view_functions.get(request.endpoint or "")
    found: Scope | None = getattr(view, "scope", None)
    return found


def load_caller(scope: Scope) -> Actor:
    """Who calls with the key of this request.

    Raises NotAllowed: 401 without a key that acts, 403 for a key made for other things, 429 after many wrong keys.
    """
    database, address = house().database, remote_address()
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NotAllowed(Text("Send a key: Authorization: Bearer <key>"), status=401)
    keys = throttle.keys_of_machine(address)
    with database.read() as r:
        seconds = throttle.wait_seconds(r, keys)
        holder = None if seconds else api_keys.holder_of(r, token.strip(), address)
    if seconds:
        raise NotAllowed(
            Text("Too many wrong keys: try again in {n} seconds", n=seconds), status=429, retry_after=seconds
        )
    if holder is None:
        with database.work() as w:
            throttle.count_failure(w, keys)
        log.warning("key refused", extra={"address": address})
        raise NotAllowed(Text("This key is unknown, ended or expired"), status=401)
    api_keys.require_scope(holder, scope)
    with database.work() as w:
        api_keys.note_use(w, token.strip())
    return holder.actor


def json_body() -> dict[str, Any]:
    """The JSON object sent. Raises InvalidInput for anything else."""
    if request.content_length is not None and request.content_length > BODY_MAX:
        raise InvalidInput({"_": Text("Send at most {n} bytes", n=BODY_MAX)})
    found = request.get_json(silent=True, force=True)
    if not isinstance(found, dict):
        raise InvalidInput({"_": Text("Send one JSON object as the body")})
    return found


def idempotency_key() -> str:
    """The caller's own name for this request. Raises InvalidInput when it is missing."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise InvalidInput(
            {"Idempotency-Key": Text("Send a key of your own in this header: repeating a request is then harmless")}
        )
    return key

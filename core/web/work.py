"""Page or command -> work(): the edge opens the transaction, steps stay inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, g, has_request_context, request

from core.db import Database, Work
from core.domain.actor import ANONYMOUS, SYSTEM, Actor
from core.settings import Settings

EXTENSION = "promissory"


@dataclass(frozen=True, slots=True)
class House:
    """What the composition root hands to the edge."""

    settings: Settings
    database: Database
    jobs: Mapping[str, Any] = field(default_factory=dict)


def house() -> House:
    """The app's settings, database and jobs."""
    found: House = current_app.extensions[EXTENSION]
    return found


def actor() -> Actor:
    """Who is asking: the signed-in person in a request, the system in a command."""
    if not has_request_context():
        return SYSTEM
    if "actor" not in g:
        loader = current_app.extensions.get("promissory_actor")
        g.actor = loader() if loader else ANONYMOUS
    found: Actor = g.actor
    return found


def remote_address() -> str | None:
    """The caller's address as the trusted front (ProxyFix) reports it."""
    return request.remote_addr if has_request_context() else None


@contextmanager
def work() -> Iterator[Work]:
    """A writing transaction for the current actor."""
    with house().database.work(actor()) as w:
        yield w


@contextmanager
def read() -> Iterator[Work]:
    """A read-only transaction for the current actor."""
    with house().database.read(actor()) as r:
        yield r

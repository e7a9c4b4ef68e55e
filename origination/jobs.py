"""Scheduled work of origination: what nobody answered runs out; and the instant decision as a task of the workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Flask

from core import queue
from core.db import Database
from core.domain.errors import NotFound
from core.jobs import Job, JobContext
from core.settings import Settings
from origination.queries.performance import performance_sample
from scoring.domain.performance import PAST_CASES

ADVANCE = "advance_application"  # as origination.steps.submit enqueues it
COPY = "send_contract_copy"  # as origination.steps.close_deal enqueues it


def run_expiry(context: JobContext) -> Mapping[str, Any]:
    """Closes drafts and offers whose time has run out, one transaction each."""
    from origination.steps.offer import due_to_expire, expire

    with context.database.read() as r:
        due = due_to_expire(r)
    expired = 0
    for application_id in due:
        with context.database.work() as w:
            expired += expire(w, application_id)
    return {"expired": expired}


def run_waiting(context: JobContext) -> Mapping[str, Any]:
    """Asks again for cases that wait for a bureau or were interrupted."""
    from origination.providers.bureau import choose_bureau
    from origination.steps.advance import advance
    from origination.steps.waiting import waiting_for_bureau

    bureau = choose_bureau(context.settings.instance, demo_allowed=not context.settings.production)
    with context.database.read() as r:
        waiting = waiting_for_bureau(r)
    for application_id in waiting:
        with context.database.work() as w:
            advance(w, application_id, bureau=bureau)
    return {"asked_again": len(waiting)}


def run_rescreen(context: JobContext) -> Mapping[str, Any]:
    """Screens the whole book against the lists in use, in chunks; only pairs nobody has seen raise an alert."""
    from origination.steps.screening import rescreen_parties

    after, seen, alerts = None, 0, 0
    while True:
        with context.database.work() as w:
            done = rescreen_parties(w, after=after)
        seen, alerts, after = seen + done.parties, alerts + done.new_alerts, done.last
        context.report(parties=seen, new_alerts=alerts)
        if after is None:
            return {"parties": seen, "new_alerts": alerts}


def run_advance(app: Flask, database: Database, settings: Settings, application_id: str) -> None:
    """The instant decision of one application; nothing when it was removed with the demo data meanwhile."""
    from origination.providers.bureau import choose_bureau
    from origination.steps.advance import advance

    bureau = choose_bureau(settings.instance, demo_allowed=not settings.production)
    with app.app_context(), database.work() as w:
        try:
            advance(w, UUID(application_id), bureau=bureau)
        except NotFound:
            return


def run_copy(app: Flask, database: Database, contract_id: str) -> None:
    """The signed contract goes to the borrower; nothing when it was removed meanwhile."""
    from origination.steps.close_deal import send_copy

    with app.app_context(), database.work() as w:
        try:
            send_copy(w, UUID(contract_id))
        except NotFound:
            return


def register(app: Flask, database: Database, settings: Settings) -> None:
    """Tasks of the workers: they run even when the web process died right after the applicant's click."""
    app.extensions[PAST_CASES] = performance_sample
    queue.register(ADVANCE, lambda application_id: run_advance(app, database, settings, application_id))
    queue.register(COPY, lambda contract_id: run_copy(app, database, contract_id))


JOBS = [
    Job("expire_offers", {"hour": 1, "minute": 0}, run_expiry),
    Job("advance_waiting", {"hour": 6, "minute": 0}, run_waiting),
    Job("rescreen", {"hour": 4, "minute": 0}, run_rescreen),
]

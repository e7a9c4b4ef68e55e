"""Scheduled work of origination: what nobody answered runs out; and the instant decision as a task of the workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Flask

from core import queue
from core.db import Database, Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from core.jobs import Job, JobContext, progress_of
from core.settings import Settings
from origination.queries.performance import performance_sample
from scoring.domain.performance import PAST_CASES

ADVANCE = "advance_application"  # as origination.steps.submit enqueues it
INDEX = "build_screening_index"  # as origination.steps.screening_lists enqueues it
COPY = "send_contract_copy"  # as origination.steps.close_deal enqueues it
TRIAL = "try_policy"  # as origination.steps.try_policy enqueues it


def run_expiry(context: JobContext) -> Mapping[str, Any]:
    """Closes drafts and offers whose time has run out, one transaction each."""
    from origination.steps.offer import due_to_expire, expire

    with context.database.read() as r:
        due = due_to_expire(r)
    return {"expired": _count(context, due, expire)}


def _count(context: JobContext, due: Iterable[UUID], step: Callable[[Work, UUID], int]) -> int:
    """How often the step did something: each application in a transaction of its own."""
    done = 0
    for application_id in due:
        with context.database.work() as w:
            done += step(w, application_id)
    return done


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
    """Screens the whole book against the lists in use; only pairs nobody has seen raise an alert.

    A run that broke off goes on behind the last party it had finished.
    """
    from origination.steps.rescreen import Progress, rescreen_book

    def told(done: Progress) -> dict[str, Any]:
        return {"parties": done.parties, "new_alerts": done.new_alerts, "of": done.of, "through": str(done.through)}

    with context.database.read() as r:
        reached = progress_of(r, "rescreen", context.run_on).get("through")
    after = UUID(reached) if reached and reached != "None" else None
    done = rescreen_book(
        context.database, context.settings, after=after, report=lambda progress: context.report(**told(progress))
    )
    return {"parties": done.parties, "new_alerts": done.new_alerts}


def run_build_index(database: Database) -> None:
    """The name index of new list editions, kept for every process."""
    from origination.steps.screening_lists import build_index

    with database.work() as w:
        build_index(w)


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


def run_policy_trial(app: Flask, database: Database, run_id: str) -> None:
    """A policy tried on past applications; nothing when the run was removed meanwhile."""
    from origination.steps.try_policy import run_trial

    with app.app_context():
        try:
            run_trial(database, UUID(run_id))
        except NotFound:
            return


def register(app: Flask, database: Database, settings: Settings) -> None:
    """Tasks of the workers: they run even when the web process died right after the applicant's click."""
    app.extensions[PAST_CASES] = performance_sample
    queue.register(ADVANCE, lambda application_id: run_advance(app, database, settings, application_id))
    queue.register(INDEX, lambda: run_build_index(database))
    queue.register(COPY, lambda contract_id: run_copy(app, database, contract_id))
    queue.register(TRIAL, lambda run_id: run_policy_trial(app, database, run_id), retries=1)


def run_reminders(context: JobContext) -> Mapping[str, Any]:
    """Remembers documents that were asked for and have not come, and those that run out, one transaction each."""
    from origination.steps.remind import ask_renewal, due_for_reminder, due_for_renewal, remind

    with context.database.read() as r:
        open_ones, expiring = due_for_reminder(r), due_for_renewal(r)
    return {"reminded": _count(context, open_ones, remind), "running_out": _count(context, expiring, ask_renewal)}


def run_missing_papers(context: JobContext) -> Mapping[str, Any]:
    """Tells applicants what is still missing, once the policy's days have passed, one transaction each."""
    from origination.steps.notices import due_for_missing, tell_missing

    with context.database.read() as r:
        due = due_for_missing(r)
    return {"told": _count(context, due, tell_missing)}


_RESCREENED = {"parties": Text("parties"), "of": Text("of"), "new_alerts": Text("new alerts")}
_REMINDED = {"reminded": Text("reminded"), "running_out": Text("documents running out")}
_TOLD, _ENDED, _ASKED = {"told": Text("told")}, {"expired": Text("ended")}, {"asked_again": Text("asked again")}
JOBS = [
    Job("tell_missing", {"hour": 9, "minute": 0}, run_missing_papers, Text("Telling what is missing"), _TOLD),
    Job("expire_offers", {"hour": 1, "minute": 0}, run_expiry, Text("Ending of drafts and offers"), _ENDED),
    Job("advance_waiting", {"hour": 6, "minute": 0}, run_waiting, Text("Asking bureaus again"), _ASKED),
    Job("rescreen", {"hour": 4, "minute": 0}, run_rescreen, Text("Screening of the book"), _RESCREENED),
    Job("remind_papers", {"hour": 8, "minute": 0}, run_reminders, Text("Reminders of documents"), _REMINDED),
]

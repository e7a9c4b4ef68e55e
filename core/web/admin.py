"""The administrator's pages about the machine: jobs, messages, audit, state of the system."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select, text
from werkzeug.wrappers import Response as AnyResponse

from core import audit, outbox
from core import jobs as job_runner
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotFound
from core.domain.texts import Text
from core.i18n import gettext, translate
from core.tables import OutboundMessageRow, UserRow
from core.web.guards import allow
from core.web.work import house, read, work
from core.webhook import views as webhook_views

bp = Blueprint("admin", __name__, url_prefix="/admin")
PAGE = 50
MESSAGE_STATES = ("queued", "failed", "held", "sent", "demo")


def page_asked() -> int:
    """The page number in the address, from 1."""
    given = request.args.get("page", "1")
    return min(10_000, max(1, int(given))) if given.isascii() and given.isdigit() and len(given) < 6 else 1


@bp.get("/jobs")
@allow(Role.ADMIN)
def jobs() -> str:
    """Every job: when it ran, how long, how far, what failed, when it runs next."""
    known = house().jobs
    with read() as r:
        overview = job_runner.overview(r, known, house().settings.time_zone)
        runs = job_runner.recent_runs(r, PAGE)
        waiting, running = _queue_lengths(r)
        return render_template(
            "admin/jobs.html",
            jobs=overview,
            runs=runs,
            waiting=waiting,
            running=running,
            now=r.now,
            titles={name: job.title for name, job in known.items()},
            figures={name: job.figures for name, job in known.items()},
        )


def _queue_lengths(r: Any) -> tuple[int, int]:
    query = text(
        "SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'doing') "
        "FROM procrastinate_jobs"
    )
    waiting, running = r.session.execute(query).one()
    return int(waiting), int(running)


@bp.post("/jobs/<name>/run")
@allow(Role.ADMIN)
def run_job(name: str) -> AnyResponse:
    """Asks the workers to run a job for a date, again if need be."""
    given = request.form.get("run_on", "")
    try:
        run_on = date.fromisoformat(given) if given else house().database.clock.today()
    except ValueError:
        raise InvalidInput({"run_on": Text("Enter the date as year-month-day, like 2026-03-31")}) from None
    with work() as w:
        job_runner.rerun(w, name, run_on, house().jobs)
        audit.record(w, "job.asked_for", "job", name, run_on=run_on.isoformat())
    flash(gettext("The workers were asked to run %(name)s for %(day)s.", name=name, day=run_on.isoformat()), "success")
    return redirect(url_for("admin.jobs"), code=303)


@bp.get("/messages")
@allow(Role.ADMIN)
def messages() -> str:
    """The outbox by state, newest first. Recipients are masked; texts are kept word for word."""
    state = request.args.get("state", "")
    state = state if state in MESSAGE_STATES else ""
    page = page_asked()
    with read() as r:
        counts = dict(
            r.session.execute(select(OutboundMessageRow.status, func.count()).group_by(OutboundMessageRow.status)).all()
        )
        query = select(OutboundMessageRow).order_by(OutboundMessageRow.created_at.desc(), OutboundMessageRow.id)
        if state:
            query = query.where(OutboundMessageRow.status == state)
        rows = r.session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()
        total = counts.get(state, 0) if state else sum(counts.values())
        mail_is_off = house().settings.mail.host is None
        return render_template(
            "admin/messages.html", rows=rows, counts=counts, state=state, states=MESSAGE_STATES, page=page,
            pages=max(1, -(-total // PAGE)), total=total, mask=mask_recipient, mail_is_off=mail_is_off,
        )  # fmt: skip


def mask_recipient(recipient: str) -> str:
    """Enough to recognise, too little to use: `w***@example.com`, `***4567`."""
    name, at, host = recipient.partition("@")
    if at:
        return f"{name[:1]}***@{host}"
    return f"***{recipient[-4:]}" if recipient else "–"


@bp.post("/messages/<uuid:message_id>/resend")
@allow(Role.ADMIN)
def resend(message_id: UUID) -> AnyResponse:
    """Puts a message that failed back into the queue."""
    with work() as w:
        row = w.lock(OutboundMessageRow, message_id)
        if row.status not in {"failed", "queued"}:
            raise NotFound(Text("This message is not waiting to be sent"))
        outbox.retry_failed(w, message_id)
        audit.record(w, "message.sent_again", "message", message_id)
    flash(gettext("The message is queued again."), "success")
    return redirect(url_for("admin.messages", state="queued"), code=303)


@bp.get("/audit")
@allow(Role.ADMIN, Role.AUDITOR)
def audit_trail() -> str:
    """Who did what, newest first; narrowed by action and subject."""
    action, subject = request.args.get("action", "").strip(), request.args.get("subject", "").strip()
    page = page_asked()
    with read() as r:
        found = tuple(
            audit.search(r, action=action or None, subject_id=subject or None, limit=PAGE + 1, offset=(page - 1) * PAGE)
        )
    return render_template(
        "admin/audit.html", events=found[:PAGE], more=len(found) > PAGE, action=action, subject=subject, page=page,
        plain=lambda data: json.dumps(data, ensure_ascii=False, sort_keys=True),
    )  # fmt: skip


@bp.post("/audit/verify")
@allow(Role.ADMIN, Role.AUDITOR)
def verify_audit() -> str:
    """Walks every chain, and compares with a checkpoint kept outside when one is given."""
    kept = request.form.get("checkpoint", "").strip()
    with read() as r:
        count, breaks = audit.verify_chain(r)
        against = None
        if kept:
            try:
                against = audit.check_against(r, json.loads(kept)) or ""
            except (ValueError, TypeError):
                against = Text("this is not a checkpoint")
    return render_template("admin/audit_result.html", count=count, breaks=breaks[:PAGE], against=against, kept=kept)


@bp.get("/audit/checkpoint")
@allow(Role.ADMIN, Role.AUDITOR)
def audit_checkpoint() -> Response:
    """The checkpoint to keep where this machine cannot reach it."""
    with read() as r:
        found = audit.checkpoint(r)
    name = f"audit-checkpoint-{found['at'][:10]}.json"
    return Response(
        json.dumps(found, indent=2) + "\n", mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


@bp.get("/system")
@allow(Role.ADMIN)
def system() -> str:
    """Health in plain words: each line says what is, whether that is well, and what to do if not."""
    with read() as r:
        lines = health_lines(r)
    return render_template(
        "admin/system.html", lines=lines, worst=min((line["kind"] for line in lines), default="good")
    )


def health_lines(r: Any) -> list[dict[str, Any]]:
    """What the system page shows. `kind` is bad, good or warn; bad sorts first."""
    settings = house().settings
    jobs = house().jobs
    late = [translate(jobs[view.name].title) for view in job_runner.overview(r, jobs) if view.late]
    waiting, _ = _queue_lengths(r)
    oldest = r.session.scalar(
        select(func.min(OutboundMessageRow.created_at)).where(OutboundMessageRow.status == "queued")
    )
    failed = r.session.scalar(select(func.count()).where(OutboundMessageRow.status == "failed")) or 0
    admins = r.session.scalar(
        select(func.count()).select_from(UserRow).where(UserRow.roles_held.contains(["admin"]), UserRow.active)
    )
    size = r.session.scalar(text("SELECT pg_size_pretty(pg_database_size(current_database()))"))
    version = r.session.scalar(text("SHOW server_version"))
    embedded = str(settings.instance) in house().database.url
    stuck = oldest is not None and oldest < r.now - timedelta(hours=1)
    return [
        _line(Text("Database"), "good", Text("PostgreSQL {version}, {size}", version=version, size=size)),
        _line(
            Text("Kind of database"), "warn" if embedded else "good",
            Text("The embedded one: fine to try things out; give DATABASE_URL before real loans") if embedded
            else Text("Your own server"),
        ),
        _line(
            Text("Jobs"), "bad" if late else "good",
            Text("Late: {names}. Is the scheduler running?", names=", ".join(late)) if late
            else Text("All ran within a day"),
        ),
        _line(
            Text("Workers"), "bad" if waiting > 500 else "good",
            Text("{n} tasks wait; start another worker (flask jobs work)", n=waiting) if waiting > 500
            else Text("{n} tasks wait", n=waiting),
        ),
        _line(
            Text("Mail"), "warn" if settings.mail.host is None else "bad" if stuck or failed else "good",
            Text("No mail server is set (MAIL_HOST): messages wait in the queue") if settings.mail.host is None
            else Text("{n} messages failed; see Messages", n=failed) if failed
            else Text("Messages wait for more than an hour; see Messages") if stuck
            else Text("Messages leave as they should"),
        ),
        _webhook_line(r),
        _line(
            Text("Administrators"), "warn" if (admins or 0) < 2 else "good",
            Text("{n} active; two are safer than one", n=admins) if (admins or 0) < 2 else Text("{n} active", n=admins),
        ),
        _line(
            Text("Demo data"), "warn" if settings.demo else "good",
            Text("Demo mode is on: never use it with real people") if settings.demo else Text("Off"),
        ),
    ]  # fmt: skip


def _webhook_line(r: Any) -> dict[str, Any]:
    failed, failing = webhook_views.count_failed(r), webhook_views.failing(r)
    return _line(
        Text("Webhooks"), "bad" if failed else "warn" if failing else "good",
        Text("{n} deliveries were given up; see Webhooks", n=failed) if failed
        else Text("Not taken just now: {names}. It is tried again", names=", ".join(failing)) if failing
        else Text("All that was to be told is told or on its way"),
    )  # fmt: skip


def _line(label: str, kind: str, words: str) -> dict[str, Any]:
    return {"label": label, "kind": kind, "text": words}

"""The officer's queue: what waits, how long it may, and the next case to take."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.texts import Text
from core.i18n import gettext, translate
from core.web.guards import allow
from core.web.work import read, work
from origination.domain.application import CLOSED
from origination.queries.alerts import open_alerts
from origination.queries.officer import SORTS, Clock, Queue, QueueLine, Tab, next_case, queue
from origination.steps.desk import put_back, take_case

bp = Blueprint("officer", __name__, url_prefix="/officer")
STAFF_OF_CASES = (Role.OFFICER, Role.APPROVER)
PAGE = 30
TAB_NAMES = {
    Tab.REFERRED: Text("To decide"),
    Tab.IDENTITY: Text("Identity checks"),
    Tab.MINE: Text("Mine"),
    Tab.UNASSIGNED: Text("Not taken"),
    Tab.WAITING: Text("With the applicant"),
    Tab.ALL: Text("All"),
}
CLOCK_WORDS = {
    Clock.GREEN: (Text("In time"), "good"),
    Clock.AMBER: (Text("Due today"), "warn"),
    Clock.RED: (Text("Overdue"), "bad"),
}
STATUS_LOOKS = {
    "REFERRED": "warn", "KYC_REFERRED": "warn", "DECLINED": "bad", "BOOKED": "good", "SIGNED": "good",
    "OFFERED": "info", "ACCEPTED": "info", "APPROVED": "good", "WITHDRAWN": "plain", "EXPIRED": "plain",
}  # fmt: skip


@bp.get("/")
@allow(*STAFF_OF_CASES)
def queue_page() -> str:
    """Tabs with counts, deadline clocks, search and sorting; nothing of it is remembered."""
    tab = _choice(request.args.get("tab"), Tab, Tab.REFERRED)
    sort = request.args.get("sort", "due") if request.args.get("sort") in SORTS else "due"
    search, page = request.args.get("q", "")[:100], max(1, request.args.get("page", 1, type=int))
    with read() as r:
        found = queue(r, tab, search=search, sort=sort, limit=PAGE, offset=(page - 1) * PAGE)
        alerts = len(open_alerts(r))
    return render_template(
        "officer/queue.html",
        tab_items=_tabs(found, tab),
        rows=[_row(line) for line in found.lines],
        total=found.total,
        page=page,
        pages=-(-found.total // PAGE),
        page_url=url_for("officer.queue", tab=tab.value, sort=sort, q=search) + "&page={page}",
        search=search,
        tab=tab.value,
        sort=sort,
        sorts=_sorts(tab, search),
        alerts=alerts,
    )


bp.add_url_rule("/", "queue", queue_page)


@bp.post("/next")
@allow(*STAFF_OF_CASES)
def next_page() -> Response:
    """Takes the most urgent case nobody works on, and opens it."""
    with work() as w:
        found = next_case(w)
        if found is not None:
            take_case(w, found)
    if found is None:
        flash(gettext("Nothing waits for a person right now."), "info")
        return redirect(url_for("officer.queue"))
    return redirect(url_for("case.page", application_id=found))


@bp.post("/<uuid:application_id>/take")
@allow(*STAFF_OF_CASES)
def take(application_id: UUID) -> Response:
    """Takes a case, or puts it back."""
    with work() as w:
        (put_back if request.form.get("action") == "put_back" else take_case)(w, application_id)
    return redirect(url_for("case.page", application_id=application_id))


@bp.get("/alerts")
@allow(*STAFF_OF_CASES, Role.RISK_MANAGER)
def alerts_page() -> str:
    """Every name alert that waits for a person."""
    with read() as r:
        return render_template("officer/alerts.html", alerts=open_alerts(r))


def _choice(given: str | None, kind: Any, otherwise: Any) -> Any:
    return kind(given) if given in {one.value for one in kind} else otherwise


def _tabs(found: Queue, current: Tab) -> list[dict[str, Any]]:
    return [
        {
            "label": translate(name),
            "url": url_for("officer.queue", tab=tab.value),
            "current": tab is current,
            "count": found.counts[tab],
        }
        for tab, name in TAB_NAMES.items()
    ]


def _sorts(tab: Tab, search: str) -> dict[str, str]:
    return {name: url_for("officer.queue", tab=tab.value, sort=name, q=search) for name in SORTS}


def _row(line: QueueLine) -> dict[str, Any]:
    words, look = CLOCK_WORDS[line.clock]
    one = line.line
    return {
        "reference": one.reference,
        "url": url_for("case.page", application_id=one.id),
        "name": one.applicant_name,
        "product": one.product,
        "amount": one.amount,
        "grade": line.grade,
        "status": (one.status.text, STATUS_LOOKS.get(one.status.value, "plain")),
        "clock": (words, look),
        "due_at": one.due_at if one.status not in CLOSED else None,
        "assigned": line.assigned_name,
    }

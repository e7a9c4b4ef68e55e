"""The officer's queue: what waits, how long it may, and the next case to take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.texts import Text
from core.i18n import current_locale, gettext, ngettext, translate
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import read, work
from origination.domain.application import CLOSED
from origination.domain.decision_clock import ClockState
from origination.queries.alerts import count_open
from origination.queries.desk import colleagues, my_mentions, my_views
from origination.queries.officer import SORTS, Clock, Queue, QueueFilter, QueueLine, Tab, next_case, queue
from origination.queries.products import product_names
from origination.steps.desk import put_back, take_case
from origination.web.alerts import listing as alert_listing
from origination.web.questions import PAPER_NAMES

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
SEGMENTS = {"consumer": Text("Consumers"), "sme": Text("Companies")}
CLOCK_WORDS = {
    Clock.GREEN: (Text("In time"), "good"),
    Clock.AMBER: (Text("Due within a day"), "warn"),
    Clock.RED: (Text("Overdue"), "bad"),
}
STATUS_LOOKS = {
    "REFERRED": "warn", "KYC_REFERRED": "warn", "DECLINED": "bad", "BOOKED": "good", "SIGNED": "good",
    "OFFERED": "info", "ACCEPTED": "info", "APPROVED": "good", "WITHDRAWN": "plain", "EXPIRED": "plain",
}  # fmt: skip


@bp.get("/")
@allow(*STAFF_OF_CASES)
def queue_page() -> str:
    """Tabs with counts, deadline clocks, filters, saved views and sorting; nothing of it is remembered unless saved."""
    return show_queue(Form())


def show_queue(form: Form, status: str = "") -> str:
    """The queue as its address says, with what was typed into one of its forms."""
    tab = _choice(request.args.get("tab"), Tab, Tab.REFERRED)
    sort = request.args.get("sort", "due") if request.args.get("sort") in SORTS else "due"
    page = max(1, request.args.get("page", 1, type=int))
    wanted = read_filter(request.args)
    shown = {"tab": tab.value, "sort": sort, **filter_arguments(wanted)}
    with read() as r:
        found = queue(r, tab, wanted, sort=sort, limit=PAGE, offset=(page - 1) * PAGE)
        names = product_names(r, current_locale())
        return render_template(
            "officer/queue.html", tab_items=_tabs(found, tab),
            rows=[_row(line, r.today, names) for line in found.lines],
            total=found.total, page=page, pages=-(-found.total // PAGE), alerts=count_open(r), form=form,
            page_url=url_for("officer.queue", **shown) + "&page={page}", wanted=wanted, shown=shown, status=status,
            views=[{"row": one, "url": f"{url_for('officer.queue')}?{one.arguments}"} for one in my_views(r)],
            mentions=my_mentions(r), colleagues=colleagues(r),
            papers=[(kind, translate(name)) for kind, name in PAPER_NAMES.items()],
            arguments=urlencode(shown), segments=[(key, translate(name)) for key, name in SEGMENTS.items()],
        )  # fmt: skip


def read_filter(arguments: Mapping[str, str]) -> QueueFilter:
    """What the address narrows; anything unreadable narrows nothing."""
    try:
        assigned = UUID(arguments["assigned"]) if arguments.get("assigned") else None
    except ValueError:
        assigned = None
    amount = "".join(mark for mark in arguments.get("from", "") if mark.isdigit())[:12]
    return QueueFilter(
        search=arguments.get("q", "")[:100],
        segment=arguments.get("segment") if arguments.get("segment") in SEGMENTS else None,
        due=arguments.get("due") if arguments.get("due") in {"late", "today"} else None,
        assigned=assigned,
        amount_from=int(amount) if amount else None,
    )


def filter_arguments(wanted: QueueFilter) -> dict[str, str]:
    """The filter as arguments of the address."""
    found = {
        "q": wanted.search, "segment": wanted.segment, "due": wanted.due, "assigned": wanted.assigned,
        "from": wanted.amount_from,
    }  # fmt: skip
    return {name: str(value) for name, value in found.items() if value}


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


bp.add_url_rule("/alerts", "alerts_page", alert_listing)


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


def _row(line: QueueLine, today: date, names: Mapping[str, str]) -> dict[str, Any]:
    words, look = CLOCK_WORDS[line.clock]
    one = line.line
    return {
        "id": one.id,
        "by_law": _by_law(line, today),
        "reference": one.reference,
        "url": url_for("case.page", application_id=one.id),
        "name": one.applicant_name,
        "product": names.get(one.product, one.product),
        "amount": one.amount,
        "grade": line.grade,
        "status": (one.status.text, STATUS_LOOKS.get(one.status.value, "plain")),
        "clock": (words, look),
        "due_at": one.due_at if one.status not in CLOSED else None,
        "assigned": line.assigned_name,
    }


def days_left(days: int) -> str:
    """How a deadline stands: 3 -> "3 days left", 0 -> "due today", -2 -> "overdue by 2 days"."""
    if days < 0:
        return ngettext("overdue by %(num)s day", "overdue by %(num)s days", -days)
    return ngettext("%(num)s day left", "%(num)s days left", days) if days else gettext("due today")


def _by_law(line: QueueLine, today: date) -> dict[str, Any] | None:
    """The running deadline of the law: when, how it stands, in words."""
    if line.by_law is None:
        return None
    left = line.by_law.days_left(today)
    words = days_left(left)
    looks = {ClockState.GREEN: "plain", ClockState.AMBER: "warn", ClockState.RED: "bad"}
    return {"due_on": line.by_law.due_on, "words": words, "look": looks.get(line.by_law.state(today), "plain")}

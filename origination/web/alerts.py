"""Name alerts: the queue with filter and pages, and the card on which a person decides."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, LendingError, NotAllowed
from core.domain.texts import Text
from core.i18n import gettext, translate
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import house, read, work
from origination.domain.application import ApplicationStatus
from origination.providers.bureau import choose_bureau
from origination.queries.alerts import AlertPage, alert_queue, alert_view, alerts_of_case, cases_of_party
from origination.steps.advance import advance
from origination.steps.kyc import check_identity
from origination.steps.screening import decide_alert

bp = Blueprint("alerts", __name__, url_prefix="/officer/alerts")
DECIDERS = (Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER)
CASE_WORKERS = (Role.OFFICER, Role.APPROVER)
PAGE = 30
STATES = {
    "waiting": Text("Waiting"),
    "open": Text("To be looked at"),
    "proposed": Text("Second person needed"),
    "cleared": Text("Cleared"),
    "true_hit": Text("True hits"),
}
WAITS_ON_CHECKS = frozenset({ApplicationStatus.KYC_REFERRED.value, ApplicationStatus.SUBMITTED.value})


@allow(*DECIDERS, Role.AUDITOR)
def listing() -> str:
    """Alerts by state, list and name; those that wait come first. Registered under the officer's address."""
    state = request.args.get("state", "waiting")
    state = state if state in STATES else "waiting"
    list_name, search = request.args.get("list", "")[:100], request.args.get("q", "")[:100]
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    with read() as r:
        found = alert_queue(
            r, state=state, list_name=list_name, search=search, limit=PAGE, offset=(page - 1) * PAGE
        )  # fmt: skip
    return render_template(
        "officer/alerts.html", found=found, tab_items=_tabs(found, state, list_name, search), state=state,
        list_name=list_name, search=search, page=page, pages=-(-found.total // PAGE),
        page_url=url_for("officer.alerts_page", state=state, list=list_name, q=search) + "&page={page}",
    )  # fmt: skip


def _tabs(found: AlertPage, state: str, list_name: str, search: str) -> list[dict[str, object]]:
    return [
        {
            "label": translate(label),
            "url": url_for("officer.alerts_page", state=name, list=list_name, q=search),
            "current": name == state,
            "count": found.counts.get(name, 0),
        }
        for name, label in STATES.items()
    ]


@bp.get("/<uuid:alert_id>")
@allow(*DECIDERS, Role.AUDITOR)
def card(alert_id: UUID) -> str:
    """One alert: names word by word, what agrees, conflicts or is unknown, the list's own words, the decision."""
    return _card(alert_id, Form())


def _card(alert_id: UUID, form: Form) -> str:
    with read() as r:
        view = alert_view(r, alert_id)
        cases = cases_of_party(r, view.party_id) if r.actor.has(*CASE_WORKERS) else ()
        following = alert_queue(r, limit=2).lines
        may_decide = r.actor.has(*DECIDERS)
    next_id = next((line.id for line in following if line.id != alert_id), None)
    return render_template(
        "officer/alert_page.html",
        alert=view,
        cases=cases,
        form=form,
        next_id=next_id,
        may_decide=may_decide,
        words=[words] if (words := form.values.get(f"alert_reason_{alert_id}")) else [],
    )


@bp.post("/<uuid:alert_id>")
@allow(*DECIDERS)
def decide(alert_id: UUID) -> Response | tuple[str, int]:
    """Clears the alert, or proposes and confirms a true hit; the checks of its cases then run again."""
    field = f"alert_reason_{alert_id}"
    try:
        with work() as w:
            decided = decide_alert(
                w, alert_id, true_hit=request.form.get("verdict") == "true_hit", reason=request.form.get(field, ""),
                expected_version=request.form.get("alert_version", type=int),
            )  # fmt: skip
            party_id, state = decided.party_id, decided.state
    except (InvalidInput, NotAllowed, Conflict, IllegalTransition) as error:
        return _refused(alert_id, error, field)
    if state != "proposed":
        _look_again(party_id)
    flash(
        {
            "cleared": gettext("The alert is cleared. The pair stays cleared until either side changes."),
            "proposed": gettext("A true hit is proposed. A second person has to confirm it."),
            "true_hit": gettext("The true hit is confirmed."),
        }[state],
        "info" if state == "proposed" else "success",
    )
    return redirect(url_for("alerts.card", alert_id=alert_id), 303)


def _look_again(party_id: UUID) -> None:
    """Cases that waited on the checks go on once none of their alerts is open."""
    bureau = choose_bureau(house().settings.instance, demo_allowed=not house().settings.production)
    with read() as r:
        waiting = [case.id for case in cases_of_party(r, party_id) if case.status in WAITS_ON_CHECKS]
    for application_id in waiting:
        with work() as w:
            if w.actor.has(*CASE_WORKERS) and all(not one.is_open for one in alerts_of_case(w, application_id)):
                check_identity(w, application_id)
                advance(w, application_id, bureau=bureau)


def _refused(alert_id: UUID, error: LendingError, field: str) -> tuple[str, int]:
    form = Form(values=request.form.to_dict())
    if isinstance(error, InvalidInput):
        for messages in error.fields.values():
            for message in messages:
                form.add(field, message)
    else:
        form.add(field, error.message)
    status = {InvalidInput: 422, NotAllowed: 403}.get(type(error), 409)
    return _card(alert_id, form), status

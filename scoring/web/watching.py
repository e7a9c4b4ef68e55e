"""The watch of a version, its alerts with acknowledgement, and fairness with the search for alternatives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput, LendingError
from core.domain.texts import Text
from core.i18n import gettext
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import actor, read, work
from scoring.web.monitoring import READERS, said
from scoring.web.words import GROUP_WORDS

bp = Blueprint("watching", __name__, url_prefix="/models")


@bp.get("/<uuid:version_id>/watch")
@allow(*READERS)
def page(version_id: UUID) -> str:
    """The newest report with the ones before it, or an older one by `?report=`."""
    from scoring.domain.policy import ScoringPolicy
    from scoring.queries.scores import version_view
    from scoring.queries.watch_view import alerts, reports_of

    with read() as r:
        view, reports = version_view(r, version_id), reports_of(r, version_id)
        found = alerts(r, version_id)
        policy = r.policy(ScoringPolicy)
    wanted = request.args.get("report", "")
    shown = next((one for one in reports if str(one.id) == wanted), reports[0] if reports else None)
    feature = request.args.get("feature", "")
    return render_template(
        "manager/watch.html", view=view, reports=reports, shown=shown, alerts=found, policy=policy, feature=feature,
        drill=_drill(shown.report if shown else {}, feature), may_act=actor().has(Role.RISK_MANAGER),
    )  # fmt: skip


def _drill(report: dict[str, Any], feature: str) -> list[dict[str, Any]]:
    """Day by day, what a feature looked like: it shows on which day the data broke."""
    if not feature:
        return []
    return [{**day, "share": day["missing"].get(feature, 0.0)} for day in report.get("by_day", [])]


@bp.post("/<uuid:version_id>/watch")
@allow(Role.RISK_MANAGER)
def watch(version_id: UUID) -> AnyResponse:
    """Watches now instead of at night."""
    from scoring.domain.performance import past_cases_in
    from scoring.steps.monitor import watch_version

    with work() as w:
        watch_version(w, version_id, past_cases_in(current_app.extensions))
    flash(gettext("Watched."), "good")
    return redirect(url_for("watching.page", version_id=version_id), code=303)


@bp.get("/alerts")
@allow(*READERS)
def alerts_page() -> str:
    """Alerts of all versions, open ones first."""
    return _alerts(Form())


def _alerts(form: Form) -> str:
    from scoring.queries.watch_view import alerts

    with read() as r:
        found = alerts(r)
    return render_template("manager/score_alerts.html", alerts=found, form=form, may_act=actor().has(Role.RISK_MANAGER))


@bp.post("/alerts/<uuid:alert_id>")
@allow(Role.RISK_MANAGER)
def acknowledge(alert_id: UUID) -> AnyResponse | tuple[str, int]:
    """Somebody has seen an alert and says what is done."""
    from scoring.steps.alerts import acknowledge_alert

    try:
        with work() as w:
            acknowledge_alert(w, alert_id, note=request.form.get(f"note_{alert_id}", ""))
    except InvalidInput as error:
        form = Form(request.form.to_dict())
        form.take(InvalidInput({f"note_{alert_id}": error.fields["note"]}))
        return _alerts(form), 422
    except Conflict as error:
        form = Form(request.form.to_dict())
        form.add("_", said(error))
        return _alerts(form), 409
    flash(gettext("Acknowledged."), "good")
    return redirect(url_for("watching.alerts_page"), code=303)


@bp.get("/<uuid:version_id>/fairness")
@allow(*READERS)
def fairness(version_id: UUID) -> str:
    """Approvals and errors by protected group, in training and in use."""
    return _fairness(version_id, Form())


def _fairness(version_id: UUID, form: Form) -> str:
    from scoring.domain.performance import past_cases_in
    from scoring.domain.policy import ScoringPolicy
    from scoring.queries.fairness_view import live_fairness
    from scoring.queries.scores import version_view
    from scoring.queries.watch_view import alternatives_of
    from scoring.steps.monitor import YEARS_BACK

    with read() as r:
        view = version_view(r, version_id)
        until = r.today + timedelta(days=1)
        since = until - timedelta(days=366)
        cases = past_cases_in(current_app.extensions)(r, until - timedelta(days=YEARS_BACK * 366), until)
        live = live_fairness(r, view, cases, since)
        search = alternatives_of(r, view.name)
        limit = r.policy(ScoringPolicy).limits.impact_ratio_min
    return render_template(
        "manager/fairness.html", view=view, live=live, search=search, limit=limit, since=since, form=form,
        group_words=GROUP_WORDS, may_act=actor().has(Role.RISK_MANAGER),
    )  # fmt: skip


@bp.post("/<uuid:version_id>/fairness")
@allow(Role.RISK_MANAGER)
def search(version_id: UUID) -> AnyResponse | tuple[str, int]:
    """Asks the workers to look for less discriminatory versions."""
    from scoring.queries.scores import version_view
    from scoring.steps.training import ask_alternatives

    given = request.files.get("data")
    form = Form(request.form.to_dict())
    try:
        if given is None or not given.filename:
            raise InvalidInput({"data": Text("Choose the file of past contracts")})
        with work() as w:
            view = version_view(w, version_id)
            row = ask_alternatives(w, view.name, data=given.read(), data_name=given.filename)
    except InvalidInput as error:
        form.take(error)
        return _fairness(version_id, form), 422
    except LendingError as error:
        form.add("_", said(error))
        return _fairness(version_id, form), 409
    return redirect(url_for("training.run", run_id=row.id), code=303)

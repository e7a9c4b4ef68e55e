"""Policies tried on past applications, with progress while it runs; and the report of overrides."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import current_locale, translate
from core.web.forms import Form, read_date
from core.web.guards import allow
from core.web.work import house, read, work
from origination.domain.decision import BUILT_IN
from origination.domain.policy import OriginationPolicy
from origination.queries.overrides import override_report
from origination.queries.simulations import references_of, simulation
from origination.steps.policy_edit import EDITORS
from origination.steps.try_policy import AT_ONCE, ask_trial, run_trial
from origination.web.policy import READERS, refused

bp = Blueprint("simulator", __name__, url_prefix="/policy")
OUTCOME_WORDS = {
    "APPROVE": (Text("Approve"), "good"),
    "REFER": (Text("Ask a person"), "warn"),
    "DECLINE": (Text("Decline"), "bad"),
}
GROUP_WORDS = {
    "segment": Text("By segment"),
    "grade": Text("By grade"),
    "age": Text("By age (protected)"),
    "nationality": Text("By nationality (protected)"),
}
TOLD = {**BUILT_IN, "UNDETERMINED": Text("Something was not known, or the rows of a table were not clear")}
PLACE = re.compile(r"\{\w+\}")  # figures differ from case to case
FEW = 30  # below so many cases a ratio says little


@bp.post("/<uuid:edition_id>/simulate")
@allow(*EDITORS)
def start(edition_id: UUID) -> Response | tuple[str, int]:
    """Asks for a trial: a short one is done at once, a long one by a worker while the page shows how far it is."""
    try:
        since = read_date(request.form, "since", missing=Text("Enter the first day of decisions to try"))
        assert since is not None
        with work() as w:
            run = ask_trial(w, edition_id, since)
    except InvalidInput as error:
        return refused(edition_id, error)
    if run.total <= AT_ONCE:
        run_trial(house().database, run.id)
    return redirect(url_for("simulator.result", run_id=run.id), code=303)


@bp.get("/simulations/<uuid:run_id>")
@allow(*READERS)
def result(run_id: UUID) -> str:
    """How far a trial is, or its figures."""
    with read() as r:
        run = simulation(r, run_id)
        changed = (run.result or {}).get("applications", [])
        references = references_of(r, [UUID(one["application"]) for one in changed])
        policy = r.policy(OriginationPolicy)
        words = {
            reason: _without_figures(_words(policy.reason_texts(reason))) or translate(TOLD.get(reason, Text("")))
            for reason in (run.result or {}).get("reasons", {})
        }
    return render_template(
        "policy/simulation.html", run=run, found=run.result, references=references, outcomes=OUTCOME_WORDS,
        groups=GROUP_WORDS, words=words, few=FEW,
    )  # fmt: skip


def _without_figures(sentence: str) -> str:
    """The sentence of a reason with an ellipsis where a case puts its figures."""
    return re.sub(r"…[.。]", "…", PLACE.sub("…", sentence))


def _words(texts: object) -> str:
    language = "zh" if current_locale().startswith("zh") else "en"
    return str(texts.get(language, "")) if isinstance(texts, dict) else ""


@bp.get("/overrides")
@allow(*READERS)
def overrides() -> str | tuple[str, int]:
    """Decisions against the rules, with their reasons, and what became of the loans."""
    form = Form(request.args.to_dict())
    with read() as r:
        since = form.read(read_date, "since") or r.today - timedelta(days=365)
        until = form.read(read_date, "until") or r.today
        found = override_report(r, since, until)
        policy = r.policy(OriginationPolicy)
        names = {code: _words(policy.said(code)) or code for code in found.by_code}
    page = render_template(
        "policy/overrides.html", found=found, names=names, since=since, until=until, form=form, outcomes=OUTCOME_WORDS,
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.app_template_filter("decimal")
def decimal(text: str) -> Decimal:
    """A figure kept as text."""
    return Decimal(text)

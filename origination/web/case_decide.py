"""Around the verdict on a case: deadlines, conditions, who else is there, what changed, and notices by hand."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import LendingError
from core.domain.texts import Text
from core.i18n import current_locale, gettext, translate
from core.web.guards import allow
from core.web.work import actor, work
from origination.domain.decision_clock import SOON_DAYS, ClockKind, ClockState
from origination.domain.policy import OfficerReason, OriginationPolicy
from origination.domain.room import Bound
from origination.queries.case_deciding import deciding, room_of
from origination.queries.officer import CaseView, ReviewAsked
from origination.steps.conditions import settle_condition
from origination.steps.note_view import note_view
from origination.steps.notices import tell_missing
from origination.steps.own_words import drop_draft, read_mentions
from origination.steps.presence import be_present
from origination.web.officer import STAFF_OF_CASES, days_left
from origination.web.plain_reasons import figure_text
from origination.web.questions import label_of

bp = Blueprint("case_decide", __name__, url_prefix="/officer/cases")
CLOCK_KINDS = {
    ClockKind.DECISION: Text("Decision told"),
    ClockKind.INCOMPLETE: Text("Told what is missing"),
    ClockKind.COUNTER_OFFER: Text("Answer to the counter-offer"),
}
OWN_PROMISE = Text("The lender's own promise")  # as the shipped clocks name it; laws keep their own names
BOUND_WORDS = {
    Bound.PRODUCT: Text("The product ends here"),
    Bound.GRADE: Text("The limit of the grade holds it down"),
    Bound.AFFORDABILITY: Text("What can be carried holds it down"),
}
CLOCK_LOOKS = {ClockState.MET: "good", ClockState.GREEN: "good", ClockState.AMBER: "warn", ClockState.RED: "bad"}


def decide_context(r: Work, view: CaseView) -> dict[str, Any]:
    """What the decide, deadline and condition panels show beside the case itself."""
    found = deciding(r, view.line.id)
    policy, segment = r.policy(OriginationPolicy), view.product.segment
    with work() as w:
        present = be_present(w, view.line.id)
        note_view(w, view.line.id)
        read_mentions(w, view.line.id)
    return {
        "deadlines": [_deadline(one, r) for one in found.deadlines],
        "review_clock": None if view.review is None else _review_clock(view.review, r.today),
        "case_conditions": [{"row": one, "words": words(one.texts) or one.code} for one in found.conditions],
        "condition_choices": _choices(policy.conditions, segment),
        "override_choices": _choices(policy.override_reasons, segment),
        "present": present,
        "changed_since": [
            {"label": label_of(name), "before": figure_text(name, before), "after": figure_text(name, after)}
            for name, before, after in found.changed
        ],
        "review_mine": found.had_part,
        "missing_papers": found.missing,
        "policy_changed": view.decision is not None and view.decision.policy_sha256 != policy.sha256,
        "may_waive": actor().has(Role.APPROVER),
        "room": room_of(r, view.line.id),
        "bound_words": BOUND_WORDS,
    }


def _review_clock(asked: ReviewAsked, today: date) -> dict[str, str]:
    left = (asked.due_on - today).days
    look = ClockState.RED if left < 0 else ClockState.AMBER if left <= SOON_DAYS else ClockState.GREEN
    return {"said": days_left(left), "look": CLOCK_LOOKS[look]}


def _deadline(one: Any, r: Work) -> dict[str, Any]:
    state = one.state(r.today)
    if state is ClockState.MET:
        said = gettext("in time, on %(day)s", day=one.met_on.isoformat())
    elif one.met_on is not None:
        said = gettext("late, on %(day)s", day=one.met_on.isoformat())
    else:
        said = days_left(one.days_left(r.today))
    return {
        "name": CLOCK_KINDS[one.kind],
        "due_on": one.due_on,
        "law": translate(OWN_PROMISE) if one.law == OWN_PROMISE.msgid else one.law,
        "look": CLOCK_LOOKS[state],
        "said": said,
    }


def words(texts: Any) -> str:
    """The words in the reader's language."""
    return str(texts.get("zh" if current_locale().startswith("zh") else "en", "")) if texts else ""


def _choices(offered: tuple[OfficerReason, ...], segment: str) -> list[tuple[str, str]]:
    return [(one.id, words(one.texts)) for one in offered if not one.segments or segment in one.segments]


@bp.post("/<uuid:application_id>/conditions/<uuid:condition_id>")
@allow(*STAFF_OF_CASES)
def condition(application_id: UUID, condition_id: UUID) -> Response | tuple[str, int]:
    """A condition is met, or an approver lets it go."""
    from origination.web.case import refused

    try:
        with work() as w:
            settle_condition(
                w, application_id, condition_id, waived=request.form.get("action") == "waive",
                note=request.form.get(f"condition_{condition_id}", ""),
            )  # fmt: skip
            drop_draft(w, application_id, [f"condition_{condition_id}"])
    except LendingError as error:
        return refused(application_id, error)
    return redirect(url_for("case.page", application_id=application_id, _anchor="conditions"), code=303)


@bp.post("/<uuid:application_id>/tell-missing")
@allow(*STAFF_OF_CASES)
def missing(application_id: UUID) -> Response | tuple[str, int]:
    """Sends the notice of what is still missing now."""
    from origination.web.case import refused

    try:
        with work() as w:
            told = tell_missing(w, application_id)
    except LendingError as error:
        return refused(application_id, error)
    flash(gettext("The applicant is told what is missing.") if told else gettext("Nothing is missing."), "success")
    return redirect(url_for("case.page", application_id=application_id), code=303)

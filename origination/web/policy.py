"""The lender's policy: versions, drafts as grids or text, test cases beside them, and a second person who publishes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import InvalidInput, LendingError
from core.domain.texts import Text
from core.i18n import gettext
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import actor, read, work
from origination.domain.policy import OriginationPolicy
from origination.domain.policy_cases import case_lines, read_case
from origination.domain.policy_text import with_section
from origination.domain.rules import Outcome
from origination.queries.find import application_id_of
from origination.queries.policies import (
    Edition,
    edition,
    editions,
    file_differs,
    history_of,
    number_in_force,
    rates_age,
)
from origination.queries.simulations import facts_decided_on, simulations_of
from origination.steps.policy_edit import (
    EDITORS,
    change_draft,
    compare_again,
    discard,
    publish,
    roll_back,
    send_back,
    start_draft,
    submit_draft,
)
from origination.web.policy_form import HIT_NAMES, SECTION_NAMES, STAGE_NAMES

bp = Blueprint("policy", __name__, url_prefix="/policy")
READERS = (*EDITORS, Role.AUDITOR)
STATUS_WORDS = {
    "draft": (Text("Draft"), "wait"),
    "waiting": (Text("Waits for a second person"), "warn"),
    "published": (Text("Published"), "good"),
    "discarded": (Text("Dropped"), "plain"),
}
PROBLEM_WORDS = {
    "overlap": Text("Several rows fire at once"),
    "gap": Text("No row covers this case"),
    "dead": Text("This row can never count"),
    "unchecked": Text("Too many combinations to look at each"),
}
EVENT_WORDS = {
    "policy.started": Text("Draft begun"),
    "policy.changed": Text("Changed"),
    "policy.submitted": Text("Handed to a second person"),
    "policy.sent_back": Text("Sent back"),
    "policy.published": Text("Published"),
    "policy.compared": Text("Compared with the version in force"),
    "policy.rolled_back": Text("An older version brought back"),
    "policy.discarded": Text("Dropped"),
    "policy.simulated": Text("Tried on past applications"),
}


@bp.get("/")
@allow(*READERS)
def overview() -> str:
    """The version in force, drafts and all versions."""
    return _overview(Form())


def _overview(form: Form) -> str:
    with read() as r:
        policy = r.policy(OriginationPolicy)
        rows = editions(r)
        return render_template(
            "policy/overview.html", policy=policy, number=number_in_force(r),
            drafts=[one for one in rows if not one.number], versions=[one for one in rows if one.number],
            rates=rates_age(policy, r.today), form=form, file_differs=file_differs(r),
            runs=simulations_of(r), **_words(),
        )  # fmt: skip


def _words() -> dict[str, Any]:
    return {
        "status_words": STATUS_WORDS, "problem_words": PROBLEM_WORDS, "event_words_policy": EVENT_WORDS,
        "section_names": SECTION_NAMES, "stage_names": STAGE_NAMES, "hit_names": HIT_NAMES,
        "may_change": actor().has(*EDITORS),
    }  # fmt: skip


@bp.post("/")
@allow(*EDITORS)
def begin() -> Response:
    """A new draft of the version in force."""
    with work() as w:
        row = start_draft(w)
    return redirect(url_for("policy.page", edition_id=row.id), code=303)


@bp.post("/roll-back")
@allow(*EDITORS)
def bring_back() -> Response | tuple[str, int]:
    """A new version equal to an older one; a second person publishes it."""
    form = Form(request.form.to_dict())
    try:
        with work() as w:
            row = roll_back(w, request.form.get("number", default=-1, type=int), request.form.get("note", ""))
    except InvalidInput as error:
        form.take(error)
        return _overview(form), 422
    flash(gettext("It waits for a second person."), "info")
    return redirect(url_for("policy.page", edition_id=row.id), code=303)


@bp.get("/<uuid:edition_id>")
@allow(*READERS)
def page(edition_id: UUID) -> str:
    """One draft or version: differences, findings, test cases, tables, what can be done with it."""
    return _page(edition_id, Form())


def _page(edition_id: UUID, form: Form) -> str:
    with read() as r:
        found = edition(r, edition_id)
        return render_template(
            "policy/edition.html", one=found, row=found.row, form=form, editable=_editable(found),
            wrote=actor().id in found.editors, history=history_of(r, edition_id), runs=simulations_of(r, edition_id),
            cases=list(zip(found.data.get("case", ()), found.cases, strict=True)), lines=case_lines,
            outcomes=[one.value for one in Outcome], rates=rates_age(found.policy, r.today), **_words(),
        )  # fmt: skip


def _editable(found: Edition) -> bool:
    return found.row.status in {"draft", "waiting"} and actor().has(*EDITORS)


@bp.post("/<uuid:edition_id>")
@allow(*EDITORS)
def act(edition_id: UUID) -> Response | tuple[str, int]:
    """Hands it over, publishes it, sends it back, compares it anew, or drops it."""
    version = request.form.get("version", type=int)
    done = request.form.get("action", "")
    said = {
        "submit": Text("It waits for a second person."),
        "publish": Text("Published. Every decision from now on is made by this version."),
        "send_back": Text("Sent back."),
        "compare": Text("Compared with the version in force. Look at the differences."),
        "discard": Text("Dropped."),
    }
    try:
        with work() as w:
            if done == "submit":
                submit_draft(
                    w, edition_id, request.form.get("note", ""),
                    accept_findings=bool(request.form.get("accept_findings")), expected_version=version,
                )  # fmt: skip
            elif done == "publish":
                publish(w, edition_id, expected_version=version)
            elif done == "send_back":
                send_back(w, edition_id, request.form.get("reason", ""), expected_version=version)
            elif done == "compare":
                compare_again(w, edition_id, expected_version=version)
            elif done == "discard":
                discard(w, edition_id, expected_version=version)
            else:
                raise InvalidInput({"_": Text("Choose what to do")})
    except LendingError as error:
        return refused(edition_id, error)
    flash(str(gettext(said[done])), "success")
    if done == "discard":
        return redirect(url_for("policy.overview"), code=303)
    return redirect(url_for("policy.page", edition_id=edition_id), code=303)


def refused(edition_id: UUID, error: LendingError) -> tuple[str, int]:
    """The page again with what went wrong on top, and everything typed kept."""
    form = Form(request.form.to_dict())
    if isinstance(error, InvalidInput):
        form.take(error)
        return _page(edition_id, form), 422
    form.add("_", error.args[0] if error.args else error.message)
    return _page(edition_id, form), 409


@bp.post("/<uuid:edition_id>/cases")
@allow(*EDITORS)
def cases(edition_id: UUID) -> Response | tuple[str, int]:
    """Adds, changes or removes a test case; all are run again on the page that follows."""
    try:
        with work() as w:
            found = edition(w, edition_id)
            kept = [dict(one) for one in found.data.get("case", ())]
            at = request.form.get("at", type=int)
            if request.form.get("action") == "remove" and at is not None and at < len(kept):
                del kept[at]
            else:
                case = _typed_case(w)
                if at is not None and at < len(kept):
                    kept[at] = case
                else:
                    kept.append(case)
            change_draft(
                w, edition_id, with_section(found.row.text, "case", kept),
                expected_version=request.form.get("version", type=int),
            )  # fmt: skip
    except InvalidInput as error:
        place = request.form.get("at", "")
        if not place:
            return refused(edition_id, error)
        return refused(edition_id, InvalidInput({f"case-{place}-{name}": t for name, t in error.fields.items()}))
    except LendingError as error:
        return refused(edition_id, error)
    return redirect(url_for("policy.page", edition_id=edition_id, _anchor="cases"), code=303)


def _typed_case(w: Any) -> dict[str, Any]:
    """The test case as typed, or with the facts of a decided application when a reference is named."""
    given = request.form
    reference = given.get("reference", "").strip()
    lines = given.get("facts", "")
    if reference and not lines.strip():
        try:
            decided = facts_decided_on(w, application_id_of(w, reference))
        except LendingError as error:
            raise InvalidInput({"reference": error.args[0]}) from None
        return {"name": given.get("name", "").strip() or reference, "outcome": decided[1], "facts": decided[0]}
    return read_case(given.get("name", ""), lines, given.get("outcome", ""), given.get("case_reason", ""))


@bp.get("/<uuid:edition_id>/policy.toml")
@allow(*READERS)
def download(edition_id: UUID) -> Response:
    """The text as a file, for `flask decide check --policy`."""
    with read() as r:
        found = edition(r, edition_id)
    answer = make_response(found.row.text)
    answer.headers["Content-Type"] = "application/toml; charset=utf-8"
    answer.headers.set("Content-Disposition", "attachment", filename=f"policy-{found.row.number or 'draft'}.toml")
    return answer

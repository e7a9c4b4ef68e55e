"""The officer's page that corrects the owners of a company: somebody was left out, or a share is another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed, NotFound
from core.domain.texts import Text
from core.i18n import gettext
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import read, work
from origination.queries.officer import CaseView, case
from origination.steps.amend import amend_owners
from origination.web.owners import ADD, REMOVE, form_of, lines_context, lines_of, read_lines, typed_lines
from origination.web.questions import masked

bp = Blueprint("case_owners", __name__, url_prefix="/officer/cases")


@bp.route("/<uuid:application_id>/owners", methods=["GET", "POST"])
@allow(Role.OFFICER)
def page(application_id: UUID) -> str | tuple[str, int] | Response:
    """Add and remove only change the page; the last button changes the case, with a reason."""
    with read() as r:
        view = case(r, application_id)
    if view.product.segment != "sme" or not view.can_amend:
        raise NotFound(Text("There is no such page"))
    if request.method == "GET":
        return _page(view, lines_of(view.owners), form_of(lines_of(view.owners), {}), view.row_version)
    action, shown = request.form.get("action", ""), _shown(view)
    version = request.form.get("version", type=int)
    if action == ADD or action.startswith(REMOVE):
        gone = action.removeprefix(REMOVE)
        shown = [line for at, line in enumerate(shown) if str(at) != gone] + ([{"kind": "person"}] * (action == ADD))
        return _page(view, shown, form_of(shown, {}), version)
    lines = read_lines(request.form, view.owners)
    try:
        with work() as w:
            amend_owners(
                w, application_id, [*lines], reason=request.form.get("owners_reason", ""), expected_version=version
            )
    except InvalidInput as refused:
        errors = {"owners_reason" if name == "reason" else name: texts for name, texts in refused.fields.items()}
        return _page(view, shown, form_of(shown, errors), version), 422
    except (Conflict, IllegalTransition, NotAllowed) as refused:
        return _page(view, shown, form_of(shown, {"_": [refused.args[0]]}), view.row_version), 409
    flash(gettext("Changed. The case is assessed anew."), "success")
    return redirect(url_for("case.page", application_id=application_id, _anchor="owners"), code=303)


def _shown(view: CaseView) -> list[dict[str, Any]]:
    """The lines as typed; a number that is kept stays masked."""
    lines: list[dict[str, Any]] = [*typed_lines(request.form)]
    for line in lines:
        was = str(line.get("was", ""))
        if was.isdigit() and int(was) < len(view.owners) and (number := view.owners[int(was)].identity_number):
            line["kept"] = masked(number)
    return lines


def _page(view: CaseView, lines: list[dict[str, Any]], form: Form, version: int | None) -> str:
    form = Form({**form.values, "owners_reason": request.form.get("owners_reason", "")}, form.errors)
    return render_template("officer/owners.html", case=view, form=form, version=version, **lines_context(lines))

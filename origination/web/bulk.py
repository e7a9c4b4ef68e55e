"""Several cases at once: assign, ask for a document, close what is stale; and views of the queue under a name."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.errors import InvalidInput, LendingError
from core.domain.texts import Text
from core.i18n import gettext, ngettext
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import read, work
from origination.queries.desk import colleagues
from origination.steps.bulk import Bulk, BulkAction, apply_to, drop_view, preview, save_view
from origination.web.officer import STAFF_OF_CASES, show_queue
from origination.web.questions import paper_name

bp = Blueprint("bulk", __name__, url_prefix="/officer")
ACTION_NAMES = {
    BulkAction.ASSIGN: Text("Assign to a colleague"),
    BulkAction.ASK_PAPER: Text("Ask for a document"),
    BulkAction.CLOSE_STALE: Text("Close: documents never came"),
}


@bp.post("/bulk")
@allow(*STAFF_OF_CASES)
def several() -> str | tuple[str, int] | Response:
    """Without `confirmed` a page with what would become of each case; with it the act, case by case."""
    form = Form(request.form.to_dict())
    try:
        ids, bulk = _read()
        with read() as r:
            lines = preview(r, ids, bulk)
            names = dict(colleagues(r))
    except InvalidInput as error:
        form.take(error)
        return show_queue(form), 422
    if request.form.get("confirmed") != "yes":
        return render_template(
            "officer/bulk.html", lines=lines, bulk=bulk, action=ACTION_NAMES[bulk.action],
            ready=sum(one.problem is None for one in lines), to=names.get(bulk.to) if bulk.to else None,
            paper=paper_name(bulk.kind) if bulk.kind else None,
        )  # fmt: skip
    done = failed = 0
    for line in lines:
        try:
            with work() as w:
                ok = apply_to(w, line.id, bulk)
        except LendingError:
            ok = False
        done, failed = done + ok, failed + (not ok)
    flash(ngettext("Done for %(num)s case.", "Done for %(num)s cases.", done), "success" if done else "info")
    if failed:
        flash(ngettext("%(num)s case was left as it is.", "%(num)s cases were left as they are.", failed), "warning")
    return redirect(url_for("officer.queue"), code=303)


def _read() -> tuple[list[UUID], Bulk]:
    try:
        ids = [UUID(one) for one in request.form.getlist("cases")]
        action = BulkAction(request.form.get("bulk_action", ""))
        to = UUID(request.form["to"]) if request.form.get("to") else None
    except ValueError:
        raise InvalidInput({"bulk_action": Text("Choose what to do with the cases")}) from None
    return ids, Bulk(action, to if action is BulkAction.ASSIGN else None,
                     request.form.get("kind", "") if action is BulkAction.ASK_PAPER else "")  # fmt: skip


@bp.post("/views")
@allow(*STAFF_OF_CASES)
def views() -> Response | tuple[str, int]:
    """Keeps the queue as shown under a name, or forgets a view."""
    arguments = request.form.get("arguments", "")
    try:
        with work() as w:
            if request.form.get("drop"):
                drop_view(w, UUID(request.form["drop"]))
            else:
                save_view(w, request.form.get("view_name", ""), arguments)
    except InvalidInput as error:
        form = Form(request.form.to_dict())
        form.take(error)
        return show_queue(form), 422
    flash(gettext("Saved.") if not request.form.get("drop") else gettext("Dropped."), "success")
    return redirect(url_for("officer.queue") + (f"?{arguments}" if arguments else ""), code=303)

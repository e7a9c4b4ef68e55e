"""Handing a loan over to lawyers or an agency: checklist, masked export, taking it back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import InvalidInput, LendingError
from core.domain.texts import Text
from core.i18n import gettext, translate
from core.web.forms import Form
from core.web.guards import allow
from core.web.table_file import csv_file
from core.web.work import read, work
from repayment.queries.changes import hand_over_of, readiness
from repayment.queries.loan_page import loan_page
from repayment.steps.hand_over import CHECKS, EXPORT_HEADER, export_hand_over, hand_over, take_back

bp = Blueprint("hand_over", __name__, url_prefix="/collector/loans/<uuid:loan_id>/hand-over")
HANDLERS = (Role.COLLECTOR, Role.APPROVER)
CHECK_NAMES: dict[str, Text] = {
    "figures_compared": Text("The sum owed was compared with the statement"),
    "borrower_told": Text("The borrower was told in writing who takes over, and when"),
    "reachable_tried": Text("Every known way of contact was tried"),
    "papers_complete": Text("Contract, schedule and letters are in the file"),
}
READY_NAMES: dict[str, Text] = {
    "late": Text("The loan is late or charged off"),
    "reminded": Text("The borrower was reminded of this debt"),
    "no_hold": Text("No dispute, hardship or other hold stands"),
    "no_promise": Text("No promise to pay is open"),
    "contract": Text("A signed contract is on file"),
}


@bp.route("", methods=["GET", "POST"])
@allow(*HANDLERS)
def page(loan_id: UUID) -> Response | str | tuple[str, int]:
    """The checklist; with every point ticked the loan goes over."""
    if request.method == "GET":
        return _page(loan_id, Form())
    form = Form({**request.form.to_dict(), "checks": request.form.getlist("checks")})
    try:
        with work() as w:
            hand_over(
                w, loan_id, receiver=request.form.get("receiver", ""), reason=request.form.get("reason", ""),
                checks=request.form.getlist("checks"),
            )  # fmt: skip
    except InvalidInput as error:
        form.take(error)
        return _page(loan_id, form), 422
    except LendingError as error:
        form.add("_", error.args[0] if error.args else error.message)
        return _page(loan_id, form), 409
    flash(gettext("Handed over. Reminders rest, and the file for the receiver is ready."), "success")
    return redirect(url_for("hand_over.page", loan_id=loan_id), code=303)


def _page(loan_id: UUID, form: Form) -> str:
    with read() as r:
        found, standing, ready = loan_page(r, loan_id), hand_over_of(r, loan_id), readiness(r, loan_id)
    return render_template(
        "collector/hand_over.html", loan=found, s=found.summary, form=form, standing=standing, ready=ready,
        points=[(READY_NAMES[name], getattr(ready, name)) for name in READY_NAMES],
        checks=[(name, CHECK_NAMES[name]) for name in CHECKS],
    )  # fmt: skip


@bp.post("/export")
@allow(*HANDLERS)
def export(loan_id: UUID) -> Response:
    """The file for the receiver: figures in full, the person masked; each download is written down."""
    with work() as w:
        row = export_hand_over(w, loan_id)
    name = str(row[0])
    return csv_file(f"hand-over-{name}", [(translate(Text("Hand-over")), name)], EXPORT_HEADER, [row])


@bp.post("/back")
@allow(*HANDLERS)
def back(loan_id: UUID) -> Response:
    """The loan is with us again."""
    with work() as w:
        take_back(w, loan_id)
    flash(gettext("Taken back. Reminders go on."), "success")
    return redirect(url_for("collector.loan", loan_id=loan_id), code=303)

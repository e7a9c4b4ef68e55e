"""A person's own data: a copy of everything, who looked at it, and asking for its deletion."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core.auth.reauth import check_password, needs_password
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import gettext
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import actor, house, read, work
from origination.domain.retention import RetentionPolicy
from origination.queries.erasure import my_erasure
from origination.queries.viewers import CASE, CONTACT, who_looked
from origination.steps.privacy import ask_erasure, export_data

bp = Blueprint("my_data", __name__, url_prefix="/my-data")
LOOKED_AT = {CASE: Text("Your application"), CONTACT: Text("Your phone number or address, in full")}


@bp.get("/")
@allow(Role.APPLICANT)
def page() -> str:
    """The copy, the looks, the request."""
    return _page(Form())


def _page(form: Form) -> str:
    with read() as r:
        return render_template(
            "applicant/my_data.html", looks=who_looked(r), asked=my_erasure(r), form=form, looked_at=LOOKED_AT,
            periods=r.policy(RetentionPolicy), ask=needs_password(actor().id),
        )  # fmt: skip


@bp.post("/export")
@allow(Role.APPLICANT)
def export() -> Response:
    """The copy as one JSON file, named by the day. A POST: that a copy was taken is on record."""
    with work() as w:
        found = export_data(w, _link)
        name = f"my-data-{w.clock.today().isoformat()}.json"
    answer = Response(json.dumps(found, ensure_ascii=False, indent=2) + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _link(what: str, application_id: UUID, paper_id: UUID | None) -> str:
    if what == "contract":
        path = url_for("closing.pdf", application_id=application_id)
    else:
        path = url_for("papers.show", application_id=application_id, paper_id=paper_id)
    return house().settings.public_url + path


@bp.post("/erasure")
@allow(Role.APPLICANT)
def ask() -> AnyResponse | tuple[str, int]:
    """Asks for deletion, with the password: drafts go at once and cannot be had back."""
    form = Form({})
    try:
        if request.form.get("sure") != "yes":
            raise InvalidInput({"sure": Text("Tick the box if you want your data deleted")})
        if needs_password(actor().id):
            check_password(actor().id, request.form.get("password", ""))
    except InvalidInput as refused:
        form = Form({"sure": request.form.get("sure", "")})
        form.take(refused)
        return _page(form), 422
    with work() as w:
        ask_erasure(w)
    flash(gettext("Your request is with us. We answer by message."), "success")
    return redirect(url_for("my_data.page") + "#deletion", code=303)

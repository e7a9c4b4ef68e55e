"""One's own contact data: seen by everybody who is signed in, changed only with the password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.auth.reauth import check_password, needs_password
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.i18n import gettext
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import actor, read, work
from origination.queries.borrower import my_contact
from origination.steps.contact import change_contact

bp = Blueprint("contact", __name__)


@bp.route("/contact", methods=["GET", "POST"])
@allow(Role.APPLICANT)
def page() -> str | tuple[str, int] | Response:
    """Phone, e-mail and address, with the password to change them."""
    with read() as r:
        kept = my_contact(r)
    form = Form(dict(request.form) if request.method == "POST" else dict(kept))
    if request.method == "POST":
        try:
            if needs_password(actor().id):
                check_password(actor().id, request.form.get("password", ""))
            with work() as w:
                changed = change_contact(w, request.form)
        except InvalidInput as refused:
            form.take(refused)
        else:
            if changed:
                flash(gettext("Your contact data are changed. We told your old and your new address."), "success")
            else:
                flash(gettext("Nothing was different; nothing was changed."), "info")
            return redirect(url_for("contact.page"), code=303)
    form.values = {name: value for name, value in form.values.items() if name != "password"}
    page = render_template("applicant/contact.html", form=form, ask=needs_password(actor().id))
    return page, 422 if form.errors else 200

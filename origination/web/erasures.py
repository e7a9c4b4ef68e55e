"""Requests for deletion as an administrator answers them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput
from core.domain.texts import Text
from core.i18n import gettext
from core.web.admin import PAGE, page_asked
from core.web.guards import allow
from core.web.work import read, work
from origination.queries.erasure import erasure_requests
from origination.steps.privacy import grant_erasure, refuse_erasure

bp = Blueprint("erasures", __name__, url_prefix="/admin/erasures")
ERASE, REFUSE, CLAIMS = "erase", "refuse", "claims"
OPEN_MAX = 500
REMOVED_WORDS = {
    "accounts": Text("Accounts"),
    "applications": Text("Applications"),
    "contacts": Text("Ways of contact"),
    "documents": Text("Documents"),
    "owners": Text("Owners"),
    "people_and_companies": Text("People and companies"),
    "sign_ins": Text("Sign-ins"),
}


@bp.get("/")
@allow(Role.ADMIN)
def listing() -> str:
    """The open requests with what stands against each, and what was answered before."""
    return _page(None)


def _page(trouble: str | None) -> str:
    page = page_asked()
    with read() as r:
        waiting, count = erasure_requests(r, is_open=True, limit=OPEN_MAX)
        answered, total = erasure_requests(r, is_open=False, limit=PAGE, offset=(page - 1) * PAGE)
        today = r.today
    return render_template(
        "admin/erasures.html", waiting=waiting, count=count, answered=answered, total=total, page=page, today=today,
        pages=max(1, -(-total // PAGE)), trouble=trouble, removed_words=REMOVED_WORDS,
    )  # fmt: skip


@bp.post("/<uuid:request_id>")
@allow(Role.ADMIN)
def answer(request_id: UUID) -> Response | tuple[str, int]:
    """Erases or refuses, by the button pressed (`do`)."""
    do = request.form.get("do", "")
    if do not in {ERASE, REFUSE, CLAIMS}:
        raise InvalidInput({"do": Text("Choose one of the buttons")})
    try:
        with work() as w:
            if do == ERASE:
                grant_erasure(w, request_id)
            else:
                refuse_erasure(w, request_id, for_claims=do == CLAIMS)
    except Conflict as refused:
        return _page(refused.message), 409
    said = gettext("The data are erased.") if do == ERASE else gettext("The request is refused, with its grounds.")
    flash(said, "success")
    return redirect(url_for("erasures.listing"), code=303)

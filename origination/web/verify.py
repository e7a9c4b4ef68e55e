"""A page for everybody: is this PDF a contract of ours, and unchanged? The file is looked at and forgotten."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from core import signing
from core.domain.texts import Text
from core.uploads import BYTES_MAX, TOO_LARGE
from core.web.forms import Form
from core.web.guards import public
from core.web.work import house
from origination.domain.verification import ANSWERS

bp = Blueprint("verify", __name__)
NOT_CHOSEN = Text("Choose the PDF of the contract first")


@bp.route("/check-contract", methods=["GET", "POST"])
@public
def check() -> str | tuple[str, int]:
    """Takes a file and says what its seal says: ours, changed, foreign, or no seal at all."""
    if request.method == "GET":
        return _page(Form())
    chosen = request.files.get("file")
    data = b""
    if chosen is not None and chosen.filename:
        data = chosen.stream.read(BYTES_MAX + 1)
        chosen.close()
    if not data or len(data) > BYTES_MAX:
        return _page(Form({}, {"file": [TOO_LARGE if data else NOT_CHOSEN]})), 422
    settings = house().settings
    now = house().database.clock.now()
    keys = signing.seal_keys(settings.instance / "keys", lender=settings.lender_name, at=now)
    found = signing.verify_pdf(data, keys, at=now)
    return _page(Form(), found=found, answer=ANSWERS[found.problem])


def _page(form: Form, **found: Any) -> str:
    return render_template("site/check_contract.html", form=form, **{"found": None, "answer": None, **found})

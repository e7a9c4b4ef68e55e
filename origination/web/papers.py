"""Documents of an application: sent from this device or by phone, looked at, removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from core import uploads
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import translate
from core.uploads import CleanFile, clean_upload, page_picture
from core.web.forms import Form
from core.web.guards import allow, public
from core.web.work import house, read, work
from origination.domain.application import CLOSED
from origination.domain.papers import ACCOUNTS, BANK_FILE, PAPERS
from origination.queries.applicant import REJECTED, REQUESTED, ApplicationView, my_application, view_by_link
from origination.steps.draft import UPLOAD, make_link
from origination.steps.evidence import clean_statement
from origination.steps.papers import read_paper, receive_by_link, receive_paper, remove_paper, turn_paper
from origination.web.draft import own_draft
from origination.web.questions import WHY, paper_name
from origination.web.tasks import next_url

bp = Blueprint("papers", __name__)
PHONE_HOURS = 24
NOT_CHOSEN = Text("Choose a file first")
OTHER = "other"


@bp.get("/applications/<uuid:application_id>/documents")
@allow(Role.APPLICANT)
def listing(application_id: UUID) -> str:
    """What is needed, what has arrived, what was refused and why."""
    return _page(own_draft(application_id), Form())


def _page(view: ApplicationView, form: Form) -> str:
    token = session.get(f"phone:{view.id}")
    phone_url = house().settings.public_url + url_for("papers.phone", token=token) if token else None
    return render_template(
        "applicant/documents.html", view=view, form=form, items=items_of(view), why=WHY["documents"],
        closed=view.status in CLOSED, phone_url=phone_url, qr=_code(phone_url) if phone_url else None,
        next_url=next_url(view, "documents") if view.is_draft else None, hours=PHONE_HOURS,
        comes_back=request.args.get("return") == "check",
    )  # fmt: skip


def _code(url: str) -> Markup:
    """The address as an inline drawing that grows with its box."""
    import segno

    return Markup(segno.make(url, error="m", micro=False).svg_inline(border=0, omitsize=True))  # noqa: S704


def items_of(view: ApplicationView) -> list[dict[str, Any]]:
    """One entry a kind of document: its name, whether it is wanted still, and the files under it."""
    declared = (ACCOUNTS,) if view.years else ()
    kinds = dict.fromkeys((*view.product.documents, *declared, BANK_FILE, *(paper.kind for paper in view.papers)))
    items = []
    for kind in kinds:
        files = [paper for paper in view.papers if paper.kind == kind and paper.status != REQUESTED]
        asked = any(paper.kind == kind and paper.status == REQUESTED for paper in view.papers)
        good = [paper for paper in files if paper.status != REJECTED]
        items.append(
            {
                "kind": kind,
                "name": paper_name(kind),
                "files": files,
                "asked": asked,
                "ask": translate(PAPERS[kind].ask) if kind in PAPERS else "",
                "note": next((one.note for one in view.papers if one.kind == kind and one.status == REQUESTED), None),
                "wanted": asked or (not good and kind != BANK_FILE),
                "is_bank_file": kind == BANK_FILE,
            }
        )
    return items


@bp.post("/applications/<uuid:application_id>/documents")
@allow(Role.APPLICANT)
def upload(application_id: UUID) -> AnyResponse | tuple[str, int]:
    """Keeps the chosen files, or says of each what is wrong with it."""
    view = own_draft(application_id)
    kind, field = _kind_and_field(view)
    try:
        files = _read_files(view, kind, field)
        with work() as w:
            for file in files:
                receive_paper(w, view.id, kind, file)
    except InvalidInput as refused:
        messages = [message for texts in refused.fields.values() for message in texts]
        return _page(own_draft(application_id), Form({}, {field: messages})), 422
    return redirect(url_for("papers.listing", application_id=view.id) + f"#{kind}", code=303)


def _kind_and_field(view: ApplicationView) -> tuple[str, str]:
    offered = [item["kind"] for item in items_of(view)]
    kind = request.form.get("kind", "")
    if kind not in offered:
        kind = OTHER
    return kind, f"file-{kind}"


def _read_files(view: ApplicationView, kind: str, field: str) -> list[CleanFile]:
    chosen = [one for one in request.files.getlist(field) if one.filename]
    if not chosen:
        raise InvalidInput({field: NOT_CHOSEN})
    read_in = []
    for one in chosen:
        with one.stream as stream:  # a large one lies in a temporary file
            read_in.append((stream.read(), one.filename or ""))
    if kind == BANK_FILE:
        return [clean_statement(data, name, view.product.currency, field) for data, name in read_in]
    return [clean_upload(data, name, field) for data, name in read_in]


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """A request too big to be read at all: the page again, with the reason."""
    application_id = (request.view_args or {}).get("application_id")
    if application_id is None:
        return render_template("applicant/phone_refused.html", message=translate(uploads.TOO_LARGE)), 413
    return _page(own_draft(application_id), Form({}, {"_": [uploads.TOO_LARGE]})), 413


@bp.get("/applications/<uuid:application_id>/documents/<uuid:paper_id>")
@allow(Role.APPLICANT)
def show(application_id: UUID, paper_id: UUID) -> Response:
    """The file as it is kept."""
    with read() as r:
        my_application(r, application_id)
        row, data = read_paper(r, application_id, paper_id)
    response = make_response(data)
    response.headers["Content-Type"] = row.media_type
    response.headers["Content-Disposition"] = "inline" if row.media_type.startswith("image/") else "attachment"
    if not row.media_type.startswith("image/"):
        response.headers.set("Content-Disposition", "attachment", filename=row.filename)
    return response


@bp.get("/applications/<uuid:application_id>/documents/<uuid:paper_id>/thumb")
@allow(Role.APPLICANT)
def thumb(application_id: UUID, paper_id: UUID) -> Response:
    """The first page as a small picture."""
    with read() as r:
        my_application(r, application_id)
        row, data = read_paper(r, application_id, paper_id)
    picture = page_picture(data, row.media_type)
    response = make_response(picture or render_template("officer/case/sheet.svg", page=1))
    response.headers["Content-Type"] = "image/jpeg" if picture else "image/svg+xml"
    return response


@bp.post("/applications/<uuid:application_id>/documents/<uuid:paper_id>/turn")
@allow(Role.APPLICANT)
def turn(application_id: UUID, paper_id: UUID) -> AnyResponse:
    """Turns a photo or PDF by a quarter to the right."""
    with work() as w:
        my_application(w, application_id)
        item = turn_paper(w, application_id, paper_id)
    return redirect(url_for("papers.listing", application_id=application_id) + f"#{item.kind}", code=303)


@bp.post("/applications/<uuid:application_id>/documents/<uuid:paper_id>/remove")
@allow(Role.APPLICANT)
def remove(application_id: UUID, paper_id: UUID) -> AnyResponse:
    """Takes a document back."""
    with work() as w:
        remove_paper(w, application_id, paper_id)
    return redirect(url_for("papers.listing", application_id=application_id), code=303)


@bp.post("/applications/<uuid:application_id>/documents/phone")
@allow(Role.APPLICANT)
def make_phone_link(application_id: UUID) -> AnyResponse:
    """A link for the phone, shown as a code to photograph; good for a day."""
    with work() as w:
        my_application(w, application_id)
        session[f"phone:{application_id}"] = make_link(w, application_id, UPLOAD, days=PHONE_HOURS // 24)
    return redirect(url_for("papers.listing", application_id=application_id) + "#phone", code=303)


@bp.route("/u/<token>", methods=["GET", "POST"])
@public
def phone(token: str) -> str | tuple[str, int] | AnyResponse:
    """What the phone shows: nothing personal, only what to photograph."""
    with read() as r:
        view = view_by_link(r, token)
    form = Form()
    if request.method == "POST":
        kind, field = _kind_and_field(view)
        try:
            files = _read_files(view, kind, field)
            with work() as w:
                for file in files:
                    receive_by_link(w, token, kind, file)
        except InvalidInput as refused:
            form.take(InvalidInput({field: [text for texts in refused.fields.values() for text in texts]}))
        else:
            return redirect(url_for("papers.phone", token=token, done=kind), code=303)
    page = render_template(
        "applicant/phone.html", token=token, form=form, items=items_of(view), done=request.args.get("done"),
        closed=view.status in CLOSED,
    )  # fmt: skip
    return page, 422 if form.errors else 200

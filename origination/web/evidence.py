"""An officer reads documents: figures from a page, yearly accounts, files sent on; looks at them large, turns them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask import Response as WebResponse
from werkzeug.wrappers import Response

from core.domain.errors import Conflict, IllegalTransition, InvalidInput, LendingError, NotAllowed, NotFound
from core.domain.fact import FactType, FactValue
from core.domain.facts import CATALOGUE
from core.domain.money import Money, parse_amount
from core.domain.texts import Text
from core.i18n import gettext
from core.uploads import clean_upload, count_pages, page_picture
from core.web.forms import Form, read_date, read_integer
from core.web.guards import allow
from core.web.work import read, work
from origination.domain.accounts import LINES, SIGNED
from origination.domain.evidence import documentable
from origination.domain.papers import BANK_FILE, papers_for
from origination.queries.officer import CaseView, case
from origination.steps.amend import amend
from origination.steps.desk import request_papers
from origination.steps.evidence import clean_statement, confirm_year, document_fact, enter_accounts
from origination.steps.papers import read_paper, receive_paper, turn_paper
from origination.web.case import refused
from origination.web.officer import STAFF_OF_CASES
from origination.web.questions import paper_name

bp = Blueprint("evidence", __name__, url_prefix="/officer/cases/<uuid:application_id>/evidence")
ZOOMS = ("fit", "100", "150", "200")
STRIP = 60  # pictures of pages beside a document at once
REFUSALS = (InvalidInput, NotAllowed, Conflict, IllegalTransition)


def _back(application_id: UUID, anchor: str) -> Response:
    return redirect(url_for("case.page", application_id=application_id, _anchor=anchor), code=303)


def _view(application_id: UUID) -> CaseView:
    with read() as r:
        return case(r, application_id)


def _version() -> int | None:
    return request.form.get("version", type=int)


def _paper_id(field: str = "paper") -> UUID | None:
    try:
        return UUID(request.form.get(field, ""))
    except ValueError:
        return None


def _value(fact: str, view: CaseView, field: str) -> FactValue:
    """What was typed for an answer, by the answer's type. Raises InvalidInput at `field`."""
    if fact not in documentable(view.product.segment):
        raise InvalidInput({"fact": Text("Choose the answer that the document is about")})
    text = request.form.get(field, "").strip()
    kind = CATALOGUE[fact].type
    try:
        if not text:
            raise InvalidInput({field: Text("Enter what the document says")})
        if kind is FactType.MONEY:
            return _money(field, view, signed=True)
        if kind is FactType.DATE:
            return date.fromisoformat(text)
        return int(text.replace(",", ""))
    except ValueError:
        raise InvalidInput(
            {field: Text("Enter a date like 2026-01-31") if kind is FactType.DATE else Text("Enter a whole number")}
        ) from None


def _money(field: str, view: CaseView, *, signed: bool) -> Money:
    text = request.form.get(field, "").strip().replace("−", "-")
    size = parse_amount(text.removeprefix("-") if signed else text, view.product.currency, field)
    return -size if signed and text.startswith("-") else size


@bp.post("/fact")
@allow(*STAFF_OF_CASES)
def fact(application_id: UUID) -> Response | tuple[str, int]:
    """Keeps what a page of a document says about one answer."""
    form = Form(request.form.to_dict())
    try:
        view = _view(application_id)
        name = request.form.get("fact", "")
        page = form.read(read_integer, "page") if request.form.get("page") else None
        form.check()
        with work() as w:
            document_fact(
                w, application_id, name, _value(name, view, "value"), paper_id=_paper_id(), page=page,
                expected_version=_version(),
            )  # fmt: skip
    except REFUSALS as error:
        return refused(application_id, error)
    flash(gettext("Kept. The figure stands beside the declared one."), "success")
    return _back(application_id, "figures")


@bp.post("/correct")
@allow(*STAFF_OF_CASES)
def correct(application_id: UUID) -> Response | tuple[str, int]:
    """Changes a declared answer; the old one stays in the history, and the case is assessed anew."""
    try:
        view = _view(application_id)
        name = request.form.get("correct_fact", "")
        value = _value(name, view, "correct_value")
        typed = str(value.isoformat() if isinstance(value, date) else value)
        changes: dict[str, Any] = {name: typed}
        if isinstance(value, date):
            changes = {f"{name}-{part}": str(getattr(value, part)) for part in ("year", "month", "day")}
        with work() as w:
            amend(
                w, application_id, changes, reason=request.form.get("correct_reason", ""), expected_version=_version()
            )
    except InvalidInput as error:
        renamed = {"reason": "correct_reason", request.form.get("correct_fact", ""): "correct_value"}
        return refused(application_id, InvalidInput({renamed.get(n, n): t for n, t in error.fields.items()}))
    except REFUSALS as error:
        return refused(application_id, error)
    flash(gettext("Changed. The case is assessed anew."), "success")
    return _back(application_id, "figures")


@bp.post("/accounts")
@allow(*STAFF_OF_CASES)
def accounts(application_id: UUID) -> Response | tuple[str, int]:
    """Keeps the accounts of one year."""
    form = Form(request.form.to_dict())
    try:
        view = _view(application_id)
        ends_on = form.read(read_date, "ends_on")
        figures = {}
        for line in LINES:
            if request.form.get(line, "").strip():
                figures[line] = _money(line, view, signed=line in SIGNED)
        if ends_on is None and "ends_on" not in form.errors:
            form.add("ends_on", Text("Enter the last day of the financial year"))
        form.check()
        assert ends_on is not None
        with work() as w:
            enter_accounts(
                w, application_id, ends_on, figures, audited=bool(request.form.get("audited")), paper_id=_paper_id(),
                expected_version=_version(),
            )  # fmt: skip
    except REFUSALS as error:
        return refused(application_id, error)
    flash(gettext("The accounts are kept."), "success")
    return _back(application_id, "accounts")


@bp.post("/accounts/confirm")
@allow(*STAFF_OF_CASES)
def confirm_accounts(application_id: UUID) -> Response | tuple[str, int]:
    """What the applicant typed for a year is what the document says."""
    ends_on = read_date(request.form, "ends_on")
    field = f"agrees_{ends_on}"
    try:
        with work() as w:
            confirm_year(
                w, application_id, ends_on, paper_id=_paper_id(field), field=field, expected_version=_version()
            )
    except REFUSALS as error:
        return refused(application_id, error)
    flash(gettext("The accounts are kept."), "success")
    return _back(application_id, "accounts")


@bp.post("/upload")
@allow(*STAFF_OF_CASES)
def upload(application_id: UUID) -> Response | tuple[str, int]:
    """Files that reached the lender another way."""
    try:
        view = _view(application_id)
        kind = request.form.get("upload_kind", "")
        if kind not in {*papers_for(view.product.segment), *view.product.documents}:
            raise InvalidInput({"upload_kind": Text("Choose what kind of document it is")})
        chosen = [one for one in request.files.getlist("upload_file") if one.filename]
        if not chosen:
            raise InvalidInput({"upload_file": Text("Choose a file first")})
        files = []
        for one in chosen:
            data, name = one.stream.read(), one.filename or ""
            if kind == BANK_FILE:
                files.append(clean_statement(data, name, view.product.currency, "upload_file"))
            else:
                files.append(clean_upload(data, name, "upload_file"))
        with work() as w:
            for file in files:
                receive_paper(w, application_id, kind, file)
    except InvalidInput as error:
        return refused(application_id, InvalidInput({"upload_file" if n == "file" else n: t
                                                     for n, t in error.fields.items()}))  # fmt: skip
    except LendingError as error:
        return refused(application_id, error)
    return _back(application_id, "documents")


@bp.post("/ask")
@allow(*STAFF_OF_CASES)
def ask(application_id: UUID) -> Response | tuple[str, int]:
    """Asks the applicant for documents, in their language."""
    try:
        with work() as w:
            asked = request_papers(w, application_id, request.form.getlist("kinds"), request.form.get("paper_note", ""))
    except REFUSALS as error:
        return refused(application_id, error)
    flash(gettext("Asked for: %(names)s", names=", ".join(paper_name(one.kind) for one in asked)), "success")
    return _back(application_id, "documents")


@bp.get("/papers/<uuid:paper_id>")
@allow(*STAFF_OF_CASES)
def look(application_id: UUID, paper_id: UUID) -> str:
    """One document large: zoomed, page by page, beside what it is about."""
    with read() as r:
        view = case(r, application_id)
        row, data = read_paper(r, application_id, paper_id)
    zoom = request.args.get("zoom", "fit")
    pages = count_pages(data) if row.media_type == "application/pdf" else 1
    page = min(max(1, request.args.get("page", 1, type=int)), max(pages, 1))
    first = (page - 1) // STRIP * STRIP + 1
    text = data[:200_000].decode("utf-8", "replace") if row.media_type.startswith(("text/", "application/xml")) else ""
    return render_template(
        "officer/case/paper.html", case=view, line=view.line, row=row, paper_id=paper_id, pages=pages, text=text,
        zoom=zoom if zoom in ZOOMS else "fit", zooms=ZOOMS,
        page=page, first=first, last=min(first + STRIP - 1, pages),
        paper=next(one for one in view.documents if one.id == paper_id),
        others=[(one, paper_name(one.kind)) for one in view.documents if one.document_id],
        name=paper_name(row.kind),
    )  # fmt: skip


@bp.get("/papers/<uuid:paper_id>/sheet")
@allow(*STAFF_OF_CASES)
def sheet(application_id: UUID, paper_id: UUID) -> WebResponse:
    """The PDF for the viewer of the browser, inside our own page."""
    with read() as r:
        row, data = read_paper(r, application_id, paper_id)
    if row.media_type != "application/pdf":
        raise NotFound(Text("There is no such document"))
    g.framed_by_us = True
    answer = make_response(data)
    answer.headers["Content-Type"] = row.media_type
    answer.headers["Content-Disposition"] = "inline"
    return answer


@bp.get("/papers/<uuid:paper_id>/thumb")
@allow(*STAFF_OF_CASES)
def thumb(application_id: UUID, paper_id: UUID) -> WebResponse:
    """A page as a small picture: the photo, the drawn page of a PDF; else a sheet that says there is none."""
    page = request.args.get("page", 1, type=int)
    with read() as r:
        row, data = read_paper(r, application_id, paper_id)
    picture = page_picture(data, row.media_type, page)
    answer = make_response(picture or render_template("officer/case/sheet.svg", page=page))
    answer.headers["Content-Type"] = "image/jpeg" if picture else "image/svg+xml"
    if picture:  # the address names the version of the file
        answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@bp.post("/papers/<uuid:paper_id>/turn")
@allow(*STAFF_OF_CASES)
def turn(application_id: UUID, paper_id: UUID) -> Response | tuple[str, int]:
    """A quarter to the right."""
    with work() as w:
        turn_paper(w, application_id, paper_id)
    return redirect(url_for("evidence.look", application_id=application_id, paper_id=paper_id), code=303)

"""The pages of a draft: one generic page for every section of questions, owners, consents, checking and sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.texts import Text
from core.i18n import translate
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import read, work
from origination.domain.application import (
    CONSENT_TEXTS,
    REQUIRED_CONSENTS,
    SECTIONS,
    ConsentKind,
    Section,
    section_named,
)
from origination.queries.applicant import ApplicationView, my_application
from origination.steps.draft import give_consents, refused_before, save_section
from origination.steps.submit import submit
from origination.web.answers import CONSENT_NAMES, answer_cards, problem_links
from origination.web.questions import (
    MASKED,
    WHY,
    field_values,
    label_of,
    questions_of,
    typeable,
)
from origination.web.tasks import next_url, open_sections, url_of

bp = Blueprint("draft", __name__)
LATER = "later"


def own_draft(application_id: UUID) -> ApplicationView:
    """One's own application, with its answers. Raises NotFound for any other."""
    with read() as r:
        return my_application(r, application_id)


def errors_of(view: ApplicationView, name: str) -> dict[str, list[str]]:
    """What is wrong with what was typed on a page before, in the reader's language."""
    if not view.errors.get(name):
        return {}
    with read() as r:
        return refused_before(r, view.id).get(name, {})


def sent_already(view: ApplicationView) -> Response | None:
    """A page of the draft opened again after sending leads to the status."""
    return None if view.is_draft else redirect(url_for("applicant.overview", application_id=view.id), code=303)


def typed_version() -> int | None:
    """The version of the application the form was made from."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def goes_on(view: ApplicationView, section: str) -> Response:
    """After saving: to the mail-me-a-link page, back to checking, or on to what is next."""
    if request.form.get("action") == LATER:
        return redirect(url_for("applicant.leave", application_id=view.id), code=303)
    if request.form.get("return") == "check":
        return redirect(url_for("draft.check", application_id=view.id), code=303)
    return redirect(next_url(view, section), code=303)


@bp.route("/applications/<uuid:application_id>/part/<name>", methods=["GET", "POST"])
@allow(Role.APPLICANT)
def section(application_id: UUID, name: str) -> str | tuple[str, int] | Response:
    """One page of questions. Everything typed is kept, right or wrong."""
    view = own_draft(application_id)
    page = section_named(view.segment, name)
    if page is None or not page.facts:
        raise NotFound(Text("There is no such page"))
    if (gone := sent_already(view)) is not None:
        return gone
    if request.method == "GET":
        form = Form(field_values(page, view.answers, view.typed.get(name, {})), errors_of(view, name))
        return _section_page(view, page, form)
    values = _with_kept_numbers(page, view, request.form)
    try:
        with work() as w:
            saved = save_section(w, view.id, name, values, expected_version=typed_version())
    except Conflict:
        view = own_draft(application_id)
        form = Form(dict(request.form), {})
        return _section_page(view, page, form, meanwhile=_meanwhile(view, page)), 409
    view = own_draft(application_id)
    if saved.errors and request.form.get("action") != LATER:
        form = Form(dict(request.form), {key: list(texts) for key, texts in saved.errors.items()})
        return _section_page(view, page, form), 422
    return goes_on(view, name)


def _with_kept_numbers(page: Section, view: ApplicationView, posted: Mapping[str, str]) -> dict[str, Any]:
    """A masked number left empty stays what it was."""
    values: dict[str, Any] = dict(posted)
    for name in MASKED & set(page.facts) & set(view.answers):
        if not str(values.get(name, "")).strip():
            values[name] = typeable(view.answers[name])
    return values


def _meanwhile(view: ApplicationView, page: Section) -> list[tuple[str, str]]:
    """What is saved now where it differs from what was typed."""
    stored = field_values(page, view.answers, view.typed.get(page.name, {}))

    def plain(text: object) -> str:
        return str(text).replace(",", "").strip()

    return [
        (label_of(name), str(value)) for name, value in stored.items() if plain(request.form.get(name)) != plain(value)
    ]


def _section_page(
    view: ApplicationView, page: Section, form: Form, meanwhile: list[tuple[str, str]] | None = None
) -> str:
    sections = SECTIONS[view.segment]
    return render_template(
        "applicant/section.html", view=view, section=page, form=form, why=WHY.get(page.name), product=view.product,
        questions=questions_of(page, view.product, view.answers), number=sections.index(page) + 1,
        count=len(sections), back=_back(view), comes_back=_comes_back(), meanwhile=meanwhile,
    )  # fmt: skip


def _comes_back() -> str:
    return "check" if request.values.get("return") == "check" else ""


def _back(view: ApplicationView) -> str:
    endpoint = "draft.check" if _comes_back() else "applicant.overview"
    return url_for(endpoint, application_id=view.id)


@bp.route("/applications/<uuid:application_id>/consents", methods=["GET", "POST"])
@allow(Role.APPLICANT)
def consents(application_id: UUID) -> str | tuple[str, int] | Response:
    """What the applicant agrees to, word for word as it is kept."""
    view = own_draft(application_id)
    if (gone := sent_already(view)) is not None:
        return gone
    wanted = [kind for kind in ConsentKind if kind in REQUIRED_CONSENTS]
    if request.method == "GET":
        return _consents_page(view, wanted, Form({}))
    ticked = [kind for kind in wanted if request.form.get(f"consent_{kind.value}")]
    with work() as w:
        give_consents(w, view.id, ticked)
    view = own_draft(application_id)
    missing = [kind for kind in wanted if kind.value not in view.consents]
    if missing and request.form.get("action") != LATER:
        form = Form(dict(request.form), {f"consent_{kind.value}": [_consent_missing(kind)] for kind in missing})
        return _consents_page(view, wanted, form), 422
    return goes_on(view, "consents")


def _consent_missing(kind: ConsentKind) -> Text:
    return Text("{consent}: tick this box. Without it we cannot go on.", consent=CONSENT_NAMES[kind])


def _consents_page(view: ApplicationView, wanted: list[ConsentKind], form: Form) -> str:
    return render_template(
        "applicant/consents.html", view=view, form=form, why=WHY["consents"], back=_back(view),
        wanted=[(kind.value, translate(CONSENT_TEXTS[kind])) for kind in wanted], comes_back=_comes_back(),
    )  # fmt: skip


@bp.get("/applications/<uuid:application_id>/check")
@allow(Role.APPLICANT)
def check(application_id: UUID) -> str | Response:
    """All answers on one page, each with a way to change it that comes back here."""
    view = own_draft(application_id)
    return sent_already(view) or _check_page(view)


def _check_page(view: ApplicationView, problems: Mapping[str, Any] | None = None, *, stale: bool = False) -> str:
    return render_template(
        "applicant/check.html", view=view, cards=answer_cards(view), problems=problem_links(view, problems or {}),
        stale=stale, open=[(translate(s.title), url_of(view, s, **{"return": "check"})) for s in open_sections(view)],
    )  # fmt: skip


@bp.post("/applications/<uuid:application_id>/submit")
@allow(Role.APPLICANT)
def send(application_id: UUID) -> Response | tuple[str, int]:
    """Sends the application; a second click changes nothing."""
    view = own_draft(application_id)
    try:
        with work() as w:
            submit(w, view.id, expected_version=typed_version())
    except InvalidInput as refused:
        return _check_page(own_draft(application_id), refused.fields), 422
    except Conflict:
        return _check_page(own_draft(application_id), stale=True), 409
    return redirect(url_for("applicant.sent", application_id=view.id), code=303)

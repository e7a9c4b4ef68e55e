"""Yearly accounts in a company's application: a list of years, and one page for each."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import Conflict, NotFound
from core.domain.texts import Text
from core.i18n import show, translate
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import read, work
from origination.domain.accounts import (
    FACT_OF,
    LINES,
    RATIO_TEXTS,
    REQUIRED,
    YEARS_MAX,
    YearAccounts,
    declared_gaps,
    ratios,
    remarks,
)
from origination.domain.application import ACCOUNTS
from origination.queries.applicant import ApplicationView
from origination.steps.declare_accounts import PREFIX, declare_year, forget_year
from origination.web.case_evidence import ratio_text
from origination.web.draft import LATER, errors_of, goes_on, own_draft, sent_already, typed_version
from origination.web.questions import WHY, typeable

bp = Blueprint("year_accounts", __name__)
NEW = "new"
REMOVE = "remove-"
GROUPS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (Text("Results of the year"), ("revenue", "ebitda", "interest", "profit", "debt_service")),
    (Text("What the company owns"), ("total_assets", "current_assets", "receivables", "inventory", "cash")),
    (Text("What it owes"), ("total_liabilities", "current_liabilities", "equity")),
)


@bp.route("/applications/<uuid:application_id>/accounts", methods=["GET", "POST"])
@allow(Role.APPLICANT)
def listing(application_id: UUID) -> str | tuple[str, int] | Response:
    """The years entered, what they say in ratios, and the way to the next one."""
    view = _company(application_id)
    if (gone := sent_already(view)) is not None:
        return gone
    if request.method == "GET":
        return _listing_page(view)
    action = request.form.get("action", "")
    if action.startswith(REMOVE):
        try:
            with work() as w:
                forget_year(w, view.id, _day(action.removeprefix(REMOVE)), expected_version=typed_version())
        except Conflict:
            return _listing_page(_company(application_id), stale=True), 409
        return redirect(url_for("year_accounts.listing", application_id=view.id), code=303)
    return goes_on(view, ACCOUNTS.name)


@bp.route("/applications/<uuid:application_id>/accounts/<year>", methods=["GET", "POST"])
@allow(Role.APPLICANT)
def page(application_id: UUID, year: str) -> str | tuple[str, int] | Response:
    """One year. Everything typed is kept, right or wrong."""
    view = _company(application_id)
    if (gone := sent_already(view)) is not None:
        return gone
    known = next((one for one in view.years if one.ends_on.isoformat() == year), None)
    if known is None and year != NEW:
        raise NotFound(Text("There is no such page"))
    if request.method == "GET":
        typed = view.typed.get(ACCOUNTS.name)
        if known is None and typed:
            return _year_page(view, year, Form(dict(typed), dict(errors_of(view, ACCOUNTS.name))))
        return _year_page(view, year, Form(_values(view, known)))
    values = {key: value for key, value in request.form.items() if key.startswith(PREFIX)}
    try:
        with work() as w:
            saved = declare_year(
                w, view.id, values, instead_of=known.ends_on if known else None, expected_version=typed_version()
            )
    except Conflict:
        return _year_page(_company(application_id), year, Form(dict(request.form)), stale=True), 409
    view = _company(application_id)
    if saved.errors and request.form.get("action") != LATER:
        errors = {key: list(texts) for key, texts in saved.errors.items()}
        return _year_page(view, year, Form(dict(request.form), errors)), 422
    if request.form.get("action") == LATER:
        return goes_on(view, ACCOUNTS.name)
    return redirect(_listing_url(view), code=303)


def _company(application_id: UUID) -> ApplicationView:
    view = own_draft(application_id)
    if view.segment != "sme":
        raise NotFound(Text("There is no such page"))
    return view


def _comes_back() -> str:
    return "check" if request.values.get("return") == "check" else ""


def _listing_url(view: ApplicationView) -> str:
    more: dict[str, Any] = {"return": _comes_back() or None}
    return url_for("year_accounts.listing", application_id=view.id, **more)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _listing_page(view: ApplicationView, *, stale: bool = False) -> str:
    years = view.years
    with read() as r:
        found = [*remarks(years, r.clock.today()), *declared_gaps(years, view.answers)]
    worked = [ratios(one, before) for one, before in zip(years, [*years[1:], None], strict=True)] if years else []
    rows = [
        (translate(text), [one.figures.get(line) for one in years], False)
        for line, text in LINES.items()
        if any(line in one.figures for one in years)
    ]
    ratio_rows = [
        (translate(text), [None if (value := one[name]) is None else ratio_text(name, value) for one in worked], True)
        for name, text in RATIO_TEXTS.items()
        if any(one[name] is not None for one in worked)
    ]
    return render_template(
        "applicant/accounts.html", view=view, years=years, rows=rows, ratio_rows=ratio_rows, stale=stale,
        columns=[translate(Text("Line")), *((show(one.ends_on), "numeric") for one in years)], remarks=found,
        why=WHY[ACCOUNTS.name], full=len(years) >= YEARS_MAX, unfinished=bool(view.typed.get(ACCOUNTS.name)),
        comes_back=_comes_back(), back=_back(view),
    )  # fmt: skip


def _year_page(view: ApplicationView, year: str, form: Form, *, stale: bool = False) -> str:
    groups = [
        (title, [(f"{PREFIX}{line}", LINES[line], line in REQUIRED) for line in lines]) for title, lines in GROUPS
    ]
    return render_template(
        "applicant/year.html", view=view, year=year, form=form, groups=groups, stale=stale, prefix=PREFIX,
        comes_back=_comes_back(),
        back=_listing_url(view),
    )  # fmt: skip


def _back(view: ApplicationView) -> str:
    return url_for("draft.check" if _comes_back() else "applicant.overview", application_id=view.id)


def _values(view: ApplicationView, known: YearAccounts | None) -> dict[str, Any]:
    """What the fields of a year begin with: the year as kept, or what was answered on other pages already."""
    if known is not None:
        found: dict[str, Any] = {f"{PREFIX}{line}": typeable(value) for line, value in known.figures.items()}
        return found | {f"{PREFIX}ends_on": known.ends_on.isoformat(), f"{PREFIX}audited": known.audited and "yes"}
    if not view.years:
        asked = {line: view.answers[fact] for line, fact in FACT_OF.items() if fact in view.answers}
        with read() as r:
            last = date(r.clock.today().year - 1, 12, 31)
        return {f"{PREFIX}{line}": typeable(value) for line, value in asked.items()} | {
            f"{PREFIX}ends_on": last.isoformat()
        }
    oldest = min(one.ends_on for one in view.years)
    begun: dict[str, Any] = {f"{PREFIX}ends_on": _year_before(oldest).isoformat()}
    if len(view.years) == 1 and "revenue_prior" in view.answers:
        begun[f"{PREFIX}revenue"] = typeable(view.answers["revenue_prior"])
    return begun


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)

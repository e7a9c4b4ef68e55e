"""The pages a draft is written on: decision tables as grids, other sections as sheets or fields, and the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound, PolicyInvalid
from core.domain.texts import Text
from core.i18n import gettext
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import actor, read, work
from origination.domain.policy_sheet import SPECS, Sheet, read_sheet, sheet_of, table_columns
from origination.domain.policy_text import table_of, with_section, with_table
from origination.domain.rules import read_table
from origination.queries.policies import Edition, Problem, edition
from origination.steps.policy_edit import EDITORS, change_draft
from origination.web.policy import PROBLEM_WORDS, READERS
from origination.web.policy_form import (
    FIELD_NAMES,
    HIT_NAMES,
    SECTION_NAMES,
    STAGE_NAMES,
    acted,
    fact_choices,
    fields_of,
    operators,
    read_fields,
    read_table_form,
    sheet_from,
)

bp = Blueprint("policy_sheets", __name__, url_prefix="/policy")
NEW = "new"


@bp.route("/<uuid:edition_id>/tables/<name>", methods=["GET", "POST"])
@allow(*READERS)
def table(edition_id: UUID, name: str) -> str | tuple[str, int] | Response:
    """One decision table as a grid: each button works without JavaScript, nothing counts before it is saved."""
    with read() as r:
        found = edition(r, edition_id)
    raw = table_of(found.data, name)
    if raw is None:
        raise NotFound(Text("There is no such table"))
    if request.method == "GET":
        sheet = sheet_of(table_columns(raw), raw["row"])
        return _grid(found, raw, sheet, Form(_head(raw)), saved=True)
    actor().require(*EDITORS)
    form, sheet = Form(request.form.to_dict()), sheet_from(request.form, raw)
    if request.form.get("action") == "delete_table":
        return _keep(found, with_table(found.row.text, name, None), url_for("policy.page", edition_id=edition_id))
    changed = acted(sheet, request.form)
    if changed is not None:
        return _grid(found, raw, changed, form, saved=False)
    new, sheet, wrong = read_table_form(request.form, raw, sheet)
    for field, message in wrong.items():
        form.add(field, message)
    if not sheet.errors and not wrong:
        try:
            read_table(new)
            return _keep(found, with_table(found.row.text, name, new), request.path)
        except PolicyInvalid as error:
            form.add("sheet", error.details.get("text", error.message))
        except InvalidInput as error:
            form.add("sheet", next(iter(error.fields.values()))[0])
        except (Conflict, IllegalTransition) as error:
            form.add("_", error.args[0])
    for cell, message in sheet.errors.items():
        form.add(cell, message)
    return _grid(found, raw, sheet, form, saved=False), 422


def _keep(found: Edition, text: str, there: str) -> Response:
    with work() as w:
        change_draft(w, found.row.id, text, expected_version=request.form.get("version", type=int))
    flash(gettext("Saved in the draft. The test cases were run again."), "success")
    return redirect(there, code=303)


def _head(raw: Mapping[str, Any]) -> dict[str, str]:
    head = {name: str(raw.get(name, "")) for name in ("stage", "hit_policy", "valid_from", "valid_to")}
    head |= {name: ", ".join(raw.get(name, ())) for name in ("segments", "jurisdictions")}
    return head | {"table_note": str(raw.get("note", ""))}


def _grid(found: Edition, raw: Mapping[str, Any], sheet: Sheet, form: Form, *, saved: bool) -> str:
    segments = raw.get("segments", ())
    return render_template(
        "policy/table.html", one=found, row=found.row, raw=raw, sheet=sheet, form=form, saved=saved,
        editable=_editable(found), problems=_problems(found, str(raw["name"])) if saved else (),
        problem_words=PROBLEM_WORDS, stage_names=STAGE_NAMES, hit_names=HIT_NAMES, operators=operators,
        facts=fact_choices(sheet, segments[0] if len(segments) == 1 else None), failed=found.failed,
        gives=any(column.kind == "output" for column in sheet.columns),
    )  # fmt: skip


def _editable(found: Edition) -> bool:
    return found.row.status in {"draft", "waiting"} and actor().has(*EDITORS)


def _problems(found: Edition, name: str) -> list[Problem]:
    return [one for one in found.problems if one.table == name]


@bp.route("/<uuid:edition_id>/new-table", methods=["GET", "POST"])
@allow(*EDITORS)
def new_table(edition_id: UUID) -> str | tuple[str, int] | Response:
    """A new decision table with one row, which the grid then shows."""
    with read() as r:
        found = edition(r, edition_id)
    form = Form(request.form.to_dict() if request.method == "POST" else {"stage": "referral", "hit_policy": "collect"})
    if request.method == "POST":
        name = request.form.get("name", "").strip()
        if not name.isidentifier() or not name.isascii() or table_of(found.data, name) is not None:
            form.add("name", Text("Give it a name of its own in letters and _, like referral_branch"))
        new, sheet, wrong = read_table_form(request.form, {"name": name}, sheet_from(request.form, {}))
        for field, message in {**wrong, **{k: v for k, v in sheet.errors.items() if not wrong}}.items():
            form.add(field, message)
        if not form.errors:
            try:
                read_table(new)
                there = url_for("policy_sheets.table", edition_id=edition_id, name=name)
                return _keep(found, with_table(found.row.text, name, new), there)
            except PolicyInvalid as error:
                form.add("_", error.details.get("text", error.message))
    page = render_template(
        "policy/new_table.html", one=found, row=found.row, form=form, stage_names=STAGE_NAMES, hit_names=HIT_NAMES,
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.route("/<uuid:edition_id>/sections/<section>", methods=["GET", "POST"])
@allow(*READERS)
def part(edition_id: UUID, section: str) -> str | tuple[str, int] | Response:
    """Exchange rates, prices, authority and the other sections."""
    if section not in SECTION_NAMES:
        raise NotFound(Text("There is no such page"))
    with read() as r:
        found = edition(r, edition_id)
    if section in SPECS:
        return _sheet_part(found, section)
    raw = found.data[section]
    form = Form(request.form.to_dict() if request.method == "POST" else fields_of(section, raw))
    if request.method == "POST":
        actor().require(*EDITORS)
        new = read_fields(section, raw, form)
        if not form.errors:
            try:
                return _keep(found, with_section(found.row.text, section, new), request.path)
            except (InvalidInput, Conflict, IllegalTransition) as error:
                form.add("_", error.args[0])
    page = render_template(
        "policy/fields.html", one=found, row=found.row, section=section, raw=raw, fields=fields_of(section, raw),
        form=form, names=FIELD_NAMES, section_names=SECTION_NAMES, editable=_editable(found),
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _sheet_part(found: Edition, section: str) -> str | tuple[str, int] | Response:
    form, saved = Form(request.form.to_dict()), request.method == "GET"
    if saved:
        sheet = sheet_of(SPECS[section], found.data.get(section, ()))
    else:
        actor().require(*EDITORS)
        sheet = sheet_from(request.form, None, section)
        changed = acted(sheet, request.form)
        if changed is None:
            rows, sheet = read_sheet(sheet)
            if not sheet.errors:
                try:
                    return _keep(found, with_section(found.row.text, section, rows), request.path)
                except InvalidInput as error:
                    form.add("sheet", next(iter(error.fields.values()))[0])
                except (Conflict, IllegalTransition) as error:
                    form.add("_", error.args[0])
        else:
            sheet = changed
        for cell, message in sheet.errors.items():
            form.add(cell, message)
    page = render_template(
        "policy/sheet.html", one=found, row=found.row, section=section, sheet=sheet, form=form, saved=saved,
        section_names=SECTION_NAMES, editable=_editable(found), operators=operators,
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.route("/<uuid:edition_id>/text", methods=["GET", "POST"])
@allow(*READERS)
def text(edition_id: UUID) -> str | tuple[str, int] | Response:
    """The whole policy as text, with its comments."""
    with read() as r:
        found = edition(r, edition_id)
    form = Form({"text": found.row.text})
    if request.method == "POST":
        actor().require(*EDITORS)
        typed = request.form.get("text", "").replace("\r\n", "\n")
        form = Form({"text": typed})
        try:
            return _keep(found, typed, request.path)
        except InvalidInput as error:
            form.take(error)
        except (Conflict, IllegalTransition) as error:
            form.add("_", error.args[0])
    page = render_template("policy/text.html", one=found, row=found.row, form=form, editable=_editable(found))
    return page, 422 if form.errors else 200

"""The owners' page of a company: as many lines as there are owners, their shares added up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.fact_parts.company import COMPANY_ID_KINDS
from core.domain.fact_parts.person import ID_KINDS
from core.domain.texts import Text
from core.i18n import current_locale, translate
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import work
from origination.domain.application import OwnerEntry
from origination.domain.ownership import Holding, Owner, OwnerKind, OwnershipGraph, cycles
from origination.queries.applicant import ApplicationView
from origination.schemas import read_share
from origination.steps.draft import save_owners
from origination.web.draft import LATER, errors_of, goes_on, own_draft, sent_already, typed_version
from origination.web.questions import WHY, countries, masked

bp = Blueprint("owners", __name__)
LINE = re.compile(r"owners-(\d{1,2})-([a-z_]+)(?:-(year|month|day))?")
LINES_MAX = 30
ADD, REMOVE = "add", "remove-"


@bp.route("/applications/<uuid:application_id>/owners", methods=["GET", "POST"])
@allow(Role.APPLICANT)
def page(application_id: UUID) -> str | tuple[str, int] | Response:
    """Add another, remove, continue: each saves what stands there, right or wrong."""
    view = own_draft(application_id)
    if view.segment != "sme":
        raise NotFound(Text("There is no such page"))
    if (gone := sent_already(view)) is not None:
        return gone
    if request.method == "GET":
        return _page(view, _stored_lines(view), errors_of(view, "owners"), more="more" in request.args)
    action = request.form.get("action", "")
    lines = read_lines(request.form, view.owners)
    if action.startswith(REMOVE):
        gone_line = action.removeprefix(REMOVE)
        lines = [line for at, line in enumerate(lines) if str(at) != gone_line]
    try:
        with work() as w:
            saved = save_owners(w, view.id, list(lines), expected_version=typed_version())
    except Conflict:
        return _page(own_draft(application_id), lines, {}, stale=True), 409
    view = own_draft(application_id)
    if action == ADD:
        return redirect(url_for("owners.page", application_id=view.id, more=1) + "#last", code=303)
    if action.startswith(REMOVE):
        return redirect(url_for("owners.page", application_id=view.id), code=303)
    if saved.errors and action != LATER:
        return _page(view, _stored_lines(view), saved.errors), 422
    return goes_on(view, "owners")


def read_lines(posted: Mapping[str, str], owners: tuple[OwnerEntry, ...]) -> list[dict[str, str]]:
    """The lines typed, in order; a number left empty stays that of the owner the line was made from."""
    lines = typed_lines(posted)
    for line in lines:
        was = line.pop("was", "")
        if was.isdigit() and int(was) < len(owners) and not line.get("identity_number"):
            line["identity_number"] = owners[int(was)].identity_number or ""
    return lines


def typed_lines(posted: Mapping[str, str]) -> list[dict[str, str]]:
    """The lines as they were typed, in order, each with the place (`was`) of the owner it was made from."""
    found: dict[int, dict[str, str]] = {}
    parts: dict[tuple[int, str], dict[str, str]] = {}
    for key, value in posted.items():
        match = LINE.fullmatch(key)
        if match is None or int(match[1]) >= LINES_MAX:
            continue
        at, name, part = int(match[1]), match[2], match[3]
        if part:
            parts.setdefault((at, name), {})[part] = value.strip()
        else:
            found.setdefault(at, {})[name] = value.strip()
    for (at, name), boxes in parts.items():
        typed = "-".join(boxes.get(part, "") for part in ("year", "month", "day"))
        found.setdefault(at, {})[name] = typed.strip("-") and typed
    return [found[at] for at in sorted(found)]


def _stored_lines(view: ApplicationView) -> list[dict[str, Any]]:
    typed = view.typed.get("owners")
    return [dict(line) for line in typed] if typed else lines_of(view.owners)


def lines_of(owners: Sequence[OwnerEntry]) -> list[dict[str, Any]]:
    """The lines as they are shown again, numbers masked."""
    return [
        {
            "name": owner.name,
            "kind": owner.kind.value,
            "share": format((owner.share * 100).normalize(), "f"),
            "birth_on": None if owner.birth_on is None else owner.birth_on.isoformat(),
            "country": owner.country or "",
            "identity_kind": owner.identity_kind or "",
            "kept": masked(owner.identity_number) if owner.identity_number else "",
            "was": at,
            "of": owner.of or "",
            "controls": "yes" if owner.controls else "",
        }
        for at, owner in enumerate(owners)
    ]


def _page(
    view: ApplicationView,
    lines: list[dict[str, Any]],
    errors: Mapping[str, Any],
    *,
    more: bool = False,
    stale: bool = False,
) -> str:
    if more or not lines:
        lines = [*lines, {"kind": "person"}]
    return render_template(
        "applicant/owners.html", view=view, form=form_of(lines, errors), why=WHY["owners"], stale=stale,
        comes_back="check" if request.values.get("return") == "check" else "",
        back=url_for("applicant.overview", application_id=view.id), **lines_context(lines),
    )  # fmt: skip


def form_of(lines: Sequence[Mapping[str, Any]], errors: Mapping[str, Any]) -> Form:
    """The fields of all lines with what is wrong with them."""
    values = {f"owners-{at}-{name}": value for at, line in enumerate(lines) for name, value in line.items()}
    return Form(values, {name: list(texts) for name, texts in errors.items()})


def lines_context(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `layout/owner_lines.html` shows around the lines."""
    return {
        "lines": lines,
        "companies": list(
            dict.fromkeys(line["name"] for line in lines if line.get("kind") == "company" and line.get("name"))
        ),
        "countries": countries(current_locale()),
        "id_kinds": [(kind.value, translate(kind.text)) for kind in (*ID_KINDS, *COMPANY_ID_KINDS)],
        "sum": _sum(lines),
        "rings": _rings(lines),
    }


def _rings(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of companies that own each other, one line a ring."""
    holdings = [(str(line.get("name", "")), str(line.get("of") or "")) for line in lines if line.get("name")]
    names = {name for pair in holdings for name in pair}
    graph = OwnershipGraph(
        {name: Owner(name, name, OwnerKind.COMPANY) for name in names},
        tuple(Holding(a, b, Decimal(0)) for a, b in dict.fromkeys(holdings) if a != b),
    )
    return [", ".join(ring) for ring in cycles(graph)]


def _sum(lines: Sequence[Mapping[str, Any]]) -> Decimal:
    """What the direct owners hold together, as far as it can be read."""
    held = Decimal(0)
    for line in lines:
        try:
            held += read_share(str(line.get("share", ""))) if line.get("share") and not line.get("of") else 0
        except InvalidInput:
            continue
    return held

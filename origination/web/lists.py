"""Screening lists and the threshold: editions and what changed, refused files, what another threshold would do."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, LendingError, NotAllowed
from core.domain.texts import Text
from core.i18n import gettext, translate
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import read, work
from origination.queries.lists import (
    count_editions,
    differences,
    edition_of,
    editions,
    effects,
    threshold_changes,
)
from origination.steps.screening import try_threshold
from origination.steps.screening_lists import LIST_KINDS, ListLoad, load_list
from origination.steps.screening_threshold import LEAST, MOST, decide_threshold, propose_threshold, threshold

bp = Blueprint("lists", __name__, url_prefix="/screening")
READERS = (Role.RISK_MANAGER, Role.ADMIN, Role.AUDITOR, Role.APPROVER)
LOADERS = (Role.RISK_MANAGER, Role.ADMIN)
PAGE = 20
KIND_NAMES = {
    "sanctions": Text("Sanctions"),
    "pep": Text("Office holders (PEP)"),
    "internal": Text("Own list"),
}


@bp.get("/lists")
@allow(*READERS)
def listing() -> str:
    """The lists in use with their age, refused files, earlier editions, and the form for a new edition."""
    return _listing(Form())


def _listing(form: Form) -> str:
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    past = ("replaced", "refused")
    with read() as r:
        active = editions(r)
        earlier = editions(r, status=past, limit=PAGE, offset=(page - 1) * PAGE)
        total = count_editions(r, past)
        may_load = r.actor.has(*LOADERS)
        latest = editions(r, status=("refused",), limit=1)
    # A refused file is an alarm until a newer edition of anything was taken over.
    newest = max((one.loaded_at for one in active), default=None)
    alarms = [one for one in latest if newest is None or one.loaded_at >= newest]
    return render_template(
        "manager/lists.html", active=active, earlier=earlier, alarms=alarms, form=form, may_load=may_load, page=page,
        pages=-(-total // PAGE), page_url=url_for("lists.listing") + "?page={page}", kind_names=KIND_NAMES,
        kinds=[("", gettext("As before")), *((kind, translate(KIND_NAMES[kind])) for kind in LIST_KINDS)],
    )  # fmt: skip


@bp.post("/lists")
@allow(*LOADERS)
def load() -> Response | tuple[str, int]:
    """Takes over new editions from uploaded files; a refused file changes nothing but leaves an alarm."""
    form = Form(values=request.form.to_dict())
    given = [one for one in request.files.getlist("files") if one.filename]
    if not given:
        form.add("files", translate(Text("Choose one or more list files")))
        return _listing(form), 422
    contents = {(one.filename or "list").replace("\\", "/").rsplit("/", 1)[-1]: one.read() for one in given}
    try:
        with work() as w:
            loaded = load_list(
                w, contents, confirm_shrunken=request.form.get("confirm_shrunken") == "yes",
                kind=request.form.get("kind") or None,
            )  # fmt: skip
    except InvalidInput as error:
        form.take(error)
        return _listing(form), 422
    refused = [one for one in loaded if one.status == "refused"]
    for one in refused:
        form.add("files", gettext("%(name)s: refused, the edition in use stays. %(why)s", name=one.name,
                                  why=translate(one.message) if one.message else ""))  # fmt: skip
    if refused:
        return _listing(form), 422
    for one in loaded:
        flash(_told(one), "success")
    return redirect(url_for("lists.listing"), 303)


def _told(one: ListLoad) -> str:
    if one.status == "unchanged":
        return gettext("%(name)s: nothing new; the list counts as loaded today.", name=one.name)
    return gettext(
        "%(name)s: edition %(edition)s with %(entries)s entries is in use (%(added)s new, %(changed)s changed, "
        "%(removed)s gone).",
        name=one.name, edition=one.edition, entries=one.entries, added=one.added, changed=one.changed,
        removed=one.removed,
    )  # fmt: skip


@bp.get("/lists/<uuid:edition_id>")
@allow(*READERS)
def edition(edition_id: UUID) -> str:
    """One edition: where it came from, its hash, and each entry it brought, changed or dropped."""
    with read() as r:
        found = edition_of(r, edition_id)
        changes = differences(r, found)
    return render_template("manager/list_edition.html", edition=found, changes=changes, kind_names=KIND_NAMES)


@bp.get("/threshold")
@allow(*READERS)
def threshold_page() -> str:
    """The threshold in force, what others would do, and the proposal that waits."""
    return _threshold(Form(values={"least": request.args.get("try", "")}))


def _threshold(form: Form) -> str:
    typed = str(form.values.get("least") or "")
    wanted = _percent(typed)
    if request.method == "GET" and typed and (wanted is None or not LEAST <= wanted <= MOST):
        form.add("try-least", translate(Text("Give a percentage from {least} to {most}", least=70, most=95)))
    with read() as r:
        current = Decimal(str(threshold(r)))
        changes = threshold_changes(r)
        rows = effects(r)
        tried = None
        if wanted is not None and LEAST <= wanted <= MOST:
            tried = (wanted, *try_threshold(r, float(wanted)), try_threshold(r, float(current))[1])
        may_propose = r.actor.has(Role.RISK_MANAGER)
        may_decide = r.actor.has(Role.RISK_MANAGER, Role.APPROVER, Role.ADMIN)
    waiting = next((one for one in changes if one.state == "proposed"), None)
    return render_template(
        "manager/threshold.html", form=form, current=current, changes=changes, rows=rows, tried=tried,
        waiting=waiting, may_propose=may_propose, may_decide=may_decide,
    )  # fmt: skip


def _percent(text: str) -> Decimal | None:
    """`82` or `82 %` -> 0.82; None for anything else."""
    plain = text.strip().removesuffix("%").strip().replace(",", ".")
    if not plain.replace(".", "", 1).isdecimal() or not plain.isascii() or len(plain) > 6:
        return None
    return (Decimal(plain) / 100).quantize(Decimal("0.0001"))


@bp.post("/threshold")
@allow(Role.RISK_MANAGER)
def propose() -> Response | tuple[str, int]:
    """Proposes another threshold."""
    form = Form(values=request.form.to_dict())
    least = _percent(request.form.get("least", ""))
    if least is None:
        form.add("least", translate(Text("Give a percentage from {least} to {most}", least=70, most=95)))
        return _threshold(form), 422
    try:
        with work() as w:
            propose_threshold(w, least, request.form.get("reason", ""))
    except LendingError as error:
        return _refused(form, error)
    flash(gettext("The change is proposed. A second person has to agree."), "info")
    return redirect(url_for("lists.threshold_page"), 303)


@bp.post("/threshold/decision")
@allow(Role.RISK_MANAGER, Role.APPROVER, Role.ADMIN)
def decide() -> Response | tuple[str, int]:
    """Puts the proposed threshold in force, or drops it."""
    try:
        with work() as w:
            decide_threshold(w, agreed=request.form.get("verdict") == "agree")
    except LendingError as error:
        return _refused(Form(), error)
    flash(gettext("The decision on the threshold is kept."), "success")
    return redirect(url_for("lists.threshold_page"), 303)


def _refused(form: Form, error: LendingError) -> tuple[str, int]:
    if isinstance(error, InvalidInput):
        form.take(error)
    elif isinstance(error, NotAllowed | Conflict | IllegalTransition):
        form.add("_", error.message)
    else:
        raise error
    status = 422 if isinstance(error, InvalidInput) else 403 if isinstance(error, NotAllowed) else 409
    return _threshold(form), status

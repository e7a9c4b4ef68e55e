"""Training a version from a file, without writing code: asked here, done by the workers, watched here. And bringing
in a draft that was trained elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput
from core.domain.texts import Text
from core.i18n import gettext
from core.web.forms import Form, read_choice, read_percent, read_text
from core.web.guards import allow
from core.web.work import read, work
from scoring.domain.words import KIND_WORDS
from scoring.web.monitoring import READERS, said

bp = Blueprint("training", __name__, url_prefix="/models/train")
KINDS = ("additive", "deep", "logistic")


@bp.get("/")
@allow(Role.RISK_MANAGER)
def page() -> str:
    """The form, with the runs so far."""
    return _page(Form({"segment": "consumer", "kind": "additive"}))


def _page(form: Form) -> str:
    from scoring.queries.watch_view import runs

    with read() as r:
        found = runs(r)
    kinds = [(kind, KIND_WORDS[kind]) for kind in KINDS]
    return render_template("manager/train.html", form=form, runs=found, kinds=kinds)


@bp.post("/")
@allow(Role.RISK_MANAGER)
def start() -> AnyResponse | tuple[str, int]:
    """Checks the files and asks the workers; nothing typed is lost when something is wrong."""
    from scoring.steps.training import ask_training

    form = Form(request.form.to_dict())
    try:
        wanted = _wanted(form)
        data, schema = _file("data", form), _file("schema", form)
        form.check()
        assert data is not None
        assert schema is not None
        with work() as w:
            row = ask_training(w, wanted, data=data[1], data_name=data[0], schema=schema[1])
    except InvalidInput as error:
        if not form.errors:
            form.take(error)
        return _page(form), 422
    return redirect(url_for("training.run", run_id=row.id), code=303)


def _wanted(form: Form) -> Any:
    from scoring.steps.training import Wanted

    segment = form.read(read_text, "segment", missing=Text("Enter a segment, like consumer"), longest=40)
    kind = form.read(read_choice, "kind", KINDS, missing=Text("Choose one of the kinds"))
    name = form.read(read_text, "name", longest=120)
    purpose = form.read(read_text, "purpose", longest=2000)
    product = form.read(read_text, "product", longest=80)
    exclude = form.read(read_text, "exclude", longest=2000)
    reweigh = form.read(read_text, "reweigh", longest=120)
    tendency = form.read(read_percent, "central_tendency")
    cutoff = form.read(read_percent, "cutoff_pd")
    return Wanted(
        segment or "", kind or "", name or "", purpose or "", product or None,
        tuple(part.strip() for part in (exclude or "").split(",") if part.strip()),
        None if tendency is None else float(tendency), None if cutoff is None else float(cutoff),
        reweigh=reweigh or "",
    )  # fmt: skip


def _file(name: str, form: Form) -> tuple[str, bytes] | None:
    given = request.files.get(name)
    if given is None or not given.filename:
        form.add(name, Text("Choose a file"))
        return None
    return given.filename, given.read()


@bp.get("/register")
@allow(Role.RISK_MANAGER)
def register_page() -> str:
    """The form for a draft trained elsewhere: a zip of its folder, or a folder that lies on this machine."""
    return _register_page(Form())


def _register_page(form: Form) -> str:
    from scoring.steps.bring import lying_drafts

    return render_template("manager/register.html", form=form, folders=[(name, name) for name in lying_drafts()])


@bp.post("/register")
@allow(Role.RISK_MANAGER)
def register() -> AnyResponse | tuple[str, int]:
    """Registers the draft; other people validate and approve it like any other."""
    from scoring.steps.bring import bring_archive, bring_folder

    form = Form(request.form.to_dict())
    called = form.read(read_text, "name", longest=120) or None
    product = form.read(read_text, "product", longest=80) or None
    folder, given = str(form.values.get("folder", "")), request.files.get("archive")
    try:
        form.check()
        with work() as w:
            if folder:
                row = bring_folder(w, folder, product=product, called=called)
            elif given is not None and given.filename:
                row = bring_archive(w, given.read(), product=product, called=called)
            else:
                raise InvalidInput({"archive": Text("Choose a file")})
    except InvalidInput as error:
        if not form.errors:
            form.take(error)
        return _register_page(form), 422
    except Conflict as error:
        form.add("name", said(error))
        return _register_page(form), 409
    flash(gettext("The draft is registered"), "good")
    return redirect(url_for("monitoring.version", version_id=row.id), code=303)


@bp.get("/<uuid:run_id>")
@allow(*READERS)
def run(run_id: UUID) -> str:
    """How far a run is, and what came of it."""
    from scoring.queries.watch_view import run_view

    with read() as r:
        found = run_view(r, run_id)
    return render_template("manager/training_run.html", run=found)

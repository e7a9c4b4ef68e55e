"""Two versions side by side: their tests, the applications both have scored, and a file of past contracts."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template, request

from core.domain.actor import Role
from core.domain.errors import InvalidInput, LendingError
from core.domain.texts import Text
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import read
from scoring.web.monitoring import READERS, said

bp = Blueprint("comparing", __name__, url_prefix="/models/compare")
SPANS = (30, 90, 365, 1461)


@bp.get("/")
@allow(*READERS)
def page() -> str | tuple[str, int]:
    """Asks which two, and shows them."""
    return _page(Form(request.args.to_dict()))


@bp.post("/")
@allow(Role.RISK_MANAGER)
def on_file() -> str | tuple[str, int]:
    """The same with a file of contracts whose outcome is known; the file is not kept."""
    form = Form(request.form.to_dict())
    given = request.files.get("data")
    if given is None or not given.filename:
        form.add("data", Text("Choose the file of past contracts"))
        return _page(form)
    return _page(form, (Path(given.filename).name or "data.csv", given.read()))


def _page(form: Form, file: tuple[str, bytes] | None = None) -> str | tuple[str, int]:
    from scoring.queries.scores import versions

    live: Any = None
    measured: Any = None
    chosen: tuple[Any, Any] | None = None
    with read() as r:
        known = versions(r)
        try:
            chosen = _chosen(form, known)
            if chosen is not None:
                live = _live(r, form, *chosen)
                measured = None if file is None else _measure(r, *chosen, file)
        except InvalidInput as error:
            form.take(error)
        except LendingError as error:
            form.add("_", said(error))
    html = render_template(
        "manager/compare.html", form=form, versions=known, chosen=chosen, live=live, measured=measured, spans=SPANS,
        days=_days(form),
    )  # fmt: skip
    return (html, 422) if form.errors else html


def _chosen(form: Form, known: Any) -> tuple[Any, Any] | None:
    by_id = {str(view.id): view for view in known}
    names = [str(form.values.get(side, "")) for side in ("a", "b")]
    if not any(names):
        return None
    wrong = {side: Text("Choose a version") for side, name in zip(("a", "b"), names, strict=True) if name not in by_id}
    if wrong:
        raise InvalidInput(dict(wrong))
    if names[0] == names[1]:
        raise InvalidInput({"b": Text("Choose two different versions")})
    first, second = by_id[names[0]], by_id[names[1]]
    if first.segment != second.segment:
        raise InvalidInput({"b": Text("Choose two versions of the same segment")})
    return first, second


def _days(form: Form) -> int:
    raw = str(form.values.get("days", ""))
    return int(raw) if raw.isdigit() and int(raw) in SPANS else SPANS[2]


def _live(r: Any, form: Form, first: Any, second: Any) -> Any:
    from scoring.domain.performance import past_cases_in
    from scoring.queries.comparison import compare_live

    until = r.today + timedelta(days=1)
    since = until - timedelta(days=_days(form))
    cases = past_cases_in(current_app.extensions)(r, since, until)
    return compare_live(r, first, second, since=since, until=until, cases=cases)


def _measure(r: Any, first: Any, second: Any, file: tuple[str, bytes]) -> dict[str, Any]:
    from scoring.queries.scores import version_named
    from scoring.steps.evaluate import compare

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file[0]
        path.write_bytes(file[1])
        try:
            return compare(version_named(r, first.name), version_named(r, second.name), path)
        except InvalidInput as error:
            raise InvalidInput({"data": [m for found in error.fields.values() for m in _listed(found)]}) from None


def _listed(found: Any) -> list[str]:
    return [found] if isinstance(found, str) else list(found)

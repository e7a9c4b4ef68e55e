"""Webhooks on the administrator's pages: what other systems are told, and whether it reaches them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import gettext
from core.web.admin import PAGE, page_asked
from core.web.forms import Form
from core.web.guards import allow
from core.web.work import house, read, work
from core.webhook import keep, views
from core.webhook.deliver import deliver_now
from core.webhook.events import TEST, known_kinds

bp = Blueprint("webhooks", __name__, url_prefix="/admin/webhooks")


def kind_names() -> dict[str, str]:
    """Every kind of event with its words, the test included."""
    return {**known_kinds(), TEST: Text("Test")}


def _choices() -> list[tuple[str, str, str]]:
    return [(kind, words, kind) for kind, words in known_kinds().items()]


def _typed() -> tuple[Form, dict[str, Any]]:
    wanted: dict[str, Any] = {
        "name": request.form.get("name", ""),
        "url": request.form.get("url", "").strip(),
        "kinds": request.form.getlist("kinds"),
    }
    return Form(wanted), wanted


def _version() -> int:
    given = request.form.get("version", "")
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise InvalidInput({"version": Text("Open the page again: this form is not whole")})
    return int(given)


def _check_address(form: Form) -> None:
    """What the network says of the address, beside what else is wrong."""
    if not form.values["url"]:
        return
    try:
        keep.check_address(str(form.values["url"]), production=house().settings.production)
    except InvalidInput as refused:
        form.take(refused)


@bp.get("/")
@allow(Role.ADMIN)
def listing() -> str:
    """Every webhook and how it does."""
    return _list_page(Form({"kinds": list(known_kinds())}))


def _list_page(form: Form) -> str:
    with read() as r:
        return render_template(
            "admin/webhooks.html", hooks=views.list_webhooks(r), form=form, kinds=_choices(), now=r.now
        )


@bp.post("/")
@allow(Role.ADMIN)
def add() -> str | tuple[str, int]:
    """Adds one and shows its secret this once, so this page is not redirected to."""
    form, wanted = _typed()
    _check_address(form)
    try:
        with work() as w:
            webhook_id, secret = keep.add(w, **wanted)
            form.check()
    except InvalidInput as refused:
        if refused.fields != form.errors:
            form.take(refused)
        return _list_page(form), 422
    return _show_page(webhook_id, secret=secret)


@bp.get("/<uuid:webhook_id>")
@allow(Role.ADMIN)
def show(webhook_id: UUID) -> str:
    """One webhook with its deliveries."""
    return _show_page(webhook_id)


def _show_page(webhook_id: UUID, *, form: Form | None = None, secret: str | None = None) -> str:
    state = request.args.get("state", "")
    state = state if state in views.STATES else ""
    page = page_asked()
    with read() as r:
        hook = views.one_webhook(r, webhook_id)
        counts = views.count_by_state(r, webhook_id)
        found = views.list_deliveries(r, webhook_id, state=state, limit=PAGE, offset=(page - 1) * PAGE)
        total = counts.get(state, 0) if state else sum(counts.values())
        return render_template(
            "admin/webhook.html", hook=hook, deliveries=found, counts=counts, state=state, states=views.STATES,
            page=page, pages=max(1, -(-total // PAGE)), total=total, secret=secret, now=r.now, names=kind_names(),
            kinds=_choices(), form=form or Form({"name": hook.name, "url": hook.url, "kinds": list(hook.kinds)}),
            pretty=lambda body: json.dumps(json.loads(body), indent=2, ensure_ascii=False),
        )  # fmt: skip


@bp.post("/<uuid:webhook_id>")
@allow(Role.ADMIN)
def change(webhook_id: UUID) -> AnyResponse | tuple[str, int]:
    """Another name, address or other kinds."""
    form, wanted = _typed()
    _check_address(form)
    try:
        with work() as w:
            keep.change(w, webhook_id, _version(), **wanted)
            form.check()
    except InvalidInput as refused:
        if refused.fields != form.errors:
            form.take(refused)
        return _show_page(webhook_id, form=form), 422
    flash(gettext("The webhook is saved."), "success")
    return _back(webhook_id)


@bp.post("/<uuid:webhook_id>/rotate")
@allow(Role.ADMIN)
def rotate(webhook_id: UUID) -> str:
    """A new secret, shown this once."""
    with work() as w:
        secret = keep.rotate(w, webhook_id, _version())
    return _show_page(webhook_id, secret=secret)


@bp.post("/<uuid:webhook_id>/state")
@allow(Role.ADMIN)
def set_state(webhook_id: UUID) -> AnyResponse:
    """Stops or starts, by the button pressed (`do`)."""
    do = request.form.get("do", "")
    if do not in {"stop", "start"}:
        raise InvalidInput({"do": Text("Choose one of the buttons")})
    with work() as w:
        keep.set_active(w, webhook_id, _version(), active=do == "start")
    flash(gettext("The webhook is started.") if do == "start" else gettext("The webhook is stopped."), "success")
    return _back(webhook_id)


@bp.post("/<uuid:webhook_id>/test")
@allow(Role.ADMIN)
def test(webhook_id: UUID) -> AnyResponse:
    """Sends a test event now and tells what came back."""
    with work() as w:
        delivery_id = keep.write_test(w, webhook_id)
    deliver_now(house().database, delivery_id, production=house().settings.production)
    with read() as r:
        found = views.one_delivery(r, delivery_id)
    if found.status == "delivered":
        said = gettext("Delivered: answered %(status)s in %(ms)s ms.", status=found.last_status, ms=found.milliseconds)
    elif found.last_status is not None:
        said = gettext("Not taken: answered %(status)s instead of 200.", status=found.last_status)
    else:
        said = gettext("Not reached: %(why)s", why=found.last_error or "–")
    flash(said, "success" if found.status == "delivered" else "error")
    return _back(webhook_id)


@bp.post("/<uuid:webhook_id>/resend")
@allow(Role.ADMIN)
def resend_failed(webhook_id: UUID) -> AnyResponse:
    """Queues all that failed again."""
    return _queue_again(webhook_id, lambda w: keep.resend_failed(w, webhook_id))


@bp.post("/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/resend")
@allow(Role.ADMIN)
def resend(webhook_id: UUID, delivery_id: UUID) -> AnyResponse:
    """Queues one again, under the same event id."""

    def act(w: Work) -> int:
        keep.resend(w, webhook_id, delivery_id)
        return 1

    return _queue_again(webhook_id, act)


def _queue_again(webhook_id: UUID, act: Callable[[Work], int]) -> AnyResponse:
    with work() as w:
        count = act(w)
    flash(gettext("Queued again: %(n)s. They keep their event ids.", n=count), "success")
    return redirect(url_for("webhooks.show", webhook_id=webhook_id, state="queued"), code=303)


def _back(webhook_id: UUID) -> AnyResponse:
    return redirect(url_for("webhooks.show", webhook_id=webhook_id), code=303)

"""Keys of machines: list, make (shown once), revoke; on the page and the command line."""

from __future__ import annotations

from uuid import UUID

import click
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.cli import with_appcontext
from werkzeug.wrappers import Response as AnyResponse

from core import api_keys, users
from core.api_keys import ROLE_OF, Scope
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotFound
from core.domain.texts import Text
from core.i18n import gettext
from core.web.errors import LendingGroup
from core.web.forms import Form
from core.web.guards import allow
from core.web.navigation import ROLE_NAMES
from core.web.work import read, work

bp = Blueprint("keys", __name__, url_prefix="/admin/keys")
DAYS_FIRST = "90"
SCOPE_TEXTS = {
    Scope.APPLICATIONS: Text("Send applications and ask where they stand"),
    Scope.LOANS: Text("Read loans, schedules and settlement figures"),
    Scope.PAYMENTS: Text("Book payments received"),
}


@bp.get("/")
@allow(Role.ADMIN)
def listing() -> str:
    """Every key: whose, for what, until when, last used."""
    return _page(Form({"days": DAYS_FIRST}))


def _page(form: Form, token: str | None = None) -> str:
    with read() as r:
        staff, _ = users.listing(r, role="staff", limit=1000)
        keys = api_keys.list_keys(r)
        return render_template(
            "admin/keys.html", keys=keys, form=form, token=token, now=r.now, scope_texts=SCOPE_TEXTS,
            scopes=[(s.value, SCOPE_TEXTS[s], ROLE_NAMES[ROLE_OF[s]]) for s in Scope],
            people=[(str(user.id), f"{user.name} · {user.email}") for user in staff if user.active],
        )  # fmt: skip


@bp.post("/")
@allow(Role.ADMIN)
def make() -> str | tuple[str, int]:
    """Makes a key and shows it this once: only its hash is kept, so this page is not redirected to."""
    form = Form({**request.form.to_dict(), "scopes": request.form.getlist("scopes")})
    days = str(form.values.get("days", "")).strip()
    try:
        with work() as w:
            _, token = api_keys.make_key(
                w, user_id=_user_id(str(form.values.get("user", ""))), name=str(form.values.get("name", "")),
                scopes=request.form.getlist("scopes"), days=int(days) if days.isascii() and days.isdigit() else 0,
            )  # fmt: skip
    except InvalidInput as refused:
        form.take(refused)
        return _page(form), 422
    return _page(Form({"days": DAYS_FIRST}), token)


def _user_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput({"user": Text("Choose whose key it is")}) from None


@bp.post("/<uuid:key_id>/revoke")
@allow(Role.ADMIN)
def revoke(key_id: UUID) -> AnyResponse:
    """Ends a key at once."""
    with work() as w:
        api_keys.revoke_key(w, key_id)
    flash(gettext("The key no longer works."), "success")
    return redirect(url_for("keys.listing"), code=303)


keys = LendingGroup("keys", help="Keys of machines to the JSON interface.")


@keys.command("make")
@click.argument("email")
@click.option("--name", required=True, help="The system that will use the key.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]))
@click.option("--days", default=int(DAYS_FIRST), show_default=True, help="How long it works.")
@with_appcontext
def make_command(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a key for a user and print it: it is shown this once."""
    with work() as w:
        found = users.find_by_email(w, email)
        if found is None:
            raise NotFound(f"There is no user {email}; see flask users list")
        _, token = api_keys.make_key(w, user_id=found.id, name=name, scopes=scopes, days=days)
    click.echo(token)


@keys.command("list")
@with_appcontext
def list_command() -> None:
    """Show every key, whose it is and whether it works."""
    with read() as r:
        for key in api_keys.list_keys(r):
            scopes = ",".join(key.scopes)
            click.echo(f"{key.hint}...  {key.state(r.now):<8} {key.user_name:<24} {key.name:<24} {scopes}")


@keys.command("revoke")
@click.argument("hint")
@with_appcontext
def revoke_command(hint: str) -> None:
    """End the key that begins like this (at least 9 characters)."""
    with work() as w:
        found = [key for key in api_keys.list_keys(w) if len(hint) >= len(key.hint) and hint.startswith(key.hint)]
        if not found:
            raise NotFound(f"There is no key {hint}; see flask keys list")
        for key in found:
            api_keys.revoke_key(w, key.id)
    click.echo("The key no longer works.")


COMMANDS = [keys]

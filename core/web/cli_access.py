"""Commands about people and the audit trail."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from core import audit as trail
from core import users as steps
from core.auth.setup import password_link
from core.domain.actor import Role
from core.domain.errors import NotFound
from core.web.errors import LendingGroup
from core.web.work import read, work

users = LendingGroup("users", help="People who sign in.")
audit = LendingGroup("audit", help="The audit trail.")
ROLES = [role.value for role in steps.GRANTABLE]


@users.command("create")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="May be given several times."
)
@click.option("--locale", default="en", show_default=True, type=click.Choice(["en", "zh_Hans_CN"]))
@click.option("--mail/--no-mail", default=False, help="Mail the link as well as printing it.")
@with_appcontext
def create(email: str, name: str, roles: tuple[str, ...], locale: str, mail: bool) -> None:
    """Make a user and print the link by which they choose a password: the way to the first administrator."""
    wanted = [Role(role) for role in roles]
    with work() as w:
        if mail:
            row = steps.invite(w, email=email, name=name, roles=wanted, locale=locale, link=password_link)
        else:
            row = steps.create_user(w, email=email, name=name, roles=wanted, locale=locale)
    click.echo(f"{row.email} is {', '.join(sorted(row.roles_held))}. To choose a password (once, within a day):")
    click.echo(password_link(row))


@users.command("list")
@click.option("--role", default="", type=click.Choice(["", "staff", *ROLES]), help="Only holders of this role.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_appcontext
def list_users(role: str, as_json: bool) -> None:
    """Show users, their roles and state."""
    with read() as r:
        found, _ = steps.listing(r, role=role, limit=10_000)
    for user in found:
        state = "closed" if not user.active else "demo" if user.is_demo else "active" if user.confirmed else "invited"
        if as_json:
            content = {
                "email": user.email, "name": user.name, "roles": [item.value for item in user.roles], "state": state,
                "second_factor": user.second_factor,
                "last_login_at": user.last_login_at and user.last_login_at.isoformat(),
            }  # fmt: skip
            click.echo(json.dumps(content, ensure_ascii=False))
        else:
            click.echo(f"{user.email:<36} {state:<8} {', '.join(user.roles)}")


@users.command("disable")
@click.argument("email")
@with_appcontext
def disable(email: str) -> None:
    """Close an account and end its sign-ins at once."""
    with work() as w:
        row = steps.find_by_email(w, email)
        if row is None:
            raise NotFound(f"There is no user {email}; see flask users list")
        steps.disable(w, row.id)
    click.echo(f"{email} is closed and signed out")


@audit.command("verify")
@click.option(
    "--checkpoint",
    "kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept outside.",
)
@with_appcontext
def verify(kept: Path | None) -> None:
    """Walk every chain and compare with a checkpoint; exits with 1 when anything was tampered with."""
    with read() as r:
        count, breaks = trail.verify_chain(r)
        against = None
        if kept is not None:
            try:
                content = json.loads(kept.read_text(encoding="utf-8"))
            except ValueError:
                content = {}
            against = trail.check_against(r, content)
    for found in breaks:
        click.echo(f"{found.subject_type} {found.subject_id} entry {found.seq}: {found.what}", err=True)
    if against:
        click.echo(f"against the checkpoint: {against}", err=True)
    if breaks or against:
        click.echo(f"TAMPERED WITH: {count} entries walked, {len(breaks)} broken chains", err=True)
        sys.exit(1)
    click.echo(f"whole: {count} entries walked{', the checkpoint holds' if kept else ''}")


@audit.command("checkpoint")
@with_appcontext
def checkpoint() -> None:
    """Print what to keep outside this machine, to notice a cut tail or a rewritten past later."""
    with read() as r:
        click.echo(json.dumps(trail.checkpoint(r), indent=2))


COMMANDS = [users, audit]

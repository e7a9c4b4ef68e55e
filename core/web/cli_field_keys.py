"""`flask field-keys status | rotate`: the keys that encrypt cells and files."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from core import crypto
from core.rotate import Rotated, outdated, rotate
from core.web.errors import LendingGroup
from core.web.work import house

field_keys = LendingGroup("field-keys", help="Keys that encrypt personal data: what carries an old one, rotation.")


@field_keys.command("status")
@with_appcontext
def status() -> None:
    """Show the newest key and how much an older one encrypted."""
    h = house()
    with h.database.read() as r:
        counts = outdated(r, h.settings.instance / "documents")
    click.echo(f"newest key: {crypto.ring().keys[0].kid}")
    for name, count in counts.items():
        click.echo(f"{name:<24}{count:>10} under an older key")


@field_keys.command("rotate")
@with_appcontext
def rotate_command() -> None:
    """Encrypt anew what an older key encrypted. Put the new key first in FIELD_KEYS and restart before.

    May run while the service does, and be stopped and begun again. The old key may go once nothing is left.
    """
    h = house()
    last: Rotated | None = None
    for step in rotate(h.database, h.settings.instance / "documents"):
        if last is not None and last.what != step.what:
            click.echo()
        click.echo(f"\r{step.what:<24}{step.done:>10} done, {step.left} left", nl=False)
        last = step
    if last is not None:
        click.echo()
    crypto.leave_check(h.settings.instance / "keys" / "check")
    with h.database.read() as r:
        left = sum(outdated(r, h.settings.instance / "documents").values())
    click.echo(f"{left} left: run it again" if left else "Everything carries the newest key.")


COMMANDS = [field_keys]

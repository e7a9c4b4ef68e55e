"""The demonstration's doors: one click per role and a mailbox to look into. Open in demo mode on this machine only."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, render_template, request
from flask_security import logout_user
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.auth.datastore import Account, sign_in_directly
from core.domain.errors import NotFound
from core.tables import OutboundMessageRow
from core.users import DEMO_PEOPLE, demo_email
from core.web.guards import public
from core.web.work import house, read

bp = Blueprint("demo", __name__, url_prefix="/demo")
SHOWN = 100


def is_open() -> bool:
    """Demo mode, no production, bound to loopback, asked for by loopback name, and by a caller on this machine."""
    settings = house().settings
    if not settings.demo or settings.production:
        return False
    hosts = (settings.host, urlsplit(f"//{request.host}").hostname or "", request.remote_addr or "")
    return all(is_loopback(host) for host in hosts)


def is_loopback(host: str) -> bool:
    """True for localhost and addresses that never leave the machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@bp.before_request
def only_when_open() -> None:
    """Elsewhere these pages do not exist."""
    if not is_open():
        raise NotFound("There is no such page")


@bp.get("/")
@public
def roles() -> str:
    """The people of the demonstration."""
    return render_template("site/demo.html", people=DEMO_PEOPLE)


@bp.post("/sign-in")
@public
def sign_in() -> AnyResponse:
    """Signs in as the demo person of a role."""
    wanted = request.form.get("role", "")
    person = next((person for person in DEMO_PEOPLE if person.key == wanted), None)
    store: Any = current_app.extensions["security"].datastore
    account: Account | None = store.find_user(email=demo_email(person.key)) if person else None
    if account is None or not account.is_demo or not account.active:
        raise NotFound("There is no such demo person: load the demo data first (flask demo load)")
    logout_user()
    return sign_in_directly(account, "demo")


@bp.get("/mailbox")
@public
def mailbox() -> str:
    """Every message the demonstration has written, newest first; `to` narrows it to one address."""
    wanted = request.args.get("to", "").strip().casefold()
    with read() as r:
        query = (
            select(OutboundMessageRow)
            .order_by(OutboundMessageRow.created_at.desc(), OutboundMessageRow.id.desc())
            .limit(500)
        )
        found = [m for m in r.session.scalars(query) if not wanted or m.recipient.casefold() == wanted]
        return render_template("site/mailbox.html", messages=found[:SHOWN], to=wanted)

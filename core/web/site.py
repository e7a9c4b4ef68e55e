"""Front door: what this is, where to start, the account page, health."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, session, url_for
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from core import audit, sign_ins
from core.auth.setup import GOING_TO
from core.domain.actor import STAFF
from core.domain.errors import NotFound
from core.i18n import gettext
from core.tables import UserRow, UserSessionRow
from core.web import demo
from core.web.appearance import local_path
from core.web.guards import public, signed_in
from core.web.navigation import home_of, url_or_none
from core.web.work import actor, house, read, work

bp = Blueprint("site", __name__)
# Signs in a browser's description of itself -> name; the first that fits, since each claims to be the later ones too.
BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("MicroMessenger", "WeChat"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
    ("Safari", "Safari"), ("curl", "curl"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


@bp.get("/")
@public
def home() -> str | AnyResponse:
    """What the lender offers; staff go straight to work."""
    who = actor()
    if who.has(*STAFF):
        return redirect(home_of(who))
    return render_template(
        "site/home.html",
        quote_url=url_or_none("quote.calculator"),
        mine_url=home_of(who) if who.id else None,
        apply_url=url_or_none("applicant.start"),
        demo_url=url_for("demo.roles") if demo.is_open() else None,
    )


@bp.get("/start")
@public
def start() -> AnyResponse:
    """After signing in: recovery codes first for staff who have none, then the page of the role."""
    who = actor()
    if who.id is None:
        return redirect(url_for("security.login"))
    with read() as r:
        row = r.get(UserRow, who.id)
        lacks_codes = bool(row.tf_primary_method) and not row.mf_recovery_codes
    if lacks_codes:
        flash(gettext("Make your recovery codes now: without them a lost phone locks you out."), "warning")
        return redirect(url_for("security.mf_recovery_codes"))
    wanted = local_path(session.pop(GOING_TO, None))
    return redirect(wanted if wanted != "/" else home_of(who))


@bp.get("/check-mail")
@public
def check_mail() -> str:
    """After signing up: the same page whether or not the address was known."""
    return render_template("site/check_mail.html", mailbox_url=url_for("demo.mailbox") if demo.is_open() else None)


@bp.get("/signed-in")
@signed_in
def signed_in_again() -> str:
    """Where signing in from a kept form ends: go back to the other tab."""
    return render_template("site/signed_in_again.html")


@bp.get("/account")
@signed_in
def account() -> str:
    """Password, second step, own sign-ins."""
    who = actor()
    with read() as r:
        row = r.get(UserRow, who.id)
        current = sign_ins.find(r, session.get(sign_ins.COOKIE_KEY, ""))
        staff = who.has(*STAFF)
        live = [s for s in sign_ins.of_user(r, row.id) if sign_ins.is_live(s, r.now, staff=staff)]
        return render_template("site/account.html", user=row, live=live, current_id=current.id if current else None)


@bp.post("/account/sign-ins")
@signed_in
def end_sign_ins() -> AnyResponse:
    """Ends one other sign-in (`session`), or all others."""
    who = actor()
    assert who.id is not None
    chosen = request.form.get("session", "")
    with work() as w:
        w.lock(UserRow, who.id)
        if chosen:
            row = w.lock(UserSessionRow, _uuid(chosen))
            if row.user_id == who.id and row.ended_at is None:
                row.ended_at = w.now
        else:
            sign_ins.end_all(w, who.id, but=session.get(sign_ins.COOKIE_KEY))
        audit.record(w, "user.sign_ins_ended", "user", who.id, which=chosen or "all others")
    flash(gettext("Signed out there."), "success")
    return redirect(url_for("site.account"))


def _uuid(text_given: str) -> UUID:
    try:
        return UUID(text_given)
    except ValueError:
        raise NotFound("There is no such sign-in") from None


@bp.get("/health")
@public
def health() -> tuple[Response, int]:
    """For the supervisor and load balancers: 200 when the database answers, else 503. Tells nothing else."""
    try:
        with house().database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return jsonify(status="down"), 503
    return jsonify(status="up"), 200


@bp.app_template_filter("device")
def device(agent: str | None) -> str:
    """A browser's self-description in two words: `Chrome, Android`."""
    found = [next((name for sign, name in known if sign in (agent or "")), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or gettext("Unknown device")

"""Users and their roles: list, invite, change, close, sign out."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from core import audit, sign_ins, users
from core.auth.setup import password_link
from core.domain.actor import STAFF, Role
from core.domain.errors import Conflict, InvalidInput, NotAllowed
from core.domain.texts import Text
from core.i18n import LANGUAGES, gettext
from core.tables import UserRow
from core.web.admin import PAGE, page_asked
from core.web.forms import Form, read_choice, read_text
from core.web.guards import allow
from core.web.navigation import ROLE_NAMES, url_or_none
from core.web.work import actor, read, work

bp = Blueprint("users", __name__, url_prefix="/admin/users")
GIVEN = tuple(role for role in users.GRANTABLE if role in STAFF)
DOES = {
    Role.OFFICER: Text("Works applications and decides within the limit of the role"),
    Role.APPROVER: Text("Decides above an officer's limit, as second pair of eyes"),
    Role.COLLECTOR: Text("Sees late loans and talks to borrowers; no income, score or identity data"),
    Role.RISK_MANAGER: Text("Portfolio, policies, score models"),
    Role.ADMIN: Text("Users, products, jobs, messages; no decisions on loans"),
    Role.AUDITOR: Text("Reads the audit trail and the portfolio, changes nothing"),
}


def role_choices(held: tuple[Role, ...] = ()) -> list[tuple[str, str, str]]:
    """The roles an administrator gives, with what each may do; `applicant` stays with those who have it."""
    shown = [*GIVEN, *([Role.APPLICANT] if Role.APPLICANT in held else [])]
    return [(role.value, ROLE_NAMES[role], DOES.get(role, Text("Applies for loans"))) for role in shown]


@bp.get("/")
@allow(Role.ADMIN)
def listing() -> str:
    """Everybody who can sign in."""
    search, role = request.args.get("search", "").strip(), request.args.get("role", "staff")
    page = page_asked()
    known = {"staff", "", *(r.value for r in users.GRANTABLE)}
    with read() as r:
        found, total = users.listing(
            r, search=search, role=role if role in known else "staff", limit=PAGE, offset=(page - 1) * PAGE
        )
    return render_template(
        "admin/users.html", users=found, total=total, search=search, role=role, page=page,
        pages=max(1, -(-total // PAGE)), role_names=ROLE_NAMES, erasures_url=url_or_none("erasures.listing"),
    )  # fmt: skip


@bp.get("/invite")
@allow(Role.ADMIN)
def invite_form() -> str:
    """Who, and what they may do."""
    return _invite_page(Form({"locale": "en"}))


def _invite_page(form: Form) -> str:
    return render_template("admin/invite.html", form=form, roles=role_choices(), mail_languages=_languages())


def _languages() -> list[tuple[str, str]]:
    return [(locale, name) for locale, (_, name) in LANGUAGES.items()]


@bp.post("/invite")
@allow(Role.ADMIN)
def invite() -> AnyResponse | tuple[str, int]:
    """Makes the account and mails a link; nobody chooses another's password."""
    form = Form(request.form)
    name = form.read(read_text, "name", missing=Text("Enter the person's name"))
    locale = form.read(read_choice, "locale", LANGUAGES, missing=Text("Choose a language"))
    try:
        address = users.clean_email(request.form.get("email", ""))
    except InvalidInput as error:
        form.take(error)
    try:
        roles = users.read_roles(request.form.getlist("roles"))
    except InvalidInput as error:
        form.take(error)
    if form.errors:
        return _invite_page(form), 422
    assert name is not None
    assert locale is not None
    try:
        with work() as w:
            row = users.invite(w, email=address, name=name, roles=roles, locale=locale, link=password_link)
    except Conflict as error:
        form.add("email", error.message)
        return _invite_page(form), 422
    flash(gettext("An invitation is on its way to %(email)s.", email=row.email), "success")
    return redirect(url_for("users.show", user_id=row.id), code=303)


@bp.get("/<uuid:user_id>")
@allow(Role.ADMIN)
def show(user_id: UUID) -> str:
    """One user: roles, state, sign-ins, what was done to the account."""
    return _show_page(user_id, None)


def _show_page(user_id: UUID, form: Form | None) -> str:
    with read() as r:
        row = r.get(UserRow, user_id)
        view = users.view(r, row)
        staff = any(role in STAFF for role in view.roles)
        live = [found for found in sign_ins.of_user(r, user_id) if sign_ins.is_live(found, r.now, staff=staff)]
        return render_template(
            "admin/user.html", user=view, live=live, history=audit.history(r, ("user", user_id))[::-1][:30],
            roles=role_choices(view.roles), form=form or Form({"roles": [role.value for role in view.roles]}),
            is_self=actor().id == user_id,
        )  # fmt: skip


@bp.post("/<uuid:user_id>/roles")
@allow(Role.ADMIN)
def set_roles(user_id: UUID) -> AnyResponse | tuple[str, int]:
    """Gives exactly the ticked roles."""
    form = Form({"roles": request.form.getlist("roles")})
    try:
        with work() as w:
            users.set_roles(w, user_id, users.read_roles(request.form.getlist("roles")))
    except InvalidInput as error:
        form.take(error)
    except (Conflict, NotAllowed) as error:
        form.add("roles", error.message)
    if form.errors:
        return _show_page(user_id, form), 422
    flash(gettext("The roles are saved and act at once."), "success")
    return redirect(url_for("users.show", user_id=user_id), code=303)


@bp.post("/<uuid:user_id>/state")
@allow(Role.ADMIN)
def change_state(user_id: UUID) -> AnyResponse:
    """Closes, opens, signs out, resets the second step or invites again, by the button pressed (`do`)."""
    do = request.form.get("do", "")
    with work() as w:
        if do == "disable":
            users.disable(w, user_id)
            said = gettext("The account is closed and signed out everywhere.")
        elif do == "enable":
            users.enable(w, user_id)
            said = gettext("The account is open again.")
        elif do == "sign_out":
            users.end_sessions(w, user_id)
            said = gettext("Signed out everywhere.")
        elif do == "reset_second_factor":
            users.reset_second_factor(w, user_id)
            said = gettext("The second step is set up anew at the next sign-in.")
        elif do == "invite":
            users.send_invitation(w, w.lock(UserRow, user_id), link=password_link)
            said = gettext("A new invitation is on its way.")
        else:
            raise InvalidInput({"do": Text("Choose one of the buttons")})
    flash(said, "success")
    return redirect(url_for("users.show", user_id=user_id), code=303)

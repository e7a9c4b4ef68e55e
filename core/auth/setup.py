"""Wires sign-in into the app: flask-security, server-side sessions, the loader of the actor, throttling."""

from __future__ import annotations

import logging
import time
from typing import Any

from flask import Flask, Response, after_this_request, current_app, g, render_template, request, session
from flask_login import current_user
from flask_security import Security, login_user
from flask_security.signals import (
    password_changed,
    password_reset,
    tf_disabled,
    tf_profile_changed,
    user_authenticated,
    user_confirmed,
    user_not_registered,
    user_registered,
)
from flask_security.utils import set_request_attr
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from core import audit, crypto, sign_ins
from core.auth import forms, mail, throttle
from core.auth.config import configuration
from core.auth.datastore import Account, AccountStore, IdentitySessions, account_of
from core.auth.factors import OneTimeCodes, RecoveryCodes
from core.db import Database
from core.domain.actor import ANONYMOUS, Actor, Role
from core.i18n import gettext
from core.tables import UserRow, UserSessionRow

log = logging.getLogger("promissory.auth")
SIGNING_UP = "signing_up"
GOING_TO = "going_to"  # where signing up was to lead; the mailed link comes back without it
ANSWER_SECONDS_MIN = 0.4  # the same for known and unknown addresses, whatever was done about them
MAIL_ENDPOINTS = frozenset({"security.register", "security.forgot_password", "security.send_confirmation"})
PASSWORD_ENDPOINTS = frozenset({"security.login", "security.verify", "security.change_password"})
CODE_ENDPOINTS = frozenset({"security.two_factor_token_validation", "security.mf_recovery"})
CLOSED_ENDPOINTS = ("security.two_factor_rescue", "security.tf_select")


def install(app: Flask, database: Database) -> None:
    """Everything sign-in needs. Touches no database."""
    app.config.update(configuration(app.extensions["promissory"].settings, database))
    store = AccountStore(IdentitySessions(database), database)
    security = Security(
        app, store, login_form=forms.SignInForm, register_form=forms.SignUpForm,
        forgot_password_form=forms.ForgottenForm,
        verify_form=forms.ReauthenticateForm, change_password_form=forms.NewPasswordForm,
        two_factor_setup_form=forms.SetupForm,
        two_factor_rescue_form=forms.RescueForm, two_factor_verify_code_form=forms.CodeForm,
        mf_recovery_form=forms.RecoveryForm, mail_util_cls=mail.AccountMail, password_util_cls=forms.PasswordRules,
        totp_cls=OneTimeCodes, mf_recovery_codes_util_cls=RecoveryCodes,
    )  # fmt: skip
    library: Any = security
    library.totp_factory.store = store
    library.mf_recovery_codes_util.store = store
    security.want_json(lambda _request: False)
    library.i18n_domain = Sayings(security.i18n_domain)
    security.principal.skip_static = True
    for endpoint in CLOSED_ENDPOINTS:
        app.view_functions[endpoint] = _closed
    app.login_manager.user_loader(_loader(database, store))  # type: ignore[attr-defined]
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    app.extensions["promissory_actor"] = load_actor
    app.teardown_appcontext(IdentitySessions.close)
    app.before_request(_begin)
    app.after_request(_settler(database))
    app.jinja_env.globals["errors_of"] = forms.errors_of
    _listen(app)


class Sayings:
    """The library's texts: our catalogue first, the library's own after it."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def gettext(self, message: str, **variables: Any) -> str:
        """The message in the reader's language."""
        ours = gettext(str(message))
        if ours == message:
            return str(self._library.gettext(message, **variables))
        return ours % variables if variables else ours

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)


def _closed(*_args: Any, **_kwargs: Any) -> Response:
    raise NotFound


def _loader(database: Database, store: AccountStore) -> Any:
    def load(uniquifier: str) -> Account | None:
        """The account of a live sign-in; None ends it, whatever the cookie says."""
        token = session.get(sign_ins.COOKIE_KEY)
        if not uniquifier or not token:
            return None
        query = select(Account, UserSessionRow).join(UserSessionRow, UserSessionRow.user_id == Account.id)
        query = query.where(
            Account.fs_uniquifier == uniquifier, UserSessionRow.token_hash == sign_ins.token_hash(token)
        )
        found = store.db.session.execute(query).first()
        if found is None or not found[0].active:
            return None
        account, row = found
        now = database.clock.now()
        if not sign_ins.is_live(row, now, staff=account.is_staff):
            return None
        if now - row.seen_at > sign_ins.TOUCH_EVERY:
            with database.work() as w:
                sign_ins.touch(w, row.id)
        set_request_attr("fs_authn_via", "session")
        set_request_attr("fs_paa", session.get("fs_paa", 0))
        return account

    return load


def load_actor() -> Actor:
    """Who is asking. Roles are read anew with each request, so a change acts at once."""
    if not current_user or not current_user.is_authenticated:
        return ANONYMOUS
    return actor_of(current_user, request.remote_addr)


def actor_of(account: UserRow, address: str | None) -> Actor:
    """The account as an actor."""
    roles = frozenset(Role(name) for name in account.roles_held)
    return Actor(account.id, account.name, roles, account.party_id, address)


def _begin() -> AnyResponse | tuple[str, int, dict[str, str]] | None:
    """Refuses a try that comes too soon."""
    g.began = time.monotonic()
    if request.method != "POST":
        return None
    keys: tuple[str, ...] = ()
    if request.endpoint in PASSWORD_ENDPOINTS:
        known = current_user.email if current_user and current_user.is_authenticated else request.form.get("email", "")
        keys = throttle.keys_of_sign_in(known, request.remote_addr)
    elif request.endpoint in MAIL_ENDPOINTS:
        keys = throttle.keys_of_mail(request.form.get("email", ""), request.remote_addr)
    elif request.endpoint in CODE_ENDPOINTS and (uniquifier := session.get("tf_user_id")):
        keys = _code_keys(uniquifier)
    if not keys:
        return None
    with throttle.database().work() as w:
        seconds = throttle.wait_seconds(w, keys)
        if not seconds and request.endpoint in MAIL_ENDPOINTS:
            throttle.count_failure(w, keys)
    if not seconds:
        return None
    log.warning("too many tries", extra={"endpoint": request.endpoint, "address": request.remote_addr})
    if request.endpoint in CODE_ENDPOINTS:
        for name in ("tf_state", "tf_user_id", "tf_primary_method", "tf_totp_secret"):
            session.pop(name, None)
    page = render_template("security/too_many.html", seconds=seconds)
    return page, 429, {"Retry-After": str(seconds)}


def _code_keys(uniquifier: str) -> tuple[str, ...]:
    with throttle.database().read() as r:
        user_id = r.session.scalar(select(UserRow.id).where(UserRow.fs_uniquifier == uniquifier))
    return (throttle.key_of_code(str(user_id)),) if user_id else ()


def _listen(app: Flask) -> None:
    """The library's signals become work to do once its own transaction is through (see `_settler`)."""

    def note(event: str, user: Any, **data: Any) -> None:
        g.setdefault("account_events", []).append((event, user, data))

    def on_confirmed(_sender: Any, user: Account, **_: Any) -> None:
        note("confirmed", user)
        if session.get(SIGNING_UP) == _mark(user.email) and not user.check_tf_required_setup():

            def sign_in(response: Response) -> Response:
                login_user(user, authn_via=["confirm"])
                return response

            after_this_request(sign_in)

    def on_sign_up(_sender: Any, **data: Any) -> None:
        # Set for known addresses too: the cookie must not tell who has an account.
        session[SIGNING_UP] = _mark(data["form_data"]["email"])
        session[GOING_TO] = data["form_data"].get("next") or ""

    def on_authenticated(_sender: Any, user: Account, **data: Any) -> None:
        note("signed_in", user, via=data.get("authn_via") or ["second factor"])

    def on_reset(_sender: Any, user: Account, **_: Any) -> None:
        if user.confirmed_at is None:
            user.confirmed_at = user.current_login_at or throttle.database().clock.now()
        note("password_reset", user)

    user_confirmed.connect(on_confirmed, app, weak=False)
    user_registered.connect(on_sign_up, app, weak=False)
    user_registered.connect(lambda _s, user, **_: note("signed_up", user), app, weak=False)
    user_not_registered.connect(on_sign_up, app, weak=False)
    user_authenticated.connect(on_authenticated, app, weak=False)
    password_changed.connect(lambda _s, user, **_: note("password_changed", user), app, weak=False)
    password_reset.connect(on_reset, app, weak=False)
    tf_profile_changed.connect(lambda _s, user, **_: note("second_factor_set", user), app, weak=False)
    tf_disabled.connect(lambda _s, user, **_: note("second_factor_removed", user), app, weak=False)


def _mark(email: str) -> str:
    return crypto.blind_index(str(email), purpose="signing up")


def _settler(database: Database) -> Any:
    def settle(response: Response) -> Response:
        """After the library's commit: server-side sign-ins, audit, counters; then evens out the time of answers."""
        for event, user, data in g.pop("account_events", []):
            _settle_one(database, event, account_of(user), data)
        left = request.endpoint == "security.logout" and response.status_code < 400
        if left and (token := session.pop(sign_ins.COOKIE_KEY, None)):
            with database.work() as w:
                sign_ins.end(w, token)
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        if request.method == "POST" and request.endpoint in MAIL_ENDPOINTS and "began" in g:
            time.sleep(max(0.0, ANSWER_SECONDS_MIN - (time.monotonic() - g.began)))
        return response

    return settle


def _settle_one(database: Database, event: str, account: Account, data: dict[str, Any]) -> None:
    with database.work(actor_of(account, request.remote_addr)) as w:
        w.lock(UserRow, account.id)
        if event == "signed_in":
            device = request.headers.get("User-Agent")
            known = sign_ins.is_known_place(w, account.id, address=request.remote_addr, device=device)
            data["new_place"] = not known
            session[sign_ins.COOKIE_KEY] = sign_ins.begin(w, account.id, address=request.remote_addr, device=device)
            session.pop(SIGNING_UP, None)
        if event in {"signed_in", "password_reset"}:
            throttle.forget(w, throttle.keys_of_sign_in(account.email, request.remote_addr)[:2])
            throttle.forget(w, (throttle.key_of_code(str(account.id)),))
        if event in {"password_changed", "password_reset", "second_factor_set", "second_factor_removed"}:
            sign_ins.end_all(w, account.id, but=session.get(sign_ins.COOKIE_KEY) if event != "password_reset" else None)
        audit.record(w, f"user.{event}", "user", account.id, **data)
    if data.get("new_place"):
        mail.write("account_signed_in", account, address=request.remote_addr)
    elif event in {"second_factor_set", "second_factor_removed"}:
        mail.write("account_changed", account)


def password_link(row: UserRow) -> str:
    """A link by which the user chooses a password: single use, one day, on the public address."""
    security: Any = current_app.extensions["security"]
    token = security.reset_serializer.dumps([row.fs_uniquifier, None])
    return (
        f"{current_app.extensions['promissory'].settings.public_url}{current_app.config['SECURITY_RESET_URL']}/{token}"
    )

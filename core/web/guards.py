"""Every page says who may see it; one that does not is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from core.domain.actor import Role
from core.domain.errors import NotAllowed
from core.web import machine
from core.web.csrf import kept_form
from core.web.work import actor

F = TypeVar("F", bound=Callable[..., Any])
PUBLIC = "public"
SIGNED_IN = "signed in"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Views of libraries cannot be decorated; blueprint or endpoint -> access.
LIBRARY_ACCESS: dict[str, str | frozenset[Role]] = {
    "static": PUBLIC,
    "security": PUBLIC,
    "security.change_password": SIGNED_IN,
    "security.mf_recovery_codes": SIGNED_IN,
    "security.two_factor_setup_validate": SIGNED_IN,
    "security.verify": SIGNED_IN,
}


def allow(*roles: Role) -> Callable[[F], F]:
    """Only people with one of the roles."""

    def mark(view: F) -> F:
        view.access = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def signed_in(view: F) -> F:
    """Anybody with an account."""
    view.access = SIGNED_IN  # type: ignore[attr-defined]
    return view


def public(view: F) -> F:
    """Everybody."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def access_of(app: Flask, endpoint: str) -> str | frozenset[Role] | None:
    """Who may see the endpoint; None when it does not say."""
    view = app.view_functions[endpoint]
    declared: str | frozenset[Role] | None = getattr(view, "access", None)
    if declared is None and (view_class := getattr(view, "view_class", None)) is not None:
        declared = getattr(view_class, "access", None)
    if declared is not None:
        return declared
    return LIBRARY_ACCESS.get(endpoint) or LIBRARY_ACCESS.get(endpoint.rpartition(".")[0])


def check_access() -> Response | tuple[str, int] | None:
    """Before every request: lets through, sends to sign-in (what was posted waits on a page), or raises NotAllowed."""
    if request.endpoint is None:
        return None
    access = access_of(current_app, request.endpoint)
    if access == PUBLIC:
        return None
    if (scope := machine.scope_asked()) is not None:
        g.actor = machine.load_caller(scope)
    who = actor()
    if who.id is None:
        if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
            raise NotAllowed("Sign in first", status=401)
        if request.method not in SAFE:
            return kept_form(status=401, signed_out=True)
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    if access == SIGNED_IN or (isinstance(access, frozenset) and who.has(*access)):
        return None
    raise NotAllowed("You may not see this page")

"""Language and theme: kept in cookies, changed by a form, so that the server renders the right page at once."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from core import i18n
from core.tables import UserRow
from core.web.guards import public
from core.web.work import actor, work

THEMES = ("system", "light", "dark")
THEME_COOKIE = "theme"
_YEAR = 365 * 24 * 60 * 60
bp = Blueprint("appearance", __name__)


def local_path(target: str | None) -> str:
    """`target` when it is a path on this site, else the start page: no redirect leaves the house."""
    parts = urlsplit(target or "")
    if not target or parts.scheme or parts.netloc or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return "/"
    return "/" if any(ord(sign) < 0x20 or sign == "\\" for sign in target) else target


@bp.post("/preferences")
@public
def preferences() -> Response:
    """Keeps the chosen language or theme and returns to the page it was chosen on."""
    response = redirect(local_path(request.form.get("next")), code=303)
    chosen = {
        i18n.COOKIE: _known(request.form.get("lang"), [tag for tag, _ in i18n.LANGUAGES.values()]),
        THEME_COOKIE: _known(request.form.get("theme"), THEMES),
    }
    _remember(locale=i18n.locale_of(chosen[i18n.COOKIE]), theme=chosen[THEME_COOKIE])
    for name, value in chosen.items():
        if value:
            secure = bool(current_app.config.get("SESSION_COOKIE_SECURE"))
            response.set_cookie(name, value, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure)
    return response


def _remember(*, locale: str | None, theme: str | None) -> None:
    """Letters follow the account's language; other devices follow both."""
    who = actor()
    if who.id is None or not (locale or theme):
        return
    with work() as w:
        user = w.session.get(UserRow, who.id)
        if user is not None:
            user.locale = locale or user.locale
            user.theme = theme or user.theme


def _known(value: str | None, offered: Any) -> str | None:
    return value if value in offered else None


@lru_cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


@bp.app_template_global()
def asset(name: str) -> str:
    """The address of a file under static/, with its hash, so that a browser never keeps an old one.

    Vendored files carry their version in the path and need none.
    """
    if name.startswith("vendor/"):
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=_digest(Path(str(current_app.static_folder)) / name))


@bp.app_context_processor
def appearance() -> dict[str, Any]:
    """What the frame needs of every request: theme, where it is, where preferences go."""
    theme = request.cookies.get(THEME_COOKIE) if request else None
    if request and theme is None and hasattr(current_app, "login_manager"):
        theme = getattr(current_user, "theme", None)
    return {
        "theme": theme if theme in THEMES else "system",
        "here": request.full_path.rstrip("?")
        if request and request.method == "GET"
        else request.path
        if request
        else "/",
        "preferences_url": "/preferences",
    }

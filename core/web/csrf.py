"""Forms carry a token; a stale form, or one whose sender was signed out, comes back with all that was typed."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response

from core.domain.errors import NotAllowed
from core.web.errors import wants_json
from core.web.work import house

# Never written back into a page.
NOT_KEPT = ("password", "code", "csrf_token")
protection = CSRFProtect()


def install(app: Flask) -> None:
    """Every unsafe request needs the token of its session: in the form, or for scripts in the header X-CSRFToken.

    There is no exemption: an interface for machines must bring its own proof of who calls (a token, a signature), never
    a cookie, and is then exempted by name with `protection.exempt(view)`.
    """
    protection.init_app(app)
    app.register_error_handler(CSRFError, stale_form)


def stale_form(_error: CSRFError) -> tuple[str, int] | Response:
    """Offers to send the same again, now with a valid token; to our own pages only."""
    if wants_json():
        raise NotAllowed("The form token is missing or stale: load the page again", status=400)
    return kept_form(status=400)


def kept_form(*, status: int, signed_out: bool = False) -> tuple[str, int]:
    """A page that holds what was typed and sends it to the same address when asked to."""
    kept = [
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if not any(part in name for part in NOT_KEPT)
    ]
    ours = came_from_here()
    page = render_template(
        "errors/stale_form.html",
        kept=kept if ours else [],
        action=request.full_path.rstrip("?") if ours and request.endpoint != "security.logout" else None,
        lost=[name for name in request.form if "password" in name] if ours else [],
        files=bool(request.files),
        signed_out=signed_out,
        sign_in=url_for("security.login", next=url_for("site.signed_in_again")),
    )
    return page, status


def came_from_here() -> bool:
    """Whether the browser says the form was one of ours (Sec-Fetch-Site, else Origin or Referer)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(source).netloc in {
        request.host,
        urlsplit(house().settings.public_url).netloc,
    }

"""Security headers on every response, errors included; one CSP nonce a response."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from core.domain.ids import uuid7


def install(app: Flask, *, https: bool) -> None:
    """Adds nonce and request id before, headers after each request."""

    @app.before_request
    def begin() -> None:
        g.csp_nonce = secrets.token_urlsafe(16)
        g.request_id = str(uuid7())

    @app.after_request
    def finish(response: Response) -> Response:
        nonce = g.get("csp_nonce", "")
        framed = g.get("framed_by_us", False)  # a document inside a page of ours, shown by the browser's own viewer
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
            if framed
            else f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
            "object-src 'none'; manifest-src 'self'; frame-src 'self'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "SAMEORIGIN" if framed else "DENY"
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.jinja_env.globals["csp_nonce"] = lambda: g.get("csp_nonce", "")

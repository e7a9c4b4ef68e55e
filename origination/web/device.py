"""A random number in the browser of somebody who applies, so that many people behind one device are noticed.

First-party, signed, not readable by scripts, set only when an application is begun. It says nothing about the person or
the machine: it is compared with those of other applications and used for nothing else.
"""

from __future__ import annotations

import secrets

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

_SALT = "device"
_KEEP_SECONDS = 365 * 24 * 3600
_LENGTH = 32  # hexadecimal digits


def device_of_request() -> str:
    """The number this browser came with, 32 hexadecimal digits; a new one when it has none or it was made up."""
    try:
        found = _signer().loads(request.cookies.get(cookie_name(), ""))
    except BadSignature:
        found = None
    return found if isinstance(found, str) and len(found) == _LENGTH else secrets.token_hex(_LENGTH // 2)


def remember_device(response: Response, device: str) -> Response:
    """Leaves the number in the browser for a year."""
    response.set_cookie(
        cookie_name(), str(_signer().dumps(device)), max_age=_KEEP_SECONDS, httponly=True, samesite="Lax",
        secure=_is_secure(), path="/",
    )  # fmt: skip
    return response


def cookie_name() -> str:
    """Bound to this host wherever the connection is encrypted (RFC 6265bis, `__Host-`)."""
    return "__Host-device" if _is_secure() else "device"


def _is_secure() -> bool:
    return bool(current_app.config.get("SESSION_COOKIE_SECURE"))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=_SALT)

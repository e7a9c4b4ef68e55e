"""How flask-security is set up: what is on, what is off, and what it says."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from core.db import Database
from core.domain.texts import Text
from core.settings import Settings

# argon2id with 19 MiB, two passes, one lane: OWASP Password Storage Cheat Sheet, RFC 9106's second choice scaled down.
ARGON2 = {"argon2__type": "ID", "argon2__memory_cost": 19456, "argon2__time_cost": 2, "argon2__parallelism": 1}
SIGN_IN_FAILED = Text("The e-mail address or the password is not right, or the account is not open")
MESSAGES: dict[str, tuple[Text, str]] = {
    "GENERIC_AUTHN_FAILED": (SIGN_IN_FAILED, "error"),
    "USER_DOES_NOT_EXIST": (SIGN_IN_FAILED, "error"),
    "INVALID_PASSWORD": (Text("The password is not right"), "error"),
    "DISABLED_ACCOUNT": (Text("This account is closed. Ask the lender to open it again"), "error"),
    "CONFIRMATION_REQUIRED": (Text("Confirm your e-mail address first: open the link in the message we sent"), "error"),
    "CONFIRM_REGISTRATION": (Text("We sent a message to %(email)s. Open the link in it to go on"), "info"),
    "CONFIRMATION_REQUEST": (Text("If %(email)s waits for confirmation, a new link is on its way to it"), "info"),
    "EMAIL_CONFIRMED": (Text("Your e-mail address is confirmed"), "success"),
    "ALREADY_CONFIRMED": (Text("This e-mail address is confirmed already. Sign in"), "info"),
    "INVALID_CONFIRMATION_TOKEN": (Text("This link is not valid any more. Ask for a new one"), "error"),
    "CONFIRMATION_EXPIRED": (Text("This link is older than %(within)s. Ask for a new one"), "error"),
    "PASSWORD_RESET_REQUEST": (
        Text("If an account exists for %(email)s, a link to choose a new password is on its way"),
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": (Text("This link is older than %(within)s. Ask for a new one"), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (Text("This link was used or is not valid. Ask for a new one"), "error"),
    "PASSWORD_RESET_NO_LOGIN": (Text("Your new password is set. Sign in with it"), "success"),
    "PASSWORD_CHANGE": (Text("Your password is changed. You were signed out everywhere else"), "success"),
    "PASSWORD_IS_THE_SAME": (Text("The new password must differ from the old one"), "error"),
    "PASSWORD_NOT_PROVIDED": (Text("Enter a password"), "error"),
    "EMAIL_NOT_PROVIDED": (Text("Enter your e-mail address"), "error"),
    "INVALID_EMAIL_ADDRESS": (Text("Enter an e-mail address like name@example.com"), "error"),
    "RETYPE_PASSWORD_MISMATCH": (Text("The two passwords differ: type the same twice"), "error"),
    "TWO_FACTOR_INVALID_TOKEN": (
        Text("This code is not right or was used. Wait for the next one and enter that"),
        "error",
    ),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (Text("You are signed in"), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (Text("Your authenticator app is set up"), "success"),
    "TWO_FACTOR_DISABLED": (Text("The second step at sign-in is switched off"), "success"),
    "TWO_FACTOR_SETUP_EXPIRED": (Text("The set-up took longer than %(within)s. Start again"), "error"),
    "TWO_FACTOR_PERMISSION_DENIED": (Text("Sign in with your e-mail address and password first"), "error"),
    "INVALID_RECOVERY_CODE": (Text("This recovery code is not right or was used"), "error"),
    "REAUTHENTICATION_REQUIRED": (Text("Enter your password again to go on"), "info"),
    "REAUTHENTICATION_SUCCESSFUL": (Text("Thank you. You can go on"), "success"),
    "UNAUTHENTICATED": (Text("Sign in to see this page"), "info"),
    "INVALID_REDIRECT": (Text("We only send you to pages of this site"), "error"),
}


def configuration(settings: Settings, database: Database) -> dict[str, Any]:
    """Flask configuration of the library."""
    security = {
        "REGISTERABLE": True, "CONFIRMABLE": True, "RECOVERABLE": True, "CHANGEABLE": True, "TRACKABLE": True,
        "TWO_FACTOR": True, "TWO_FACTOR_REQUIRED": False, "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30, "TWO_FACTOR_RESCUE_EMAIL": False, "TWO_FACTOR_ALWAYS_VALIDATE": True,
        "TWO_FACTOR_IMPLEMENTATIONS": {"code": "flask_security.twofactor.CodeTfPlugin"},
        "MULTI_FACTOR_RECOVERY_CODES": True, "MULTI_FACTOR_RECOVERY_CODES_N": 10,
        "TOTP_ISSUER": settings.lender_name, "TOTP_SECRETS": {"1": derive(settings.secret_key, "totp")},
        "RETURN_GENERIC_RESPONSES": True, "PASSWORD_HASH": "argon2", "PASSWORD_SCHEMES": ["argon2"],
        "DEPRECATED_PASSWORD_SCHEMES": [], "PASSWORD_SINGLE_HASH": {"argon2"}, "PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
        # Tokens carry a hash of address or password hash; it is inside a signature, so speed is all that matters.
        "HASHING_SCHEMES": ["hex_sha256"], "DEPRECATED_HASHING_SCHEMES": [],
        "STATIC_FOLDER": None, "CLI_USERS_NAME": None, "CLI_ROLES_NAME": None, "JOIN_USER_ROLES": False,
        "PASSWORD_NORMALIZE_FORM": "NFKC", "INPUT_NORMALIZE_FORM": "NFKC",
        "RESET_PASSWORD_WITHIN": timedelta(hours=24), "CONFIRM_EMAIL_WITHIN": timedelta(days=2),
        "FRESHNESS": timedelta(minutes=15), "FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
        "API_ENABLED_METHODS": ["session"], "EMAIL_PLAINTEXT": False, "EMAIL_HTML": False,
        "POST_LOGIN_VIEW": "/start", "POST_LOGOUT_VIEW": "/", "POST_CONFIRM_VIEW": "/start",
        "POST_REGISTER_VIEW": "/check-mail",
        "POST_CHANGE_VIEW": "/account", "TWO_FACTOR_POST_SETUP_VIEW": "/account", "POST_VERIFY_VIEW": "/account",
        "LOGIN_URL": "/sign-in", "LOGOUT_URL": "/sign-out", "REGISTER_URL": "/sign-up", "RESET_URL": "/forgotten",
        "CHANGE_URL": "/account/password", "CONFIRM_URL": "/confirm", "VERIFY_URL": "/verify",
        "TWO_FACTOR_SETUP_URL": "/second-step/set-up", "TWO_FACTOR_TOKEN_VALIDATION_URL": "/second-step",
        "MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
        "MULTI_FACTOR_RECOVERY_URL": "/second-step/recovery",
        "DATETIME_FACTORY": database.clock.now,
        "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": not settings.production},
    }  # fmt: skip
    config: dict[str, Any] = {f"SECURITY_{name}": value for name, value in security.items()}
    config.update({f"SECURITY_MSG_{name}": value for name, value in MESSAGES.items()})
    # Signing in again does not change the form token: what was typed before the session ran out can be sent after it.
    config["WTF_CSRF_TIME_LIMIT"] = None
    if settings.public_url.startswith("https"):
        config["SESSION_COOKIE_NAME"] = "__Host-session"
    return config


def derive(secret_key: str, purpose: str) -> str:
    """A key of its own for each purpose."""
    return hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()

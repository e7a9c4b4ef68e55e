"""The one table from errors to pages, statuses and exit codes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any

import click
from flask import Flask, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from core.domain import errors
from core.domain.texts import Text
from core.i18n import translate

log = logging.getLogger("promissory.web")
STATUS_BY_ERROR: dict[type[errors.LendingError], int] = {
    errors.InvalidInput: 422,
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.IllegalTransition: 409,
    errors.Conflict: 409,
    errors.IdempotencyConflict: 422,
    errors.ProviderUnavailable: 503,
    errors.ModelUnavailable: 503,
    errors.PolicyInvalid: 500,
    errors.SettingsInvalid: 500,
}


def status_of(error: errors.LendingError) -> int:
    """The HTTP status of an expected error."""
    if "status" in error.details:
        return int(error.details["status"])
    return next((status for kind, status in STATUS_BY_ERROR.items() if isinstance(error, kind)), 400)


def wants_json() -> bool:
    """True for API paths and callers that prefer JSON."""
    return request.path.startswith("/api/") or (
        request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def _answer(status: int, code: str, message: str, **details: Any) -> tuple[Any, int]:
    if wants_json():
        return jsonify(error={"code": code, "message": message, **details}), status
    page = status if status in {403, 404, 409, 422, 500, 503} else 500 if status >= 500 else 404
    return render_template(f"errors/{page}.html", message=message, request_id=g.get("request_id")), status


def _said(value: Any) -> Any:
    """Texts inside an error's details in the reader's language."""
    if isinstance(value, Text):
        return translate(value)
    if isinstance(value, Mapping):
        return {name: _said(one) for name, one in value.items()}
    return [_said(one) for one in value] if isinstance(value, list | tuple) else value


def as_json(error: errors.LendingError) -> dict[str, Any]:
    """Code, message and details of an expected error, as JSON shows them in the reader's language."""
    details = {name: _said(value) for name, value in error.details.items() if name not in {"status", "retry_after"}}
    return {"code": error.code, "message": str(error.message), **details}


def install(app: Flask) -> None:
    """Registers the handlers."""

    @app.errorhandler(errors.LendingError)
    def lending_error(error: errors.LendingError) -> tuple[Any, ...]:
        status = status_of(error)
        log.info("%s: %s", error.code, error.message)
        answer = _answer(status, **as_json(error))
        if "retry_after" not in error.details:
            return answer
        return *answer, {"Retry-After": str(error.details["retry_after"])}

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        answer = _answer(error.code, error.name.lower().replace(" ", "_"), error.description or error.name)
        response = app.make_response(answer)
        if error.code == 405 and getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[Any, int]:
        log.error("unexpected error", exc_info=error)
        if app.testing:
            raise error
        return _answer(500, "internal_error", "Something went wrong on our side. Nothing you entered was lost.")


class _Told:
    """Tells expected errors in one line and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)  # type: ignore[misc]
        except errors.LendingError as error:
            click.echo(f"{error.code}: {error.message}", err=True)
            sys.exit(1)


class LendingGroup(_Told, click.Group):
    """A group of commands of the house."""


class LendingCommand(_Told, click.Command):
    """A command of the house that stands alone."""

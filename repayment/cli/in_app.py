"""Commands that need the app and its database, without loading either when the module is imported."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click


def in_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Runs the command inside the app's context; an expected error is one line and exit status 1."""

    @click.pass_context
    def run(context: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        from flask.cli import ScriptInfo

        from core.domain.errors import LendingError

        app = context.ensure_object(ScriptInfo).load_app()
        with app.app_context():
            try:
                return command(*args, **kwargs)
            except LendingError as error:
                click.echo(f"{error.code}: {error.message}", err=True)
                context.exit(1)

    return functools.update_wrapper(run, command)

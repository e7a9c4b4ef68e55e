"""Apps for tests: one for each set of settings, made once, because making one takes as long as ten pages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Flask

from core import crypto, documents, malware, queue
from core.db import Database
from core.settings import Settings


class Made(NamedTuple):
    """An app and what making it left in the process: the workers' tasks, and the policies of its instance folder."""

    app: Flask
    tasks: dict[str, Any]
    policies: Mapping[type, Any]


class Apps:
    """The product around one database. What a test changes of an app is put back after it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._made: dict[Settings, Made] = {}
        self._lent: dict[Settings, tuple[dict[str, Any], dict[str, Any]]] = {}

    def with_settings(self, settings: Settings) -> Flask:
        """As if it had just been made: this process works with its settings, too."""
        if settings not in self._made:
            from wsgi import create_app

            app = create_app(settings, self.database)
            self._made[settings] = Made(app, dict(queue._TASKS), self.database.policies)
        app, tasks, self.database.policies = self._made[settings]
        queue._TASKS.clear()
        queue._TASKS.update(tasks)
        crypto.use(crypto.KeyRing.from_secret(settings.secret_key, os.environ))
        documents.use_settings(settings)
        malware.use_settings(settings)
        self._lent.setdefault(settings, (dict(app.extensions), dict(app.config)))
        return app

    def put_back(self) -> None:
        """Extensions and configuration of the apps lent are as they were."""
        for settings, (extensions, config) in self._lent.items():
            app = self._made[settings].app
            app.extensions.clear()
            app.extensions.update(extensions)
            app.config.clear()
            app.config.update(config)
        self._lent.clear()

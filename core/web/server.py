"""The web server: gunicorn around the app that is imported already."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask

from core.web.work import House


def serve_web(app: Flask, h: House) -> None:
    """Answers requests until SIGTERM; requests in hand are finished first."""
    from gunicorn.app.base import BaseApplication

    class Web(BaseApplication):
        def load_config(self) -> None:
            for name, value in _settings(h).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return app

    h.database.forget_connections()
    Web().run()


def _settings(h: House) -> dict[str, Any]:
    host = f"[{h.settings.host}]" if ":" in h.settings.host else h.settings.host
    return {
        "bind": [f"{host}:{h.settings.port}"], "workers": h.settings.web_workers, "preload_app": True,
        "worker_class": "gthread", "threads": 4, "timeout": 60, "graceful_timeout": 20, "loglevel": "warning",
        "accesslog": "-" if os.environ.get("ACCESS_LOG") else None,
    }  # fmt: skip

"""`flask serve`: one command that runs the product as separate processes and stops them all together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType

import click

RESTART_AFTER = 1.0
STOP_WITHIN = 25.0


@dataclass(slots=True)
class Process:
    """One supervised process; started again when it ends by itself."""

    name: str
    command: list[str]
    popen: subprocess.Popen[bytes] | None = None
    restarts: int = field(default=0)

    def start(self, env: Mapping[str, str]) -> None:
        """In a session of its own, so that Ctrl-C reaches the supervisor alone and the order of stopping is ours."""
        self.popen = subprocess.Popen(self.command, env=dict(env), start_new_session=True)

    @property
    def ended(self) -> bool:
        """True when it is not running."""
        return self.popen is None or self.popen.poll() is not None

    def ask_to_stop(self) -> None:
        """SIGTERM, if it runs."""
        if self.popen is not None and self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)


def processes(*, host: str, port: int, web_workers: int) -> list[Process]:
    """Web, scheduler and worker."""
    python = sys.executable
    gunicorn = [
        python, "-m", "gunicorn", "wsgi:app", "--bind", f"{host}:{port}", "--workers", str(web_workers),
        "--preload", "--worker-class", "gthread", "--threads", "4", "--timeout", "60", "--graceful-timeout", "20",
        "--access-logfile", "-" if os.environ.get("ACCESS_LOG") else os.devnull, "--log-level", "warning",
    ]  # fmt: skip
    return [
        Process("web", gunicorn),
        Process("scheduler", [python, "-m", "flask", "jobs", "serve"]),
        Process("worker", [python, "-m", "flask", "jobs", "work"]),
    ]


def supervise(children: list[Process], env: Mapping[str, str]) -> int:
    """Runs the children until SIGINT or SIGTERM; returns 0 when all stopped cleanly, 1 when one had to be killed."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    for child in children:
        child.start(env)
    while not stop.wait(0.5):
        for child in children:
            if child.ended:
                code = child.popen.returncode if child.popen else None
                child.restarts += 1
                click.echo(f"{child.name} ended with {code}; starting it again", err=True)
                stop.wait(min(30.0, RESTART_AFTER * child.restarts))
                if not stop.is_set():
                    child.start(env)
    return _stop(children)


def _stop(children: list[Process]) -> int:
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_WITHIN
    killed = 0
    for child in children:
        if child.popen is None:
            continue
        try:
            child.popen.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.popen.kill()
            child.popen.wait()
            killed += 1
    return 1 if killed else 0

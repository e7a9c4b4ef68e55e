"""`flask serve`: one command that runs the product as separate processes and stops them all together.

The processes are forked from the one that has imported the product, so a start imports it once.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click

from core.domain.errors import Conflict
from core.domain.texts import Text

RESTART_AFTER = 1.0
STOP_WITHIN = 25.0
OTHERS_AFTER = 15.0  # scheduler and worker wait for the first page, but not longer
TICK = 0.1


@dataclass(slots=True)
class Process:
    """One supervised process; started again when it ends by itself."""

    name: str
    run: Callable[[], object]
    pid: int | None = None
    code: int | None = None
    restarts: int = field(default=0)

    def start(self) -> None:
        """In a session of its own, so that Ctrl-C reaches the supervisor alone and the order of stopping is ours."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.code = None
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(_run_forked(self.run))

    @property
    def ended(self) -> bool:
        """True when it is not running."""
        if self.pid is not None:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid == 0:
                    return False
                self.code = os.waitstatus_to_exitcode(status)
            self.pid = None
        return True

    def send(self, number: int) -> None:
        """The signal, if it runs."""
        if not self.ended and self.pid is not None:
            os.kill(self.pid, number)


def _run_forked(run: Callable[[], object]) -> int:
    code = 0
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        run()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # noqa: BLE001  it is printed, and told by the exit code
        traceback.print_exc()
        code = 1
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def supervise(children: Sequence[Process], *, is_up: Callable[[], bool], announce: Callable[[], None]) -> int:
    """Runs the first child, the others once it answers, until SIGINT or SIGTERM.

    Returns 0 when all stopped cleanly, 1 when one had to be killed.
    """
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    first, *others = children
    first.start()
    _wait_for(first, is_up, stop)
    if not stop.is_set():
        announce()
        for child in others:
            child.start()
    while not stop.wait(0.5):
        for child in children:
            if child.ended:
                child.restarts += 1
                click.echo(f"{child.name} ended with {child.code}; starting it again", err=True)
                stop.wait(min(30.0, RESTART_AFTER * child.restarts))
                if not stop.is_set():
                    child.start()
    return _stop(children)


def _wait_for(first: Process, is_up: Callable[[], bool], stop: threading.Event) -> None:
    deadline = time.monotonic() + OTHERS_AFTER
    while not (stop.wait(TICK) or first.ended or is_up()):
        if time.monotonic() > deadline:
            return


def _stop(children: Sequence[Process]) -> int:
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    while time.monotonic() < deadline and any(not child.ended for child in children):
        time.sleep(TICK)
    late = [child for child in children if not child.ended]
    for child in late:
        child.send(signal.SIGKILL)
    return 1 if late else 0


def answers(address: str) -> bool:
    """Whether `/health` of the address says that all is well."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2):  # noqa: S310  our own address
            return True
    except OSError:
        return False


def check_port(host: str, port: int) -> None:
    """Raises Conflict when somebody else listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise Conflict(
                Text(
                    "Port {port} on {host} cannot be used ({why}). Choose another one: PORT={other} make run",
                    port=str(port), host=host, why=error.strerror or str(error), other=str(port + 1),
                )
            ) from None  # fmt: skip


@contextmanager
def only_one(instance: Path, address: str) -> Iterator[None]:
    """Holds the installation's folder for this start. Raises Conflict naming the process that serves it already."""
    instance.mkdir(parents=True, exist_ok=True)
    with (instance / "serve.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Conflict(
                Text(
                    "{instance} is being served already ({who}). Stop that first, or set PROMISSORY_INSTANCE to "
                    "another folder.", instance=str(instance), who=file.read().strip(),
                )
            ) from None  # fmt: skip
        file.truncate(0)
        file.write(f"process {os.getpid()}, {address}")
        file.flush()
        yield

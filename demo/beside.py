"""A generator that runs in a process of its own: two cores live the demonstration's days in little more than half
the time."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection
from typing import TypeVar

from core.db import Database

T = TypeVar("T")
STOP_WITHIN = 10.0


def run_beside(source: Callable[[], Generator[T]], database: Database) -> Generator[T]:
    """Yields what `source()` yields, computed ahead in a forked process. Call it before any thread is started.

    Raises RuntimeError when that process ends early; it ends with this generator in any case.
    """
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_send_all, args=(source, there, here, database, os.getpid())
    )
    process.start()
    there.close()
    try:
        while True:
            try:
                found = here.recv()
            except EOFError:
                break
            yield found
        process.join(STOP_WITHIN)
        if process.exitcode:
            raise RuntimeError("the process that lives the lending side of the demonstration has ended early")
    finally:
        here.close()
        if process.is_alive():
            process.terminate()
        process.join(STOP_WITHIN)


def _send_all(
    source: Callable[[], Generator[T]], there: Connection, here: Connection, database: Database, parent: int
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    here.close()
    database.forget_connections()  # none may be shared by two processes
    for found in source():
        try:
            there.send(found)
        except BrokenPipeError:  # nobody listens any more
            return
        if os.getppid() != parent:
            return
    there.close()
    database.dispose()

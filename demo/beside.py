"""Generators that run in processes of their own: idle cores live parts of the demonstration ahead of their turn."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from core.db import Database

T = TypeVar("T")
STOP_WITHIN = 10.0
LATER = 5  # how much less urgent (nice) the work of each further source is: its turn comes later


@dataclass(slots=True)
class _Beside(Generic[T]):
    """A forked process, and what it has sent that nobody asked for yet."""

    process: BaseProcess
    pipe: Connection
    found: deque[T] = field(default_factory=deque)

    def take(self) -> None:
        """Takes over what has arrived; closes the pipe after the last."""
        try:
            while self.pipe.poll():
                self.found.append(self.pipe.recv())
        except EOFError:
            self.pipe.close()

    def end(self) -> None:
        """Ends the process whatever it does."""
        self.pipe.close()
        if self.process.is_alive():
            self.process.terminate()
        self.process.join(STOP_WITHIN)


def run_beside(sources: Sequence[Callable[[], Generator[T]]], database: Database) -> Generator[T]:
    """Yields what the sources yield, one source after the other, while all of them are computed at once.

    Call it before any thread is started. Raises RuntimeError when a process ends early; all end with this generator.
    """
    running: list[_Beside[T]] = []
    try:
        running.extend(_fork(source, database, at) for at, source in enumerate(sources))
        for one in running:
            yield from _in_turn(one, running)
    finally:
        for one in running:
            one.end()


def _in_turn(one: _Beside[T], running: list[_Beside[T]]) -> Generator[T]:
    """What `one` sends. The pipes of all are emptied meanwhile, so that none waits for its turn."""
    while one.found or not one.pipe.closed:
        for ready in wait([each.pipe for each in running if not each.pipe.closed], None if not one.found else 0):
            next(each for each in running if each.pipe is ready).take()
        if any(each.process.exitcode for each in running):
            break
        if one.found:
            yield one.found.popleft()
    one.process.join(STOP_WITHIN)
    if any(each.process.exitcode for each in running):
        raise RuntimeError("a process that lives a part of the demonstration has ended early")


def _fork(source: Callable[[], Generator[T]], database: Database, turn: int) -> _Beside[T]:
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_send_all, args=(source, there, here, database, turn, os.getpid())
    )
    process.start()
    there.close()
    return _Beside(process, here)


def _send_all(
    source: Callable[[], Generator[T]], there: Connection, here: Connection, database: Database, turn: int, parent: int
) -> None:
    os.nice(LATER * turn)
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

"""A process of its own that may be killed: forked from the test's, so that it has nothing to import."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Callable


def run_and_kill(work: Callable[[], object], when: Callable[[], object], *, seconds: float = 60) -> None:
    """Runs `work` in a forked process and kills that (SIGKILL) as soon as `when()` is true.

    Raises AssertionError when the process ends by itself: then it was not killed in the middle of anything.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads of the test runner stay behind: none of them holds what `work` needs
        child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    ended, status = 0, 0
    try:
        deadline = time.monotonic() + seconds
        while not ended and not when():
            assert time.monotonic() < deadline, "the process never came to where it was to be killed"
            time.sleep(0.002)
            ended, status = os.waitpid(child, os.WNOHANG)
    finally:
        if not ended:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the process ended before it was killed: {os.waitstatus_to_exitcode(status)}"

"""One start at a time, on a port that is free; processes that are stopped and started again."""

from __future__ import annotations

import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from core.domain.errors import Conflict
from core.supervise import Process, check_port, only_one


def wait_until_ended(process: Process, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.ended:
            return True
        time.sleep(0.02)
    return False


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Conflict) as refused:
            check_port("127.0.0.1", port)
    assert str(port) in str(refused.value)
    assert f"PORT={port + 1}" in str(refused.value)
    check_port("127.0.0.1", port)


def test_an_installation_is_served_once(tmp_path: Path) -> None:
    with only_one(tmp_path, "http://127.0.0.1:8000"):
        with pytest.raises(Conflict) as refused, only_one(tmp_path, "http://127.0.0.1:9000"):
            pass
        assert "http://127.0.0.1:8000" in str(refused.value)
    with only_one(tmp_path, "http://127.0.0.1:8000"):
        pass


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_tells_how_it_ended() -> None:
    for run, code in ((lambda: sys.exit(3), 3), (lambda: None, 0), (lambda: time.sleep(60), -signal.SIGTERM)):
        process = Process("one", run)
        process.start()
        try:
            if code < 0:
                time.sleep(0.2)
                process.send(signal.SIGTERM)
            assert wait_until_ended(process)
            assert process.code == code
        finally:
            with suppress(ProcessLookupError):
                process.send(signal.SIGKILL)

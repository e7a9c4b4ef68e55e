"""How a run is spread over the cores: a worker for each in the whole run, none where paths are named.

A file stays on one worker, the browser journeys on one together, because they share one running product. Long files
come first, so that no worker is left alone with one at the end.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

FAST = "not browser and not slow"  # as in pyproject.toml
WORKERS_MAX = 8  # each has a PostgreSQL of its own
JOURNEYS = "tests/journeys"
LONG_FIRST = (
    JOURNEYS, "tests/architecture/test_access.py", "tests/demo", "tests/scoring",
    "tests/repayment/test_ledger_machine.py", "tests/origination/web", "tests/origination/steps", "tests/core",
    "tests/repayment/test", "tests/repayment/cli", "tests/repayment/web",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Whoever names a path wants all of it, the slow ones and the browser's, too."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS and not hasattr(config, "workerinput")
    if named and config.option.markexpr == FAST:
        config.option.markexpr = ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A worker a core for the whole run; 0, the process itself, for a part of it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    whole = config.args_source is not pytest.Config.ArgsSource.ARGS and not config.option.keyword
    return min(cores, WORKERS_MAX) if whole and cores > 1 else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Work units are files, and the folder of the journeys."""
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return JOURNEYS if nodeid.startswith(JOURNEYS) else super()._split_scope(nodeid)

    return Files(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts by the list above; what it does not name keeps its order at the end."""
    items.sort(key=lambda item: next((at for at, path in enumerate(LONG_FIRST) if item.nodeid.startswith(path)), 99))

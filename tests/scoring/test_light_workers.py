"""What a web worker pays for scorecards: nothing until it scores, and little to open one."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from scoring.domain.version import open_version

ROOT = Path(__file__).resolve().parents[2]
FRESH = """
import sys
heavy = {"xgboost", "shap", "sklearn", "scipy", "numba", "dask", "pyarrow", "matplotlib"}
from wsgi import app
app.test_client().get("/nothing-here")
assert not heavy & set(sys.modules), ("before a score", heavy & set(sys.modules))
from scoring.domain.shelf import REFERENCE
from scoring.domain.version import open_version
for folder in REFERENCE.iterdir():
    open_version(folder).card.score({})
assert not heavy & set(sys.modules), ("after a score", heavy & set(sys.modules))
"""


def test_a_worker_loads_no_learner_before_or_after_it_scores(tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", FRESH], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/bin:/bin", "PROMISSORY_INSTANCE": str(tmp_path), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-2000:]


@pytest.mark.parametrize("kind", ["additive", "deep"])
def test_opening_a_card_takes_less_than_a_tenth_of_a_second(version, kind):
    folder = version(kind)
    spent = []
    for _ in range(5):
        started = time.process_time()
        open_version(folder)
        spent.append(time.process_time() - started)
    assert min(spent) < 0.1

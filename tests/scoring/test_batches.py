"""Batches: CSV and Parquet give the same scores, a folder is scored once whatever happens to its workers."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from scoring.domain.columns import ColumnType, Feature
from scoring.domain.version import open_version
from scoring.engine import Plan, train_booster
from scoring.steps.frames import encode_array, read_frames
from scoring.steps.spread import apply_parts
from tests.scoring.conftest import from_book, make_rows, write_csv


def rows_of(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("kind", ["additive", "deep"])
def test_parquet_and_csv_agree(kind, version, book, run, tmp_path):
    given = pacsv.read_csv(book / "test.csv")  # Arrow guesses numbers, dates and texts
    pq.write_table(given, tmp_path / "in.parquet", row_group_size=150)
    for source, target in (
        (book / "test.csv", "a.csv"), (tmp_path / "in.parquet", "b.csv"), (book / "test.csv", "c.parquet")
    ):  # fmt: skip
        found = run("apply", version(kind), "--data", source, "--out", tmp_path / target)
        assert found.exit_code == 0, found.output
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    texts, table = rows_of(tmp_path / "a.csv"), pq.read_table(tmp_path / "c.parquet")
    assert list(texts[0]) == table.column_names
    assert [float(row["score"]) for row in texts] == table["score"].to_pylist()
    assert [row["grade"] for row in texts] == table["grade"].to_pylist()
    assert [row["reason_1"] or None for row in texts] == table["reason_1"].to_pylist()
    total = np.asarray(table["baseline"]) + sum(
        np.asarray(table[n]) for n in table.column_names if n.startswith("contribution")
    )
    assert np.allclose(total, table["score"])


@pytest.mark.parametrize(
    ("values", "wanted"),
    [(["1", "", " 2 ", "1,234.5", "NaN"], [1, np.nan, 2, 1234.5, np.nan]),
     (pa.array([1, None, 3], pa.int16()), [1, np.nan, 3]),
     (pa.array([True, None]), [1, np.nan]),
     (pa.array([None, None]), [np.nan, np.nan]),
     (pa.array(["5", "5", "x"]).slice(0, 2).dictionary_encode(), [5, 5])],
)  # fmt: skip
def test_numbers_of_any_arrow_type(values, wanted):
    feature = Feature("x", ColumnType.NUMBER)
    found = encode_array(feature, pa.array(values) if isinstance(values, list) else values)
    assert np.array_equal(found, np.array(wanted, dtype=float), equal_nan=True)


def test_days_and_categories_of_arrow_types():
    from datetime import date, datetime

    day = Feature("on", ColumnType.DATE)
    wanted = [date(2020, 2, 29).toordinal(), np.nan]
    for values in ([date(2020, 2, 29), None], [datetime(2020, 2, 29, 23), None], ["2020-02-29", ""]):
        assert np.array_equal(encode_array(day, pa.array(values)), np.array(wanted), equal_nan=True)
    label = Feature("kind", ColumnType.CATEGORY, 0, ("1", "b"))
    for values in ([1, None, 7], ["1", "", "z"], [1.0, None, 2.5]):
        assert np.array_equal(encode_array(label, pa.array(values)), np.array([0, np.nan, 2]), equal_nan=True)


def test_a_bad_value_late_in_a_file_is_named_by_its_row(version, run, tmp_path):
    rows = make_rows(700)
    rows[611]["income"] = "lots"
    found = run(
        "apply", version("logistic"), "--data", write_csv(tmp_path / "in.csv", rows), "--out", tmp_path / "o.csv"
    )
    assert found.exit_code == 1
    assert "income" in found.output
    assert "row 612: 'lots'" in found.output
    pq.write_table(pa.table({"income": [1.0, np.inf]}), tmp_path / "in.parquet")
    frame = next(read_frames(tmp_path / "in.parquet"))
    with pytest.raises(Exception, match="row 2"):
        frame.matrix([Feature("income", ColumnType.NUMBER)])
    half = (tmp_path / "in.parquet").read_bytes()[:200]
    (tmp_path / "half.parquet").write_bytes(half)
    found = run("apply", version("logistic"), "--data", tmp_path / "half.parquet", "--out", tmp_path / "o.csv")
    assert "not a whole Parquet file" in found.output
    assert not (tmp_path / "o.csv").exists()


@pytest.fixture
def parts(tmp_path):
    """A folder of six files of different kinds, 1,200 rows in all."""
    folder = tmp_path / "parts"
    folder.mkdir()
    rows = make_rows(1200, 4)
    for at in range(6):
        write_csv(folder / f"part-{at}.csv", rows[at * 200 : (at + 1) * 200])
    pq.write_table(pacsv.read_csv(folder / "part-5.csv"), folder / "part-5.parquet")
    (folder / "part-5.csv").unlink()
    return folder


def ids_in(folder):
    return sorted(
        int(value)
        for path in folder.glob("*.parquet")
        for value in pq.read_table(path, columns=["id"])["id"].to_pylist()
    )


def test_a_folder_is_scored_once_and_what_is_done_is_kept(version, parts, run, tmp_path):
    out = tmp_path / "out"
    found = run("apply", version("additive"), "--data", parts, "--out", out)
    assert found.exit_code == 0, found.output
    assert "1200 rows, 6 files scored, 0 were done before" in found.output
    assert ids_in(out) == list(range(1, 1201))
    stamp = (out / "part-1.parquet").stat().st_mtime_ns
    (parts / "part-0.csv").write_text((parts / "part-0.csv").read_text())  # touched: done again
    found = run("apply", version("additive"), "--data", parts, "--out", out)
    assert "1200 rows, 1 files scored, 5 were done before" in found.output
    assert (out / "part-1.parquet").stat().st_mtime_ns == stamp
    found = run("apply", version("deep"), "--data", parts, "--out", out)
    assert "6 files scored" in found.output  # another version
    (parts / "part-2.csv").write_text("id,income\n1,2\n")
    found = run("apply", version("additive"), "--data", parts, "--out", tmp_path / "other")
    assert found.exit_code == 1
    assert "part-2.csv: late: The data have no column late" in found.output
    assert len(list((tmp_path / "other").glob("*.parquet"))) == 5


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two workers, each a process of its own, on loopback; one of them may be killed."""
    distributed = pytest.importorskip("dask.distributed")
    folder = tmp_path_factory.mktemp("cluster")
    place = folder / "scheduler.json"
    begin = [sys.executable, "-W", "ignore", "-m"]
    scheduler = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                 "--scheduler-file", str(place)]  # fmt: skip
    worker = ["distributed.cli.dask_worker", "--scheduler-file", str(place), "--host", "127.0.0.1", "--nthreads", "1",
              "--no-nanny", "--no-dashboard", "--local-directory", str(folder)]  # fmt: skip
    log = (folder / "log").open("wb")
    running = [subprocess.Popen([*begin, *what], stdout=log, stderr=log) for what in (scheduler, worker, worker)]
    try:
        for _ in range(900):
            if place.exists() and place.stat().st_size:
                break
            time.sleep(0.1)
        address = json.loads(place.read_text())["address"]
        with distributed.Client(address, set_as_default=False, timeout=60) as client:
            client.wait_for_workers(2, timeout=90)
        yield address, [process.pid for process in running[1:]]
    finally:
        for process in running:
            process.kill()
            process.wait()
        log.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_is_killed_and_every_row_is_scored_once(version, parts, cluster, tmp_path):
    psutil = pytest.importorskip("psutil")
    address, workers = cluster
    out = tmp_path / "out"
    folder = open_version(version("deep"))

    def kill():
        for _ in range(600):
            if list(out.glob("*.parquet")):
                break
            time.sleep(0.01)
        os.kill(workers[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    found = apply_parts(folder, parts, out, cluster=address)
    killer.join()
    assert psutil.Process(workers[0]).status() == psutil.STATUS_ZOMBIE
    assert (found.rows, found.scored) == (1200, 6)
    assert ids_in(out) == list(range(1, 1201))
    assert not list(out.glob(".part-*.parquet.*[!e]"))  # nothing half written is left under a part's name


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_trees_grown_on_a_cluster_rank_as_those_grown_here(cluster):
    from scoring.domain.metrics import auc

    address, _ = cluster
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(3000, 3))
    bad = (rng.random(3000) < 1 / (1 + np.exp(-matrix[:, 0] - matrix[:, 1] * matrix[:, 2]))).astype(float)
    features = tuple(Feature(name, ColumnType.NUMBER) for name in "abc")
    plan = Plan("p", 3, 0.3, 12, 0.8, 1.0, 1.0, 1.0, 1.0, 64)
    watch = (matrix[2500:], bad[2500:])
    here, _ = train_booster(features, matrix[:2500], bad[:2500], plan, additive=False, seed=1, watch=watch)
    there, rounds = train_booster(
        features, matrix[:2500], bad[:2500], plan, additive=False, seed=1, watch=watch, cluster=address
    )
    assert 1 <= rounds <= 12
    assert auc(watch[1], there.margin(watch[0])) == pytest.approx(auc(watch[1], here.margin(watch[0])), abs=0.03)


def test_without_dask_the_message_says_what_to_install(version, parts, run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    found = run("apply", version("additive"), "--data", parts, "--out", tmp_path / "out", "--cluster", "tcp://x:1")
    assert found.exit_code == 1
    assert "requirements-scale.txt" in found.output
    found = run("train", *from_book(parts.parent), "--cluster", "local", "--out", tmp_path / "x")
    assert found.exit_code == 1

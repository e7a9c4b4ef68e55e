"""`flask score train | evaluate | apply | card | compare` on files, good and bad."""

import csv
import gzip
import json
import math
import shutil
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import text

from scoring.domain.columns import parse_date
from scoring.domain.metrics import auc
from scoring.domain.version import open_version
from scoring.steps.draft import MODEL_CARDS
from tests.scoring.conftest import SCHEMA, from_book, make_rows, write_csv

KINDS = ["additive", "deep", "logistic"]


def read(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("kind", KINDS)
def test_training_writes_a_version_and_ranks(kind, version, book, run):
    folder = version(kind)
    found = run("evaluate", folder, "--data", book / "test.csv")
    assert found.exit_code == 0, found.output
    report = json.loads(found.stdout)
    # The generating log-odds themselves rank the test rows with this AUC; a card learns most of it from 1,500 rows.
    assert report["auc"] > 0.70
    assert report["auc_low"] < report["auc"] < report["auc_high"]
    assert report["gini"] == pytest.approx(2 * report["auc"] - 1)
    assert len(report["by_fold"]) == 5
    assert {"ks", "brier", "log_loss", "ece", "slope", "by_time", "by_grade"} <= set(report)
    assert 0.6 < report["slope"] < 1.6
    manifest = json.loads((folder / "version.json").read_text())
    assert manifest["features"] == ["income", "late", "region", "tenure"]  # protected, post, empty, constant left out
    codes = {f["code"] for f in json.loads((folder / "metrics.json").read_text())["findings"]}
    assert {"EMPTY", "CONSTANT", "PROTECTED", "REFUSED"} <= codes


@pytest.mark.parametrize("kind", KINDS)
def test_a_scored_file_adds_up_row_by_row(kind, version, book, run, tmp_path):
    found = run("apply", version(kind), "--data", book / "test.csv", "--out", tmp_path / "scored.csv")
    assert found.exit_code == 0, found.output
    rows, given = read(tmp_path / "scored.csv"), read(book / "test.csv")
    assert [row["id"] for row in rows] == [row["id"] for row in given]
    names = [name for name in rows[0] if name.startswith("contribution_")]
    assert names == [f"contribution_{name}" for name in ("income", "late", "region", "tenure")]
    for row in rows:
        parts = {name.removeprefix("contribution_"): float(row[name]) for name in names}
        assert float(row["baseline"]) + sum(parts.values()) == pytest.approx(float(row["score"]), abs=1e-6)
        reasons = [row[f"reason_{i}"] for i in range(1, 5)]
        told = [reason for reason in reasons if reason]
        assert reasons[: len(told)] == told  # never padded, no gaps
        assert [parts[reason] for reason in told] == sorted(parts[reason] for reason in told)
        assert all(parts[reason] < 0 for reason in told)
        assert len(told) == min(4, sum(value < 0 for value in parts.values()))
    bad = np.array([float(row["bad"]) for row in given])
    pd = np.array([float(row["pd"]) for row in rows])
    score = np.array([float(row["score"]) for row in rows])
    assert auc(bad, pd) == pytest.approx(auc(bad, -score), abs=0.002)
    # Points are affine in log-odds: 20 points double the odds, 600 points are odds of 50 (scoring/policy.toml).
    assert np.allclose(score, 600 - 20 / math.log(2) * (math.log(50) + np.log(pd / (1 - pd))), atol=0.05 * 5)


@pytest.mark.parametrize("kind", ["additive", "deep"])
def test_the_same_data_and_seed_give_the_same_bytes(kind, version, book, run, tmp_path):
    first = version(kind)
    found = run("train", *from_book(book), "--kind", kind, "--out", tmp_path / "again")  # fmt: skip
    assert found.exit_code == 0
    for name in ("version.json", "card.json", "model.json", "metrics.json", *MODEL_CARDS.values()):
        assert (first / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


@pytest.mark.parametrize("kind", ["additive", "deep"])
def test_worse_values_never_score_better(kind, version, book):
    """Monotone by perturbation: more late payments, less income or less tenure never raise the score."""
    card = open_version(version(kind)).card
    for row in read(book / "test.csv")[:60]:
        facts = {"income": float(row["income"]), "late": float(row["late"]), "region": row["region"],
                 "tenure": float(row["tenure"] or 3)}  # fmt: skip
        for name, values in (("late", range(6)), ("income", (90000, 9000, 4000, 2000, 900)), ("tenure", (30, 9, 3, 1))):
            pds = [card.score({**facts, name: float(value)}).pd for value in values]
            assert all(b >= a - 1e-12 for a, b in pairwise(pds)), (name, pds)


def test_card_in_every_format(version, run, database, book, tmp_path):
    folder = version("additive")
    assert "income" in run("card", folder).stdout
    lines = list(csv.DictReader(run("card", folder, "--format", "csv").stdout.splitlines()))
    card = json.loads(run("card", folder, "--format", "json").stdout)
    assert len(lines) == 1 + sum(len(feature["cells"]) for feature in card["features"])
    assert "<table>" in run("card", folder, "--format", "html").stdout
    run("apply", folder, "--data", book / "test.csv", "--out", tmp_path / "scored.csv")
    wanted = [row["score"] for row in read(tmp_path / "scored.csv")]
    sql = run("card", folder, "--format", "sql").stdout
    with database.engine.begin() as connection:
        columns = "id int, income float8, late float8, region text, tenure float8"
        connection.execute(text(f"CREATE TEMP TABLE application ({columns}) ON COMMIT DROP"))
        for row in read(book / "test.csv"):
            values = {name: row[name] or None for name in ("id", "income", "late", "region", "tenure")}
            connection.execute(text("INSERT INTO application VALUES (:id, :income, :late, :region, :tenure)"), values)
        found = connection.execute(
            text(sql.replace("FROM application", "FROM (SELECT * FROM application ORDER BY id) a"))
        )
        assert [f"{row[0]:.1f}" for row in found] == wanted


def test_a_deep_card_has_no_table(version, run):
    found = run("card", version("deep"))
    assert found.exit_code == 1
    assert "no table of points" in found.output


def test_two_versions_side_by_side(version, run, book):
    found = run("compare", version("additive"), version("logistic"), "--data", book / "test.csv")
    report = json.loads(found.stdout)
    low, high = report["auc_difference_interval"]
    assert low < report["auc_difference"] < high
    assert report["metrics"]["a"]["auc"] - report["metrics"]["b"]["auc"] == pytest.approx(report["auc_difference"])
    assert sum(group["rows"] for group in report["swap"].values()) == 400


def test_gzip_in_and_out_with_unknown_categories_and_extra_columns(version, run, book, tmp_path):
    rows = make_rows(50, 3)
    for row in rows[:7]:
        row["region"] = "Übersee"
    for row in rows:
        row["comment"] = "x, y"
    plain = write_csv(tmp_path / "in.csv", rows)
    packed = tmp_path / "in.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    found = run("apply", version("additive"), "--data", packed, "--out", tmp_path / "out.csv.gz")
    assert found.exit_code == 0, found.output
    assert "region: 7 rows have a category the version does not know" in found.output
    assert len(read(tmp_path / "out.csv.gz")) == 50


def edit(rows, row, **values):
    rows[row - 1].update(values)
    return rows


BAD_DATA = {
    "text in a number": (lambda: edit(make_rows(300), 17, income="lots"), ["income", "row 17", "'lots'"]),
    "infinity": (lambda: edit(make_rows(300), 9, income="inf"), ["income", "row 9", "not finite"]),
    "beyond single precision": (lambda: edit(make_rows(300), 9, income="1e39"), ["income", "row 9", "too large"]),
    "overflow": (lambda: edit(make_rows(300), 9, income="1e999"), ["income", "row 9", "not finite"]),
    "three outcomes": (lambda: edit(make_rows(300), 30, bad="2"), ["row 30", "0, 1, 2"]),
    "no outcome": (lambda: edit(make_rows(300), 4, bad=""), ["bad", "row 4", "must be 0 (good)"]),
    "dates mixed": (lambda: edit(make_rows(300), 8, granted_on="31.12.2020"), ["granted_on", "row 8"]),
    "few bads": (lambda: [{**r, "bad": str(int(i < 5))} for i, r in enumerate(make_rows(300))], ["5 bad", "least 20"]),
    "missing column": (lambda: [{k: v for k, v in r.items() if k != "late"} for r in make_rows(300)], ["column late"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_are_named_and_nothing_is_written(case, run, book, tmp_path):
    rows, words = BAD_DATA[case]
    data = write_csv(tmp_path / "bad.csv", rows())
    found = run("train", "--data", data, "--schema", book / "schema.json", "--segment", "consumer",
                "--out", tmp_path / "draft")  # fmt: skip
    assert found.exit_code == 1, found.output
    assert "Traceback" not in found.output
    for word in words:
        assert word in found.output
    assert not (tmp_path / "draft").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


BROKEN_FILES = {
    "latin-1": ("id,income,late,region,tenure\n1,5,0,Köln,1\n".encode("latin-1"), "region: row 1: Köln is not UTF-8"),
    "utf-16": ("id,income,late,region,tenure\n1,5,0,a,1\n".encode("utf-16"), "is UTF-16"),
    "latin-1 header": ("id,income,late,région,tenure\n1,5,0,a,1\n".encode("latin-1"), "row 0, the header: région"),
    "endless number": (b"id,income,late,region,tenure\n1," + b"9" * 400 + b",0,a,1\n", "is not finite, or too large"),
    "short row": (b"id,income,late,region,tenure\n1,5,0,a,1\n2,5,0\n", "row 2"),
    "long row": (b"id,income,late,region,tenure\n1,5,0,a,1,9\n", "row 1"),
    "no rows": (b"id,income,late,region,tenure\n", "no rows"),
    "nothing": (b"", "no header"),
    "twin columns": (b"id,income,income,region,tenure,late\n1,5,0,a,1,0\n", "occurs twice"),
    "cut gzip": (gzip.compress(b"id,income,late,region,tenure\n" + b"1,5,0,a,1\n" * 5000)[:60], "cut off"),
    "open quote": (b'id,income,late,region,tenure\n1,5,0,"a,1\n', "not CSV"),
    "nul": (b"id,income,late,region,tenure\n1,5,0,a\x00,1\n", "region: row 1: a\N{SYMBOL FOR NULL} holds a zero byte"),
    "nul further down": (b"id,income,late,region,tenure\n1,5,0,a,1\n2,5,0,a\x00,1\n", "region: row 2: a"),
    "nul in a number": (b"id,income,late,region,tenure\n1,5,0,a,1\n2,5\x00,0,a,1\n", "income: row 2: "),
    "nul header": (b"id,income,late,re\x00gion,tenure\n1,5,0,a,1\n", "row 0, the header: re"),
    "zip": (b"PK\x03\x04" + bytes(200), "holds a zero byte"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN_FILES)
def test_broken_files_are_named_and_nothing_is_written(case, version, run, tmp_path):
    raw, words = BROKEN_FILES[case]
    (tmp_path / "in.csv").write_bytes(raw)
    found = run("apply", version("logistic"), "--data", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert "Traceback" not in found.output
    assert found.exit_code == 1, found.output
    assert words in found.output
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_place_that_cannot_be_written_is_told_before_the_work(run, book, version, tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file" / "draft", tmp_path / "file" / "deeper" / "draft"):
        found = run("train", *from_book(book), "--out", out)
        assert found.exit_code == 1
        assert "cannot be made" in found.output
        assert "reading" not in found.output
    found = run("apply", version("logistic"), "--data", book / "test.csv", "--out", tmp_path / "file" / "scored.csv")
    assert found.exit_code == 1
    assert "cannot be made" in found.output


@pytest.mark.parametrize("name", ["version.json", "card.json", "model.json"])
def test_a_version_cut_in_half_is_refused(name, version, run, book, tmp_path):
    folder = tmp_path / "cut"
    shutil.copytree(version("deep"), folder)
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw[: len(raw) // 2])
    found = run("evaluate", folder, "--data", book / "test.csv")
    assert found.exit_code == 1
    assert "model_unavailable" in found.output
    assert name in found.output


BAD_SCHEMAS = {
    "not json": ("{", "not JSON"),
    "no columns": ("{}", "list named columns"),
    "type": (json.dumps({"target": "bad", "columns": [{"name": "x", "type": "blob"}]}), "type blob is unknown"),
    "role": (json.dumps({"target": "bad", "columns": [{"name": "x", "role": "fun"}]}), "role fun is unknown"),
    "target": (json.dumps({"target": "gone", "columns": [{"name": "x"}]}), "gone is not among"),
    "twice": (json.dumps({"target": "x", "columns": [{"name": "x"}, {"name": "x"}]}), "occurs twice"),
}  # fmt: skip


def test_a_model_that_is_nowhere_is_said_so(run, book, tmp_path):
    found = run("apply", "nowhere", "--data", book / "test.csv", "--out", tmp_path / "out.csv")
    assert found.exit_code == 1
    assert "no folder" in found.output.lower()
    assert "SELECT" not in found.output


@pytest.mark.parametrize("case", BAD_SCHEMAS)
def test_bad_schemas_are_named(case, run, book, tmp_path):
    raw, words = BAD_SCHEMAS[case]
    (tmp_path / "schema.json").write_text(raw)
    found = run("train", "--data", book / "train.csv", "--schema", tmp_path / "schema.json", "--segment", "consumer",
                "--out", tmp_path / "draft")  # fmt: skip
    assert found.exit_code == 1, found.output
    assert words in found.output


def test_a_leak_is_warned_of(run, tmp_path):
    """As in the SBA file: the term recorded at the end is a multiple of twelve unless the loan went bad."""
    rng = np.random.default_rng(4)
    rows = make_rows(1200, 5)
    for row in rows:
        months = 12 * int(rng.integers(3, 15))
        row["term"] = str(months if row["bad"] == "0" or rng.random() < 0.1 else months - int(rng.integers(1, 12)))
    schema = {**SCHEMA, "columns": [*SCHEMA["columns"], {"name": "term", "type": "num", "mono": -1, "role": "feature"}]}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    data = write_csv(tmp_path / "data.csv", rows)
    found = run("train", "--data", data, "--schema", tmp_path / "schema.json", "--segment", "consumer", "--kind",
                "logistic", "--out", tmp_path / "draft")  # fmt: skip
    assert found.exit_code == 0, found.output
    codes = {
        (f["code"], f["column"]) for f in json.loads((tmp_path / "draft" / "metrics.json").read_text())["findings"]
    }
    assert ("LEAK", "term") in codes
    assert ("ODDS_JUMP", "term") in codes


def test_a_stated_central_tendency_moves_the_mean(run, book, tmp_path):
    found = run("train", *from_book(book), "--kind",
                "logistic", "--central-tendency", "0.05", "--out", tmp_path / "draft")  # fmt: skip
    assert found.exit_code == 0, found.output
    report = json.loads(run("evaluate", tmp_path / "draft", "--data", book / "test.csv").stdout)
    assert 0.02 < report["mean_pd"] < 0.10 < report["bad_rate"]


def test_a_folder_with_other_files_is_left_alone(run, book, tmp_path):
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "thesis.txt").write_text("years of work")
    found = run("train", *from_book(book), "--kind",
                "logistic", "--out", tmp_path / "draft")  # fmt: skip
    assert found.exit_code == 1
    assert "not the folder of a version" in found.output
    assert (tmp_path / "draft" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("text_", "day"),
    [("2020-02-29", "2020-02-29"), ("2020/02/29", "2020-02-29"), ("20200229", "2020-02-29"), ("202011", "2020-11-01"),
     ("29-Feb-2020", "2020-02-29"), ("Feb-2020", "2020-02-01"), ("2020-02-29 23:59:00", "2020-02-29"),
     ("2020-02-29T10:00", "2020-02-29")],
)  # fmt: skip
def test_dates_that_cannot_be_misread(text_, day):
    assert parse_date(text_) == date.fromisoformat(day).toordinal()


@pytest.mark.parametrize("text_", ["03/04/2020", "31.12.2020", "2020-02-30", "soon", "1e5"])
def test_dates_that_could_be_are_refused(text_):
    assert parse_date(text_) is None


def test_an_ordinal_of_labels_is_read_as_a_category(run, tmp_path):
    rows = [{**row, "rating": "ABC"[i % 3]} for i, row in enumerate(make_rows(400))]
    columns = [*SCHEMA["columns"], {"name": "rating", "type": "ord", "mono": 1, "role": "feature"}]
    (tmp_path / "schema.json").write_text(json.dumps({**SCHEMA, "columns": columns}))
    data = write_csv(tmp_path / "data.csv", rows)
    found = run("train", "--data", data, "--schema", tmp_path / "schema.json", "--segment", "small-firms", "--kind",
                "logistic", "--out", tmp_path / "draft")  # fmt: skip
    assert found.exit_code == 0, found.output
    assert "LABELS" in found.output
    assert run("apply", tmp_path / "draft", "--data", data, "--out", tmp_path / "out.csv").exit_code == 0

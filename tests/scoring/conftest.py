"""A generated book of loans with a known truth, and versions trained on it through the public commands."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

SCHEMA = {
    "target": "bad", "segment": "consumer",
    "columns": [
        {"name": "id", "type": "int", "role": "id"},
        {"name": "granted_on", "type": "date", "role": "time"},
        {"name": "income", "type": "num", "mono": -1, "role": "feature", "desc": "monthly income"},
        {"name": "late", "type": "int", "mono": 1, "role": "feature"},
        {"name": "region", "type": "cat", "role": "feature"},
        {"name": "tenure", "type": "num", "mono": -1, "role": "feature"},
        {"name": "empty", "type": "num", "role": "feature"},
        {"name": "constant", "type": "cat", "role": "feature"},
        {"name": "sex", "type": "cat", "role": "feature", "protected": True},
        {"name": "recovered", "type": "num", "role": "post"},
        {"name": "bad", "type": "int", "role": "target"},
    ],
}  # fmt: skip


def make_rows(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Loans whose log-odds of going bad are known: falling in income, rising in late payments, by region."""
    rng = np.random.default_rng(seed)
    rows = []
    for at in range(count):
        income, late = float(rng.lognormal(8, 0.6)), int(rng.poisson(0.6))
        region = ("north", "south", "east", "west")[int(rng.integers(4))]
        tenure = "" if rng.random() < 0.15 else f"{rng.exponential(5):.1f}"
        log_odds = -1.6 - 1.2 * (np.log(income) - 8) + 0.9 * late + {"north": 0.7, "south": -0.5}.get(region, 0.0)
        log_odds += 0.8 if tenure == "" else -0.08 * float(tenure)
        bad = rng.random() < 1 / (1 + np.exp(-log_odds))
        rows.append(
            {
                "id": str(at + 1), "granted_on": f"{2019 + at * 5 // count}-{1 + at % 12:02d}-15",
                "income": f"{income:.2f}", "late": str(late), "region": region, "tenure": tenure, "empty": "",
                "constant": "x", "sex": "fm"[int(rng.integers(2))], "recovered": "100" if bad else "0",
                "bad": str(int(bad)),
            }
        )  # fmt: skip
    return rows


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def from_book(book: Path) -> tuple[object, ...]:
    """The options that train on the generated book."""
    return ("--data", book / "train.csv", "--schema", book / "schema.json", "--segment", "consumer")


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Folder with train.csv, test.csv and schema.json."""
    folder = tmp_path_factory.mktemp("book")
    write_csv(folder / "train.csv", make_rows(1500, 1))
    write_csv(folder / "test.csv", make_rows(400, 2))
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    return folder


@pytest.fixture(scope="session")
def run():
    """Runs `flask score ...` and gives click's result."""
    from wsgi import app

    def invoke(*args):
        return app.test_cli_runner().invoke(args=["score", *map(str, args)])

    return invoke


@pytest.fixture(scope="session")
def version(book, run):
    """Trains a kind once and gives its folder."""
    made = {}

    def train(kind):
        if kind not in made:
            out = book / kind
            found = run("train", *from_book(book), "--kind", kind, "--out", out)
            assert found.exit_code == 0, found.output
            made[kind] = out
        return made[kind]

    return train

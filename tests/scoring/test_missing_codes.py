"""Numbers that stand for "unknown": found, read as missing everywhere, and only where an order is expected."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pyarrow as pa
import pytest

from scoring.domain.checks import find_codes
from scoring.domain.columns import ColumnType, Feature
from scoring.domain.version import open_version
from scoring.steps.frames import encode_array
from tests.scoring.conftest import SCHEMA, from_book, make_rows, write_csv

COUNTS = np.concatenate([np.tile([0.0, 1.0, 2.0, 17.0], 50), np.full(12, 98.0), np.full(3, 96.0)])


def codes(column, mono=1):
    (feature,), (blanked,), found = find_codes([Feature("late", ColumnType.NUMBER, mono)], [column])
    assert np.isnan(blanked).sum() == np.isin(column, feature.missing_codes).sum() + np.isnan(column).sum()
    assert bool(found) == bool(feature.missing_codes)
    return feature.missing_codes


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (COUNTS, (96.0, 98.0)),  # the past-due counts of a bureau: 96 and 98 are "other" and "refused"
        (np.where(COUNTS > 90, -9.0, COUNTS), (-9.0,)),
        (np.where(COUNTS > 90, 9998.0, COUNTS), (9998.0,)),
        (np.where(COUNTS == 17, 60.0, COUNTS), ()),  # 98 is no further than other values go
        (COUNTS[:205], ()),  # five rows are typing errors, not a code
        (np.where(COUNTS > 90, 150.0, COUNTS), ()),  # far away, but not a number that says "unknown"
        (np.where(COUNTS > 90, -3.0, COUNTS), ()),
        (np.full(30, 99.0), ()),
        (np.full(30, np.nan), ()),
    ],
)
def test_codes_are_found_by_number_distance_and_count(column, wanted):
    assert codes(column) == wanted


def test_without_an_expected_sign_nothing_is_taken_away():
    assert codes(COUNTS, mono=0) == ()


def test_every_reader_blanks_them_alike():
    feature = Feature("late", ColumnType.NUMBER, 1, missing_codes=(96.0, 98.0))
    assert math.isnan(feature.encode(98))
    assert feature.encode(97) == 97
    assert feature.known(98) is None
    assert feature.known(3) == 3
    wanted = [np.nan, 2.0, np.nan, np.nan]
    assert np.array_equal(feature.encode_column(["98", "2", "96.0", ""]), wanted, equal_nan=True)
    assert np.array_equal(encode_array(feature, pa.array([98, 2, 96, None])), wanted, equal_nan=True)
    assert np.array_equal(encode_array(feature, pa.array(["98", " 2", "96", ""])), wanted, equal_nan=True)


@pytest.mark.parametrize("kind", ["logistic", "deep"])
def test_a_card_trained_on_codes_scores_them_as_unknown(kind, tmp_path, run):
    rows = make_rows(500, 3)
    for row in rows[::25]:
        row["late"] = "98"
    write_csv(tmp_path / "train.csv", rows)
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    found = run("train", *from_book(tmp_path), "--kind", kind, "--out", tmp_path / "v")
    assert found.exit_code == 0, found.output
    finding = next(f for f in json.loads(found.stdout)["findings"] if f["code"] == "MISSING_CODES")
    assert "98 in 20 rows" in finding["text"]
    card = open_version(tmp_path / "v").card
    facts = {"income": 3000.0, "region": "north", "tenure": 4.0}
    unknown, coded = card.score(facts), card.score(facts | {"late": 98.0})
    assert coded == unknown != card.score(facts | {"late": 97.0})
    out = tmp_path / "scored.csv"
    found = run("apply", tmp_path / "v", "--data", tmp_path / "train.csv", "--out", out)
    assert found.exit_code == 0, found.output
    with out.open(newline="") as stream:
        scores = [float(line["score"]) for line in csv.DictReader(stream)]
    for row, scored in list(zip(rows, scores, strict=True))[:100]:
        own = {name: float(row[name] or "nan") for name in ("income", "late", "tenure")} | {"region": row["region"]}
        assert card.score(own).score / 10 == scored

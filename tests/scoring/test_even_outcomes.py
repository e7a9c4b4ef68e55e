"""Weighing rows evenly over protected groups, outcomes as words of truth, and findings in the reader's language."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from core.i18n import speak, translate
from scoring.domain.checks import check_leaks
from scoring.domain.columns import ColumnType, DataSchema, Feature
from scoring.domain.fairness import even_weights, fairness_table
from scoring.domain.words import finding_text, split_text
from scoring.steps.read_sample import read_outcome
from tests.scoring.conftest import from_book


@given(st.lists(st.tuples(st.integers(8, 60), st.integers(25, 90)), min_size=1, max_size=4))
def test_weighed_outcomes_are_as_frequent_in_every_group(groups):
    """Kamiran and Calders (2012), section 4.3: after reweighing, group and outcome are independent."""
    labels = [str(at) for at, (bads, goods) in enumerate(groups) for _ in range(bads + goods)]
    bad = np.concatenate([np.repeat([1.0, 0.0], counts) for counts in groups])
    weight = even_weights(labels, bad)
    names = np.asarray(labels)
    if weight.max() < 5:
        for name in set(labels):
            mine = names == name
            assert (weight * bad)[mine].sum() / weight[mine].sum() == pytest.approx(bad.mean())
            assert weight[mine].sum() == pytest.approx(mine.sum())


def test_a_small_group_keeps_its_weight():
    labels = ["a"] * 100 + ["b"] * 10
    bad = np.array(([1.0] + [0.0] * 9) * 11)
    assert (even_weights(labels, bad)[100:] == 1).all()


def test_a_version_is_trained_on_weighed_rows_and_says_so(book, run, version):
    plain = version("additive")
    out = book / "weighed"
    found = run("train", *from_book(book), "--kind", "additive", "--reweigh", "sex", "--out", out)
    assert found.exit_code == 0, found.output
    manifest = json.loads((out / "version.json").read_text())
    assert manifest["options"]["reweigh"] == "sex"
    assert "sex" not in manifest["features"]
    assert "reweigh" not in json.loads((plain / "version.json").read_text())["options"]
    assert (out / "model.json").read_bytes() != (plain / "model.json").read_bytes()


def test_rows_are_weighed_by_a_protected_column_only(book, run, tmp_path):
    found = run("train", *from_book(book), "--reweigh", "region", "--out", tmp_path / "x")
    assert found.exit_code == 1
    assert "region is no protected column; those are: sex" in found.output
    assert not (tmp_path / "x").exists()


def test_true_and_false_are_outcomes():
    assert read_outcome("bad", ["True", "false", "1", "0.0"]).tolist() == [1, 0, 1, 0]


def test_a_schema_without_a_target_is_told():
    with pytest.raises(InvalidInput, match="names no target"):
        DataSchema.from_json({"columns": [{"name": "x", "role": "feature"}]})


def test_bands_are_listed_from_the_lowest_up():
    labels = [name for name in ("9 to 33", "lowest to 9", "33 to highest", "missing", "north") for _ in range(40)]
    bad = np.array([0.0, 1.0] * 100)
    told = [row["group"] for row in fairness_table(labels, bad, np.ones(200, dtype=bool))]
    assert told == ["lowest to 9", "9 to 33", "33 to highest", "north", "missing"]


def test_noise_in_a_small_sample_is_no_jump_of_odds():
    rng = np.random.default_rng(3)
    features = tuple(Feature(f"n{at}", ColumnType.NUMBER) for at in range(60))
    bad = (rng.random(800) < 0.2).astype(float)
    found = check_leaks(features, [rng.normal(size=800) for _ in features], bad)
    assert [one.code for one in found] == []


def test_findings_and_splits_are_read_in_chinese():
    raw = {"text": "x is empty", "msgid": "{name} is empty in every row: left out", "params": {"name": "x"}}
    with speak("zh"):
        assert translate(finding_text(raw)).startswith("x ")
        assert translate(finding_text(raw)) != finding_text(raw)
        assert "granted_on" in translate(split_text("out of time by granted_on"))
    assert finding_text({"text": "as it was", "msgid": "{gone} is", "params": {"name": "x"}}) == "as it was"

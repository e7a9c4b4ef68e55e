"""What training offers beyond the plain case: expert cards, reject inference, plots, stability, another background."""

import csv
import json
import math
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

from scoring.domain.version import open_version
from tests.scoring.conftest import from_book, make_rows, write_csv

POINTS = """feature,cell,points
(base),everybody,480
income,< 2000,0
income,2000 to < 4000,15.5
income,>= 4000,40
late,(any value),0
region,south,12
region,east,5
region,(any other),0
tenure,< 2,0
tenure,>= 2,20
tenure,(missing),3
"""


@pytest.fixture
def points(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text(POINTS)
    return path


def metrics_of(folder):
    return json.loads((folder / "metrics.json").read_text())


def test_an_expert_card_needs_no_data_and_scores_by_its_table(points, book, run, tmp_path):
    out = tmp_path / "expert"
    found = run("train", "--kind", "expert", "--points", points, "--schema", book / "schema.json", "--segment",
                "consumer", "--out", out)  # fmt: skip
    assert found.exit_code == 0, found.output
    assert "CELL_NOT_GIVEN: income has no cell (missing): it gets the worst points" in found.output
    card = open_version(out).card
    scored = card.score({"income": 2500.0, "late": 3, "region": "east", "tenure": None})
    assert scored.score == 4800 + 155 + 0 + 50 + 30  # ticks of a tenth: base, income, late, region, tenure
    # The scale of scoring/policy.toml: 600 points are 50 goods per bad, 20 points double the odds.
    assert scored.pd == pytest.approx(1 / (1 + 50 * 2 ** ((503.5 - 600) / 20)), rel=1e-9)
    assert card.score({"income": None, "region": "nowhere"}).ticks == (0, 0, 0, 30)
    assert "- Data: none." in (out / "MODEL_CARD.md").read_text().splitlines()


def test_the_printed_table_of_a_card_makes_the_same_card_again(version, book, run, tmp_path):
    (tmp_path / "table.csv").write_text(run("card", version("additive"), "--format", "csv").stdout)
    found = run("train", "--kind", "expert", "--points", tmp_path / "table.csv", "--schema", book / "schema.json",
                "--segment", "consumer", "--out", tmp_path / "again")  # fmt: skip
    assert found.exit_code == 0, found.output
    for folder, name in ((version("additive"), "a"), (tmp_path / "again", "b")):
        run("apply", folder, "--data", book / "test.csv", "--out", tmp_path / f"{name}.csv")
    columns = []
    for name in "ab":
        with (tmp_path / f"{name}.csv").open() as stream:
            columns.append([row["score"] for row in csv.DictReader(stream)])
    assert columns[0] == columns[1]


def test_outcomes_measure_what_an_experts_point_means(points, book, run, tmp_path):
    out = tmp_path / "expert"
    found = run("train", "--kind", "expert", "--points", points, *from_book(book), "--out", out)
    assert found.exit_code == 0, found.output
    assert "SCALE: Measured on these outcomes" in found.output
    report = json.loads(run("evaluate", out, "--data", book / "train.csv").stdout)
    assert report["slope"] == pytest.approx(1.0, abs=1e-6)  # measured on these very rows
    assert report["mean_pd"] == pytest.approx(report["bad_rate"], abs=1e-6)
    scored = open_version(out).card.score({"income": 2500.0, "late": 3, "region": "east", "tenure": None})
    assert scored.score == 5035  # the points themselves stay


BAD_POINTS = {
    "gap": ("income,< 1,0\nincome,>= 2,5\n", "gap or overlap at 1"),
    "open end": ("income,< 1,0\nincome,1 to < 2,5\n", "begin with < and end with >="),
    "no number": ("income,(any value),many\n", "line 1: 'many' is not a number"),
    "too fine": ("income,(any value),1.55\n", "finer than the scale"),
    "twice": ("region,south,1\nregion,south,2\n", "occurs twice"),
    "no feature": ("sex,f,1\n", "line 1: sex is not a feature"),
    "no cell": ("income,about 5,1\n", "is no cell"),
    "empty": ("", "needs the columns"),
}


@pytest.mark.parametrize("case", BAD_POINTS)
def test_a_broken_table_of_points_is_named(case, book, run, tmp_path):
    lines, words = BAD_POINTS[case]
    (tmp_path / "p.csv").write_text("feature,cell,points\n" + lines)
    found = run("train", "--kind", "expert", "--points", tmp_path / "p.csv", "--schema", book / "schema.json",
                "--segment", "consumer", "--out", tmp_path / "out")  # fmt: skip
    assert found.exit_code == 1
    assert words in found.output
    assert not (tmp_path / "out").exists()


def test_plots_stability_and_exactness_come_with_a_version(version):
    for kind in ("additive", "deep"):
        metrics = metrics_of(version(kind))
        assert metrics["exactness"]["margin"] < 1e-5
        assert metrics["exactness"]["contributions"] < 1e-5
        stability = metrics["stability"]
        assert stability["refits"] == 8
        assert 0.5 < stability["same_feature"] <= 1
        assert {shape["feature"] for shape in metrics["shapes"]} == {"income", "late", "region", "tenure"}
        assert sum(cell["rows"] for cell in metrics["shapes"][0]["cells"]) == 1500
        for name in ("roc", "gains", "calibration", "distribution", "shapes"):
            root = ET.fromstring((version(kind) / "plots" / f"{name}.svg").read_text())
            assert root.tag.endswith("svg")


def test_rejects_change_the_card_and_both_results_are_shown(book, run, tmp_path):
    """Worse applicants were refused: with their inferred outcomes the mean PD rises."""
    rejects = [{**row, "late": str(int(row["late"]) + 2)} for row in make_rows(600, 9)]
    for row in rejects:
        del row["bad"]
    path = write_csv(tmp_path / "rejects.csv", rejects)
    options = ("train", *from_book(book), "--kind", "logistic")
    assert run(*options, "--out", tmp_path / "without").exit_code == 0
    found = run(*options, "--rejects", path, "--out", tmp_path / "with")
    assert found.exit_code == 0, found.output
    report = metrics_of(tmp_path / "with")["reject_inference"]
    assert report["without"]["auc"] == pytest.approx(metrics_of(tmp_path / "without")["test"]["auc"], abs=1e-12)
    assert report["with"]["rows"] == report["without"]["rows"]
    assert report["rejects"] == 600 == sum(band["rejects"] for band in report["bands"])
    rates = [band["rejects_bad_rate"] for band in report["bands"] if band["rejects"] >= 40]
    assert rates[-1] > rates[0]
    assert report["rejects_bad_rate"] > 0.35 > metrics_of(tmp_path / "without")["test"]["bad_rate"]
    assert "Reject inference" in (tmp_path / "with" / "MODEL_CARD.md").read_text()
    path = write_csv(tmp_path / "short.csv", [{k: v for k, v in row.items() if k != "late"} for row in rejects])
    assert "no column late" in run(*options, "--rejects", path, "--out", tmp_path / "x").output


def test_interventional_values_are_kept_with_the_card(book, run, version, tmp_path):
    out = tmp_path / "swap"
    found = run("train", *from_book(book), "--kind", "deep", "--values", "interventional", "--out", out)
    assert found.exit_code == 0, found.output
    plain, swapped = open_version(version("deep")).card, open_version(out).card
    assert len(swapped.background) == 200
    facts = {"income": 900.0, "late": 3.0, "region": "north", "tenure": 1.0}
    assert swapped.score(facts).pd == pytest.approx(plain.score(facts).pd, abs=1e-6)  # another split of the same score
    mean = np.mean(
        [
            math.log(p / (1 - p))
            for p in (
                plain.score(dict(zip(swapped.terms.names, _decoded(swapped, row), strict=True))).pd
                for row in swapped.background
            )
        ]
    )
    assert swapped.terms.intercept + swapped.terms.slope * swapped.bias == pytest.approx(mean, abs=1e-5)
    assert "not additive" not in found.output
    assert "Interventional values are for deep cards" in run(
        "train", *from_book(book), "--kind", "additive", "--values", "interventional", "--out", tmp_path / "no"
    ).output  # fmt: skip


def _decoded(card, row):
    for feature, value in zip(card.terms.features, row, strict=True):
        if value is not None and feature.is_category:
            yield feature.categories[int(value)] if value < len(feature.categories) else "something else"
        else:
            yield value


def test_the_out_of_time_test_is_later_than_what_was_learnt(version):
    metrics = metrics_of(version("additive"))
    assert metrics["test"]["split"] == "out of time by granted_on"
    periods = [line["period"] for line in metrics["by_time"]]
    assert all(a < b for a, b in pairwise(periods))
    assert periods[0] >= "2022"

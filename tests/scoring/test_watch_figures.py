"""Figures of the watch against outside sources: overrides, performance, curves, comparison, fairness, alternatives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import uuid7
from scoring.domain.comparing import compare_pairs
from scoring.domain.curves import curves, distribution, gains, roc
from scoring.domain.fairness import fairness_table, fisher_exact, least_ratio, two_proportions
from scoring.domain.performance import PastCase
from scoring.domain.policy import WatchLimits
from scoring.domain.watching import (
    decisions_report,
    judge_missing,
    judge_overrides,
    judge_pass_rate,
    judge_performance,
    override_outcomes,
    performance_report,
)
from scoring.steps.alternatives import search_alternatives
from tests.scoring.conftest import from_book


def sample(rows=3000, seed=4):
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2, 1.2, rows)
    pd = 1 / (1 + np.exp(-log_odds))
    return (rng.random(rows) < pd).astype(float), pd


def test_curves_agree_with_scikit_learn_and_scipy():
    from scipy.stats import ks_2samp
    from sklearn.metrics import auc as area
    from sklearn.metrics import roc_curve

    bad, pd = sample()
    found = roc(bad, pd)
    false_positive, true_positive, _ = roc_curve(bad, pd)
    shown = np.interp(found["goods"], false_positive, true_positive)
    assert np.max(np.abs(shown - found["bads"])) < 0.02  # a curve of a hundred points
    assert area(found["goods"], found["bads"]) == pytest.approx(area(false_positive, true_positive), abs=2e-3)
    widest = found["ks"]["bads"] - found["ks"]["goods"]
    assert widest == pytest.approx(ks_2samp(pd[bad == 1], pd[bad == 0]).statistic, abs=1e-4)


def test_gains_of_a_perfect_ranking():
    bad = np.array([1.0] * 20 + [0.0] * 80)
    found = gains(bad, np.linspace(0.9, 0.1, 100))
    assert found["bads"][:3] == [0.0, 0.5, 1.0]  # 20 bads among 100: a tenth of the rows holds half of them


@given(st.integers(0, 10**6), st.floats(0.05, 40))
def test_a_distribution_loses_nobody(seed, spread):
    rng = np.random.default_rng(seed)
    bad = np.append((rng.random(200) < 0.3).astype(float), [0.0, 1.0])
    found = distribution(bad, rng.normal(500, spread, 202))
    assert sum(found["good_rows"]) + sum(found["bad_rows"]) == 202
    assert len(found["edges"]) == len(found["goods"]) + 1
    assert found["edges"] == sorted(found["edges"])
    assert math.fsum(found["bads"]) == pytest.approx(1, abs=1e-3)


def test_one_class_has_no_curves():
    assert curves(np.zeros(5), np.full(5, 0.1), np.full(5, 500.0)) == {}


def test_performance_by_month_and_grade_agrees_with_scikit_learn():
    from sklearn.metrics import roc_auc_score

    bad, pd = sample()
    months = ["2025-01" if at % 2 else "2025-02" for at in range(len(bad))]
    grades = np.where(pd < 0.1, "A", "B")
    found = performance_report(bad, pd, months, list(grades), ["A", "B", "C"])
    odd = np.array(months) == "2025-01"
    assert found["by_month"]["2025-01"]["auc"] == pytest.approx(roc_auc_score(bad[odd], pd[odd]))
    assert found["by_month"]["2025-01"]["gini"] == pytest.approx(2 * roc_auc_score(bad[odd], pd[odd]) - 1)
    few = performance_report(
        np.r_[np.ones(4), np.zeros(90)], np.linspace(0.5, 0.1, 94), ["2025-01"] * 94, ["A"] * 94, ["A"]
    )
    assert few["by_month"]["2025-01"]["auc"] is None  # four bads rank nothing
    assert few["by_month"]["2025-01"]["bads"] == 4
    low, high = found["by_month"]["2025-02"]["intervals"]["gini"]
    assert low < found["by_month"]["2025-02"]["gini"] < high
    line = found["by_grade"]["B"]
    assert line["observed"] == pytest.approx(bad[grades == "B"].mean())
    assert line["low"] < line["mean_pd"] < line["high"]  # the PD is true by construction
    assert found["by_grade"]["C"] == {"bads": 0, "mean_pd": None, "observed": None, "rows": 0, "hits": 0, "rate": None,
                                      "low": 0.0, "high": 1.0}  # fmt: skip
    assert judge_performance(found, 0.75, WatchLimits()) == []
    worse = performance_report(bad, np.clip(pd * 3, 0, 0.9), months, list(grades), ["A", "B"])
    assert {alert.kind for alert in judge_performance(worse, 0.99, WatchLimits())} == {"auc", "calibration"}


def case(outcome, *, person=False, bad=None, override=False):
    from datetime import date

    return PastCase(uuid7(), "p", date(2025, 1, 1), outcome, person, override, bad)


def test_overrides_on_both_sides_by_hand():
    cases = [
        (case("APPROVE"), True), (case("APPROVE", bad=False), True), (case("APPROVE", person=True, bad=True), False),
        (case("APPROVE", person=True, bad=False), False), (case("DECLINE", person=True), True),
        (case("DECLINE"), False), (case(""), True),
    ]  # fmt: skip
    found = decisions_report([c for c, _ in cases], [p for _, p in cases])
    assert found["decided"] == 6
    assert (found["approval"]["hits"], found["low_side"]["hits"], found["high_side"]["hits"]) == (4, 2, 1)
    known = override_outcomes([c for c, _ in cases], [p for _, p in cases])
    assert (known["low_side_bad"]["hits"], known["low_side_bad"]["rows"]) == (1, 2)
    assert (known["within_bad"]["hits"], known["within_bad"]["rows"]) == (0, 1)
    assert judge_overrides(found, WatchLimits()) is None  # six decisions say nothing
    many = decisions_report([case("APPROVE", person=True)] * 40, [False] * 40)
    assert judge_overrides(many, WatchLimits()).value == 1.0


@pytest.mark.parametrize(
    ("before", "now", "rows", "raised"), [(0.0, 0.5, 100, True), (0.0, 0.04, 1000, False), (0.1, 0.3, 8, False)]
)
def test_missing_values_alert_beyond_limit_and_chance(before, now, rows, raised):
    assert (judge_missing("income", before, now, rows, WatchLimits()) is not None) is raised


def test_a_pass_rate_that_moved_is_told():
    assert judge_pass_rate(0.6, 0.4, 500, WatchLimits()) is not None
    assert judge_pass_rate(0.6, 0.55, 500, WatchLimits()) is None
    assert judge_pass_rate(0.6, 0.4, 10, WatchLimits()) is None


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_fisher_agrees_with_scipy(n, m, data):
    from scipy.stats import fisher_exact as scipys

    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    assert fisher_exact(a, n, b, m) == pytest.approx(scipys([[a, n - a], [b, m - b]]).pvalue, abs=1e-9)
    assert 0 <= two_proportions(a, n, b, m) <= 1


def test_ratio_of_the_uniform_guidelines():
    """The worked example of the questions and answers on the Uniform Guidelines (44 FR 11996, 1979, Q 12): 48 of 80
    whites and 12 of 40 blacks hired: rates 60 % and 30 %, ratio one half."""
    labels = ["w"] * 80 + ["b"] * 40
    approved = np.array([True] * 48 + [False] * 32 + [True] * 12 + [False] * 28)
    bad = np.full(120, np.nan)
    table = {row["group"]: row for row in fairness_table(labels, bad, approved)}
    assert (table["w"]["approval_rate"], table["b"]["approval_rate"]) == (0.6, 0.3)
    assert table["b"]["impact_ratio"] == 0.5
    assert least_ratio(list(table.values())) == 0.5
    # z = 0.3 / sqrt(0.5 * 0.5 * (1/80 + 1/40)) = 3.098
    assert table["b"]["p_value"] == pytest.approx(math.erfc(3.0984 / math.sqrt(2)), rel=1e-3)
    # Katz: 0.5 * exp(+-1.96 sqrt(1/12 - 1/40 + 1/48 - 1/80))
    spread = math.sqrt(1 / 12 - 1 / 40 + 1 / 48 - 1 / 80)
    assert table["b"]["ratio_low"] == pytest.approx(0.5 * math.exp(-1.96 * spread))
    assert table["b"]["good_refused"] is None  # no outcome is known


def test_small_groups_are_listed_without_a_ratio():
    labels = ["a"] * 50 + ["b"] * 10
    table = fairness_table(labels, np.full(60, np.nan), np.ones(60, dtype=bool), small=True)
    assert [(row["group"], row["small"], row["impact_ratio"]) for row in table] == [
        ("a", False, 1.0),
        ("b", True, None),
    ]


def test_a_comparison_of_pairs_by_hand():
    pd = (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.2, 0.2, 0.2, 0.6]))
    score = (np.array([580.0, 560, 540, 520]), np.array([560.0, 560, 560, 500]))
    passed = (np.array([True, True, False, False]), np.array([True, True, True, False]))
    grade = (np.array(["A", "B", "C", "D"]), np.array(["B", "B", "B", "D"]))
    found = compare_pairs(pd, score, passed, grade, np.array([0.0, np.nan, 1.0, np.nan]))
    assert (found["rows"], found["outcomes"], found["auc"]) == (4, 2, None)
    assert found["pd_difference"]["mean"] == pytest.approx(0.05)
    # differences 0.1, 0, -0.1, 0.2: standard deviation 0.1291, half width 1.96 * 0.1291 / 2
    assert found["pd_difference"]["high"] - found["pd_difference"]["mean"] == pytest.approx(0.12652, abs=1e-4)
    assert found["same_grade"]["hits"] == 2
    assert found["swap"]["only_second"] == {"rows": 1, "bad": {"rows": 1, "hits": 1, "rate": 1.0,
                                            "low": pytest.approx(0.2065, abs=1e-3), "high": 1.0}}  # fmt: skip
    from scipy.stats import spearmanr

    assert found["rank_correlation"] == pytest.approx(spearmanr(score[0], score[1]).statistic)


def test_the_search_finds_the_proxy(tmp_path, run, app_policies):
    """A column that says nothing about the risk but follows the group: leaving it out is fairer and costs no AUC."""
    import csv
    import json

    from scoring.domain.policy import ScoringPolicy
    from scoring.domain.version import open_version

    rng = np.random.default_rng(7)
    rows = []
    for _ in range(900):
        income, group = rng.normal(), rng.random() < 0.5
        bad = rng.random() < 1 / (1 + np.exp(1.2 + 1.1 * income - 0.8 * group))
        rows.append({"income": f"{income:.3f}", "proxy": f"{group + rng.normal(0, 0.3):.3f}", "sex": "fm"[group],
                     "bad": int(bad)})  # fmt: skip
    with (tmp_path / "train.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    columns = [
        {"name": "income", "type": "num"}, {"name": "proxy", "type": "num"},
        {"name": "sex", "type": "cat", "protected": True}, {"name": "bad", "type": "int", "role": "target"},
    ]  # fmt: skip
    (tmp_path / "schema.json").write_text(json.dumps({"target": "bad", "columns": columns}))
    out = tmp_path / "draft"
    found = run("train", *from_book(tmp_path), "--kind", "logistic", "--out", out)
    assert found.exit_code == 0, found.output
    policy = app_policies[ScoringPolicy]
    strict = search_alternatives(open_version(out), tmp_path / "train.csv", policy, tolerance=0.0)
    loose = search_alternatives(open_version(out), tmp_path / "train.csv", policy, tolerance=0.3)
    without = next(one for one in loose["alternatives"] if one["left_out"] == ["proxy"])
    assert without["ratio"] > loose["base"]["ratio"] + 0.05
    assert without["better"]
    assert not any(one["better"] for one in strict["alternatives"] if one["left_out"] == ["proxy"])
    assert run("alternatives", out, "--data", tmp_path / "train.csv").exit_code == 0

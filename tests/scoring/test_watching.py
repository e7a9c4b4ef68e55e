"""Counterfactuals that really reach the cut-off; stability with its noise; a population that moved is noticed."""

import math
from datetime import date
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from scoring.domain import shelf
from scoring.domain.counterfactual import Bound, find_changes
from scoring.domain.fairness import fairness_table
from scoring.domain.metrics import auc, bootstrap, compare_aucs, ece, fit_calibration, ks
from scoring.domain.stability import merge_cells, stability_index, wilson_interval
from scoring.domain.version import open_version
from scoring.steps import registry
from scoring.steps.monitor import monitor
from scoring.steps.score import score
from scoring.tables import ModelVersionRow

WEAK = {"tenor_months": 60, "current_account": 1, "credit_history": 1, "purpose": "repairs", "savings_band": 1,
        "employment_band": 2, "other_debtors": "none", "other_plans": "bank"}  # fmt: skip
BOUNDS = (
    Bound("tenor_months", 6, 60, 6),
    Bound("other_debtors", choices=("guarantor", "co_applicant")),
    Bound("current_account", 1, 4),
)


@given(tenor=st.integers(12, 60), account=st.integers(1, 4), history=st.integers(0, 4), savings=st.integers(1, 5))
def test_counterfactuals_reach_the_cut_off_when_scored_again(tenor, account, history, savings):
    card = open_version(shelf.folder_of("reference/consumer-v1")).card
    facts = {
        **WEAK,
        "tenor_months": tenor,
        "current_account": account,
        "credit_history": history,
        "savings_band": savings,
    }
    found = find_changes(card, facts, BOUNDS)
    now = card.score(facts).score
    if now >= card.terms.cutoff_ticks:
        assert found == ()
    for option in found:
        changed = facts | {change.feature: change.after for change in option.changes}
        assert card.score(changed).score >= card.terms.cutoff_ticks
        for change in option.changes:  # nothing is asked for that is not needed
            less = changed | {change.feature: change.before}
            assert card.score(less).score < card.terms.cutoff_ticks
            if change.feature == "tenor_months":
                assert 6 <= change.after <= 60
                assert change.after % 6 == 0


def test_counterfactuals_must_pass_the_rules_too():
    card = open_version(shelf.folder_of("reference/consumer-v1")).card
    facts = {**WEAK, "credit_history": 3, "current_account": 2}
    assert find_changes(card, facts, BOUNDS)
    assert find_changes(card, facts, BOUNDS, passes=lambda _: False) == ()


@pytest.mark.parametrize(
    ("before", "now", "psi"),
    # Two bands moving from 50/50 to 60/40: (0.6 - 0.5) ln(0.6/0.5) + (0.4 - 0.5) ln(0.4/0.5), by hand 0.0405.
    [((50, 50), (60, 40), 0.1 * math.log(1.2) - 0.1 * math.log(0.8)), ((30, 70), (300, 700), 0.0)],
)
def test_stability_index_by_hand(before, now, psi):
    assert stability_index(before, now).psi == pytest.approx(psi, abs=1e-12)


def test_noise_of_the_index_is_what_chance_gives():
    rng = np.random.default_rng(3)
    shares = np.full(10, 0.1)
    drawn = [
        stability_index(rng.multinomial(2000, shares).tolist(), rng.multinomial(500, shares).tolist())
        for _ in range(400)
    ]
    assert np.mean([d.psi for d in drawn]) == pytest.approx(drawn[0].noise, rel=0.1)
    assert np.mean([d.psi > d.limit for d in drawn]) == pytest.approx(0.05, abs=0.03)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=60))
def test_merging_cells_loses_nobody(cells):
    before, now = [a for a, _ in cells], [b for _, b in cells]
    merged = merge_cells(before, now)
    assert (sum(merged[0]), sum(merged[1])) == (sum(before), sum(now))
    assert len(merged[0]) == len(merged[1]) <= 10


def test_wilson_interval_of_the_textbook():
    # Newcombe (1998), Statistics in Medicine 17, table I: 15 of 148, 95 %: 0.0624 to 0.1605.
    low, high = wilson_interval(15, 148)
    assert (round(low, 4), round(high, 4)) == (0.0624, 0.1605)


@given(st.integers(0, 10**6))
def test_auc_equals_counting_pairs(seed):
    rng = np.random.default_rng(seed)
    bad, risk = (rng.random(60) < 0.4).astype(float), np.round(rng.random(60), 1)
    if 0 < bad.sum() < 60:
        pairs = [(b > g) + 0.5 * (b == g) for b in risk[bad == 1] for g in risk[bad == 0]]
        assert auc(bad, risk) == pytest.approx(np.mean(pairs))
        assert 0 <= ks(bad, risk) <= 1


def test_figures_agree_with_scikit_learn_and_scipy():
    from scipy.stats import ks_2samp
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(8)
    log_odds = rng.normal(-1, 1.5, 4000)
    bad = (rng.random(4000) < 1 / (1 + np.exp(-(0.3 + 0.8 * log_odds)))).astype(float)
    assert auc(bad, log_odds) == pytest.approx(roc_auc_score(bad, log_odds))
    assert ks(bad, log_odds) == pytest.approx(ks_2samp(log_odds[bad == 1], log_odds[bad == 0]).statistic)
    fitted = LogisticRegression(C=1e9, tol=1e-10).fit(log_odds[:, None], bad)
    intercept, slope = fit_calibration(bad, log_odds)
    assert (intercept, slope) == pytest.approx((fitted.intercept_[0], fitted.coef_[0, 0]), abs=1e-4)
    true = 1 / (1 + np.exp(-(0.3 + 0.8 * log_odds)))
    assert ece(bad, true) < 0.03 < ece(bad, np.clip(true + 0.2, 0, 1))
    low, high = bootstrap(bad, true, seed=1)["auc"]
    assert low < auc(bad, true) < high
    # Hanley and McNeil (1982): the standard error of this AUC with 1,600 bads is about 0.0075.
    assert 0.02 < high - low < 0.045


def test_delong_sees_a_difference_and_no_difference():
    rng = np.random.default_rng(9)
    signal = rng.normal(size=3000)
    bad = (rng.random(3000) < 1 / (1 + np.exp(-signal))).astype(float)
    _, low, _ = compare_aucs(bad, signal, rng.normal(size=3000))
    assert low > 0.1
    difference, low, high = compare_aucs(bad, signal + rng.normal(size=3000), signal + rng.normal(size=3000))
    assert low < 0 < high
    assert abs(difference) < 0.05


def test_fairness_by_hand():
    # 40 of 100 against 80 of 100 approved: ratio 0.5; z = 0.4 / sqrt(2 * 0.6 * 0.4 / 100) = 5.77, p < 1e-8.
    labels = ["f"] * 100 + ["m"] * 100
    approved = np.array([True] * 40 + [False] * 60 + [True] * 80 + [False] * 20)
    table = fairness_table(labels, np.zeros(200), approved)
    assert [(row["group"], row["approval_rate"], row["impact_ratio"]) for row in table] == [
        ("f", 0.4, 0.5),
        ("m", 0.8, 1.0),
    ]
    assert table[0]["p_value"] < 1e-8
    assert table[0]["good_refused"] == pytest.approx(0.6)


def test_a_population_that_moved_raises_alerts(database, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMISSORY_INSTANCE", str(tmp_path))
    rng = np.random.default_rng(2)
    with database.work() as w:
        registry.register_reference_cards(w)
        for _ in range(60):
            score(w, segment="consumer", facts={**WEAK, "tenor_months": int(rng.integers(40, 60))}, subject_id=uuid4())
    with database.work() as w:
        row = w.session.scalars(select(ModelVersionRow).where(ModelVersionRow.name == "consumer-v1")).one()
        made = monitor(w, row.id, since=date(2026, 3, 1), until=date(2026, 3, 3))
        kinds = {(alert["kind"], alert["feature"]) for alert in made.report["alerts"]}
        assert made.report["rows"] == 60
        assert ("feature_alert", "tenor_months") in kinds
        assert ("score_alert", "") in kinds
        subjects = dict.fromkeys(_subjects(w), True)
        again = monitor(w, row.id, since=date(2026, 3, 1), until=date(2026, 3, 3), outcomes=subjects)
        assert again.report["performance"]["bads"] == 60
        assert any(alert["kind"] == "calibration" for alert in again.report["alerts"])


def _subjects(w):
    from scoring.tables import ScoreRecordRow

    return w.session.scalars(select(ScoreRecordRow.subject_id)).all()

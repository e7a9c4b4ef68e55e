"""The ladder as a pure function, day by day; classes and buckets at their limits."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repayment.domain.arrears import Bucket, bucket_of, portfolio_at_risk
from repayment.domain.classification import RiskClass, rules_on
from repayment.domain.dunning import DunningPolicies, DunningPolicy, DunningStage, DunningState, decide, not_before
from repayment.domain.policies import AccountingPolicy, ServicingPolicy

DATA = tomllib.loads((Path(__file__).parents[3] / "repayment" / "policy.toml").read_text(encoding="utf-8"))
POLICY = DunningPolicies.from_toml(DATA).named("standard")
DUE = date(2025, 3, 10)


def state(dpd: int, **more: object) -> DunningState:
    values = {"dpd": dpd, "arrears_since_on": DUE if dpd > 0 else None, "overdue_minor": 50_000, **more}
    return DunningState(**values)


def test_the_ladder_day_by_day() -> None:
    sent: set[tuple[date, str]] = set()
    found = []
    for offset in range(-5, 70):
        today = DUE + timedelta(days=offset)
        now = state(max(0, offset), next_due_on=DUE, next_due_minor=50_000, sent=frozenset(sent))
        action = decide(POLICY, now, today)
        if action:
            sent.add((action.episode_on, action.stage.name))
            found.append((offset, action.stage.name))
    assert found == [(-3, "pre_due"), (1, "d1"), (7, "d7"), (15, "d15"), (30, "d30"), (60, "d60")]


@given(st.integers(1, 200), st.sets(st.sampled_from([stage.name for stage in POLICY.stages])))
def test_no_stage_twice_and_never_a_lower_one_after_a_higher(dpd: int, names: set[str]) -> None:
    action = decide(POLICY, state(dpd, sent=frozenset((DUE, name) for name in names)), DUE + timedelta(days=dpd))
    reached = [stage.name for stage in POLICY.stages if 0 < stage.from_dpd <= dpd]
    assert (action is None) == (reached[-1] in names)
    assert action is None or action.stage.name == reached[-1]


@pytest.mark.parametrize(
    "stop",
    [
        {"holds": frozenset({"DISPUTE"})},
        {"holds": frozenset({"HARDSHIP"})},
        {"promised_until": DUE + timedelta(days=8)},
        {"paid_on": DUE + timedelta(days=6)},
        {"contacts_recent": 7},
        {"overdue_minor": 99},
    ],
)
def test_what_stops_a_reminder(stop: dict[str, object]) -> None:
    day = DUE + timedelta(days=8)
    assert decide(POLICY, state(8), day) is not None
    assert decide(POLICY, state(8, **stop), day) is None


def test_the_day_after_a_promise_the_ladder_goes_on() -> None:
    promised = state(9, promised_until=DUE + timedelta(days=8))
    assert decide(POLICY, promised, DUE + timedelta(days=9)) is not None


def test_a_new_episode_starts_the_ladder_again() -> None:
    old = frozenset({(DUE, "d1"), (DUE, "d7")})
    again = state(1, arrears_since_on=DUE + timedelta(days=31), sent=old)
    action = decide(POLICY, again, DUE + timedelta(days=32))
    assert action is not None
    assert (action.stage.name, action.episode_on) == ("d1", DUE + timedelta(days=31))


@pytest.mark.parametrize(
    ("hour", "minute", "leaves"),
    [(7, 59, time(8)), (8, 0, None), (20, 59, None), (21, 0, time(8)), (23, 30, time(8)), (0, 10, time(8))],
)
def test_quiet_hours_in_the_borrowers_zone(hour: int, minute: int, leaves: time | None) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime(2025, 3, 10, hour, minute, tzinfo=zone).astimezone(UTC)
    found = not_before(POLICY, now, zone)
    if leaves is None:
        assert found is None
    else:
        assert found is not None
        assert found.astimezone(zone).time() == leaves
        assert timedelta(0) < found - now < timedelta(hours=12)


def test_a_policy_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="rising days"):
        replace(POLICY, stages=tuple(reversed(POLICY.stages)))
    with pytest.raises(ValueError, match="unknown channels"):
        DunningStage("x", 1, ("pigeon",), "dunning/d1")
    assert isinstance(POLICY, DunningPolicy)


# CBIRC/PBoC Order [2023] No. 1: over 90, 270, 360 days; the boundary day itself still belongs to the better class.
@pytest.mark.parametrize(
    ("dpd", "risk_class", "stage", "bucket"),
    [
        (0, RiskClass.NORMAL, 1, Bucket.CURRENT),
        (1, RiskClass.SPECIAL_MENTION, 1, Bucket.D1_30),
        (30, RiskClass.SPECIAL_MENTION, 1, Bucket.D1_30),
        (31, RiskClass.SPECIAL_MENTION, 2, Bucket.D31_60),
        (60, RiskClass.SPECIAL_MENTION, 2, Bucket.D31_60),
        (61, RiskClass.SPECIAL_MENTION, 2, Bucket.D61_90),
        (90, RiskClass.SPECIAL_MENTION, 2, Bucket.D61_90),
        (91, RiskClass.SUBSTANDARD, 3, Bucket.D90_PLUS),
        (270, RiskClass.SUBSTANDARD, 3, Bucket.D90_PLUS),
        (271, RiskClass.DOUBTFUL, 3, Bucket.D90_PLUS),
        (360, RiskClass.DOUBTFUL, 3, Bucket.D90_PLUS),
        (361, RiskClass.LOSS, 3, Bucket.D90_PLUS),
    ],
)
def test_classes_at_their_limits(dpd: int, risk_class: RiskClass, stage: int, bucket: Bucket) -> None:
    rules = rules_on(AccountingPolicy.from_toml(DATA).rules.classes, DUE)
    assert (rules.class_of(dpd, None, DUE), rules.stage_of(dpd, None, DUE)) == (risk_class, stage)
    assert bucket_of(dpd) is bucket


def test_a_restructured_loan_is_watched_for_a_year() -> None:
    rules = rules_on(AccountingPolicy.from_toml(DATA).rules.classes, DUE)
    assert rules.class_of(0, DUE - timedelta(days=364), DUE) is RiskClass.SPECIAL_MENTION
    assert rules.class_of(0, DUE - timedelta(days=365), DUE) is RiskClass.NORMAL
    with pytest.raises(ValueError, match="in force"):
        rules_on(AccountingPolicy.from_toml(DATA).rules.classes, date(1999, 12, 31))


def test_portfolio_at_risk_counts_the_whole_loan() -> None:
    assert portfolio_at_risk([(0, 700), (31, 200), (30, 100)], 30) == (200, 1000)


@pytest.mark.parametrize("jurisdiction", ["CN", "EU", "XX"])
def test_terms_by_jurisdiction(jurisdiction: str) -> None:
    terms = ServicingPolicy.from_toml(DATA).terms_for(jurisdiction, grace_days=3)
    assert (terms.grace_days, terms.jurisdiction) == (3, jurisdiction)
    assert terms.withdrawal_days == (14 if jurisdiction == "EU" else 0)


def test_a_penalty_rate_finer_than_the_books_is_cut_in_the_borrowers_favour() -> None:
    terms = ServicingPolicy.from_toml(DATA).terms_for("CN", penalty_rate_annual=Decimal("0.0734567") * Decimal("1.5"))
    assert terms.penalty_rate_annual == Decimal("0.110185")

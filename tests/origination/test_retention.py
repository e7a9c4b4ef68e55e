"""What stands against deletion, and until when."""

from __future__ import annotations

from datetime import date

import pytest

from core.domain.errors import PolicyInvalid
from origination.domain.retention import Ground, Obstacle, RetentionPolicy, obstacles

POLICY = RetentionPolicy(application_months=25, after_loan_years=10)


def test_nothing_sent_nothing_lent_nothing_in_the_way():
    assert obstacles(POLICY, [], [], day=date(2026, 3, 2)) == ()


def test_a_running_loan_and_an_open_application_have_no_last_day_yet():
    found = obstacles(POLICY, [("LN-1", None)], [("APP-1", None)], day=date(2026, 3, 2))
    assert found == (Obstacle(Ground.LOAN, "LN-1", None), Obstacle(Ground.APPLICATION, "APP-1", None))


def test_an_application_is_kept_25_months_to_the_last_day():
    """12 CFR 1002.12(b)(1): 25 months; from 31 January 2024 they end on the last day of February 2026."""
    ended = [("APP-1", date(2024, 1, 31))]
    assert obstacles(POLICY, [], ended, day=date(2026, 2, 28)) == (
        Obstacle(Ground.CREDIT_RECORDS, "APP-1", date(2026, 2, 28)),
    )
    assert obstacles(POLICY, [], ended, day=date(2026, 3, 1)) == ()


def test_a_loan_is_kept_ten_years_after_its_end():
    """China's Anti-Money Laundering Law of 2024, Art. 34: at least ten years after the business relation ended."""
    ended = [("LN-1", date(2016, 2, 29))]
    assert obstacles(POLICY, ended, [], day=date(2026, 2, 28)) == (
        Obstacle(Ground.MONEY_LAUNDERING, "LN-1", date(2026, 2, 28)),
    )
    assert obstacles(POLICY, ended, [], day=date(2026, 3, 1)) == ()


def test_periods_come_from_the_policy_and_nonsense_is_refused():
    assert RetentionPolicy.from_toml({}) == RetentionPolicy(25, 10)
    assert RetentionPolicy.from_toml({"retention": {"after_loan_years": 5}}) == RetentionPolicy(25, 5)
    with pytest.raises(PolicyInvalid):
        RetentionPolicy.from_toml({"retention": {"application_months": -1}})

"""Policies tried on decided applications, by the step and by the command."""

from __future__ import annotations

import json
from datetime import date

import pytest

from core.domain.actor import Role
from core.domain.errors import NotAllowed
from origination.domain.policy import OriginationPolicy
from origination.steps.back_test import back_test
from origination.tables.decision import DecisionRow
from tests.origination.cases import ROOT, seed_policy
from tests.origination.steps.journey import KnownBureau, person, send

SINCE = date(2026, 3, 1)


@pytest.fixture
def decided(house, applicant):
    from origination.steps.advance import advance

    for changes in ({}, {"bureau_worst_dpd_24m": 120}, {"bureau_inquiries_6m": 6}, {}):
        sent = send(house, applicant)
        with house.work(applicant) as w:
            advance(w, sent.application_id, bureau=KnownBureau(**changes))
    return house


def changed(old: str, new: str) -> OriginationPolicy:
    assert old in seed_policy().text
    return OriginationPolicy.from_text(seed_policy().text.replace(old, new, 1))


def test_the_policy_in_force_changes_nothing(decided):
    with decided.read() as r:
        found = back_test(r, seed_policy(), since=SINCE)
    assert found.cases >= 4
    assert found.changed == []
    assert found.before == found.after
    assert found.expected_bad_before == found.expected_bad_after
    assert found.profit_before == found.profit_after
    assert found.assessed_anew == 0


def test_a_stricter_limit_names_who_would_change(decided):
    stricter = changed('"dti":[">","0.55"]', '"dti":[">","0.10"]')
    with decided.read() as r:
        found = back_test(r, stricter, since=SINCE)
    assert found.after["APPROVE"] < found.before["APPROVE"]
    assert found.reasons["DTI_ABOVE_LIMIT"] >= 3
    assert ("APPROVE", "DECLINE") in found.moves
    assert found.groups["segment", "consumer"].approved_after == 0
    assert found.assessed_anew == 0


def test_another_price_is_assessed_anew(decided):
    dearer = changed('"margin_min":"0.002"', '"margin_min":"0.4"')
    with decided.read() as r:
        found = back_test(r, dearer, since=SINCE)
    assert found.assessed_anew == found.cases
    assert found.after["APPROVE"] == 0
    with decided.read() as r:
        assert found.profit_before == back_test(r, seed_policy(), since=SINCE).profit_before, "at the price of then"
    assert found.reasons["COST_ABOVE_CAP_CN"] == found.cases


def test_only_those_who_may_try_policies_do(decided):
    with decided.read(person(decided, Role.OFFICER, "tries")) as r, pytest.raises(NotAllowed):
        back_test(r, seed_policy(), since=SINCE)


def test_the_commands_replay_and_simulate(decided, app):
    runner = app.test_cli_runner()
    replayed = runner.invoke(args=["decide", "replay", "--all"])
    assert replayed.exit_code == 0, replayed.output
    assert "0 different" in replayed.output
    path = str(ROOT / "origination/policy.toml")
    found = runner.invoke(args=["decide", "simulate", "--policy", path, "--since", "2026-03-01", "--json"])
    assert found.exit_code == 0, found.output
    report = json.loads(found.output)
    assert report["changed"] == {}
    assert runner.invoke(args=["decide", "replay", "APP-2026-999999"]).exit_code == 2


def test_a_tampered_decision_is_found(decided, app):
    from sqlalchemy import select, text

    with decided.work() as w:
        made = w.session.scalars(select(DecisionRow)).first()
        w.session.execute(text("ALTER TABLE decision DISABLE TRIGGER decision_append_only"))
        w.session.execute(
            text("UPDATE decision SET record = jsonb_set(record, '{facts,dti}', '\"0.99\"') WHERE id = :i"),
            {"i": made.id},
        )
        w.session.execute(text("ALTER TABLE decision ENABLE TRIGGER decision_append_only"))
    replayed = app.test_cli_runner().invoke(args=["decide", "replay", "--all"])
    assert replayed.exit_code == 1
    assert "the kept record was changed" in replayed.output
    assert "DTI_ABOVE_LIMIT" in replayed.output

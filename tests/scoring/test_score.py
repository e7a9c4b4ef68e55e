"""Scoring through the database: the reference cards, records that replay, and refusal instead of a substitute."""

import shutil
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from core.domain.actor import Actor, Role
from core.domain.errors import IllegalTransition, ModelUnavailable, NotAllowed
from core.domain.ids import uuid7
from core.i18n import speak, translate
from scoring.domain import shelf
from scoring.domain.additive import AdditiveCard
from scoring.domain.reasons import officer_text, reason_id
from scoring.domain.registry import VersionStatus
from scoring.domain.words import BASELINE_WORDS
from scoring.queries import scores as queries
from scoring.steps import registry
from scoring.steps.replay import replay
from scoring.steps.score import score
from scoring.tables import ModelVersionRow, ScoreRecordRow

FACTS = {
    "tenor_months": 48, "current_account": 2, "credit_history": 2, "purpose": "repairs", "savings_band": 1,
    "employment_band": 2, "other_debtors": "none", "other_plans": "bank",
}  # fmt: skip
TRAINER = Actor(uuid7(), "Trainer", frozenset({Role.RISK_MANAGER}))
APPROVER = Actor(uuid7(), "Approver", frozenset({Role.RISK_MANAGER}))


@pytest.fixture
def cards(database, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMISSORY_INSTANCE", str(tmp_path))
    with database.work() as w:
        registry.register_reference_cards(w)
    return database


def test_reference_cards_are_registered_once(cards):
    with cards.work() as w:
        assert registry.register_reference_cards(w) == ()
    with cards.read() as r:
        rows = r.session.scalars(select(ModelVersionRow).order_by(ModelVersionRow.name)).all()
        assert [(row.segment, row.status) for row in rows] == [("consumer", "champion"), ("sme", "champion")]


def test_a_score_adds_up_and_says_why(cards):
    with cards.work() as w:
        found = score(w, segment="consumer", facts=FACTS, subject_id=uuid4())
    assert found.base_points + sum(c.points for c in found.contributions) == found.points
    assert found.baseline_score + sum(c.change for c in found.contributions) == found.points
    assert 1 <= len(found.reasons) <= 4
    assert str(found.reasons[0]).startswith("SCORE_")
    assert [r.lost for r in found.reasons] == sorted((r.lost for r in found.reasons), reverse=True)
    assert all(r.lost > 0 for r in found.reasons)
    worse = next(c for c in found.contributions if c.feature == "tenor_months")
    assert worse.change < 0


def test_an_unknown_fact_has_its_own_reason_text(cards):
    with cards.work() as w:
        found = score(w, segment="consumer", facts={**FACTS, "credit_history": None}, subject_id=uuid4())
    assert next(c for c in found.contributions if c.feature == "credit_history").cell == "(missing)"


def test_every_record_replays_bit_for_bit(cards):
    with cards.work() as w:
        for tenor in (6, 12, 24, 60):
            score(w, segment="consumer", facts={**FACTS, "tenor_months": tenor}, subject_id=uuid4())
        score(
            w,
            segment="sme",
            facts={"employees": 5, "amount_usd": Decimal("50000.55"), "sector": "54"},
            subject_id=uuid4(),
        )
    with cards.read() as r:
        assert replay(r) == (5, [])


def test_a_replay_names_what_differs(cards, monkeypatch):
    with cards.work() as w:
        found = score(w, segment="consumer", facts=FACTS, subject_id=uuid4())
    real = AdditiveCard.score

    def shifted(card, facts):
        scored = real(card, facts)
        return scored._replace(score=scored.score + 1, ticks=(scored.ticks[0], scored.ticks[1] + 1, *scored.ticks[2:]))

    monkeypatch.setattr(AdditiveCard, "score", shifted)
    with cards.read() as r:
        count, (difference,) = replay(r)
    assert (count, difference.record_id, difference.version) == (1, found.record_id, found.version)
    was = next(c.points for c in found.contributions if c.feature == "tenor_months") * 10
    assert f"contribution of tenor_months is {was + 1:.0f}, was {was:.0f}" in difference.what
    assert f"score is {found.points * 10 + 1:.0f}, was" in difference.what
    assert "credit_history" not in difference.what


def test_a_replay_names_the_file_that_is_gone(cards, monkeypatch, tmp_path):
    with cards.work() as w:
        score(w, segment="consumer", facts=FACTS, subject_id=uuid4())
    shutil.rmtree(tmp_path / "reference")
    monkeypatch.setattr("scoring.domain.shelf.REFERENCE", tmp_path)
    monkeypatch.setattr("scoring.domain.shelf._opened", {})
    with cards.read() as r:
        _, (difference,) = replay(r)
    assert difference.what.startswith("cannot be scored again")
    assert "version.json" in difference.what


def test_records_cannot_be_changed(cards):
    with cards.work() as w:
        score(w, segment="consumer", facts=FACTS, subject_id=uuid4())
    with pytest.raises(DBAPIError, match="append-only"), cards.work() as w:
        w.session.scalars(select(ScoreRecordRow)).one().pd = 0.0


def test_no_card_no_score(cards):
    with cards.work() as w, pytest.raises(ModelUnavailable, match="no approved scorecard"):
        score(w, segment="microfinance", facts=FACTS, subject_id=uuid4())


def test_what_an_earlier_release_scored_replays_after_its_card_was_replaced(cards, tmp_path, monkeypatch):
    with cards.work() as w:
        given = score(w, segment="consumer", facts=FACTS, subject_id=uuid4())
    shipped = tmp_path / "next release"
    shutil.copytree(shelf.folder_of("reference/sme-v1"), shipped / "consumer-v1")  # another card under the same name
    monkeypatch.setattr(shelf, "REFERENCE", shipped)
    monkeypatch.setattr(shelf, "_opened", {})
    with cards.read() as r:
        view = queries.score_view(r, given.record_id)
        assert (view.points, view.contributions) == (given.points, given.contributions)
        assert shelf.version_at("reference/consumer-v1", given.sha256).sha256 == given.sha256
    shutil.rmtree(tmp_path / "reference")
    with pytest.raises(ModelUnavailable):
        shelf.version_at("reference/consumer-v1", given.sha256)


@pytest.mark.parametrize("damage", ["cut", "gone", "changed", "features"])
def test_a_damaged_version_does_not_score(cards, tmp_path, damage):
    source = shelf.folder_of("reference/consumer-v1")
    with cards.work(TRAINER) as w:
        row = registry.register_version(w, source, name="copy")
        registry.validate_version(w, row.id, note="looked at")
    with cards.work(APPROVER) as w:
        registry.approve_version(w, row.id)
        registry.place_version(w, row.id, VersionStatus.CHAMPION)
    with cards.work() as w:
        assert score(w, segment="consumer", facts=FACTS, subject_id=uuid4()).version == "copy"
    folder = tmp_path / "models" / "copy"
    card = folder / "card.json"
    if damage == "cut":
        card.write_bytes(card.read_bytes()[: card.stat().st_size // 2])
    elif damage == "gone":
        shutil.rmtree(folder)
    elif damage == "changed":
        (folder / "model.json").write_bytes((folder / "model.json").read_bytes().replace(b"1", b"2", 1))
    else:
        with cards.work() as w:
            w.get(ModelVersionRow, row.id).features = ["tenor_months"]
    with cards.work() as w, pytest.raises(ModelUnavailable):
        score(w, segment="consumer", facts=FACTS, subject_id=uuid4())
    with cards.read() as r:
        assert len(r.session.scalars(select(ScoreRecordRow)).all()) == 1


def test_a_version_needs_two_people(cards):
    source = shelf.folder_of("reference/consumer-v1")
    with cards.work(TRAINER) as w:
        row = registry.register_version(w, source, name="mine")
        with pytest.raises(IllegalTransition):
            registry.approve_version(w, row.id)
        registry.validate_version(w, row.id, note="looked at")
        with pytest.raises(NotAllowed, match="Another person"):
            registry.approve_version(w, row.id)
    officer = Actor(uuid7(), "Officer", frozenset({Role.OFFICER}))
    with cards.work(officer) as w, pytest.raises(NotAllowed):
        registry.approve_version(w, row.id)
    with cards.work(APPROVER) as w:
        registry.approve_version(w, row.id)
        registry.place_version(w, row.id, VersionStatus.CHALLENGER, share=Decimal("0.25"))
    with cards.work() as w:
        versions = [score(w, segment="consumer", facts=FACTS, subject_id=uuid4()).version for _ in range(60)]
    assert 3 <= versions.count("mine") <= 30  # 25 % of 60; far outside would be p < 1e-4
    with cards.read() as r:
        served = r.session.scalars(select(ScoreRecordRow.served)).all()
        assert (len(served), sum(served)) == (120, 60)


def test_the_stored_score_reads_back_with_its_sentences(cards):
    with cards.work() as w:
        given = score(w, segment="consumer", facts=FACTS, subject_id=uuid4())
    with cards.read() as r:
        view = queries.score_view(r, given.record_id)
    assert (view.points, view.pd, view.grade) == (given.points, given.pd, given.grade)
    assert view.reasons == given.reasons
    assert view.contributions == given.contributions


def test_the_registry_from_the_command_line(cards, app):
    run = app.test_cli_runner()
    assert "consumer-v1  consumer  additive  champion" in run.invoke(args=["score", "versions"]).output
    assert "registered already" in run.invoke(args=["score", "reference"]).output
    folder = str(shelf.folder_of("reference/sme-v1"))
    assert "second is registered as draft" in run.invoke(args=["score", "register", folder, "--name", "second"]).output
    assert "conflict" in run.invoke(args=["score", "register", folder, "--name", "second"]).output
    with cards.work() as w:
        score(w, segment="consumer", facts=FACTS, subject_id=uuid4())
    assert "1 scores replayed, 0 differ" in run.invoke(args=["score", "replay", "--all"]).output
    assert "tenor_months" in run.invoke(args=["score", "card", "consumer-v1"]).output
    assert "not_found" in run.invoke(args=["score", "card", "nowhere"]).output


def test_sentences_name_whom_the_score_is_compared_with():
    for method, whom in (("near_cutoff", "approved cases near the cut-off"), ("population", "all cases")):
        for value in ("24", ""):
            reason = reason_id("tenor_months", missing=not value)
            points, baseline = Decimal("-8.1"), Decimal("2.0")
            said = officer_text(reason, value=value, points=points, baseline=baseline, method=method)
            assert f"-8.1 points, 2.0 in {whom}, so 10.1 fewer" in said
            with speak("zh"):
                assert translate(BASELINE_WORDS[method]) in translate(said)

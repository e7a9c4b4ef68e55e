"""A version that looks at what no application tells gives no score, instead of the same one to everybody."""

import json

import pytest

from core.domain.actor import Actor, Role
from core.domain.errors import ModelUnavailable
from core.domain.ids import uuid7
from scoring.domain.registry import VersionStatus, facts_wanting
from scoring.domain.shelf import REFERENCE
from scoring.steps import registry
from scoring.steps.preview import preview
from scoring.steps.score import score
from tests.scoring.conftest import SCHEMA, from_book, make_rows, write_csv

TRAINER = Actor(uuid7(), "Trainer", frozenset({Role.RISK_MANAGER}))
OTHER = Actor(uuid7(), "Second", frozenset({Role.RISK_MANAGER}))


def test_what_applications_give():
    for name in ("consumer-v1", "sme-v1"):
        manifest = json.loads((REFERENCE / name / "version.json").read_text())
        assert facts_wanting(manifest["features"], manifest["segment"]) == ()
    assert facts_wanting(["dti", "dscr"], "consumer") == ("dscr",)  # a fact of companies
    assert facts_wanting(["dti", "age_years"], "consumer", given=["age_years"]) == ("age_years",)  # protected
    assert facts_wanting(["shoe_size"], "consumer") == ("shoe_size",)
    assert facts_wanting(["shoe_size"], "pets", given=["shoe_size"]) == ()  # a segment and facts of the lender's own


@pytest.fixture
def champion(run, database, tmp_path, monkeypatch):
    """A version on columns of its own, in use for a segment of its own."""
    monkeypatch.setenv("PROMISSORY_INSTANCE", str(tmp_path))
    write_csv(tmp_path / "train.csv", make_rows(300, 1))
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    made = run("train", *from_book(tmp_path), "--kind", "logistic", "--out", tmp_path / "own", "--segment", "pets")
    assert made.exit_code == 0, made.output
    with database.work(TRAINER) as w:
        row = registry.register_version(w, tmp_path / "own")
        registry.validate_version(w, row.id, note="tested")
        version_id = row.id
    with database.work(OTHER) as w:
        registry.approve_version(w, version_id)
        registry.place_version(w, version_id, VersionStatus.CHAMPION)
    return version_id


def test_no_score_is_given_without_its_facts(champion, database):
    facts = {"income": 2500.0, "late": 0, "region": "north", "tenure": None}
    with database.work(OTHER) as w:
        assert score(w, segment="pets", facts=facts, subject_id=uuid7()).points
        assert preview(w, segment="pets", facts=facts).points
        for ask in (score, preview):
            subject = {"subject_id": uuid7()} if ask is score else {}
            with pytest.raises(ModelUnavailable, match="does not give to a score: late, region, tenure"):
                ask(w, segment="pets", facts={"income": 2500.0}, **subject)

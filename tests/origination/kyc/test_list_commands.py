"""Lists taken over and the book screened again from the command line, on a real database."""

from pathlib import Path

import pytest

from core.tables import PartyRow
from origination.providers import index_store

SAMPLE = Path(__file__).resolve().parents[3] / "origination" / "reference" / "ofac_sample"


@pytest.fixture
def flask(app, monkeypatch):
    monkeypatch.setattr("origination.steps.screening_lists.INDEXES", index_store.IndexStore())
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["kyc", *map(str, arguments)])


def test_load_show_and_rescreen(flask, database, tmp_path):
    assert "No list is in use" in flask("lists").output
    loaded = flask("load-list", *sorted(SAMPLE.glob("*.csv")))
    assert loaded.exit_code == 0
    assert "edition 1, 310 entries" in loaded.output
    assert "310 entries" in flask("lists").output
    with database.work() as w:
        w.add(PartyRow(kind="person", name="Nayef Hawatmeh", created_at=w.now))
        w.add(PartyRow(kind="person", name="Erika Beispiel", created_at=w.now))
    assert "2 parties, 1 new alerts" in flask("rescreen", "--chunk", 1).output
    assert "2 parties, 0 new alerts" in flask("rescreen").output


def test_a_half_written_list_is_refused_and_the_old_one_stays(flask, tmp_path):
    flask("load-list", *sorted(SAMPLE.glob("*.csv")))
    half = tmp_path / "sdn.csv"
    half.write_bytes((SAMPLE / "sdn.csv").read_bytes()[:5000])
    refused = flask("load-list", half)
    assert refused.exit_code == 1
    assert "sdn.csv" in refused.output
    assert "310 entries" in flask("lists").output


def test_the_nightly_job_screens_the_book(app, database, monkeypatch):
    from datetime import date

    from core.jobs import JobContext
    from origination.jobs import run_rescreen
    from origination.steps.screening_lists import load_sample_list

    monkeypatch.setattr("origination.steps.screening_lists.INDEXES", index_store.IndexStore())
    with database.work() as w:
        load_sample_list(w)
        w.add(PartyRow(kind="person", name="Nayef Hawatmeh", created_at=w.now))
    reported = []
    context = JobContext(app, database, None, date(2026, 3, 2), lambda **progress: reported.append(progress))
    assert run_rescreen(context) == {"parties": 1, "new_alerts": 1}
    assert [(one["parties"], one["new_alerts"], one["of"]) for one in reported] == [(1, 1, 1)]

"""The risk manager's work without code: train, compare, approve, watch, acknowledge, look for fairer versions."""

import html
import io
import json
import re
import shutil
import zipfile
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import select

from core import queue
from core.domain.actor import Actor, Role
from core.domain.ids import uuid7
from scoring.domain.performance import PAST_CASES, PastCase
from scoring.domain.registry import VersionStatus
from scoring.queries.fairness_view import live_fairness
from scoring.queries.scores import scores_of, version_view
from scoring.steps import registry
from scoring.steps.score import score
from scoring.steps.training import run_training
from scoring.tables import ModelVersionRow, MonitorAlertRow, ScoreRecordRow, TrainingRunRow
from tests.scoring.conftest import SCHEMA, from_book, make_rows, write_csv

TRAINER = Actor(uuid7(), "Trainer", frozenset({Role.RISK_MANAGER}))
OTHER = Actor(uuid7(), "Second", frozenset({Role.RISK_MANAGER}))
AUDITOR = Actor(uuid7(), "Auditor", frozenset({Role.AUDITOR}))
OFFICER = Actor(uuid7(), "Officer", frozenset({Role.OFFICER}))
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def visit(app, database, tmp_path, monkeypatch):
    """A browser as somebody; posts carry the token of the page they come from."""
    monkeypatch.setenv("PROMISSORY_INSTANCE", str(tmp_path))

    class Browser:
        def __init__(self, who):
            app.extensions["promissory_actor"] = lambda: who
            self.client = app.test_client()

        def get(self, url, **options):
            return self.client.get(url, **options)

        def post(self, page, action=None, **fields):
            found = TOKEN.search(self.client.get(page).text)
            token = {"csrf_token": found[1]} if found else {}
            return self.client.post(action or page, data=fields | token, content_type="multipart/form-data")

    return Browser


@pytest.fixture(scope="module")
def drafts(tmp_path_factory, run):
    """Two cards that are quick to train: one with every feature, one without the income."""
    book, made = tmp_path_factory.mktemp("small"), []
    write_csv(book / "train.csv", make_rows(400, 1))
    (book / "schema.json").write_text(json.dumps(SCHEMA))
    for name, options in (("all", ()), ("fewer", ("--exclude", "income"))):
        out = book / name
        found = run("train", *from_book(book), "--kind", "logistic", "--out", out, "--name", name, *options)
        assert found.exit_code == 0, found.output
        made.append(out)
    return made


@pytest.fixture
def pair(database, drafts, visit):
    """Two trained versions: the first in use, the second in the shadow."""
    visit(TRAINER)
    made = []
    with database.work(TRAINER) as w:
        for folder in drafts:
            row = registry.register_version(w, folder)
            registry.validate_version(w, row.id, note="tested")
            made.append(row.id)
    with database.work(OTHER) as w:
        for version_id in made:
            registry.approve_version(w, version_id)
        registry.place_version(w, made[0], VersionStatus.CHAMPION)
        registry.place_version(w, made[1], VersionStatus.SHADOW)
    return made


def facts_of(rng):
    return {
        "income": float(rng.lognormal(8, 0.6)), "late": int(rng.poisson(0.6)), "region": "north",
        "tenure": None if rng.random() < 0.15 else float(rng.exponential(5)),
    }  # fmt: skip


@pytest.fixture
def traffic(database, pair):
    """120 scored applications of two products, and what became of them."""
    rng = np.random.default_rng(5)
    cases = []
    with database.work() as w:
        for at in range(120):
            subject, product = uuid7(), ("one", "two")[at % 2]
            found = score(w, segment="consumer", facts=facts_of(rng), subject_id=subject, product=product)
            bad = bool(rng.random() < found.pd)
            outcome = "APPROVE" if found.points >= found.cutoff_points else ("DECLINE" if at % 5 else "APPROVE")
            known = bad if outcome == "APPROVE" else None
            group = {"age_years": "25-34" if at % 3 else "62+"}
            cases.append(PastCase(subject, product, w.today, outcome, at % 5 == 0, False, known, group))
    return cases


def test_every_score_of_live_traffic_is_kept_and_only_one_is_served(database, pair, traffic):
    with database.read() as r:
        rows = r.session.scalars(select(ScoreRecordRow)).all()
        assert len(rows) == 240
        assert {(row.version_id, row.place, row.served) for row in rows} == {
            (pair[0], "champion", True), (pair[1], "shadow", False),
        }  # fmt: skip
        assert {row.product for row in rows} == {"one", "two"}
        both = scores_of(r, traffic[0].subject_id)
    assert sorted(view.place for view in both) == ["champion", "shadow"]


def test_a_challenger_serves_its_share_and_the_same_subject_again(database, pair):
    with database.work(OTHER) as w:
        registry.place_version(w, pair[1], VersionStatus.CHALLENGER, share=Decimal("0.3"))
    rng, subjects = np.random.default_rng(6), [uuid7() for _ in range(300)]
    with database.work() as w:
        first = [score(w, segment="consumer", facts=facts_of(rng), subject_id=s).version for s in subjects]
        again = [score(w, segment="consumer", facts=facts_of(rng), subject_id=s).version for s in subjects[:40]]
    share = np.mean([v == "fewer" for v in first])
    assert again == first[:40]
    # 300 draws with p = 0.3: standard deviation 0.026, four of them 0.106
    assert abs(share - 0.3) < 0.106


def test_the_pages_of_a_version_show_figures_curves_and_cells(visit, pair, traffic):
    page = visit(AUDITOR).get(f"/models/{pair[0]}").text
    for words in (
        "roc-chart",
        "gains-chart",
        "calibration-chart",
        "distribution-chart",
        "tenure",
        "As a table",
    ):
        assert words in page, words
    assert page.count('role="img"') >= 4
    assert "/move/" not in page  # an auditor looks only
    assert visit(OFFICER).get(f"/models/{pair[0]}").status_code == 403
    listed = visit(TRAINER).get("/models/").text
    assert "In use" in listed
    assert "Shadow" in listed
    assert "120" in listed


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_two_versions_compared_on_what_both_have_scored(visit, app, pair, traffic, locale):
    app.extensions[PAST_CASES] = lambda _r, _since, _until: traffic
    browser = visit(TRAINER)
    page = browser.get(f"/models/compare/?a={pair[0]}&b={pair[1]}", headers={"Accept-Language": locale})
    assert page.status_code == 200
    tables = re.findall(r"<caption[^>]*>([^<]*)</caption>", page.text)
    heads = [caption.split(":")[0] for caption in tables if ":" in caption]
    assert heads == (["All products", "one", "two"] if locale == "en" else [heads[0], "one", "two"])
    assert browser.get(f"/models/compare/?a={pair[0]}&b={pair[0]}").status_code == 422
    assert browser.get(f"/models/compare/?a={pair[0]}&b=nothing").status_code == 422


def test_two_versions_compared_on_a_file(visit, pair, book):
    url = f"/models/compare/?a={pair[0]}&b={pair[1]}"
    file = (io.BytesIO((book / "test.csv").read_bytes()), "test.csv")
    page = visit(TRAINER).post(url, "/models/compare/", a=str(pair[0]), b=str(pair[1]), data=file)
    assert page.status_code == 200
    assert "test.csv" in page.text
    broken = (io.BytesIO(b"income;late\n1;2\n"), "test.csv")
    page = visit(TRAINER).post(url, "/models/compare/", a=str(pair[0]), b=str(pair[1]), data=broken)
    assert page.status_code == 422
    assert "no column" in page.text


def test_watching_from_the_page_measures_and_alerts_are_acknowledged(visit, app, database, pair, traffic):
    app.extensions[PAST_CASES] = lambda _r, _since, _until: traffic
    browser = visit(TRAINER)
    assert browser.post(f"/models/{pair[0]}/watch").status_code == 303
    page = browser.get(f"/models/{pair[0]}/watch").text
    for words in ("auc-months", "grade-calibration", "Decisions and overrides", "Reason mix", "Chance alone"):
        assert words in page, words
    with database.read() as r:
        alerts = r.session.scalars(select(MonitorAlertRow)).all()
    # every region is north and income is as in training: the region has moved
    moved = next(a for a in alerts if a.feature == "region")
    assert (moved.owner, moved.level) == ("risk_manager", "alert")
    assert "region" in browser.get("/models/alerts").text
    refused = browser.post("/models/alerts", f"/models/alerts/{moved.id}", **{f"note_{moved.id}": " "})
    assert refused.status_code == 422
    done = browser.post("/models/alerts", f"/models/alerts/{moved.id}", **{f"note_{moved.id}": "campaign in the north"})
    assert done.status_code == 303
    assert "campaign in the north" in browser.get("/models/alerts").text
    browser.post(f"/models/{pair[0]}/watch")
    with database.read() as r:
        again = r.session.scalars(select(MonitorAlertRow).where(MonitorAlertRow.feature == "region")).all()
    assert [(a.id, a.acknowledged_by_name) for a in again] == [(moved.id, "Trainer")]
    drill = browser.get(f"/models/{pair[0]}/watch?feature=tenure").text
    assert 'id="days"' in drill


def test_every_move_is_confirmed_and_the_trainer_is_not_offered_the_approval(visit, database, drafts):
    visit(TRAINER)
    with database.work(TRAINER) as w:
        row = registry.register_version(w, drafts[0])
    page = f"/models/{row.id}"
    browser = visit(TRAINER)
    assert browser.post(f"{page}/move/validated", f"{page}/move", to="validated", note="").status_code == 422
    done = browser.post(f"{page}/move/validated", f"{page}/move", to="validated", note="read, refitted, compared")
    assert done.status_code == 303
    assert "/move/approved" not in browser.get(page).text
    assert browser.post(f"{page}/move/approved", f"{page}/move", to="approved").status_code == 403
    browser = visit(OTHER)
    assert "/move/approved" in browser.get(page).text
    assert browser.post(f"{page}/move/approved", f"{page}/move", to="approved").status_code == 303
    assert browser.post(f"{page}/move/challenger", f"{page}/move", to="challenger", share="80").status_code == 422
    assert browser.post(f"{page}/move/challenger", f"{page}/move", to="challenger", share="x").status_code == 422
    for wanted, status in (
        ("champion", "champion"),
        ("back", "approved"),
        ("shadow", "shadow"),
        ("retired", "retired"),
    ):
        fields = {"to": "approved", "back": "1"} if wanted == "back" else {"to": wanted}
        assert browser.post(f"{page}/move/{wanted}", f"{page}/move", **fields).status_code == 303
        with database.read() as r:
            assert r.get(ModelVersionRow, row.id).status == status


def upload(book, **changes):
    return {
        "segment": "consumer", "kind": "additive", "name": "from the page", "central_tendency": "12.5",
        "data": (io.BytesIO((book / "train.csv").read_bytes()), "train.csv"),
        "schema": (io.BytesIO((book / "schema.json").read_bytes()), "schema.json"),
    } | changes  # fmt: skip


def test_a_version_is_trained_from_the_page(visit, app, database, book, monkeypatch):
    asked = []
    monkeypatch.setattr(queue, "defer", lambda _w, task, **arguments: asked.append((task, arguments)))
    answer = visit(TRAINER).post("/models/train/", **upload(book, kind="logistic"))
    assert answer.status_code == 303, answer.text
    assert [task for task, _ in asked] == ["run_training"]
    with database.read() as r:
        row = r.session.scalars(select(TrainingRunRow)).one()
    page = visit(TRAINER).get(answer.location).text
    assert "Waiting" in page
    assert 'data-poll="2000"' in page  # a script asks for the newest state
    assert "Show the newest state" in page  # and a link does without one
    with app.app_context():
        assert run_training(database, row.id) == "done"
        assert run_training(database, row.id) == "done"  # a second worker finds nothing to do
    with database.read() as r:
        done = r.get(TrainingRunRow, row.id)
        made = r.get(ModelVersionRow, done.version_id)
    assert (made.name, made.status, made.trained_by, made.trained_by_name) == (
        "from the page", "draft", TRAINER.id, "Trainer",
    )  # fmt: skip
    assert done.data_key is None
    page = visit(TRAINER).get(answer.location).text
    assert str(made.id) in page
    assert "recovered" in page  # a finding: known only after the decision
    assert "data-poll" not in page


def zipped(folder, root="draft/", **others):
    """A draft's folder as people zip it, with `others` by name instead of or beside its files."""
    out = io.BytesIO()
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in (files | others).items():
            archive.writestr(f"{root}{name}", raw)
    return io.BytesIO(out.getvalue())


REGISTER = "/models/train/register"


@pytest.mark.parametrize("root", ["", "draft/", "home/drafts/first/"])
def test_a_draft_is_registered_from_a_zip(visit, database, drafts, tmp_path, root):
    file = zipped(drafts[0], root, **{"../../escaped": b"x", "extra.sh": b"x"})
    answer = visit(TRAINER).post(REGISTER, archive=(file, "draft.zip"), name="brought", product="cash")
    assert answer.status_code == 303, answer.text
    with database.read() as r:
        row = r.session.scalars(select(ModelVersionRow).where(ModelVersionRow.name == "brought")).one()
        assert (row.status, row.product, row.trained_by) == ("draft", "cash", TRAINER.id)
    kept = {str(path.relative_to(tmp_path / "models" / "brought")) for path in tmp_path.rglob("*") if path.is_file()}
    assert kept == {str(path.relative_to(drafts[0])) for path in drafts[0].rglob("*") if path.is_file()}
    assert visit(TRAINER).get(answer.location).status_code == 200
    again = visit(TRAINER).post(REGISTER, archive=(zipped(drafts[0]), "draft.zip"), name="brought")
    assert again.status_code == 409
    assert "already a version called brought" in again.text


def test_a_draft_is_registered_from_a_folder_of_the_instance(visit, app, database, drafts):
    from core import documents

    place = documents.settings_in_use().instance / "drafts" / "mine"
    shutil.copytree(drafts[1], place)
    try:
        assert "mine" in visit(TRAINER).get(REGISTER).text
        answer = visit(TRAINER).post(REGISTER, folder="mine")
        assert answer.status_code == 303, answer.text
        assert visit(TRAINER).post(REGISTER, folder="../mine").status_code == 422
    finally:
        shutil.rmtree(place.parent)
    with database.read() as r:
        assert r.session.scalars(select(ModelVersionRow).where(ModelVersionRow.name == "fewer")).one()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (lambda _: io.BytesIO(b"no zip"), "not a whole zip file"),
        (lambda folder: io.BytesIO(zipped(folder).getvalue()[:-200]), "not a whole zip file"),
        (lambda folder: zipped(folder.parent), "it holds 2"),
        (lambda folder: zipped(folder / "plots"), "it holds 0"),
        (lambda folder: zipped(folder, **{"version.json": b"{}"}), "is damaged"),
        (lambda folder: zipped(folder, **{"card.json": b"{}"}), "card.json is not the file it was"),
        (None, "Choose a file"),
    ],
)
def test_a_zip_that_is_no_version_is_refused_and_leaves_nothing(visit, database, drafts, tmp_path, file, words):
    fields = {"archive": (file(drafts[0]), "draft.zip")} if file else {}
    answer = visit(TRAINER).post(REGISTER, name="kept words", **fields)
    assert answer.status_code == 422
    assert words in html.unescape(answer.text)
    assert "kept words" in answer.text
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").iterdir())
    with database.read() as r:
        assert not r.session.scalars(select(ModelVersionRow).where(ModelVersionRow.name == "kept words")).all()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"schema": (io.BytesIO(b"{"), "schema.json")}, "schema"),
        ({"data": (io.BytesIO(b"a,b\n1,2\n"), "train.csv")}, "data"),
        ({"data": (io.BytesIO(b""), "train.csv")}, "data"),
        ({"cutoff_pd": "many"}, "cutoff_pd"),
        ({"segment": ""}, "segment"),
        ({"reweigh": "region"}, "reweigh"),
        ({"kind": "logistic", "reweigh": "sex"}, "reweigh"),
    ],
)
def test_what_cannot_be_trained_is_told_at_once_and_nothing_typed_is_lost(visit, book, changes, field):
    answer = visit(TRAINER).post("/models/train/", **upload(book, purpose="for small loans", **changes))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "for small loans" in answer.text


def test_a_training_that_fails_says_why(visit, app, database, book, monkeypatch):
    monkeypatch.setattr(queue, "defer", lambda *_a, **_k: None)
    few = b"\n".join((book / "train.csv").read_bytes().splitlines()[:15])
    answer = visit(TRAINER).post("/models/train/", **upload(book, data=(io.BytesIO(few), "few.csv")))
    with database.read() as r:
        row = r.session.scalars(select(TrainingRunRow)).one()
    with app.app_context():
        assert run_training(database, row.id) == "failed"
    page = visit(TRAINER).get(answer.location).text
    assert "a card needs at least" in page


def test_fairness_shows_practice_training_and_a_search(visit, app, database, pair, traffic, book, monkeypatch):
    app.extensions[PAST_CASES] = lambda _r, _since, _until: traffic
    monkeypatch.setattr(queue, "defer", lambda *_a, **_k: None)
    url = f"/models/{pair[1]}/fairness"
    assert "62+" not in visit(TRAINER).get(url).text  # a shadow has decided nothing
    url = f"/models/{pair[0]}/fairness"
    page = visit(TRAINER).get(url).text
    assert "62+" in page
    assert "sex" in page
    file = (io.BytesIO((book / "train.csv").read_bytes()), "train.csv")
    answer = visit(TRAINER).post(url, data=file)
    assert answer.status_code == 303
    with database.read() as r:
        row = r.session.scalars(select(TrainingRunRow)).one()
    with app.app_context():
        assert run_training(database, row.id) == "done"
    with database.read() as r:
        found = r.get(TrainingRunRow, row.id).result
    assert found["tried"] >= 5
    assert all(
        one["within"] and one["ratio"] > found["base"]["ratio"] for one in found["alternatives"] if one["better"]
    )
    assert "Newest search" in visit(TRAINER).get(url).text


def test_error_rates_by_group_are_those_of_the_score_on_known_outcomes(database, pair, traffic):
    with database.read() as r:
        view = version_view(r, pair[0])
        live = live_fairness(r, view, traffic, r.today)
        later = live_fairness(r, view, traffic, r.today + timedelta(days=1))
        passed = {}
        for case in traffic:
            (own,) = [one for one in scores_of(r, case.subject_id) if one.served]
            passed[case.subject_id] = own.points >= own.cutoff_points
    assert later == {}  # nothing was decided since
    rows = {row["group"]: row for row in live["age_years"]}
    assert set(rows) == {"25-34", "62+"}
    for group, row in rows.items():
        known = [case for case in traffic if case.groups["age_years"] == group and case.bad is not None]
        goods = [case for case in known if not case.bad]
        bads = [case for case in known if case.bad]
        assert (row["goods"], row["bads"]) == (len(goods), len(bads))
        assert row["good_refused"] == sum(not passed[case.subject_id] for case in goods) / len(goods)
        assert row["bad_approved"] == (sum(passed[case.subject_id] for case in bads) / len(bads) if bads else None)


def test_the_model_report_is_a_pdf_with_its_chapters(visit, pair, traffic):
    from io import BytesIO

    import pikepdf

    answer = visit(AUDITOR).get(f"/models/{pair[0]}/report.pdf")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    with pikepdf.open(BytesIO(answer.data)) as pdf:
        assert len(pdf.pages) >= 3

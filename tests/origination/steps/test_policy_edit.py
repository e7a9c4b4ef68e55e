"""A policy from a draft to the one every process decides by."""

from __future__ import annotations

import pytest

from core.db import Database
from core.domain.actor import Actor, Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed
from origination.domain.policy import OriginationPolicy
from origination.domain.policy_text import read_text, table_of, with_section, with_table
from origination.queries.policies import edition, file_differs, number_in_force, text_in_force
from origination.steps.policy_edit import (
    change_draft,
    compare_again,
    discard,
    import_draft,
    publish,
    roll_back,
    send_back,
    start_draft,
    submit_draft,
)
from tests.origination.steps.journey import person

WHY = "Less debt is accepted since the spring."


@pytest.fixture
def risk(house: Database) -> Actor:
    return person(house, Role.RISK_MANAGER, "risk")


@pytest.fixture
def admin(house: Database) -> Actor:
    return person(house, Role.ADMIN, "admin")


def stricter(text: str, limit: str = "0.40") -> str:
    raw = table_of(read_text(text), "affordability_consumer")
    assert raw is not None
    raw = {**raw, "row": [dict(row) for row in raw["row"]]}
    raw["row"][0] = raw["row"][0] | {"when": {"dti": [">", limit]}}
    return with_table(text, "affordability_consumer", raw)


def draft(house: Database, actor: Actor, limit: str = "0.40"):
    with house.work(actor) as w:
        row = start_draft(w)
        return change_draft(w, row.id, stricter(row.text, limit)).id


def published(house: Database, author: Actor, second: Actor, limit: str = "0.40"):
    edition_id = draft(house, author, limit)
    with house.work(author) as w:
        submit_draft(w, edition_id, WHY)
    with house.work(second) as w:
        return publish(w, edition_id)


def dti_limit(house: Database) -> str:
    with house.read() as r:
        table = next(t for t in r.policy(OriginationPolicy).tables if t.name == "affordability_consumer")
        return str(table.rows[0].cells[0].operands[0])


def test_a_published_version_counts_in_every_process_at_once(house, risk, admin):
    from core.db import Database as Other
    from core.policy import load_policies
    from core.settings import Settings
    from wsgi import POLICIES, _collect

    policies = load_policies(_collect("POLICIES", POLICIES), Settings.from_env().instance)
    elsewhere = Other(house.url, house.clock, policies)  # another worker, started before
    assert dti_limit(elsewhere) == dti_limit(house) == "0.55"
    row = published(house, risk, admin)
    assert (row.number, row.publisher_name) == (1, "admin")
    assert dti_limit(elsewhere) == dti_limit(house) == "0.40"
    with house.read() as r:
        assert file_differs(r)
    elsewhere.dispose()


def test_nobody_publishes_what_they_wrote(house, risk, admin):
    edition_id = draft(house, risk)
    with pytest.raises(IllegalTransition), house.work(admin) as w:
        publish(w, edition_id)  # not handed over yet
    with house.work(risk) as w:
        submit_draft(w, edition_id, WHY)
    with pytest.raises(NotAllowed, match="somebody else"), house.work(risk) as w:
        publish(w, edition_id)
    with house.work(admin) as w:  # who mends it becomes one of its authors
        change_draft(w, edition_id, stricter(w.get(_row(), edition_id).text, "0.41"))
        submit_draft(w, edition_id, WHY)
    for author in (risk, admin):
        with pytest.raises(NotAllowed), house.work(author) as w:
            publish(w, edition_id)


def _row():
    from core.tables import PolicyEditionRow

    return PolicyEditionRow


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.COLLECTOR, Role.AUDITOR, Role.APPLICANT])
def test_others_may_not_touch_a_policy(house, risk, role):
    edition_id = draft(house, risk)
    other = person(house, role, role.value)
    for act in (
        start_draft,
        lambda w: change_draft(w, edition_id, "x"),
        lambda w: submit_draft(w, edition_id, WHY),
        lambda w: publish(w, edition_id),
        lambda w: roll_back(w, 0, WHY),
        lambda w: discard(w, edition_id),
    ):
        with pytest.raises(NotAllowed), house.work(other) as w:
            act(w)


def test_two_drafts_of_the_same_version_do_not_overwrite_each_other(house, risk, admin):
    late = draft(house, risk, "0.50")
    published(house, risk, admin)
    with house.work(risk) as w:
        submit_draft(w, late, WHY)
    with pytest.raises(Conflict, match="Version 1 came into force"), house.work(admin) as w:
        publish(w, late)
    with house.work(risk) as w:
        compare_again(w, late)
        submit_draft(w, late, WHY)
    with house.work(admin) as w:
        assert publish(w, late).number == 2


def test_a_stale_page_is_refused(house, risk):
    edition_id = draft(house, risk)
    with house.read() as r:
        version = r.get(_row(), edition_id).row_version
    with house.work(risk) as w:
        change_draft(w, edition_id, stricter(text_in_force(w), "0.30"), expected_version=version)
    with pytest.raises(Conflict), house.work(risk) as w:
        change_draft(w, edition_id, stricter(text_in_force(w), "0.20"), expected_version=version)


def test_an_old_version_comes_back_as_a_new_one(house, risk, admin):
    published(house, risk, admin, "0.40")
    published(house, risk, admin, "0.30")
    with house.work(risk) as w:
        back = roll_back(w, 1, "Too few approvals since version 2.")
    with house.work(admin) as w:
        row = publish(w, back.id)
    assert (row.number, row.equal_to) == (3, 1)
    assert dti_limit(house) == "0.40"
    with house.read() as r:
        assert text_in_force(r, 3) == text_in_force(r, 1)
    with house.work(risk) as w:
        file_again = roll_back(w, 0, "Back to what was shipped.")
    with house.work(admin) as w:
        publish(w, file_again.id)
    assert dti_limit(house) == "0.55"


def test_a_failing_test_case_or_a_gap_stops_it(house, risk):
    edition_id = draft(house, risk, "0.10")  # the careful borrower of the first test case has 0.13
    with pytest.raises(InvalidInput, match="careful borrower"), house.work(risk) as w:
        submit_draft(w, edition_id, WHY)
    with house.work(risk) as w:
        row = start_draft(w)
        text = row.text.replace('grade = ["in", "E", "F", "G"] }, values = { amount_max = { CNY = "30000"',
                                'grade = ["=", "E"] }, values = { amount_max = { CNY = "30000"')  # fmt: skip
        change_draft(w, row.id, text)
        found = edition(w, row.id)
    assert {(one.table, one.what) for one in found.problems} == {("limit_consumer", "gap")}
    with pytest.raises(InvalidInput, match="limit_consumer"), house.work(risk) as w:
        submit_draft(w, row.id, WHY)
    with house.work(risk) as w:
        submit_draft(w, row.id, WHY, accept_findings=True)


def test_a_draft_sent_back_says_why_and_a_dropped_one_is_gone(house, risk, admin):
    edition_id = draft(house, risk)
    with house.work(risk) as w:
        submit_draft(w, edition_id, WHY)
    with pytest.raises(InvalidInput), house.work(admin) as w:
        send_back(w, edition_id, "no")
    with house.work(admin) as w:
        assert send_back(w, edition_id, "The limit is not what the board said.").status == "draft"
    with house.work(risk) as w:
        discard(w, edition_id)
    with pytest.raises(IllegalTransition), house.work(risk) as w:
        submit_draft(w, edition_id, WHY)


def test_a_text_from_elsewhere_is_read_or_refused_with_its_place(house, risk):
    with house.work(risk) as w:
        text = text_in_force(w)
        more = with_section(text, "stress", {"rate": "0.05", "income": "0"}) + "\n[lender]\nname = 'x'\n"
        row = import_draft(w, more)
        assert "[lender]" not in row.text
        assert row.based_on == number_in_force(w) == 0
    for bad, said in [("a = ", "not TOML"), (text.replace("dti =", "debt ="), "no fact called debt")]:
        with pytest.raises(InvalidInput, match=said), house.work(risk) as w:
            import_draft(w, bad)

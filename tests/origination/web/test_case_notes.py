"""Notes with names in them, and words kept while they are typed."""

from __future__ import annotations

import pytest

from core.db import Database
from core.domain.actor import Actor, Role
from origination.queries.desk import draft_of, my_mentions
from tests.origination.steps.journey import person
from tests.origination.web.test_desk_pages import referred
from tests.origination.web.test_policy_pages import token


@pytest.fixture
def officer(house: Database) -> Actor:
    return person(house, Role.OFFICER, "officer")


@pytest.fixture
def approver(house: Database) -> Actor:
    return person(house, Role.APPROVER, "approver")


def test_a_colleague_named_in_a_note_finds_it_on_the_queue_until_the_case_was_opened(
    app, house, applicant, officer, approver, browser
):
    at = f"/officer/cases/{referred(app, house, applicant)}"
    mine, theirs = browser(officer), browser(approver)
    proof = {"csrf_token": token(mine, at)}
    said = f"@{approver.name} the pay slip looks odd, ask @Nobodyhere"
    assert mine.post(f"{at}/notes", data=proof | {"note": said, "pinned": "yes"}).status_code == 303
    page = mine.get(at).text
    assert "nobody here is called @Nobodyhere" in page
    assert "On top" in page
    assert "Names you" not in page
    assert "note names you" not in mine.get("/officer/").text
    queue = theirs.get("/officer/").text
    assert "1 note names you" in queue
    assert "the pay slip looks odd" in queue
    assert "Names you" in theirs.get(at).text
    assert "names you" not in theirs.get("/officer/").text
    assert "Names you" in theirs.get(at).text


def test_a_note_can_be_put_before_a_colleague_without_typing_the_name(
    app, house, applicant, officer, approver, browser
):
    at = f"/officer/cases/{referred(app, house, applicant)}"
    mine = browser(officer)
    proof = {"csrf_token": token(mine, at)}
    assert mine.post(f"{at}/notes", data=proof | {"note": "Please look", "tell": str(approver.id)}).status_code == 303
    with house.read(approver) as r:
        assert [one.text for one in my_mentions(r)] == ["Please look"]
    wrong = mine.post(f"{at}/notes", data=proof | {"note": "Please look", "tell": str(applicant.id)})
    assert wrong.status_code == 422
    assert "Choose a colleague" in wrong.text
    with house.read(approver) as r:
        assert len(my_mentions(r)) == 1, "a refused note leaves nothing"


def test_words_typed_and_not_sent_are_there_again_for_their_author_only(
    app, house, applicant, officer, approver, browser
):
    case_id = referred(app, house, applicant)
    at = f"/officer/cases/{case_id}"
    mine, theirs = browser(officer), browser(approver)
    proof = {"csrf_token": token(mine, at)}
    typed = proof | {"note": "Half a tho", "reason": "Income is", "verdict": "APPROVE"}
    assert mine.post(f"{at}/draft", data=typed).status_code == 204
    assert "Half a tho" in mine.get(at).text
    assert "Income is" in mine.get(at).text
    assert "Half a tho" not in theirs.get(at).text
    with house.read(officer) as r:
        assert draft_of(r, case_id) == {"note": "Half a tho", "reason": "Income is"}
    assert mine.post(f"{at}/notes", data=proof | {"note": "Half a thought"}).status_code == 303
    with house.read(officer) as r:
        assert draft_of(r, case_id) == {"reason": "Income is"}
    assert mine.post(f"{at}/draft", data=proof | {"reason": ""}).status_code == 204
    with house.read(officer) as r:
        assert draft_of(r, case_id) == {}
    assert mine.post(f"{at}/draft", data=proof | {"reason": "x" * 5000}).status_code == 422
    assert browser(applicant).post(f"{at}/draft", data=typed).status_code in {400, 403}

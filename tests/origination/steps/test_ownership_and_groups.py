"""The one who signs is screened; what an owner's other companies owe counts into the group."""

from __future__ import annotations

from core.domain.actor import SYSTEM
from core.domain.money import Money
from origination.queries.ownership import ownership_view
from origination.queries.rows import kyc_check_of
from origination.steps.amend import amend
from origination.steps.kyc import check_identity
from origination.steps.own_book import own_book, related_parties
from origination.steps.submit import submit
from origination.tables.application import ApplicationRow
from tests.origination.steps.journey import OWNERS, answers_for, fill, lei, resident_id, send


def company(house, actor, name: str, number: str, owners) -> object:
    pages = answers_for("sme", company_name=name, company_id_number=number)
    with house.work(actor) as w:
        return submit(w, fill(w, "sme-equipment-eur", pages, owners))


def test_who_signs_without_owning_is_a_subject_and_is_screened(house, applicant):
    sent = send(house, applicant, product="sme-equipment-eur", representative_name="Paula Prokura")
    with house.work(SYSTEM) as w:
        kept = check_identity(w, sent.application_id)
        about = {(found["code"], found["params"].get("name")) for found in kept.findings}
        assert ("SCREENING_CLEAR", "Paula Prokura") in about
        assert ("ID_MISSING", "Paula Prokura") in about
        row = w.get(ApplicationRow, sent.application_id)
        before = row.signatory_party_id
        assert before is not None
    with house.work(applicant) as w:
        amend(w, sent.application_id, {"representative_name": "Erika Beispiel"}, reason="Somebody else signs now")
        row = w.get(ApplicationRow, sent.application_id)
        assert row.signatory_party_id == row.owners[0].party_id
    with house.work(SYSTEM) as w:
        check_identity(w, sent.application_id)
        names = {f["params"].get("name") for f in kyc_check_of(w, w.get(ApplicationRow, sent.application_id)).findings}
        assert "Paula Prokura" not in names


OWNER = {**OWNERS[0], "share": "60", "identity_kind": "cn_resident_id", "identity_number": resident_id("19750401")}


def test_another_company_of_the_same_owner_belongs_to_the_group(house, applicant, officer):
    first = company(house, applicant, "Erste GmbH", lei("529900TESTEXAMPLE1"), [OWNER, OWNERS[1]])
    second = company(house, officer, "Zweite GmbH", lei("529900TESTEXAMPLE2"), [OWNER, OWNERS[1]])
    small = company(house, officer, "Dritte GmbH", lei("529900TESTEXAMPLE3"), [{**OWNER, "share": "10"}, OWNERS[1]])
    with house.read() as r:
        rows = {one: r.get(ApplicationRow, one.application_id) for one in (first, second, small)}
        group = related_parties(r, rows[first])
        assert rows[second].party_id in group
        assert rows[small].party_id not in group
        assert own_book(r, rows[first]).exposure == Money.zero("EUR")


def test_the_graph_of_a_chain_shows_effective_shares(house, applicant):
    chain = [
        {"name": "Holding AG", "kind": "company", "share": "80", "birth_on": "2001-01-01", "country": "DE"},
        {"name": "Erika Beispiel", "kind": "person", "share": "50", "birth_on": "1975-04-01", "of": "Holding AG"},
        {"name": "Max Beispiel", "kind": "person", "share": "20", "birth_on": "1972-08-12", "country": "DE"},
    ]
    sent = company(house, applicant, "Kette GmbH", lei(), chain)
    with house.read() as r:
        view = ownership_view(r, r.get(ApplicationRow, sent.application_id))
    shares = {line.owner.name: (str(line.effective.normalize()), line.basis) for line in view.lines}
    assert shares["Erika Beispiel"] == ("0.4", "ownership")
    assert shares["Max Beispiel"] == ("0.2", None)
    assert str(view.unexplained.normalize()) == "0.4"

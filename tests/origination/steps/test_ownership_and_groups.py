"""The one who signs is screened; what an owner's other companies owe counts into the group."""

from __future__ import annotations

from datetime import date

import pytest

from core.domain.actor import SYSTEM
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.money import Money
from core.tables import PartyRow
from origination.domain.facts import OwnBook, base_facts
from origination.queries.alerts import alerts_of_case, cases_of_party
from origination.queries.group import group_of_case, parties_of_case, related_parties
from origination.queries.ownership import ownership_view
from origination.queries.rows import answers_of, kyc_check_of, product_of
from origination.steps.amend import amend, amend_owners
from origination.steps.kyc import check_identity
from origination.steps.own_book import own_book
from origination.steps.screening import check_no_open_alert
from origination.steps.submit import submit
from origination.tables.application import ApplicationRow
from tests.origination.steps.journey import OWNERS, answers_for, fill, lei, resident_id, send
from tests.origination.steps.test_kyc_and_book import listed_person


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


def test_one_who_holds_on_two_paths_is_one_owner_with_the_sum(house, applicant):
    """15 % directly and 60 % of a company that holds 40 %: 0.15 + 0.6 x 0.4 = 0.39, above a quarter."""
    paths = [
        {"name": "Erika Beispiel", "kind": "person", "share": "15", "birth_on": "1975-04-01", "country": "DE"},
        {"name": "Holding AG", "kind": "company", "share": "40", "birth_on": "2001-01-01", "country": "DE"},
        {"name": "Erika Beispiel", "kind": "person", "share": "60", "of": "Holding AG"},
        {"name": "Max Beispiel", "kind": "person", "share": "45", "birth_on": "1972-08-12", "country": "DE"},
    ]
    sent = company(house, applicant, "Pfade GmbH", lei(), paths)
    with house.read() as r:
        row = r.get(ApplicationRow, sent.application_id)
        view = ownership_view(r, row)
        assert len({owner.party_id for owner in row.owners}) == 3
        assert row.signatory_party_id == row.owners[0].party_id
    shares = {line.owner.name: (str(line.effective.normalize()), line.basis) for line in view.lines}
    assert shares["Erika Beispiel"] == ("0.39", "ownership")


def test_shares_the_company_holds_in_its_own_owner_are_a_ring(house, applicant):
    ring = [
        {"name": "Holding AG", "kind": "company", "share": "100", "birth_on": "2001-01-01", "country": "DE"},
        {"name": "Kreis GmbH", "kind": "company", "share": "30", "of": "Holding AG"},
        {"name": "Erika Beispiel", "kind": "person", "share": "70", "of": "Holding AG", "birth_on": "1975-04-01"},
    ]
    sent = company(house, applicant, "Kreis GmbH", lei(), ring)
    with house.work(SYSTEM) as w:
        row = w.get(ApplicationRow, sent.application_id)
        assert row.owners[1].party_id == row.party_id
        kept = check_identity(w, sent.application_id)
        assert "OWNERSHIP_CYCLE" in {found["code"] for found in kept.findings}
        assert len(ownership_view(w, row).rings) == 1


def test_owners_that_cannot_be_wait_for_a_person(house, applicant):
    sent = send(house, applicant, product="sme-equipment-eur")
    with house.work(SYSTEM) as w:
        row = w.get(ApplicationRow, sent.application_id)
        row.owners[1].of = row.owners[0].name
        kept = check_identity(w, sent.application_id)
        assert kept.outcome == "REFER"
        assert "OWNERS_IMPOSSIBLE" in {found["code"] for found in kept.findings}
        assert "cannot own a person" in ownership_view(w, row).problem


def test_an_alert_on_who_signs_stops_the_case_and_stands_on_it(house, applicant, officer):
    sent = send(house, applicant, product="sme-equipment-eur", representative_name=listed_person()["full_name"])
    with house.work(SYSTEM) as w:
        assert check_identity(w, sent.application_id).outcome == "REFER"
    with house.work(officer) as w:
        row = w.get(ApplicationRow, sent.application_id)
        alerts = alerts_of_case(w, sent.application_id)
        assert [one.party_id for one in alerts if one.is_open] == [row.signatory_party_id]
        assert [one.id for one in cases_of_party(w, row.signatory_party_id)] == [row.id]
        with pytest.raises(NotAllowed, match="name alert is open"):
            check_no_open_alert(w, parties_of_case(w, row))


def test_a_corrected_owner_keeps_what_was_decided_about_those_who_stay(house, applicant, officer):
    sent = send(house, applicant, product="sme-equipment-eur")
    with house.work(SYSTEM) as w:
        check_identity(w, sent.application_id)
        row = w.get(ApplicationRow, sent.application_id)
        before = {owner.name: owner.party_id for owner in row.owners}
    third = {"name": "Jo Drittel", "kind": "person", "share": "10", "birth_on": "1990-01-01", "country": "DE"}
    fewer = {**OWNERS[1], "share": "30", "identity_kind": "de_idnr", "identity_number": "not a number"}
    with house.work(officer) as w:
        with pytest.raises(InvalidInput) as refused:
            amend_owners(w, sent.application_id, [OWNERS[0], fewer, third], reason=" ")
        assert {"owners-1-identity_number", "reason"} <= set(refused.value.fields)
        lines = [OWNERS[0], {**OWNERS[1], "share": "30"}, third]
        row = amend_owners(w, sent.application_id, lines, reason="The register names a third owner")
        assert row.assessment == 2
        after = {owner.name: owner.party_id for owner in row.owners}
        assert {name: after[name] for name in before} == before
        assert w.get(PartyRow, after["Jo Drittel"]).birth_on == date(1990, 1, 1)


def test_the_group_names_its_members_and_adds_the_loan_asked_for(house, applicant, officer):
    first = company(house, applicant, "Erste GmbH", lei("529900TESTEXAMPLE1"), [OWNER, OWNERS[1]])
    company(house, officer, "Zweite GmbH", lei("529900TESTEXAMPLE2"), [OWNER, OWNERS[1]])
    with house.read() as r:
        group = group_of_case(r, first.application_id)
    ties = {one.name: one.tie for one in group.members}
    assert ties["Erste GmbH"] == "applicant"
    assert ties["Erika Beispiel"] == "owner"
    assert ties["Zweite GmbH"] == "controlled"
    assert len(group.members) == 4, "two records of one identity are one member"
    assert group.with_loan == Money.of("80000", "EUR")


def test_the_size_class_is_a_fact_of_a_company(house, applicant):
    """24 people, EUR 2.4 m: small by Recommendation 2003/361/EC (below 50 and 10 m)."""
    sent = send(house, applicant, product="sme-equipment-eur")
    with house.work(SYSTEM) as w:
        row = w.get(ApplicationRow, sent.application_id)
        found = base_facts(answers_of(row), product_of(w, row), {}, OwnBook(Money.zero("EUR")), day=w.today)
    assert found["size_class"] == "small"

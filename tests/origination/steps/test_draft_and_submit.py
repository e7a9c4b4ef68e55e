from __future__ import annotations

import json
from datetime import timedelta

import pytest

from core.domain.actor import Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed, NotFound
from core.domain.money import Money
from core.tables import PartyRow
from origination.domain.application import ConsentKind
from origination.domain.offer import Wish
from origination.queries.applicant import my_application, my_applications
from origination.queries.rows import answers_of, consent_rows
from origination.steps.draft import (
    UPLOAD,
    follow_link,
    give_consents,
    make_link,
    save_owners,
    save_section,
    start_application,
)
from origination.steps.submit import submit
from origination.tables.application import ApplicationRow
from repayment.domain.schedule_request import Amortization
from tests.origination.steps.journey import answers_for, fill, luhn, person, send


def test_a_refused_page_keeps_what_was_typed_and_what_was_right(house, applicant):
    with house.work(applicant) as w:
        row = start_application(w, "consumer-cny", locale="zh_Hans_CN")
        page = {
            "employment_status": "employed",
            "income_monthly": "-1",
            "occupation": "3",
            "employed_since_on": "2025-02-30",
        }
        saved = save_section(w, row.id, "work", page)
        assert set(saved.errors) == {"income_monthly", "employed_since_on"}
    with house.read(applicant) as r:
        view = my_application(r, row.id)
        assert set(view.errors["work"]) == {"income_monthly", "employed_since_on"}
        assert view.typed["work"]["employed_since_on"] == "2025-02-30"
        assert view.answers["occupation"] == 3
    with house.work(applicant) as w:
        better = save_section(w, row.id, "work", page | {"income_monthly": "1.2万", "employed_since_on": "2025-02-28"})
        assert not better.errors
    with house.read(applicant) as r:
        view = my_application(r, row.id)
        assert "work" not in view.errors
        assert view.answers["income_monthly"] == Money.of(12000, "CNY")


@pytest.mark.parametrize(
    ("page", "field", "said"),
    [
        ({"amount": "1"}, "amount", "from 5000 to 200000 CNY"),
        ({"amount": "NaN"}, "amount", "amount in digits"),
        ({"amount": "1e308"}, "amount", "amount in digits"),
        ({"tenor_months": "7"}, "tenor_months", "6, 12, 18, 24, 36"),
        ({"purpose": "working_capital"}, "purpose", "Choose one"),
    ],
)
def test_a_wish_outside_the_product_is_explained(house, applicant, page, field, said):
    with house.work(applicant) as w:
        row = start_application(w, "consumer-cny", locale="en")
        saved = save_section(w, row.id, "loan", page)
        assert said in saved.errors[field][0]


def test_numbers_are_checked_against_each_other(house, applicant):
    with house.work(applicant) as w:
        row = start_application(w, "consumer-cny", locale="en")
        page = answers_for("consumer")["identity"]
        wrong = save_section(w, row.id, "identity", page | {"id_number": page["id_number"][:-1] + "A"})
        assert "id_number" in wrong.errors
        other = save_section(w, row.id, "identity", page | {"birth_on-year": "1991"})
        assert "another date of birth" in other.errors["birth_on"][0]
        contact = answers_for("consumer")["contact"]
        card = luhn("622202020011223344")
        mistyped = card[:-1] + str((int(card[-1]) + 1) % 10)
        assert "bank_account" in save_section(w, row.id, "contact", contact | {"bank_account": mistyped}).errors
        iban = save_section(w, row.id, "contact", contact | {"bank_account": "DE89370400440532013001"})
        assert "IBAN" in iban.errors["bank_account"][0]


def test_a_quote_starts_an_application_with_its_wish(house, applicant):
    with house.work(applicant) as w:
        wish = Wish(Money.of(12000, "CNY"), 12, Amortization.EQUAL_PRINCIPAL)
        row = start_application(w, "consumer-cny", locale="en", wish=wish)
        assert answers_of(row)["amortisation"] == "equal_principal"
        assert row.amount_minor == 1_200_000


def test_answers_are_stored_encrypted(house, applicant):
    from sqlalchemy import text

    with house.work(applicant) as w:
        application_id = fill(w, "consumer-cny", answers_for("consumer"))
        w.session.flush()
        stored = w.session.execute(text("SELECT draft FROM application WHERE id = :i"), {"i": application_id}).scalar()
        assert "xiaoming" not in stored
        assert "xiaoming" in w.get(ApplicationRow, application_id).draft


def test_sending_twice_gives_one_application_and_one_receipt(house, applicant):
    with house.work(applicant) as w:
        application_id = fill(w, "consumer-cny", answers_for("consumer"))
        first = submit(w, application_id)
    with house.work(applicant) as w:
        again = submit(w, application_id)
    assert first.reference == again.reference == "APP-2026-000001"
    assert (first.replayed, again.replayed) == (False, True)
    with house.read(applicant) as r:
        assert len(my_applications(r)) == 1


def test_everything_missing_is_told_at_once(house, applicant):
    with house.work(applicant) as w:
        row = start_application(w, "sme-equipment-eur", locale="en")
        with pytest.raises(InvalidInput) as refused:
            submit(w, row.id)
    assert {"amount", "company_name", "owners", "consent_bureau", "consent_data"} <= set(refused.value.fields)


def test_a_balance_sheet_that_does_not_balance_is_not_sent(house, applicant):
    with house.work(applicant) as w:
        application_id = fill(w, "sme-equipment-eur", answers_for("sme", equity="600001"))
        with pytest.raises(InvalidInput, match="liabilities plus equity"):
            submit(w, application_id)


def test_the_name_of_an_owner_is_refused_when_it_is_no_name(house, applicant):
    with house.work(applicant) as w:
        row = start_application(w, "sme-equipment-eur", locale="en")
        for name in ("X" * 10_000, "\u200b\u202e", ""):
            errors = save_owners(w, row.id, [{"name": name, "kind": "person", "share": "60"}]).errors
            assert list(errors) == ["owners-0-name"], name
        for name in ("X" * 300, "\u202eAnna\u200b Alba"):
            assert not save_owners(w, row.id, [{"name": name, "kind": "person", "share": "60"}]).errors
        assert row.owners[0].name == "Anna Alba"


def test_owners_above_a_hundred_percent_stay_on_the_page(house, applicant):
    with house.work(applicant) as w:
        row = start_application(w, "sme-equipment-eur", locale="en")
        lines = [{"name": "A", "kind": "person", "share": "70"}, {"name": "B", "kind": "person", "share": "40"}]
        assert "100 %" in save_owners(w, row.id, lines).errors["owners"][0]
    with house.read(applicant) as r:
        view = my_application(r, row.id)
        assert view.errors["owners"]
        assert view.typed["owners"][1]["share"] == "40"


def test_sending_makes_a_party_and_links_it_to_the_account(house, applicant):
    sent = send(house, applicant)
    with house.work() as w:
        row = w.get(ApplicationRow, sent.application_id)
        party = w.get(PartyRow, row.party_id)
        assert (party.name, party.kind, party.time_zone) == ("王小明", "person", "Asia/Shanghai")
        assert {contact.kind for contact in party.contacts} == {"email", "phone", "address"}
        assert json.loads(row.answers)["amount"] == {"minor": 2_000_000, "currency": "CNY"}
        assert row.draft == "{}"


def test_consent_is_kept_word_for_word_in_the_language_shown(house, applicant):
    with house.work(applicant) as w:
        row = start_application(w, "consumer-cny", locale="en")
        give_consents(w, row.id, [ConsentKind.BUREAU])
        give_consents(w, row.id, [ConsentKind.BUREAU])
        w.session.flush()
        kept = consent_rows(w, row.id)
        assert kept["bureau"].text == "I agree that you ask a credit bureau about me for this application."
        assert kept["bureau"].agreed_at == w.now


def test_a_stale_page_is_told(house, applicant):
    with house.work(applicant) as w:
        row = start_application(w, "consumer-cny", locale="en")
        before = row.row_version
        save_section(w, row.id, "loan", {"amount": "20000"}, expected_version=before)
        with pytest.raises(Conflict):
            save_section(w, row.id, "loan", {"amount": "30000"}, expected_version=before)


def test_a_sent_application_is_no_draft_any_more(house, applicant):
    sent = send(house, applicant)
    with house.work(applicant) as w, pytest.raises(IllegalTransition):
        save_section(w, sent.application_id, "loan", {"amount": "20000"})


def test_somebody_elses_application_is_not_there(house, applicant):
    sent = send(house, applicant)
    stranger = person(house, Role.APPLICANT, "stranger")
    with house.work(stranger) as w:
        with pytest.raises(NotFound):
            submit(w, sent.application_id)
        with pytest.raises(NotFound):
            my_application(w, sent.application_id)


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AUDITOR, Role.ADMIN, Role.RISK_MANAGER])
def test_other_roles_take_no_applications(house, role):
    with house.work(person(house, role, "other")) as w, pytest.raises(NotAllowed):
        start_application(w, "consumer-cny", locale="en")


def test_links_open_one_thing_until_they_expire(house, applicant, clock):
    with house.work(applicant) as w:
        row = start_application(w, "consumer-cny", locale="en")
        token = make_link(w, row.id, days=30)
    with house.work() as w:
        assert follow_link(w, token) == row.id
        with pytest.raises(NotFound):
            follow_link(w, token, UPLOAD)
        with pytest.raises(NotFound):
            follow_link(w, "x" * 43)
    clock.set(clock.now() + timedelta(days=30))
    with house.work() as w, pytest.raises(NotFound):
        follow_link(w, token)

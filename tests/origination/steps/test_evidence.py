"""Statements, accounts and figures read from documents reach the rules; applications that share something are seen."""

from __future__ import annotations

from datetime import date

import pytest

from core.domain.errors import IllegalTransition, InvalidInput
from core.domain.money import Money
from core.uploads import CleanFile, clean_upload
from origination.domain.application import ApplicationStatus as S
from origination.domain.papers import BANK_FILE
from origination.queries.evidence import case_evidence
from origination.queries.links import linked_applications
from origination.queries.rows import fact_set_of, latest_decision
from origination.steps.advance import advance
from origination.steps.evidence import clean_statement, document_fact, enter_accounts
from origination.steps.papers import receive_paper, remove_paper
from origination.tables.application import ApplicationRow
from tests.core.statements.samples import camt, half_year
from tests.origination.steps.journey import KnownBureau, luhn, resident_id, send
from tests.origination.steps.test_kyc_and_book import run


def statement(salary: str = "15000.00", currency: str = "CNY") -> CleanFile:
    return clean_statement(half_year(salary, currency).encode(), "half year.xml", currency)


def facts_of(house, sent):
    with house.read() as r:
        return fact_set_of(r, r.get(ApplicationRow, sent.application_id)).facts


def reasons_of(house, sent):
    with house.read() as r:
        return latest_decision(r, r.get(ApplicationRow, sent.application_id)).reasons


def give(house, actor, sent, file, kind=BANK_FILE):
    with house.work(actor) as w:
        return receive_paper(w, sent.application_id, kind, file).id


def test_a_statement_that_agrees_adds_facts_and_changes_nothing_else(house, applicant):
    sent = send(house, applicant, obligations_monthly="310")
    plain = half_year("15000.00", "CNY").replace("Tipico Sportwetten", "Markt")
    give(house, applicant, sent, clean_statement(plain.encode(), "half year.xml", "CNY"))
    assert run(house, applicant, sent).status is S.OFFERED
    facts = facts_of(house, sent)
    assert facts["statement_months"] == 6
    assert facts["statement_salary_monthly"] == {"minor": 1_500_000, "currency": "CNY"}
    assert facts["fact_conflicts"] == 0


def test_a_lower_salary_on_the_account_is_a_difference_that_asks_a_person(house, applicant):
    sent = send(house, applicant)
    give(house, applicant, sent, statement("9000.00"))
    assert run(house, applicant, sent).status is S.REFERRED
    assert facts_of(house, sent)["fact_conflicts"] == 1
    assert {"FIGURES_DIFFER", "GAMBLING_ON_ACCOUNT"} <= set(reasons_of(house, sent))
    with house.read() as r:
        (one,) = case_evidence(r, sent.application_id).differences
    assert (one.fact, one.declared, one.documented.value) == (
        "income_monthly", Money.of(15000, "CNY"), Money.of(9000, "CNY"),
    )  # fmt: skip
    assert "40 % less" in one.text


def test_a_statement_that_comes_late_voids_the_assessment_and_taking_it_back_does_so_again(house, applicant):
    sent = send(house, applicant, amount="180,000", tenor_months="36", income_monthly="60000")
    assert run(house, applicant, sent).status is S.REFERRED
    paper = give(house, applicant, sent, statement("9000.00"))
    with house.read() as r:
        row = r.get(ApplicationRow, sent.application_id)
        assert (row.status, row.assessment) == ("SUBMITTED", 2)
    assert run(house, applicant, sent).status is S.REFERRED
    assert facts_of(house, sent)["fact_conflicts"] == 1
    with house.work(applicant) as w:
        remove_paper(w, sent.application_id, paper)
    run(house, applicant, sent)
    assert facts_of(house, sent)["statement_months"] == 0


def test_after_an_offer_a_statement_is_kept_but_changes_nothing(house, applicant):
    sent = send(house, applicant)
    assert run(house, applicant, sent).status is S.OFFERED
    give(house, applicant, sent, statement("9000.00"))
    with house.read() as r:
        row = r.get(ApplicationRow, sent.application_id)
        assert (row.status, row.assessment) == ("OFFERED", 1)
        assert case_evidence(r, sent.application_id).accounts == ()


def test_files_that_do_not_follow_each_other_and_pictures_are_refused(house, applicant):
    sent = send(house, applicant)
    give(house, applicant, sent, statement())
    later = camt([(date(2026, 9, 1), "5.00", "A", "")], "7.00", currency="CNY", period=("2026-09-01", "2026-09-30"))
    with pytest.raises(InvalidInput, match="A part is missing"):
        give(house, applicant, sent, clean_statement(later.encode(), "later.xml", "CNY"))
    with pytest.raises(InvalidInput, match="picture of a statement"):
        clean_statement(b"%PDF-1.7", "s.pdf", "CNY")
    with pytest.raises(InvalidInput, match="virus check"):
        clean_statement(b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!", "s.csv", "CNY")


def test_an_officer_reads_a_figure_from_a_page(house, applicant, officer):
    sent = send(house, applicant, amount="180,000", tenor_months="36", income_monthly="60000")
    run(house, applicant, sent)
    paper = give(house, applicant, sent, picture(), kind="income")
    with house.work(officer) as w:
        document_fact(w, sent.application_id, "income_monthly", Money.of(40000, "CNY"), paper_id=paper, page=2)
    with house.read() as r:
        (one,) = case_evidence(r, sent.application_id).differences
        assert (one.documented.page, one.documented.by) == (2, "officer")
        assert r.get(ApplicationRow, sent.application_id).status == "SUBMITTED"
    with house.work(officer) as w, pytest.raises(InvalidInput, match="Choose the document"):
        document_fact(w, sent.application_id, "income_monthly", Money.of(1, "CNY"), paper_id=None)


def picture() -> CleanFile:
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "PNG")
    return clean_upload(out.getvalue(), "pay.png")


YEAR = {
    "revenue": "2400000", "ebitda": "260000", "profit": "150000", "interest": "20000", "total_assets": "1300000",
    "current_assets": "500000", "inventory": "100000", "total_liabilities": "700000", "current_liabilities": "250000",
    "equity": "600000", "debt_service": "60000",
}  # fmt: skip


def year(**changes: str) -> dict[str, Money]:
    return {name: Money.of(amount, "EUR") for name, amount in (YEAR | changes).items()}


def test_accounts_of_two_years_document_the_figures(house, applicant, officer):
    sent = send(house, applicant, product="sme-equipment-eur")
    with house.work(officer) as w:
        enter_accounts(w, sent.application_id, date(2025, 12, 31), year(), audited=True)
        enter_accounts(w, sent.application_id, date(2024, 12, 31), year(revenue="2200000"), audited=True)
    with house.read() as r:
        found = case_evidence(r, sent.application_id)
        assert found.differences == ()
        assert len(found.years) == 2
    with house.work(officer) as w:
        enter_accounts(w, sent.application_id, date(2024, 12, 31), year(revenue="1500000"), audited=False)
    with house.read() as r:
        (one,) = case_evidence(r, sent.application_id).differences
        assert one.fact == "revenue_prior"
    with house.work(officer) as w, pytest.raises(InvalidInput, match="does not balance"):
        enter_accounts(w, sent.application_id, date(2025, 12, 31), year(equity="600001"), audited=True)


def test_no_figure_is_read_once_an_offer_was_made(house, applicant, officer):
    sent = send(house, applicant)
    run(house, applicant, sent)
    paper = give(house, applicant, sent, picture(), kind="income")
    with house.work(officer) as w, pytest.raises(IllegalTransition):
        document_fact(w, sent.application_id, "income_monthly", Money.of(1, "CNY"), paper_id=paper)


def test_others_with_the_same_number_account_and_phone_are_found(house, applicant, officer):
    first = send(house, applicant)
    again = send(house, applicant)
    other = send(house, officer, full_name="李大海")
    fresh = send(
        house, officer, full_name="赵小云", id_number=resident_id("19910101"), **{"birth_on-year": "1991"},
        **{"birth_on-month": "1", "birth_on-day": "1"}, phone="13900000001", email="other@example.com",
        bank_account=luhn("622202020011229999"), address_line="和平路 2 号",
    )  # fmt: skip
    with house.read() as r:
        linked = {one.id: one for one in linked_applications(r, first.application_id, days=90)}
    assert set(linked) == {again.application_id, other.application_id}
    assert linked[again.application_id].same_person
    assert {"identity", "account", "phone", "email", "address"} == {k.value for k in linked[other.application_id].kinds}
    with house.work(applicant) as w:
        advance(w, first.application_id, bureau=KnownBureau())
    facts = facts_of(house, first)
    assert (facts["duplicate_identity_count"], facts["other_applications_30d"]) == (1, 2)
    assert "DUPLICATE_IDENTITY" in reasons_of(house, first)
    with house.work(officer) as w:
        advance(w, fresh.application_id, bureau=KnownBureau())
    assert facts_of(house, fresh)["duplicate_identity_count"] == 0

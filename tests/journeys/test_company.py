"""A company on a desktop, in English: owners, figures, a person's decision with four eyes where it is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from random import Random

import pytest
from playwright.sync_api import expect

from demo import numbers
from tests.journeys.conftest import Product, Walk
from tests.journeys.steps import answer, become, create_account, fill, go_on, sign

pytestmark = pytest.mark.browser
EMAIL = "finance@example.org"
COMPANY_NUMBER = numbers.es_cif(Random(40))

PAGES = {
    "loan": {"amount": "60,000", "tenor_months": "24", "purpose": "equipment", "amortisation": "annuity"},
    "company": {
        "company_name": "Talleres Ebro S.L.", "company_id_kind": "es_cif", "company_id_number": COMPANY_NUMBER,
        "founded_on": "2009-03-02", "country": "ES", "sector": "33", "location": "urban", "employees": "24",
        "franchise": "no",
    },
}  # fmt: skip
OWNERS = {
    "owners-0-name": "Inés Ferrer Soler", "owners-0-kind": "person", "owners-0-share": "100",
    "owners-0-birth_on": "1975-04-09", "owners-0-country": "ES",
}  # fmt: skip
AFTER_OWNERS = {
    "contact": {
        "representative_name": "Inés Ferrer Soler", "email": EMAIL, "phone": "+34 712345678",
        "address_line": "Polígono Norte 4", "postal_code": "50018", "city": "Zaragoza",
        "bank_account": numbers.iban(Random(12)),
    },
    "results": {
        "revenue_annual": "2,400,000", "revenue_prior": "2,250,000", "ebitda_annual": "360,000",
        "profit_annual": "170,000", "debt_service_annual": "40,000",
    },
    "balance": {
        "total_assets": "1,500,000", "total_liabilities": "600,000", "equity": "900,000", "collateral_value": "90,000",
    },
    "plan": {"jobs_created": "2", "jobs_retained": "24"},
}  # fmt: skip


def enter_two_years(me: Walk) -> None:
    """The newest year stands there already but for its details; the year before is typed."""
    page = me.page
    expect(page).to_have_url(re.compile("/accounts$"))
    me.check("accounts")
    page.locator('a[href$="/accounts/new"]').click()
    expect(page.locator('[name="accounts-revenue"]')).not_to_have_value("")
    me.check("year")
    go_on(page)
    page.locator('a[href$="/accounts/new"]').click()
    fill(page, {"accounts-profit": "120,000", "accounts-total_assets": "140万", "accounts-total_liabilities": "600,000",
                "accounts-equity": "700,000"})  # fmt: skip
    go_on(page)
    me.check("year-that-does-not-balance")
    fill(page, {"accounts-equity": "800,000"})
    go_on(page)
    expect(page).to_have_url(re.compile("/accounts$"))
    me.check("accounts-of-two-years")
    go_on(page)


def file_bureau_report(product: Product) -> None:
    folder = product.instance / "bureau"
    folder.mkdir(exist_ok=True)
    facts = {"bureau_delinquencies_24m": 0, "bureau_inquiries_6m": 1, "bureau_worst_dpd_24m": 0}
    (folder / f"{COMPANY_NUMBER}.json").write_text(json.dumps({"reference": "R-2", "facts": facts}))


def test_from_quote_to_paid_out_loan(product: Product, walk: Callable[..., Walk]) -> None:
    file_bureau_report(product)
    me = walk(width=1280, locale="en-GB", dark=True)
    page = me.page
    page.goto("/quote?product=sme-equipment-eur")
    me.check("sme-quote")
    page.goto("/apply?product=sme-equipment-eur")
    create_account(me, product, EMAIL)
    page.goto("/apply?product=sme-equipment-eur")
    go_on(page)
    page.locator('a[href*="/part/loan"]').first.click()
    answer(me, PAGES)
    expect(page).to_have_url(re.compile("/owners"))
    me.check("owners")
    page.locator("main details summary").first.click()
    fill(page, {**OWNERS, "owners-0-identity_kind": "es_nif", "owners-0-identity_number": numbers.es_nif(Random(3))})
    page.locator('main form button.btn-primary:has-text("Save and continue")').first.click()
    page.wait_for_load_state()
    answer(me, {name: AFTER_OWNERS[name] for name in ("contact", "results", "balance")})
    enter_two_years(me)
    answer(me, {"plan": AFTER_OWNERS["plan"]})
    page.goto(re.sub(r"(/applications/[0-9a-f-]+).*", r"\1/consents", page.url))
    for box in page.locator('main input[name^="consent_"]').all():
        box.check()
    go_on(page)
    page.goto(re.sub(r"(/applications/[0-9a-f-]+).*", r"\1/check", page.url))
    me.check("sme-check")
    page.locator('form[action$="/submit"] .btn-primary').click()
    page.wait_for_url(re.compile("/sent"))
    application = re.sub(r".*(/applications/[0-9a-f-]+).*", r"\1", page.url)
    _staff_decide_if_asked(walk, product, me, application)
    me.check("sme-offers")
    page.locator('form[action*="/offers/"] .btn-primary').first.click()
    page.wait_for_url(re.compile("/contract"))
    sign(me, product)
    me.check("sme-signed")
    _the_contract_names_both_parties(me, application)
    page.goto("/loans")
    page.locator('main a[href*="/loans/"]').first.click()
    me.check("sme-loan")
    assert "€60,000.00" in page.inner_text("main")
    assert me.faults == []


def _staff_decide_if_asked(walk: Callable[..., Walk], product: Product, me: Walk, application: str) -> None:
    """The rules may hand the case to people: officer, and the approver where two must agree."""
    for _ in range(20):
        me.page.goto(f"{application}/offers")
        if me.page.locator('form[action*="/offers/"] .btn-primary').count():
            return
        me.page.wait_for_timeout(500)
    me.page.goto(application)
    me.check("sme-waiting")
    for role in ("officer", "approver"):
        staff = walk(width=1280, locale="en-GB")
        become(staff, role)
        staff.page.goto(f"/officer/cases/{application.rsplit('/', 1)[1]}")
        staff.check(f"case-{role}")
        _settle_identity(staff)
        if not staff.page.locator('form[action$="/verdict"]').count():
            continue
        fill(staff.page, {"verdict": "APPROVE", "reason": "Figures seen, order book full, equipment is needed."})
        staff.page.locator('form[action$="/verdict"] .btn-primary').click()
        staff.page.wait_for_load_state()
        assert staff.faults == []
    me.page.goto(f"{application}/offers")
    expect(me.page.locator('form[action*="/offers/"] .btn-primary').first).to_be_visible()


def _settle_identity(staff: Walk) -> None:
    form = staff.page.locator('form[action$="/identity"]')
    if form.count():
        fill(staff.page, {"identity_reason": "Register extract and identity document seen."})
        form.locator('button[value="pass"]').click()
        staff.page.wait_for_load_state()


def _the_contract_names_both_parties(me: Walk, application: str) -> None:
    from pypdf import PdfReader

    answered = me.page.request.get(f"{application}/contract.pdf")
    assert answered.ok
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answered.body())).pages)
    assert "Talleres Ebro S.L." in text
    assert "60,000.00" in text

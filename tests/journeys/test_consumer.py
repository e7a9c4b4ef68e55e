"""A private person on a phone, in Chinese: from the quote to the signed contract, the loan, and its end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from random import Random

import pytest
from playwright.sync_api import expect

from demo import numbers
from tests.journeys.conftest import Product, Walk
from tests.journeys.steps import answer, create_account, fill, go_on, sign

pytestmark = pytest.mark.browser
BORN = date(1988, 6, 14)
EMAIL = "reader@example.org"
ID_NUMBER = numbers.cn_resident_id(Random(88), BORN)

PAGES = {
    "loan": {"amount": "2万", "tenor_months": "6", "purpose": "furniture", "amortisation": "annuity"},
    "identity": {
        "full_name": "欧阳晓雨", "birth_on": BORN.isoformat(), "nationality": "CN", "id_kind": "cn_resident_id",
        "id_number": ID_NUMBER, "id_expires_on": "2036-05-01",
    },
    "contact": {
        "email": EMAIL, "phone": "13912345678", "address_line": "学院路5号", "postal_code": "100083", "city": "北京市",
        "country": "CN", "bank_account": numbers.cn_bank_card(Random(5)),
    },
    "work": {
        "employment_status": "employed", "employed_since_on": "2014-02-01", "occupation": "4",
        "income_monthly": "１８，０００",
    },
    "home": {
        "housing": "own", "housing_cost_monthly": "2,000", "obligations_monthly": "0", "other_debtors": "none",
    },
    "means": {"current_account": "4", "savings": "15万", "property": "4"},
}  # fmt: skip


def file_bureau_report(product: Product) -> None:
    """What the credit bureau would answer about this person, dropped as a file."""
    folder = product.instance / "bureau"
    folder.mkdir(exist_ok=True)
    facts = {
        "credit_history": 4, "other_plans": "none", "bureau_delinquencies_24m": 0, "bureau_inquiries_6m": 0,
        "bureau_worst_dpd_24m": 0,
    }  # fmt: skip
    (folder / f"{ID_NUMBER}.json").write_text(json.dumps({"reference": "R-1", "facts": facts}))


def test_from_quote_to_repaid_loan(product: Product, walk: Callable[..., Walk]) -> None:
    file_bureau_report(product)
    me = walk(width=390, height=844, locale="zh-CN", touch=True)
    page = me.page
    page.goto("/quote?product=consumer-cny")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    me.check("quote")
    fill(page, {"amount": "20000", "tenor_months": "6"})
    page.goto("/apply?product=consumer-cny&amount=20000.00&tenor_months=6&amortisation=annuity")
    me.check("start")
    create_account(me, product, EMAIL)
    page.goto("/apply?product=consumer-cny")
    go_on(page)
    me.check("tasks")
    page.locator('a[href*="/part/loan"]').first.click()
    _wrong_numbers_are_told_and_kept(me)
    answer(me, PAGES)
    page.goto(re.sub(r"/(documents|consents).*", "/consents", page.url))
    me.check("consents")
    for box in page.locator('main input[name^="consent_"]').all():
        box.check()
    go_on(page)
    page.goto(re.sub(r"(/applications/[0-9a-f-]+).*", r"\1/check", page.url))
    me.check("check-answers")
    page.locator('form[action$="/submit"] .btn-primary').dblclick()
    page.wait_for_url(re.compile("/sent"))
    me.check("sent")
    application = re.sub(r".*(/applications/[0-9a-f-]+).*", r"\1", page.url)
    assert re.search(r"APP-\d{4}-\d{6}", page.inner_text("main"))
    _offered(me, application)
    me.check("offers")
    page.locator('form[action*="/offers/"] .btn-primary').first.click()
    page.wait_for_url(re.compile("/contract"))
    me.check("contract")
    sign(me, product)
    me.check("signed")
    _the_contract_is_sealed_and_chinese(me, product, application)
    _the_loan_is_paid_late_then_repaid(me, product)
    assert me.faults == []


def _wrong_numbers_are_told_and_kept(me: Walk) -> None:
    """A sign, an exponent: refused with a reason, everything typed still there."""
    page = me.page
    fill(page, {**PAGES["loan"], "amount": "1e308"})
    go_on(page)
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator('[name="amount"]')).to_have_value("1e308")
    expect(page.locator('[name="tenor_months"]:checked, select[name="tenor_months"]')).to_have_value("6")
    me.check("part-loan-wrong")


def _offered(me: Walk, application: str) -> None:
    """The decision is instant: the offer is there, at the latest when the worker has come by."""
    for _ in range(30):
        me.page.goto(f"{application}/offers")
        if me.page.locator('form[action*="/offers/"] .btn-primary').count():
            return
        me.page.wait_for_timeout(500)
    me.page.goto(application)
    raise AssertionError(me.page.inner_text("main"))


def _the_contract_is_sealed_and_chinese(me: Walk, product: Product, application: str) -> None:
    from pypdf import PdfReader

    answered = me.page.request.get(f"{application}/contract.pdf")
    assert answered.ok
    assert answered.headers["content-type"] == "application/pdf"
    content: bytes = answered.body()
    reader = PdfReader(BytesIO(content))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "欧阳晓雨" in text.replace(" ", "")
    assert "20,000.00" in text
    assert ID_NUMBER not in text
    file = product.instance / "contract.pdf"
    file.write_bytes(content)
    said = product.flask("contract", "verify", str(file))
    assert "genuine" in said
    assert _seal_of(content) == (True, True)
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    assert _seal_of(bytes(changed))[0] is False


def _seal_of(content: bytes) -> tuple[bool, bool]:
    """(intact, cryptographically valid) by pyHanko itself, outside the thread of the browser's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_validate, content).result()


def _validate(content: bytes) -> tuple[bool, bool]:
    from pyhanko.pdf_utils.misc import PdfReadError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator import ValidationContext

    try:
        signature = PdfFileReader(BytesIO(content)).embedded_signatures[0]
        found = validate_pdf_signature(signature, ValidationContext(trust_roots=[]))
    except (PdfReadError, SignatureValidationError, IndexError, ValueError):
        return False, False
    return bool(found.intact), bool(found.valid)


def _the_loan_is_paid_late_then_repaid(me: Walk, product: Product) -> None:
    page = me.page
    page.goto("/loans")
    me.check("loans")
    page.locator('main a[href*="/loans/"]').first.click()
    me.check("loan")
    first_due = date.fromisoformat(str(page.locator("#schedule-card time").first.get_attribute("datetime")))
    product.flask("day", "close", "--through", first_due.isoformat())
    page.reload()
    _pay(me, "due")
    second_due = date.fromisoformat(str(page.locator("#schedule-card time").nth(1).get_attribute("datetime")))
    product.flask("day", "close", "--through", _days_after(second_due, 8))
    page.reload()
    me.check("loan-overdue")
    expect(page.locator(".notice-bad")).to_be_visible()
    product.let_morning_come()
    product.postbox.wait_for(EMAIL, "逾期|未收到|到期", seconds=60)
    _pay(me, "due")
    expect(page.locator(".notice-bad")).to_have_count(0)
    page.locator('a[href$="/payoff"]').first.click()
    me.check("payoff")
    page.go_back()
    _pay(me, "payoff")
    me.check("loan-repaid")
    expect(page.locator(".tag-good, .headline-figure").first).to_be_visible()
    said = product.flask("audit", "verify")
    assert said.startswith("whole: "), said


def _days_after(day: date, days: int) -> str:
    return date.fromordinal(day.toordinal() + days).isoformat()


def _pay(me: Walk, which: str) -> None:
    fill(me.page, {"which": which})
    me.page.locator('form[action$="/pay"] .btn-primary').click()
    me.page.wait_for_load_state()

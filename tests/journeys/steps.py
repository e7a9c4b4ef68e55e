"""What people do in the browser, said once: fill a page, create an account, sign, become a member of staff."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Product, Walk

PASSWORD = "kettle orchard nineteen violet"


def fill(page: Page, values: Mapping[str, str]) -> None:
    """Fills fields by name: boxes, choices, selections and dates (`name`: "1990-03-27")."""
    for name, value in values.items():
        boxes = page.locator(f'[name="{name}-year"]')
        if boxes.count():
            for part, text in zip(("year", "month", "day"), value.split("-"), strict=True):
                page.locator(f'[name="{name}-{part}"]').fill(str(int(text)) if text else "")
            continue
        fields = page.locator(f'main [name="{name}"]')
        kind = fields.first.get_attribute("type")
        if kind in {"radio", "checkbox"}:
            page.locator(f'main [name="{name}"][value="{value}"]').check()
        elif fields.first.evaluate("e => e.tagName") == "SELECT":
            fields.first.select_option(value)
        else:
            fields.first.fill(value)


def go_on(page: Page) -> None:
    """Presses the page's own button."""
    page.locator("main form .btn-primary").first.click()
    page.wait_for_load_state()


def create_account(walk: Walk, product: Product, email: str) -> None:
    """Signs up where the page asks for it, follows the mailed link, signs in."""
    page = walk.page
    page.locator('a[href*="/sign-up"]').first.click()
    walk.check("sign-up")
    fill(page, {"email": email, "password": PASSWORD, "password_confirm": PASSWORD})
    go_on(page)
    walk.check("check-mail")
    link = product.postbox.wait_for(email, r"http://\S+/confirm/\S+").group(0).rstrip(".>)")
    page.goto(link)
    page.wait_for_load_state()
    if "/sign-in" in page.url:
        fill(page, {"email": email, "password": PASSWORD})
        go_on(page)


def answer(walk: Walk, pages: Mapping[str, Mapping[str, str]]) -> None:
    """Fills section after section from the task list on."""
    for name, values in pages.items():
        expect(walk.page).to_have_url(re.compile(f"/part/{name}"))
        walk.check(f"part-{name}")
        fill(walk.page, values)
        go_on(walk.page)


def sign(walk: Walk, product: Product) -> None:
    """Has the code sent, reads it from the phone, signs."""
    page = walk.page
    page.locator('form[action$="/contract/code"] button').first.click()
    page.wait_for_load_state()
    walk.check("code")
    code = product.text_message(r"(?<!\d)(\d{6})(?!\d)").group(1)
    fill(page, {"code": code})
    page.locator('main [name="agree"]').check()
    page.locator('form[action$="/contract/sign"] button').click()
    page.wait_for_load_state()


def become(walk: Walk, role: str) -> None:
    """One click at the demo's door."""
    walk.page.goto("/demo/")
    walk.page.locator(f'form:has(input[value="{role}"]) button, button[value="{role}"]').first.click()
    walk.page.wait_for_load_state()

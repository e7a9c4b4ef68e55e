"""People who decide: a clear case, a borderline one with override and four eyes, a name on a list; a new policy."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from core.settings import ROOT
from tests.journeys.conftest import Product, Walk
from tests.journeys.steps import become, fill
from tests.origination.steps.test_kyc_and_book import listed_person

pytestmark = pytest.mark.browser


Filed = Callable[..., tuple[str, str, str]]


@pytest.fixture(scope="module")
def filed(product: Product) -> Iterator[Filed]:
    """Gives (id, reference, state) of an application that came in. One process files them all."""
    command = [sys.executable, "-m", "tests.journeys.file_case"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=product.env, text=True, **pipes) as clerk:

        def file(**wanted: Any) -> tuple[str, str, str]:
            clerk.stdin.write(json.dumps(wanted) + "\n")
            clerk.stdin.flush()
            application_id, reference, status = clerk.stdout.readline().split()
            return application_id, reference, status

        yield file
        clerk.stdin.close()


def test_a_clear_case_is_decided_by_the_rules_and_replays(
    product: Product, walk: Callable[..., Walk], filed: Filed
) -> None:
    application_id, reference, status = filed()
    assert status == "OFFERED"
    officer = walk(width=1280)
    become(officer, "officer")
    officer.page.goto(f"/officer/cases/{application_id}")
    officer.check("case-clear")
    main = officer.page.inner_text("main")
    assert "The rules approve" in main
    assert "in time" in main
    said = product.flask("decide", "replay", reference)
    assert "0 different" in said
    assert officer.faults == []


def test_a_borderline_case_is_overridden_by_two_people(walk: Callable[..., Walk], filed: Filed) -> None:
    application_id, reference, status = filed(
        bureau={"bureau_delinquencies_24m": 7}, look_again="The late payments were a mistake of my bank."
    )
    assert status == "DECLINED"
    officer = walk(width=1280)
    become(officer, "officer")
    page = officer.page
    page.goto(f"/officer/?q={reference}")
    officer.check("queue")
    page.keyboard.press("j")
    expect(page.locator(f'a[href$="/{application_id}"]')).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(application_id))
    page.locator('form[action$="/take"] button').first.click()
    page.wait_for_load_state()
    assert "The late payments were a mistake of my bank." in page.inner_text("main")
    verdict = {"verdict": "APPROVE", "reason": "Letter of the bank seen: the payments were booked late."}
    fill(page, verdict)
    page.locator('form[action$="/verdict"] .btn-primary').click()
    page.wait_for_load_state()
    expect(page.locator(".error-summary")).to_contain_text("choose why")
    officer.check("case-override-without-reason")
    expect(page.locator('[name="reason"]').first).to_have_value(verdict["reason"])
    fill(page, {"override_reason": "DATA_OUTDATED"})
    page.locator('summary:has-text("Conditions of the approval")').click()
    page.locator('[name="conditions"][value="INCOME_PROOF"]').check()
    page.locator('form[action$="/verdict"] .btn-primary').click()
    page.wait_for_load_state()
    assert page.locator('form[action$="/verdict"]').count() == 0, "the maker has no button"
    officer.check("case-waits-for-second")
    approver = walk(width=360, height=800, locale="zh-CN", dark=True, touch=True)
    become(approver, "approver")
    approver.page.goto(f"/officer/cases/{application_id}")
    approver.check("case-second-zh")
    fill(approver.page, {**verdict, "override_reason": "DATA_OUTDATED"})
    approver.page.locator('summary:has-text("批准条件")').first.click()
    approver.page.locator('[name="conditions"][value="INCOME_PROOF"]').check()
    approver.page.locator('form[action$="/verdict"] .btn-primary').click()
    approver.page.wait_for_load_state()
    expect(approver.page.locator("#conditions")).to_contain_text("最近三个月的收入证明")
    approver.check("case-approved-zh")
    risk = walk(width=1280)
    become(risk, "risk")
    risk.page.goto("/policy/overrides")
    risk.check("overrides")
    assert reference in risk.page.inner_text("main")
    assert officer.faults + approver.faults + risk.faults == []


def test_two_officers_decide_at_once_and_one_wins(walk: Callable[..., Walk], filed: Filed) -> None:
    application_id, _, status = filed(bureau={"bureau_inquiries_6m": 6})
    assert status == "REFERRED"
    first, second = walk(width=1280), walk(width=1280, locale="zh-CN", dark=True)
    for person, role in ((first, "officer"), (second, "approver")):
        become(person, role)
        person.page.goto(f"/officer/cases/{application_id}")
    late = "问询均为同一辆汽车的贷款，收入已核实，拟批准。"
    fill(first.page, {"verdict": "DECLINE", "reason": "Six inquiries in half a year and no explanation."})
    first.page.locator('summary:has-text("Reasons told to the applicant")').click()
    first.page.locator('[name="reason_codes"]').first.check()
    fill(second.page, {"verdict": "APPROVE", "reason": late})
    first.page.locator('form[action$="/verdict"] .btn-primary').click()
    first.page.wait_for_load_state()
    second.page.locator('form[action$="/verdict"] .btn-primary').click()
    second.page.wait_for_load_state()
    assert second.page.locator('form[action$="/verdict"]').count() == 0
    expect(second.page.locator(".unsent")).to_have_text(late)
    second.check("case-decided-meanwhile-zh")
    letter = first.page.locator('#letters a[href$=".pdf"]').first.get_attribute("href")
    assert letter is not None
    answered = first.page.request.get(letter)
    assert answered.ok
    assert answered.body().startswith(b"%PDF")
    assert first.faults + second.faults == []


def test_a_name_on_a_list_is_confirmed_by_two_people_and_never_paid(walk: Callable[..., Walk], filed: Filed) -> None:
    application_id, _, status = filed(answers=listed_person())
    assert status == "KYC_REFERRED"
    for role in ("officer", "approver"):
        staff = walk(width=1280)
        become(staff, role)
        staff.page.goto(f"/officer/cases/{application_id}")
        staff.check(f"case-hit-{role}")
        for form in staff.page.locator('form[action*="/alerts/"]').all()[:1]:
            form.locator("textarea").fill("Same name, same day of birth, same country.")
            form.locator('button[value="true_hit"]').click()
            staff.page.wait_for_load_state()
        assert staff.faults == []
    staff.page.goto(f"/officer/cases/{application_id}")
    assert staff.page.locator('form[action$="/verdict"]').count() == 0
    assert staff.page.locator('form[action$="/book"]').count() == 0


def test_a_limit_is_changed_by_one_and_published_by_another(product: Product, walk: Callable[..., Walk]) -> None:
    risk = walk(width=1280)
    become(risk, "risk")
    page = risk.page
    page.goto("/policy/")
    risk.check("policy")
    page.locator('form[action="/policy/"] button').click()
    page.wait_for_url(re.compile("/policy/[0-9a-f-]{36}"))
    draft = page.url
    risk.check("policy-draft")
    page.goto(f"{draft}/tables/affordability_consumer")
    risk.check("policy-grid")
    page.locator('[name="r0-fact:dti"]').fill("55")
    page.locator('main .button-row button[value="save"]').click()
    page.wait_for_load_state()
    expect(page.locator('[id="r0-fact:dti-error"]')).to_contain_text("write 55% or 0.55")
    risk.check("policy-grid-error")
    page.locator('[name="r0-fact:dti"]').fill("50%")
    page.locator('main .button-row button[value="save"]').click()
    page.wait_for_load_state()
    for name in ("text", "sections/exchange", "sections/pricing", "sections/authority", "new-table"):
        page.goto(f"{draft}/{name}")
        risk.check(f"policy-{name.replace('/', '-')}")
    page.goto(draft)
    fill(page, {"since": "2025-01-01"})
    page.locator('form[action$="/simulate"] button').click()
    page.wait_for_url(re.compile("/simulations/"))
    expect(page.locator("#run")).to_contain_text("Who would change", timeout=60_000)
    risk.check("policy-simulation")
    page.goto(draft)
    fill(page, {"note": "Less debt is accepted since the spring."})
    page.locator('button[value="submit"]').click()
    page.wait_for_load_state()
    assert page.locator('button[value="publish"]').count() == 0
    expect(page.locator("#publish")).to_contain_text("somebody else has to publish it")
    admin = walk(width=390, height=844, locale="zh-CN", dark=True, touch=True)
    become(admin, "admin")
    admin.page.goto(draft)
    admin.check("policy-publish-zh")
    admin.page.locator('button[value="publish"]').click()
    admin.page.wait_for_load_state()
    admin.page.goto("/policy/")
    admin.check("policy-published-zh")
    admin.page.goto(f"{draft}/tables/affordability_consumer")
    admin.check("policy-grid-zh")
    assert "55%" not in admin.page.inner_text("main")
    assert risk.faults + admin.faults == []

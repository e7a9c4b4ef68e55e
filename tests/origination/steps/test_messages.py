"""What applicants read in their mail."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.tables import OutboundMessageRow, PartyRow
from origination.steps.advance import advance
from origination.steps.submit import submit
from origination.tables.application import ApplicationRow
from tests.origination.steps.journey import KnownBureau, answers_for, fill, send


def mails(house, kind: str) -> list[tuple[str, str]]:
    with house.read() as r:
        found = r.session.scalars(select(OutboundMessageRow).where(OutboundMessageRow.kind == kind))
        return [(one.title, one.body) for one in found]


def test_a_decline_says_reason_figure_limit_and_rights(house, applicant):
    sent = send(house, applicant)
    with house.work(applicant) as w:
        advance(w, sent.application_id, bureau=KnownBureau(bureau_worst_dpd_24m=120))
    [(title, body)] = mails(house, "application_declined")
    assert sent.reference in title
    assert "a payment 120 days late in the last 24 months; our limit is under 90" in body
    assert "ask a person to look again" in body
    assert "credit bureau (test)" in body
    assert "{" not in body


def test_a_decline_in_chinese_is_chinese(house, applicant):
    with house.work(applicant) as w:
        application_id = fill(w, "consumer-cny", answers_for("consumer"))
        w.get(ApplicationRow, application_id).locale = "zh_Hans_CN"
        submit(w, application_id)
    with house.work(applicant) as w:
        advance(w, application_id, bureau=KnownBureau(bureau_worst_dpd_24m=120))
        assert w.get(PartyRow, w.get(ApplicationRow, application_id).party_id).locale == "zh_Hans_CN"
    [(_, body)] = mails(house, "application_declined")
    assert "最长逾期120天，我们要求低于90天" in body
    assert "人工复核" in body


@pytest.mark.parametrize(("amount", "tenor", "counter"), [("20000", "24", False), ("150000", "12", True)])
def test_an_offer_says_amount_cost_and_last_day(house, applicant, amount, tenor, counter):
    sent = send(house, applicant, amount=amount, tenor_months=tenor, obligations_monthly="2000")
    with house.work(applicant) as w:
        advance(w, sent.application_id, bureau=KnownBureau())
    [(_, body)] = mails(house, "counter_offer" if counter else "offer_made")
    assert "16 March 2026" in body
    assert ("You asked for" in body) is counter
    assert "ask a person to look again" in body.lower()
    assert ("our limit is 55%" in body) is counter


def test_each_turn_is_told_once(house, applicant):
    sent = send(house, applicant)
    for _ in range(2):
        with house.work(applicant) as w:
            advance(w, sent.application_id, bureau=KnownBureau(bureau_inquiries_6m=6))
    assert len(mails(house, "application_received")) == len(mails(house, "application_referred")) == 1

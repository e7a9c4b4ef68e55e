"""The score on the officer's case page: parts that add up, another income, what would help, similar past cases."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from core.domain.actor import Role
from origination.queries.performance import age_band, performance_sample, protected_groups
from origination.queries.rows import fact_set_of
from origination.queries.similar import similar_cases
from origination.steps.advance import advance
from origination.tables.application import ApplicationRow
from tests.origination.steps.journey import KnownBureau, person
from tests.origination.web.pages import fill_draft, hidden_of, submit_draft

WEAK = {"tenor_months": "36", "current_account": "1", "savings": "0", "purpose": "repairs", "amount": "30,000"}


@pytest.fixture
def officer(house):
    return person(house, Role.OFFICER, "officer")


@pytest.fixture
def weak(house, app, browser, applicant):
    """The id of an application refused for its score."""
    home = fill_draft(browser(applicant), **WEAK)
    assert submit_draft(browser(applicant), home).status_code == 303
    application_id = UUID(home.rpartition("/")[2])
    with app.app_context(), house.work() as w:
        advance(w, application_id, bureau=KnownBureau(credit_history=1, other_plans="bank"))
    return application_id


def number(shown: str) -> Decimal:
    return Decimal(shown.replace("−", "-").replace("+", "").replace(",", ""))


def test_the_waterfall_adds_up_to_the_score(browser, officer, weak):
    page = browser(officer).get(f"/officer/cases/{weak}").text
    table = re.search(r'<table class="table table-chart" id="waterfall">.*?</table>', page, re.DOTALL)[0]
    figures = [number(one) for one in re.findall(r'<td class="numeric figure[^"]*">([^<]+)</td>', table)]
    assert sum(figures[:-1]) == figures[-1]
    assert "fewer" in page  # the sentences compare with approved cases near the cut-off


def test_refused_people_read_what_would_help_and_officers_with_points(browser, applicant, officer, weak):
    told = browser(applicant).get(f"/applications/{weak}").text
    assert "What would help" in told
    assert "it is no promise" in told.lower()
    page = browser(officer).get(f"/officer/cases/{weak}").text
    assert 'id="help"' in page
    assert "the rules approve" in page


def test_a_what_if_with_another_income_is_marked_and_logged(house, browser, officer, weak):
    client = browser(officer)
    url = f"/officer/cases/{weak}"
    fields = hidden_of(client.get(url).text, f"{url}/what-if#what-if")
    loan = {"if_amount": "10,000", "if_tenor_months": "12", "if_amortisation": "annuity"}
    answer = client.post(f"{url}/what-if", data=fields | loan | {"if_income": "2,000"})
    assert answer.status_code == 200
    assert "A simulation" in answer.text
    wrong = client.post(f"{url}/what-if", data=fields | loan | {"if_income": "plenty"})
    assert wrong.status_code == 422
    assert 'value="plenty"' in wrong.text
    with house.read() as r:
        logged = r.session.execute(
            text("SELECT e.data::text FROM audit_event e WHERE action = 'application.simulated'")
        ).all()
    assert len(logged) == 1
    assert '"income": 200000' in logged[0][0]


def test_outcomes_come_from_the_book_once_the_window_is_over(house, weak):
    with house.read() as r:
        cases = performance_sample(r, r.today, r.today + timedelta(days=1))
        assert [(case.subject_id, case.outcome, case.bad) for case in cases] == [(weak, "DECLINE", None)]
        assert cases[0].groups == {"age_years": "35-49", "nationality": "CN"}
        assert performance_sample(r, r.today + timedelta(days=1), date.max) == ()
        row = r.get(ApplicationRow, weak)
        assert similar_cases(r, weak, fact_set_of(r, row).score_record_id) == ()


@pytest.mark.parametrize(("years", "band"), [(18, "18-24"), (25, "25-34"), (61, "50-61"), (62, "62+"), ("x", "x")])
def test_ages_by_band(years, band):
    assert age_band(years) == band
    assert protected_groups({"age_years": years, "income_monthly": {"minor": 1}}) == {"age_years": band}

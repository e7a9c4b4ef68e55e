"""The officer's case page: identity, figures, owners, links, documents, timeline."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.domain.actor import Role
from origination.steps.advance import advance
from tests.origination.steps.journey import KnownBureau, person
from tests.origination.web.pages import fill_draft, submit_draft


@pytest.fixture
def officer(house):
    return person(house, Role.OFFICER, "officer")


def case_of(house, app, client, product: str = "consumer-cny", **changes: str) -> str:
    """A submitted and assessed application; returns the address of its case page."""
    home = fill_draft(client, product, **changes)
    assert submit_draft(client, home).status_code == 303
    application_id = home.rpartition("/")[2]
    with app.app_context(), house.work() as w:
        advance(w, UUID(application_id), bureau=KnownBureau())
    return f"/officer/cases/{application_id}"


@pytest.mark.parametrize("product", ["consumer-cny", "sme-equipment-eur"])
def test_every_panel_is_there(house, app, browser, applicant, officer, product):
    page = browser(officer).get(case_of(house, app, browser(applicant), product))
    assert page.status_code == 200
    for panel in ("identity", "documents", "notes", "timeline"):
        assert f'id="{panel}"' in page.text
